"""A folder of shards as a sequence of rows."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator, Sequence
from ctypes import byref
from typing import Any, Optional, Union, cast, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from . import _rows
from ._hf import to_hf
from ._html import ShownRow, dataset_html
from ._library import DatasetInfo, Handle, PrepError, address, call, library
from ._rows import DEFAULT_COLUMNS, Column, Row, Rows

_READ_AHEAD = 64
_DEFAULT_CACHE = 256 << 20


class Dataset(Sequence[Row]):
    """The rows of a finished folder of shards (`prep run … --output folder`), in input order.

    `dataset[i]` is a row: a dictionary of `input_ids`, `labels`, `attention_mask`, `position_ids` (padded to the context
    length, as `prep inspect --json` prints them; `padded=False` leaves padding out) and `seq_lengths` (tokens of each sample
    packed in the row). `dataset[a:b]` is several `Rows`. Arrays are int64, or int32 with `dtype`.

    `columns` chooses from the above and `loss_weights`. Up to `cache_bytes` of decompressed rows are kept (256 MiB).
    Any number of threads and processes may use one; it can be pickled.

    `learn` chooses what is learned, in place of the run's `loss`: `"assistant,-reasoning"`. The rows are those of a run with
    that loss, without tokenizing again; `PrepError` where such a run would give others.
    """

    def __init__(
        self, folder: Union[str, os.PathLike[str]], *, padded: bool = True, columns: Sequence[Column] = DEFAULT_COLUMNS,
        dtype: DTypeLike = np.int64, cache_bytes: int = 0, learn: Optional[str] = None,
    ) -> None:
        self.folder = os.fspath(folder)
        self.padded = padded
        self.columns = _rows.check_columns(columns)
        self.dtype = _rows.id_type(dtype)
        self.cache_bytes = cache_bytes
        self.learn = learn
        self._open()

    def _open(self) -> None:
        self._dataset = Handle(
            "dataset", library.prep_dataset_open_learning, self.folder.encode(),
            None if self.learn is None else self.learn.encode(), self.cache_bytes)
        self._process = os.getpid()
        self._info = DatasetInfo()
        call(library.prep_dataset_describe, self._dataset.value, byref(self._info))

    def keep_at_least(self, size: int) -> None:
        """Keeps as many bytes of decompressed rows, where it would keep fewer."""
        if size > (self.cache_bytes or _DEFAULT_CACHE):
            self.cache_bytes = size
            self._open()

    @property
    def _handle(self) -> Any:
        # A forked worker opens its own: locks and caches of the parent are not its.
        if self._process != os.getpid():
            self._open()
        return self._dataset.value

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()

    def __repr__(self) -> str:
        return f"Dataset({self.folder!r}: {len(self)} rows of at most {self.context_length} tokens)"

    def _repr_html_(self) -> str:
        return dataset_html(self.folder, len(self), self.tokens, self.context_length, self.learn)

    def __len__(self) -> int:
        return int(self._info.rows)

    @property
    def tokens(self) -> int:
        """Tokens of all rows, without padding."""
        return int(self._info.tokens)

    @property
    def context_length(self) -> int:
        return int(self._info.context_length)

    @property
    def pad_id(self) -> int:
        return int(self._info.pad_id)

    @property
    def is_packed(self) -> bool:
        """Whether rows may hold several samples."""
        return bool(self._info.packed)

    @property
    def digest(self) -> str:
        """The digest of the content, as `prep verify` prints it."""
        return str(library.prep_dataset_digest(self._handle).decode())

    def frame_starts(self) -> np.ndarray:
        """First row of each run of rows that is decompressed together, then the number of rows."""
        starts = np.empty(self._info.frames + 1, np.int64)
        call(library.prep_dataset_frames, self._handle, address(starts))
        return starts

    def lengths(self, rows: Optional[ArrayLike] = None) -> np.ndarray:
        """Tokens of each of the rows (of all rows, unless told otherwise)."""
        return self._measure(None if rows is None else self._indices(rows))[0]

    def _measure(
        self, rows: Optional[np.ndarray], first: int = 0, count: Optional[int] = None
    ) -> tuple[np.ndarray, np.ndarray]:
        count = len(rows) if rows is not None else len(self) if count is None else count
        lengths, samples = np.empty(count, np.int32), np.empty(count, np.int32)
        call(
            library.prep_dataset_measure, self._handle, address(rows), first, count, address(lengths), address(samples))
        return lengths, samples

    def _indices(self, rows: ArrayLike) -> np.ndarray:
        given = np.asarray(rows)
        if given.size and given.dtype.kind not in "iu":
            raise PrepError(f"rows: whole numbers, not {given.dtype.name}")
        indices = np.ascontiguousarray(given, np.int64).reshape(-1)
        if len(indices) and indices.min() < 0:
            indices = np.where(indices < 0, indices + len(self), indices)
        return indices

    def read(
        self, rows: Optional[ArrayLike] = None, *, first: int = 0, count: Optional[int] = None,
        padded_to: Optional[int] = None, padded: Optional[bool] = None, columns: Optional[Sequence[Column]] = None,
        mask_first_labels: bool = False,
    ) -> Rows:
        """The rows at these indices in their order, or `count` rows from `first` on, in one call. `padded_to` is their
        length; a row that is longer is an error. `padded` and `columns` are those of the data set unless given. `mask_first_labels`: the label of each sample's first token is -100, so
        that no sample of a packed row is predicted from the one before it."""
        indices = None if rows is None else self._indices(rows)
        if indices is None:
            count = max(0, len(self) - first) if count is None else count
        else:
            count = len(indices)
        if padded is None:
            padded = self.padded
        length = padded_to if padded_to is not None else self.context_length if padded else None
        chosen = self.columns if columns is None else _rows.check_columns(columns)
        handle = self._handle

        def fill(arrays: Any) -> None:
            call(library.prep_dataset_read, handle, address(indices), first, count, arrays)

        return _rows.rows(
            fill, lambda: self._measure(indices, first, count), chosen, count, self.dtype, length, mask_first_labels)

    def to_hf(
        self, folder: Optional[Union[str, os.PathLike[str]]] = None, *, columns: Optional[Sequence[Column]] = None
    ) -> Any:
        """The rows as a `datasets.Dataset`, as TRL's `SFTTrainer` and `transformers.Trainer` take it: without padding,
        `input_ids`, `attention_mask` and `labels`, or of packed rows `input_ids`, `labels` and `seq_lengths`. It is an Arrow
        file in `folder` (by default in the cache of `datasets`), written once and mapped into memory."""
        return to_hf(self, folder, columns)

    @overload
    def __getitem__(self, key: int) -> Row: ...
    @overload
    def __getitem__(self, key: slice) -> Rows: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            first, last, step = key.indices(len(self))
            if step == 1:
                return self.read(first=first, count=max(0, last - first))
            return self.read(np.arange(first, last, step, dtype=np.int64))
        index = operator.index(key)
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(f"row {key} of {len(self)}")
        return cast(Row, ShownRow(self.read(first=index, count=1)[0], self.folder, index, self.learn))

    def __getitems__(self, keys: Sequence[int]) -> list[Row]:
        """Several rows in one read; `torch.utils.data.DataLoader` uses this."""
        return list(self.read(keys))

    def __iter__(self) -> Iterator[Row]:
        for first in range(0, len(self), _READ_AHEAD):
            yield from self.read(first=first, count=min(_READ_AHEAD, len(self) - first))
