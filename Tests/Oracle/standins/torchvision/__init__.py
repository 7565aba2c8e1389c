"""Stands in for torchvision, which `streaming` imports for its image data sets and these tests never use.

The real package needs gigabytes of CUDA libraries beside a CPU build of torch.
"""
