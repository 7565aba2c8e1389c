"""A folder of shards as a map-style data set."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import DTypeLike
from torch.utils import data

from .._rows import Column
from ..dataset import Dataset
from ._tensors import TensorRow, columns_of, tensor_rows


class ShardDataset(data.Dataset[TensorRow]):
    """Rows by index, for `DataLoader` with any sampler.

    A row is a dictionary of int64 tensors `input_ids`, `attention_mask`, `labels`, padded to the context length unless
    `padded=False` (for a collator that pads to the longest). Rows of a packed data set have `position_ids` and `seq_lengths`
    in the place of the attention mask, and the first label of each sample is -100; `columns` chooses others.

    Random access decompresses 256 Ki tokens where they are not among the `cache_bytes` kept: for data sets much larger
    than memory use `ShardStream`. `learn` chooses what is learned, as for `prep.Dataset`.
    """

    def __init__(
        self, folder: Union[str, os.PathLike[str]], *, padded: bool = True, columns: Optional[Sequence[Column]] = None,
        dtype: DTypeLike = np.int64, cache_bytes: int = 0, learn: Optional[str] = None,
    ) -> None:
        self.rows = Dataset(folder, padded=padded, dtype=dtype, cache_bytes=cache_bytes, learn=learn)
        self.rows.columns = columns_of(self.rows, columns)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> TensorRow:
        return tensor_rows(self.rows, [range(len(self))[index]])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[TensorRow]:
        """The rows of a batch in one read; `DataLoader` calls this."""
        return tensor_rows(self.rows, indices)

    def to_hf(self, folder: Optional[Union[str, os.PathLike[str]]] = None) -> Any:
        """The rows as a `datasets.Dataset`: see `prep.Dataset.to_hf`."""
        return self.rows.to_hf(folder)
