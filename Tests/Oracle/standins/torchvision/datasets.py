class VisionDataset:
    """The base class that streaming.vision inherits from."""
