"""Shards as a stream: shuffled, mixed, split over ranks and workers, resumable to the row."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Optional, Union

import numpy as np
import torch
import torch.distributed
from numpy.typing import DTypeLike
from torch.utils import data

from .._rows import Column
from ..dataset import Dataset
from ..order import StreamOrder
from ._reader import Reader, current_reader
from ._tensors import TensorRow, columns_of, tensor_rows

_READ_AHEAD = 64
_STATE_VERSION = 2
# What the loop shares with its workers: the epoch, and how many rows of it the ranks had taken when the pass began and have
# taken by now. Workers begin at _START whenever they come to it; _TAKEN is _UNKNOWN where nobody counts for them. Behind them
# one number a worker: which pass it has read to its end.
_EPOCH, _START, _TAKEN, _ENDED = range(4)
_UNKNOWN = -1
_WORKERS = 1024
#: Bytes of a decompressed frame, about: ids and what belongs to 256 Ki tokens.
_FRAME_BYTES = 2 << 20

Folder = Union[str, os.PathLike[str]]


class ShardStream(data.IterableDataset[TensorRow]):
    """The rows of one or several folders in the order of `StreamOrder` (seeded, by frame and window).

    Rank r of w takes every w-th row from the r-th on, so ranks in step have together seen the first rows of the order. Ranks
    are those of `torch.distributed` when iteration begins, unless `rank` and `world_size` say otherwise. Under accelerate and
    `transformers.Trainer`, which share out rows themselves, the stream gives them all: each row comes once either way.

    The order depends on neither ranks nor workers, and `state_dict` is a place in it: a run resumes to the row with another
    number of workers, and with another number of ranks. Workers take whole batches in turn, and so the batches come as without
    workers.

    `folders` with `weights` is a mixture. One pass is one epoch; `set_epoch` chooses it. `loader` makes a `DataLoader` that
    knows its place however far workers have read ahead:

    >>> stream = ShardStream("shards", seed=1)
    >>> loader = stream.loader(batch_size=8, num_workers=2)
    >>> for batch in loader: ...
    >>> loader.state_dict()

    `even=True` leaves out the last rows of an epoch that not every rank would get (at most ranks - 1). `padded`, `columns` and
    `dtype` and `learn` are as for `ShardDataset`. `cache_bytes`: decompressed rows to keep, by default those of a window, and 256 MiB at
    least.
    """

    def __init__(
        self, folders: Union[Folder, Sequence[Folder]], *, weights: Optional[Sequence[float]] = None, seed: int = 0,
        shuffle: bool = True, window: Optional[int] = None, rows_per_epoch: Optional[int] = None,
        batch_size: Optional[int] = None, rank: Optional[int] = None, world_size: Optional[int] = None, even: bool = False,
        padded: bool = True, columns: Optional[Sequence[Column]] = None, dtype: DTypeLike = np.int64, cache_bytes: int = 0,
        learn: Optional[str] = None,
    ) -> None:
        super().__init__()
        if (rank is None) != (world_size is None):
            raise ValueError("rank and world_size: give both or neither")
        if rank is not None and world_size is not None and not 0 <= rank < world_size:
            raise ValueError(f"rank {rank} of {world_size}")
        if batch_size is not None and batch_size <= 0:
            raise ValueError("batch_size: a positive number")
        paths = [folders] if isinstance(folders, (str, os.PathLike)) else list(folders)
        self.datasets = [
            Dataset(path, padded=padded, dtype=dtype, cache_bytes=cache_bytes, learn=learn) for path in paths]
        chosen = [columns_of(dataset, columns) for dataset in self.datasets]
        if len(set(chosen)) > 1:
            chosen = [("input_ids", "labels", "position_ids", "seq_lengths")] * len(chosen)
        for dataset, names in zip(self.datasets, chosen):
            dataset.columns = names
        self.padded_to = max(dataset.context_length for dataset in self.datasets) if padded else None
        self.order = StreamOrder(
            [dataset.frame_starts() for dataset in self.datasets], weights=weights, seed=seed, shuffle=shuffle,
            window=window, rows_per_epoch=rows_per_epoch)
        if cache_bytes == 0 and shuffle:
            # Every row of a window is somewhere in its frames: they must stay until the window is read. (And two more at its edges.)
            for number, dataset in enumerate(self.datasets):
                dataset.keep_at_least((self.order.frames_in_window(number) + 2) * _FRAME_BYTES)
        self.batch_size, self.even = batch_size, even
        self._ranks = None if rank is None or world_size is None else (rank, world_size)
        self._identity = {
            "digests": [dataset.digest for dataset in self.datasets], "quotas": self.order.quotas, "seed": seed,
            "shuffle": shuffle, "window": self.order.window,
        }
        self._shared = torch.zeros(_ENDED + _WORKERS, dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]
        # In a worker that was started anew: who reads there, which its own call stack does not show.
        self._given: Optional[tuple[Reader, int, int]] = None

    # --- Ranks ---

    def _reading(self) -> tuple[Reader, int, int]:
        """Who reads now, its rank and the number of ranks."""
        if self._given is not None:
            return self._given
        reader = current_reader()
        if reader.sharer is not None:
            if self._ranks is not None and self._ranks[1] > 1:
                raise ValueError(
                    f"accelerate ({reader.sharer}) shares out rows by rank, and this stream was told to do so as well: leave out "
                    f"rank and world_size")
            return (reader, 0, 1)
        if self._ranks is not None:
            return (reader, *self._ranks)
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return (reader, torch.distributed.get_rank(), torch.distributed.get_world_size())
        if int(os.environ.get("WORLD_SIZE") or 1) > 1:
            raise RuntimeError(
                "WORLD_SIZE says that there are other ranks, and torch.distributed is not initialized: every rank would read "
                "every row (call init_process_group before the first row is read, or give rank and world_size)")
        return (reader, 0, 1)

    @property
    def rank(self) -> int:
        """Of whoever asks."""
        return self._reading()[1]

    @property
    def world_size(self) -> int:
        """Of whoever asks."""
        return self._reading()[2]

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        reader, rank, ranks = self._reading()
        if reader.loader is not None:
            # The loader starts a worker: its own loop is not to go along.
            counted = _StandIn(reader.loader)
            state["_given"] = (replace(reader, loader=counted), rank, ranks)
        return state

    # --- Place ---

    @property
    def epoch(self) -> int:
        return int(self._shared[_EPOCH])

    def set_epoch(self, epoch: int) -> None:
        """Goes to the beginning of an epoch."""
        place = int(self._shared[_START])
        if place != 0 and place == int(self._shared[_TAKEN]) and current_reader().reads_ahead:
            raise RuntimeError(
                "accelerate begins every pass at the beginning of an epoch, and this stream was told to go on within one: use "
                "accelerate.skip_first_batches, or do not give the loader to accelerator.prepare")
        self._go_to(epoch, 0)

    def _go_to(self, epoch: int, start: int, taken: Optional[int] = None) -> None:
        """`taken`: where the ranks are who began at `start`."""
        self._shared[_EPOCH], self._shared[_START] = epoch, start
        self._shared[_TAKEN] = start if taken is None else taken

    @property
    def _taken(self) -> int:
        taken = int(self._shared[_TAKEN])
        if taken == _UNKNOWN:
            raise RuntimeError(
                "a loader reads this stream ahead of the loop, in worker processes or in accelerate: make it with stream.loader(…)")
        return taken

    def state_dict(self) -> dict[str, Any]:
        """The place in the stream, as plain values: the epoch, and the rows of it that the ranks have taken together."""
        # torchdata's StatefulDataLoader asks where the pass began; the iterator of each worker adds how far it came.
        rows = int(self._shared[_START]) if current_reader().keeps_place else self._taken
        return {"version": _STATE_VERSION, "epoch": self.epoch, "rows": rows, **self._identity}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes to the place of a `state_dict`. Refused where it is of other data, seed, weights or window."""
        self._check(state)
        self._go_to(state["epoch"], state["rows"])

    def _check(self, state: dict[str, Any]) -> None:
        if state.get("version") != _STATE_VERSION:
            raise ValueError(f"a state of version {state.get('version')}; this is version {_STATE_VERSION}")
        for name, value in self._identity.items():
            if state.get(name) != value:
                raise ValueError(f"the state is of another stream: its {name} is {state.get(name)}, here it is {value}")

    # --- Reading ---

    def _end(self, ranks: int) -> int:
        """End of an epoch's rows in its order."""
        return self.order.count - self.order.count % ranks if self.even else self.order.count

    def __len__(self) -> int:
        """Rows that whoever asks takes in a whole epoch."""
        _, rank, ranks = self._reading()
        return len(range(rank, self._end(ranks), ranks))

    def __iter__(self) -> "StreamIterator":
        return StreamIterator(self, *self._reading())

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
        return StreamLoader(self, batch_size=batch_size, **options)


class StreamIterator(Iterator[TensorRow]):
    """One pass over the rows of one reader: of this rank's rows from the place on, and in a worker process of those whole
    batches in turn. `state_dict` is its place, as torchdata's StatefulDataLoader asks for it in each worker."""

    def __init__(self, stream: ShardStream, reader: Reader, rank: int, ranks: int) -> None:
        self.stream, self.reader, self.rank, self.ranks = stream, reader, rank, ranks
        worker = data.get_worker_info()
        self.worker, self.workers = (0, 1) if worker is None else (worker.id, worker.num_workers)
        self.unit = reader.unit if reader.unit > 1 else stream.batch_size or 1
        # Whoever counts for the loop: a StreamLoader by itself, else this iterator where rows are given as they are asked for.
        counted = isinstance(reader.loader, (StreamLoader, _StandIn)) and getattr(reader.loader, "counts", True)
        self.counts = worker is None and not counted and not reader.reads_ahead
        # Workers of one pass have one seed in common. A worker that stays for the next pass has said before that it came.
        self.pass_number = 0 if worker is None else worker.seed - worker.id
        if worker is not None and not counted:
            if worker.num_workers > _WORKERS:
                raise ValueError(f"{worker.num_workers} workers; a stream can be read by {_WORKERS}")
            stream._shared[_ENDED + worker.id] = _UNKNOWN
        self.ends_pass = worker is not None and not counted
        self._begin(stream.epoch, stream._taken if self.counts else int(stream._shared[_START]))
        if not counted and not self.counts:
            stream._shared[_TAKEN] = _UNKNOWN

    def _begin(self, epoch: int, start: int, read: int = 0) -> None:
        """Goes behind the first `read` rows of this worker's share of a pass that began at `start`."""
        self.epoch, self.start, self.read = epoch, start, read
        self._rows = self._remaining()

    def _remaining(self) -> Iterator[TensorRow]:
        mine = range(self.start + self.rank, self.stream._end(self.ranks), self.ranks)
        batches = range(self.worker, -(-len(mine) // self.unit), self.workers)
        ahead = max(1, _READ_AHEAD // self.unit)
        skip = self.read
        for first in range(skip // self.unit, len(batches), ahead):
            places = np.concatenate([
                np.arange(mine.start + a * mine.step, mine.start + min(b, len(mine)) * mine.step, mine.step)
                for a, b in ((batch * self.unit, (batch + 1) * self.unit) for batch in batches[first : first + ahead])
            ])
            yield from self.stream._rows_at(self.epoch, places[skip % self.unit :])
            skip = 0

    def __next__(self) -> TensorRow:
        row = next(self._rows, None)
        if row is None:
            if self.counts:
                self.stream._go_to(self.epoch + 1, 0)
                self.counts = False
            elif self.ends_pass:
                self._end_pass()
            raise StopIteration
        self.read += 1
        if self.counts:
            taken = min(self.start + self.read * self.ranks, self.stream._end(self.ranks))
            self.stream._go_to(self.epoch, self.start, taken)
        return row

    def _end_pass(self) -> None:
        """The last worker to end goes to the next epoch, as a pass without workers does."""
        shared = self.stream._shared
        shared[_ENDED + self.worker] = self.pass_number
        if bool((shared[_ENDED : _ENDED + self.workers] == self.pass_number).all()):
            shared[_EPOCH], shared[_START] = self.epoch + 1, 0
        self.ends_pass = False

    def state_dict(self) -> dict[str, Any]:
        """The place of this worker in its pass."""
        return {
            "version": _STATE_VERSION, **self.stream._identity, "epoch": self.epoch, "rows": self.start, "read": self.read,
            "share": [self.rank, self.ranks, self.worker, self.workers, self.unit], "lost": self.reader.loses_place,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes to the place of a `state_dict` of the same worker of the same rank."""
        self.stream._check(state)
        if state["lost"]:
            raise ValueError(
                "the state was kept by accelerate's DataLoaderDispatcher, which had read on for every rank: resume with "
                "accelerate.skip_first_batches, or keep states with dispatch_batches=False")
        share = [self.rank, self.ranks, self.worker, self.workers, self.unit]
        if state["share"] != share:
            names = ("rank", "ranks", "worker", "workers", "batch size")
            what = ", ".join(f"{name} {was}, here {now}" for name, was, now in zip(names, state["share"], share) if was != now)
            raise ValueError(f"the state is of another reader: {what} (stream.loader(…) resumes with any number of workers and ranks)")
        self._begin(state["epoch"], state["rows"], state["read"])
        if self.counts:
            taken = min(self.start + self.read * self.ranks, self.stream._end(self.ranks))
            self.stream._go_to(self.epoch, self.start, taken)


class _StandIn:
    """What a worker that is started anew knows of the loader."""

    def __init__(self, loader: Any) -> None:
        self.counts = isinstance(loader, StreamLoader) or getattr(loader, "counts", False)


class StreamLoader(data.DataLoader[TensorRow]):
    """A `DataLoader` of a `ShardStream`. Each pass is one epoch and the next pass the next epoch; a pass that was left goes on
    where it was. `state_dict` is the place after the last batch that the loop was given, however far workers have read
    ahead."""

    def __init__(self, stream: ShardStream, *, batch_size: Optional[int] = None, **options: Any) -> None:
        if batch_size is not None and batch_size <= 0:
            raise ValueError("batch_size: a positive number")
        super().__init__(stream, batch_size=batch_size or stream.batch_size or 1, **options)
        self.stream = stream

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        stream = self.stream
        epoch, start, ranks = stream.epoch, stream._taken, stream.world_size
        stream._go_to(epoch, start)
        assert self.batch_size is not None
        for count, batch in enumerate(super().__iter__(), 1):
            stream._go_to(epoch, start, min(start + count * self.batch_size * ranks, stream._end(ranks)))
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
