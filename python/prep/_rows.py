"""Rows as numpy arrays: what a data set and an encoder of records share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ctypes import byref
from typing import Any, Callable, Optional, Union, overload

import numpy as np
from numpy.typing import DTypeLike

from ._library import Arrays, PrepError, address

#: Columns of a row, in the order in which they are given.
COLUMNS = ("input_ids", "labels", "attention_mask", "position_ids", "seq_lens", "loss_weights")
#: Columns that are given unless others are asked for.
DEFAULT_COLUMNS = COLUMNS[:5]

Row = dict[str, np.ndarray]


class Rows(Sequence):
    """Several rows. `rows[i]` is one row, a dictionary of arrays; `rows["labels"]` is a column of all of them: an array
    `[rows, length]` where rows are padded, else a list of arrays. `seq_lens` is always a list."""

    __slots__ = ("columns", "_count")

    def __init__(self, columns: dict[str, Any], count: int) -> None:
        self.columns = columns
        self._count = count

    def __len__(self) -> int:
        return self._count

    def keys(self) -> list[str]:
        return list(self.columns)

    @overload
    def __getitem__(self, key: int) -> Row: ...
    @overload
    def __getitem__(self, key: slice) -> "Rows": ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    def __getitem__(self, key: Union[int, slice, str]) -> Any:
        if isinstance(key, str):
            return self.columns[key]
        if isinstance(key, slice):
            columns = {name: column[key] for name, column in self.columns.items()}
            return Rows(columns, len(range(*key.indices(self._count))))
        if not -self._count <= key < self._count:
            raise IndexError(f"row {key} of {self._count}")
        return {name: column[key] for name, column in self.columns.items()}

    def __iter__(self) -> Iterator[Row]:
        names = list(self.columns)
        for values in zip(*self.columns.values()):
            yield dict(zip(names, values))

    def __repr__(self) -> str:
        return f"Rows({self._count}: {', '.join(self.columns)})"


class Flat(dict):
    """Rows without padding, one after the other: arrays `[tokens]` by column, and `row_starts` `[rows + 1]`."""


def id_type(dtype: DTypeLike) -> np.dtype:
    dtype = np.dtype(dtype)
    if dtype not in (np.dtype(np.int32), np.dtype(np.int64)):
        raise PrepError(f"dtype {dtype}: token ids, labels and masks are int32 or int64")
    return dtype


def check_columns(columns: Sequence[str]) -> tuple[str, ...]:
    for column in columns:
        if column not in COLUMNS:
            raise PrepError(f"column {column!r}: choose from {', '.join(COLUMNS)}")
    return tuple(columns)


def read(
    fill: Callable[[Any], None],
    columns: Sequence[str],
    count: int,
    dtype: np.dtype,
    *,
    stride: Optional[int] = None,
    lengths: Optional[np.ndarray] = None,
    segments: Optional[np.ndarray] = None,
    mask_first_labels: bool = False,
    starts: Optional[np.ndarray] = None,
) -> dict[str, np.ndarray]:
    """Allocates the columns and has the library fill them: `[count, stride]`, or `[tokens]` where `starts` is given.
    `seq_lens` (all rows' segments in one array) takes `segments`, the segments of each row."""
    shape = (count, stride) if starts is None else (int(starts[-1]),)
    arrays = Arrays(row_stride=stride or 0, id_bytes=dtype.itemsize, mask_bytes=dtype.itemsize, flags=int(mask_first_labels))
    if starts is not None:
        arrays.row_starts = address(starts)
    filled: dict[str, np.ndarray] = {}
    for column in columns:
        if column == "seq_lens":
            assert segments is not None
            values = np.empty(int(segments.sum()), np.int32)
            arrays.segment_lengths, arrays.segment_capacity = address(values), len(values)
        else:
            values = np.empty(shape, np.float32 if column == "loss_weights" else dtype)
            setattr(arrays, column, address(values))
        filled[column] = values
    fill(byref(arrays))
    return filled


def split(flat: np.ndarray, counts: np.ndarray) -> list[np.ndarray]:
    """Consecutive parts of an array, as views."""
    ends = np.cumsum(counts).tolist()
    return [flat[a:b] for a, b in zip([0, *ends[:-1]], ends)] if ends else []


def rows(
    fill: Callable[[Any], None],
    measure: Callable[[], tuple[np.ndarray, np.ndarray]],
    columns: Sequence[str],
    count: int,
    dtype: np.dtype,
    length: Optional[int],
) -> Rows:
    """Rows padded to `length`, or unpadded where it is None."""
    lengths = segments = None
    if length is None or "seq_lens" in columns:
        lengths, segments = measure()
    if length is None:
        assert lengths is not None
        starts = np.zeros(count + 1, np.int64)
        np.cumsum(lengths, out=starts[1:])
        filled: dict[str, Any] = read(fill, columns, count, dtype, segments=segments, starts=starts)
        filled = {
            name: split(values, segments if name == "seq_lens" else lengths) for name, values in filled.items()}
    else:
        filled = read(fill, columns, count, dtype, stride=length, segments=segments)
        if "seq_lens" in filled:
            filled["seq_lens"] = split(filled["seq_lens"], segments)
    return Rows(filled, count)
