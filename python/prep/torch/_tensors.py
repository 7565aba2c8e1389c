"""Rows of numpy arrays as rows of tensors that share their memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

import torch

from .._rows import Rows, check_columns
from ..dataset import Dataset

TensorRow = dict[str, torch.Tensor]


def columns_of(dataset: Dataset, columns: Optional[Sequence[str]]) -> tuple[str, ...]:
    """What a training step takes: of packed rows positions and sample lengths, which keep the samples apart."""
    if columns is not None:
        return check_columns(columns)
    if dataset.is_packed:
        return ("input_ids", "labels", "position_ids", "seq_lens")
    return ("input_ids", "attention_mask", "labels")


def tensor_rows(rows: Rows) -> list[TensorRow]:
    """One dictionary of tensors a row."""
    columns = []
    for values in rows.columns.values():
        if isinstance(values, list):
            columns.append([torch.from_numpy(value) for value in values])
        else:
            columns.append(torch.from_numpy(values).unbind(0))
    names = list(rows.columns)
    return [dict(zip(names, values)) for values in zip(*columns)]
