def to_tensor(image):
    raise RuntimeError("torchvision is a stand-in here; no test reads images")
