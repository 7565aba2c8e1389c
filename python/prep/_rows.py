"""Rows as numpy arrays: what a data set and an encoder of records share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ctypes import byref
from typing import Any, Callable, Literal, Optional, TypedDict, Union, cast, overload

import numpy as np
from numpy.typing import DTypeLike

from ._library import Arrays, PrepError, address

Column = Literal["input_ids", "labels", "attention_mask", "position_ids", "seq_lengths", "loss_weights"]
#: Columns of a row, in the order in which they are given.
COLUMNS: tuple[Column, ...] = ("input_ids", "labels", "attention_mask", "position_ids", "seq_lengths", "loss_weights")
#: Columns that are given unless others are asked for.
DEFAULT_COLUMNS: tuple[Column, ...] = COLUMNS[:5]


class Row(TypedDict, total=False):
    """The columns of a row that were asked for."""

    input_ids: np.ndarray
    labels: np.ndarray
    """-100 where nothing is learned; aligned with the ids, not shifted."""
    attention_mask: np.ndarray
    position_ids: np.ndarray
    seq_lengths: np.ndarray
    """Tokens of each sample of the row, int32."""
    loss_weights: np.ndarray
    """Weight of each token's loss, float32."""


class Rows(Sequence[Row]):
    """Several rows. `rows[i]` is one row, a dictionary of arrays; `rows["labels"]` is a column of all of them: an array
    `[rows, length]` where rows are padded, else a list of arrays. `seq_lengths` is always a list."""

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
        return cast(Row, {name: column[key] for name, column in self.columns.items()})

    def __iter__(self) -> Iterator[Row]:
        names = list(self.columns)
        for values in zip(*self.columns.values()):
            yield cast(Row, dict(zip(names, values)))

    def __repr__(self) -> str:
        return f"Rows({self._count}: {', '.join(self.columns)})"


def id_type(dtype: DTypeLike) -> np.dtype:
    try:
        dtype = np.dtype(dtype)
    except TypeError as error:
        raise PrepError(f"dtype: {error}") from None
    if dtype not in (np.dtype(np.int32), np.dtype(np.int64)):
        raise PrepError(f"dtype {dtype}: token ids, labels and masks are int32 or int64")
    return dtype


def check_columns(columns: Iterable[str]) -> tuple[Column, ...]:
    if isinstance(columns, (str, bytes)):
        raise PrepError(f"columns: a list of names, not one text (write columns=[{columns!r}])")
    columns = tuple(columns)
    for column in columns:
        if column not in COLUMNS:
            raise PrepError(f"column {column!r}: choose from {', '.join(COLUMNS)}")
    return cast(tuple[Column, ...], columns)


def rows(
    fill: Callable[[Any], None],
    measure: Callable[[], tuple[np.ndarray, np.ndarray]],
    columns: Sequence[str],
    count: int,
    dtype: np.dtype,
    length: Optional[int],
    mask_first_labels: bool = False,
) -> Rows:
    """Allocates the columns of `count` rows and has the library `fill` them: `[count, length]`, or one row after the other
    where `length` is None. `measure` gives the tokens and the samples of each row, where they are needed."""
    arrays = Arrays(
        row_stride=length or 0, id_bytes=dtype.itemsize, mask_bytes=dtype.itemsize, flags=int(mask_first_labels))
    shape: tuple[int, ...] = (count, length or 0)
    lengths = samples = starts = np.zeros(0, np.int64)
    if length is None or "seq_lengths" in columns:
        lengths, samples = measure()
    if length is None:
        starts = _starts(lengths)
        arrays.row_starts = address(starts)
        shape = (int(starts[-1]),)
    filled: dict[str, Any] = {}
    for column in columns:
        if column == "seq_lengths":
            values = np.empty(int(samples.sum()), np.int32)
            arrays.sample_lengths, arrays.sample_capacity = address(values), len(values)
        else:
            values = np.empty(shape, np.float32 if column == "loss_weights" else dtype)
            setattr(arrays, column, address(values))
        filled[column] = values
    fill(byref(arrays))
    for column, values in filled.items():
        if column == "seq_lengths" or length is None:
            filled[column] = _split(values, samples if column == "seq_lengths" else lengths)
    return Rows(filled, count)


def _starts(counts: np.ndarray) -> np.ndarray:
    starts = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def _split(flat: np.ndarray, counts: np.ndarray) -> list[np.ndarray]:
    """Consecutive parts of an array, as views."""
    ends = _starts(counts).tolist()
    return [flat[a:b] for a, b in zip(ends, ends[1:])]
