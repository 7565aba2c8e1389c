"""Data sets, streams and collators for a PyTorch training loop."""

from .collate import PackedCollator, PadCollator
from .dataset import ShardDataset
from .stream import ShardStream, StreamLoader

__all__ = ["PackedCollator", "PadCollator", "ShardDataset", "ShardStream", "StreamLoader"]
