"""Shards as a stream: shuffled, mixed, split over ranks and workers, resumable to the row."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, Optional, Union

import numpy as np
import torch
import torch.distributed
from numpy.typing import DTypeLike
from torch.utils import data

from ..dataset import Dataset
from ..order import StreamOrder
from ._tensors import TensorRow, columns_of, tensor_rows

_READ_AHEAD = 64
_STATE_VERSION = 1
# What the loop shares with its workers: the epoch, and how many rows of it the ranks had taken when the pass began and have
# taken by now. Workers begin at _START whenever they come to it; _TAKEN is _UNKNOWN where nobody counts for them.
_EPOCH, _START, _TAKEN = range(3)
_UNKNOWN = -1

Folder = Union[str, os.PathLike[str]]


class ShardStream(data.IterableDataset[TensorRow]):
    """The rows of one or several folders in the order of `StreamOrder` (seeded, by frame and window).

    Rank r of w takes every w-th row from the r-th on, so ranks in step have together seen the first rows of the order.
    The order depends on neither ranks nor workers, and `state_dict` is a place in it: a run resumes to the row with another
    number of workers, and with another number of ranks.

    `folders` with `weights` is a mixture. One pass is one epoch; `set_epoch` chooses it. `batch_size` must be that of the
    `DataLoader`: workers take whole batches in turn, and so the batches come as without workers. `loader` makes a
    `DataLoader` for which all this holds by itself:

    >>> stream = ShardStream("shards", seed=1)
    >>> loader = stream.loader(batch_size=8, num_workers=2)
    >>> for batch in loader: ...
    >>> loader.state_dict()

    `even=True` leaves out the last rows of an epoch that not every rank would get (at most ranks - 1). `rank` and
    `world_size` are those of `torch.distributed` where it is initialized, else 0 and 1. `padded`, `columns` and `dtype` are
    as for `ShardDataset`.
    """

    def __init__(
        self, folders: Union[Folder, Sequence[Folder]], *, weights: Optional[Sequence[float]] = None, seed: int = 0,
        shuffle: bool = True, window: Optional[int] = None, rows_per_epoch: Optional[int] = None, batch_size: int = 1,
        rank: Optional[int] = None, world_size: Optional[int] = None, even: bool = False, padded: bool = True,
        columns: Optional[Sequence[str]] = None, dtype: DTypeLike = np.int64, cache_bytes: int = 0,
    ) -> None:
        super().__init__()
        paths = [folders] if isinstance(folders, (str, os.PathLike)) else list(folders)
        self.datasets = [Dataset(path, padded=padded, dtype=dtype, cache_bytes=cache_bytes) for path in paths]
        chosen = [columns_of(dataset, columns) for dataset in self.datasets]
        if len(set(chosen)) > 1:
            chosen = [("input_ids", "labels", "position_ids", "seq_lengths")] * len(chosen)
        for dataset, names in zip(self.datasets, chosen):
            dataset.columns = names
        self.padded_to = max(dataset.context_length for dataset in self.datasets) if padded else None
        self.order = StreamOrder(
            [dataset.frame_starts() for dataset in self.datasets], weights=weights, seed=seed, shuffle=shuffle,
            window=window, rows_per_epoch=rows_per_epoch)
        distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
        self.rank = rank if rank is not None else torch.distributed.get_rank() if distributed else 0
        self.world_size = (
            world_size if world_size is not None else torch.distributed.get_world_size() if distributed else 1)
        if not 0 <= self.rank < self.world_size:
            raise ValueError(f"rank {self.rank} of {self.world_size}")
        if batch_size <= 0:
            raise ValueError("batch_size: a positive number")
        self.batch_size, self.even = batch_size, even
        self._identity = {
            "digests": [dataset.digest for dataset in self.datasets], "quotas": self.order.quotas, "seed": seed,
            "shuffle": shuffle, "window": self.order.window,
        }
        self._shared = torch.zeros(3, dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]
        # Whether a StreamLoader counts the rows that workers read.
        self._counted = False

    @property
    def epoch(self) -> int:
        return int(self._shared[_EPOCH])

    def set_epoch(self, epoch: int) -> None:
        """Goes to the beginning of an epoch."""
        self._go_to(epoch, 0)

    def _go_to(self, epoch: int, start: int, rows: int = 0) -> None:
        """`rows`: how many this rank, and so each, has taken since it began at `start`."""
        taken = min(start + rows * self.world_size, self._end)
        self._shared[_EPOCH], self._shared[_START], self._shared[_TAKEN] = epoch, start, taken

    @property
    def _taken(self) -> int:
        taken = int(self._shared[_TAKEN])
        if taken == _UNKNOWN:
            raise RuntimeError("worker processes read this stream ahead of the loop: make the DataLoader with stream.loader(…)")
        return taken

    def state_dict(self) -> dict[str, Any]:
        """The place in the stream, as plain values: the epoch, and the rows of it that the ranks have taken together."""
        return {"version": _STATE_VERSION, "epoch": self.epoch, "rows": self._taken, **self._identity}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes to the place of a `state_dict`. Refused where it is of other data, seed, weights or window."""
        if state.get("version") != _STATE_VERSION:
            raise ValueError(f"a state of version {state.get('version')}; this is version {_STATE_VERSION}")
        for name, value in self._identity.items():
            if state.get(name) != value:
                raise ValueError(f"the state is of another stream: its {name} is {state.get(name)}, here it is {value}")
        self._go_to(state["epoch"], state["rows"])

    @property
    def _end(self) -> int:
        """End of an epoch's rows in its order."""
        return self.order.count - self.order.count % self.world_size if self.even else self.order.count

    def __len__(self) -> int:
        """Rows that this rank takes in a whole epoch."""
        return len(range(self.rank, self._end, self.world_size))

    def __iter__(self) -> Iterator[TensorRow]:
        worker = data.get_worker_info()
        if worker is None:
            return self._iterate()
        if not self._counted:
            self._shared[_TAKEN] = _UNKNOWN
        return self._read(self.epoch, int(self._shared[_START]), worker.id, worker.num_workers)

    def _iterate(self) -> Iterator[TensorRow]:
        epoch, start = self.epoch, self._taken
        for count, row in enumerate(self._read(epoch, start, 0, 1), 1):
            self._go_to(epoch, start, count)
            yield row
        self._go_to(epoch + 1, 0)

    def _read(self, epoch: int, start: int, worker: int, workers: int) -> Iterator[TensorRow]:
        """The rows of one worker: of this rank's rows from `start` on, whole batches in turn."""
        mine = range(start + self.rank, self._end, self.world_size)
        batches = range(worker, -(-len(mine) // self.batch_size), workers)
        ahead = max(1, _READ_AHEAD // self.batch_size)
        for first in range(0, len(batches), ahead):
            places = np.concatenate([
                np.arange(mine.start + a * mine.step, mine.start + min(b, len(mine)) * mine.step, mine.step)
                for a, b in (
                    (batch * self.batch_size, (batch + 1) * self.batch_size) for batch in batches[first : first + ahead])
            ])
            yield from self._rows_at(epoch, places)

    def _rows_at(self, epoch: int, places: np.ndarray) -> list[TensorRow]:
        which, rows = self.order.at(epoch, places)
        if len(self.datasets) == 1:
            return tensor_rows(self.datasets[0], rows, padded_to=self.padded_to)
        found: list[TensorRow] = [{}] * len(places)
        for number, dataset in enumerate(self.datasets):
            at = np.flatnonzero(which == number)
            if len(at):
                for place, row in zip(at.tolist(), tensor_rows(dataset, rows[at], padded_to=self.padded_to)):
                    found[place] = row
        return found

    def loader(self, batch_size: Optional[int] = None, **options: Any) -> "StreamLoader":
        """A `DataLoader` of this stream that knows its place. `options` are those of `DataLoader`."""
        if batch_size is not None:
            if batch_size <= 0:
                raise ValueError("batch_size: a positive number")
            self.batch_size = batch_size
        return StreamLoader(self, **options)


class StreamLoader(data.DataLoader[TensorRow]):
    """A `DataLoader` of a `ShardStream`. Each pass is one epoch and the next pass the next epoch; a pass that was left goes on
    where it was. `state_dict` is the place after the last batch that the loop was given, however far workers have read
    ahead."""

    def __init__(self, stream: ShardStream, **options: Any) -> None:
        super().__init__(stream, batch_size=stream.batch_size, **options)
        self.stream = stream
        stream._counted = True

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        stream = self.stream
        epoch, start = stream.epoch, stream._taken
        stream._go_to(epoch, start)
        for count, batch in enumerate(super().__iter__(), 1):
            stream._go_to(epoch, start, count * stream.batch_size)
            yield batch
        stream._go_to(epoch + 1, 0)

    def set_epoch(self, epoch: int) -> None:
        """Goes to the beginning of an epoch."""
        self.stream.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """The place in the stream, as plain values."""
        return self.stream.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes to the place of a `state_dict`."""
        self.stream.load_state_dict(state)
