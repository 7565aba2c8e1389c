"""The order in which a stream gives rows: a pure function of data sets, seed, epoch and position.

Rows of a data set lie in frames, runs of rows that are decompressed together. A window is the rows of some frames, 64 unless
told otherwise, in random order. Its frames are one out of each 64th of the data set, so that whatever lies side by side
there, such as sources joined one behind the other, is spread over all windows. Hence any position of the order can be found
at once (a resume replays nothing), and reading in order keeps only a window's frames in memory.

Several data sets are mixed: each stretch of rows holds as many of each as their shares ask for, to within one row of the
exact share from the epoch's start on, in random places; each data set has windows of its own.

`prep where` computes the same order, in Sources/ShardWriter/Order; Tests/Python/test_where.py holds the two together.

Random means: sorted by SplitMix64 (Steele, Lea & Flood 2014) of seed, purpose, epoch and place, so the order depends on
no library's generator.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Callable, Optional

import numpy as np

_GOLDEN = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1

#: Frames of a window.
_FRAMES_IN_WINDOW = 64
#: Rows in which the data sets of a mixture have their shares.
_STRETCH = 8192

#: What a random order is for.
_FRAMES, _WINDOW, _MIXTURE = 1, 2, 3


def _mix(value: int) -> int:
    value = (value + _GOLDEN) & _WORD
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _WORD
    return value ^ (value >> 31)


def permutation(count: int, *key: int) -> np.ndarray:
    """A random order of `count` things that depends on the key alone."""
    state = 0
    for part in key:
        state = _mix(state ^ (part & _WORD))
    with np.errstate(over="ignore"):
        value = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN) + np.uint64(state)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        value ^= value >> np.uint64(31)
    return np.argsort(value, kind="stable")


class _Recent:
    """The last few arrays computed, by key."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.kept: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def get(self, key: tuple[int, ...], compute: Callable[[], Any]) -> Any:
        if key in self.kept:
            self.kept.move_to_end(key)
        else:
            self.kept[key] = compute()
            if len(self.kept) > self.room:
                self.kept.popitem(last=False)
        return self.kept[key]


class _DatasetOrder:
    """The rows of one data set, epoch after epoch, as an endless sequence."""

    def __init__(self, number: int, frame_starts: np.ndarray, seed: int, shuffle: bool, window: int) -> None:
        self.number, self.seed, self.shuffle, self.window = number, seed, shuffle, window
        self.starts = np.asarray(frame_starts, np.int64)
        self.count = int(self.starts[-1])
        frames = len(self.starts) - 1
        #: Frames that hold the rows of a window, about.
        self.frames_in_window = min(frames, max(1, -(-self.window * frames // self.count)))
        self.recent = _Recent(4)
        self.frames = _Recent(2)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Rows at positions `start` ..< `stop` of the sequence."""
        parts = []
        while start < stop:
            epoch, place = divmod(start, self.count)
            window = place // self.window
            rows = self.recent.get((epoch, window), lambda: self._window(epoch, window))
            offset = place - window * self.window
            taken = rows[offset : offset + stop - start]
            parts.append(taken)
            start += len(taken)
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def _window(self, epoch: int, window: int) -> np.ndarray:
        first = window * self.window
        places = np.arange(first, min(first + self.window, self.count))
        if not self.shuffle:
            return places
        order: np.ndarray
        begins: np.ndarray
        order, begins = self.frames.get((epoch,), lambda: self._frame_order(epoch))
        at = np.searchsorted(begins, places, side="right") - 1
        rows = self.starts[order[at]] + places - begins[at]
        return np.take(rows, permutation(len(rows), self.seed, _WINDOW, self.number, epoch, window))

    def _frame_order(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        # Frames without rows cannot be: each starts after the one before it.
        frames = len(self.starts) - 1
        rank = np.argsort(permutation(frames, self.seed, _FRAMES, self.number, epoch))
        # Cut the data set into as many parts as a window has frames, and deal one frame of each to every window.
        part = np.arange(frames) * self.frames_in_window // frames
        by_part = np.lexsort((rank, part))
        firsts = np.searchsorted(part, np.arange(self.frames_in_window))
        window = np.arange(frames) - firsts[part]
        order = by_part[np.lexsort((rank[by_part], window))]
        begins = np.zeros(frames, np.int64)
        np.cumsum(np.diff(self.starts)[order][:-1], out=begins[1:])
        return order, begins


class StreamOrder:
    """The order of one epoch after the other over several data sets.

    `frame_starts`: for each data set, the first row of each frame and then the number of rows. `weights`: the share of
    each data set in an epoch; without them each row comes exactly once an epoch. With them an epoch has as many rows as
    all data sets have (or `rows_per_epoch`), and each data set goes on where it stopped: none of its rows comes again
    before all of them came. `window`: rows that are shuffled together, over all data sets; by default those of 64 frames of
    each. Frames are about a megabyte each in memory, so a window of a million rows of 500 tokens takes two gigabytes, and is
    read as fast as any other.
    """

    def __init__(
        self, frame_starts: Sequence[np.ndarray], *, weights: Optional[Sequence[float]] = None, seed: int = 0,
        shuffle: bool = True, window: Optional[int] = None, rows_per_epoch: Optional[int] = None,
    ) -> None:
        counts = [int(starts[-1]) for starts in frame_starts]
        if not counts or (0 in counts and weights is not None) or sum(counts) == 0:
            raise ValueError("a data set without rows cannot be streamed")
        total = sum(counts) if rows_per_epoch is None else rows_per_epoch
        if weights is None:
            if rows_per_epoch not in (None, sum(counts)):
                raise ValueError("rows_per_epoch needs weights: without them each row comes exactly once an epoch")
            self.quotas = counts
        else:
            if len(weights) != len(counts) or any(not weight > 0 for weight in weights):
                raise ValueError("weights: one positive number for each data set")
            if total <= 0:
                raise ValueError("rows_per_epoch: a positive number")
            self.quotas = _apportion([Fraction(weight) for weight in weights], total)
        #: Rows of an epoch.
        self.count = total
        if window is not None and window <= 0:
            raise ValueError("window: a positive number of rows")
        windows = [
            -(-count * min(_FRAMES_IN_WINDOW, len(starts) - 1) // (len(starts) - 1)) if window is None
            else -(-window * quota // total)
            for starts, count, quota in zip(frame_starts, counts, self.quotas) if count > 0
        ]
        #: Rows in which each data set has its share.
        self.window = window if window is not None else _STRETCH if len(counts) > 1 else max(windows)
        self.seed, self.shuffle = seed, shuffle
        sizes = iter(windows)
        self._orders = [
            _DatasetOrder(number, starts, seed, shuffle, max(1, next(sizes))) if counts[number] > 0 else None
            for number, starts in enumerate(frame_starts)
        ]
        self._before = self._rows_before_windows()
        self._recent = _Recent(4)

    def frames_in_window(self, dataset: int) -> int:
        """How many frames of a data set the rows of a window lie in, about: those worth keeping in memory."""
        order = self._orders[dataset]
        return 0 if order is None else order.frames_in_window

    def _rows_before_windows(self) -> np.ndarray:
        """`[windows + 1, data sets]`: rows of each data set in the windows before."""
        windows = -(-self.count // self.window)
        table = np.zeros((windows + 1, len(self.quotas)), np.int64)
        for number in range(1, windows + 1):
            end = min(number * self.window, self.count)
            table[number] = _advance(table[number - 1], self.quotas, end, self.count)
        return table

    def at(self, epoch: int, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Data set and row at each of these positions (0 ..< `count`, ascending) of an epoch."""
        positions = np.asarray(positions, np.int64)
        datasets = np.empty(len(positions), np.int64)
        rows = np.empty(len(positions), np.int64)
        windows = positions // self.window
        begin = 0
        while begin < len(positions):
            window = int(windows[begin])
            end = int(np.searchsorted(windows, window, side="right"))
            which, found = self._recent.get((epoch, window), lambda: self._window(epoch, window))
            inside = positions[begin:end] - window * self.window
            datasets[begin:end], rows[begin:end] = which[inside], found[inside]
            begin = end
        return datasets, rows

    def _window(self, epoch: int, window: int) -> tuple[np.ndarray, np.ndarray]:
        before, after = self._before[window], self._before[window + 1]
        taken = after - before
        which = np.repeat(np.arange(len(taken)), taken)
        if len(taken) > 1:
            if self.shuffle:
                which = which[permutation(len(which), self.seed, _MIXTURE, epoch, window)]
            else:
                # Evenly spread: the j-th of n rows at (j + 1/2) / n of the window.
                places = np.concatenate([(np.arange(n) + 0.5) / max(1, n) for n in taken])
                which = which[np.argsort(places, kind="stable")]
        rows = np.empty(len(which), np.int64)
        for number, order in enumerate(self._orders):
            if order is None:
                continue
            start = epoch * self.quotas[number] + int(before[number])
            rows[which == number] = order.rows(start, start + int(taken[number]))
        return which, rows


def _apportion(shares: Sequence[Fraction], total: int) -> list[int]:
    """Whole numbers that sum to `total`, as near to the shares as can be (largest remainders)."""
    whole = sum(shares)
    exact = [share * total / whole for share in shares]
    counts = [int(value) for value in exact]
    by_remainder = sorted(range(len(shares)), key=lambda i: (counts[i] - exact[i], i))
    for i in by_remainder[: total - sum(counts)]:
        counts[i] += 1
    return counts


def _advance(before: np.ndarray, quotas: Sequence[int], end: int, total: int) -> list[int]:
    """Rows of each data set among the first `end` of an epoch: never fewer than before, summing to `end`, as near to
    `quota * end / total` as that allows."""
    counts = [max(int(b), quota * end // total) for b, quota in zip(before, quotas)]
    while (missing := end - sum(counts)) != 0:
        step = 1 if missing > 0 else -1
        # The one that is furthest behind takes a row; the one furthest ahead gives one back.
        lag = [(quota * end - count * total) * step for count, quota in zip(counts, quotas)]
        allowed = [i for i in range(len(counts)) if step > 0 or counts[i] > before[i]]
        counts[max(allowed, key=lambda i: (lag[i], -i))] += step
    return counts
