"""Who reads a stream: the loader whose call we are in, and whether a library between it and us shares rows out by rank itself.

accelerate, and with it `transformers.Trainer`, wraps iterable data sets: with `IterableDatasetShard` every rank reads all rows and
keeps its own, with `DataLoaderDispatcher` rank 0 reads all rows and sends the others theirs. A stream that shared its rows out
as well would lose all but one of them in ranks². Neither tells the data set, nor passes it anything; but both are on the call
stack when the data set is iterated: in the process of the loop, in a worker that was forked (it begins in a copy of that very
stack), and where the data set is pickled for a worker that starts anew.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import FrameType
from typing import Any, Optional

from torch import distributed
from torch.utils import data

_LIBRARIES = ("accelerate", "transformers")


@dataclass(frozen=True)
class Reader:
    """How a stream is being read."""

    #: The loader: a `torch.utils.data.DataLoader`, None where the stream itself is iterated.
    loader: Optional[Any]
    #: Name of the class that shares rows out by rank; None where nobody does.
    sharer: Optional[str]
    #: Rows in a row that a worker must give for batches to come as without workers.
    unit: int
    #: Whether batches are fetched before the loop asks for them.
    reads_ahead: bool
    #: Whether torchdata's StatefulDataLoader asks, which keeps a place itself: where the pass began, and each iterator's.
    keeps_place: bool = False
    #: Whether the place that it keeps is not the loop's: accelerate takes a batch for each rank before the loop has had one.
    loses_place: bool = False


def _classes(value: object) -> set[str]:
    """Names of the classes of a value that are of these libraries. (accelerate's loaders give a false `__class__`.)"""
    return {cls.__name__ for cls in type(value).__mro__ if cls.__module__.split(".")[0] in _LIBRARIES}


def current_reader() -> Reader:
    """The reader in whose call this is. O(depth of the stack)."""
    loader: Any = None
    sharer: Optional[str] = None
    unit, ahead, keeps, loses = 1, False, False, False
    frame: Optional[FrameType] = sys._getframe(1)
    while frame is not None:
        owner = frame.f_locals.get("self")
        if owner is not None:
            classes = _classes(owner)
            if sharer is None and "IterableDatasetShard" in classes:
                sharer = "IterableDatasetShard"
                unit = owner.batch_size * (1 if owner.split_batches else owner.num_processes)
            elif sharer is None and "DataLoaderDispatcher" in classes:
                sharer = "DataLoaderDispatcher"
                loses = distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1
            if loader is None and issubclass(type(owner), data.DataLoader):
                loader = owner
            keeps = keeps or type(owner).__module__.startswith("torchdata.")
            ahead = ahead or not classes.isdisjoint({"DataLoaderShard", "DataLoaderDispatcher"})
        frame = frame.f_back
    if sharer != "IterableDatasetShard" and loader is not None:
        unit = loader.batch_size or 1
    return Reader(loader, sharer, unit, ahead, keeps, loses)
