"""Rows of a data set as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional, TypedDict, cast

import torch
from numpy.typing import ArrayLike

from .._rows import Column, check_columns
from ..dataset import Dataset


class TensorRow(TypedDict, total=False):
    """The columns of a row that were asked for, as tensors: int64 unless told otherwise, as torch's loss wants them."""

    input_ids: torch.Tensor
    labels: torch.Tensor
    attention_mask: torch.Tensor
    position_ids: torch.Tensor
    seq_lengths: torch.Tensor
    loss_weights: torch.Tensor



def columns_of(dataset: Dataset, columns: Optional[Sequence[Column]]) -> tuple[Column, ...]:
    """What a training step takes: of packed rows positions and sample lengths, which keep the samples apart."""
    if columns is not None:
        return check_columns(columns)
    if dataset.is_packed:
        return ("input_ids", "labels", "position_ids", "seq_lengths")
    return ("input_ids", "attention_mask", "labels")


def tensor_rows(dataset: Dataset, rows: ArrayLike, padded_to: Optional[int] = None) -> list[TensorRow]:
    """One dictionary of tensors a row. No sample of a packed row is learned from the one before it: its first label is
    -100."""
    found = dataset.read(rows, padded_to=padded_to, mask_first_labels=dataset.is_packed)
    columns: list[Sequence[torch.Tensor]] = []
    for values in found.columns.values():
        if isinstance(values, list):
            columns.append([torch.from_numpy(value) for value in values])
        else:
            columns.append(torch.from_numpy(values).unbind(0))
    names = list(found.columns)
    return [cast(TensorRow, dict(zip(names, values))) for values in zip(*columns)]
