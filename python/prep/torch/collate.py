"""Rows to batches: padded, or flattened with the fields that variable-length attention takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional, Union, cast

import torch

from ._tensors import TensorRow

_IGNORED_LABEL = -100


def _tensors(rows: Sequence[Any]) -> list[TensorRow]:
    """Rows of a `datasets.Dataset` bring lists."""
    return [
        cast(TensorRow, {name: value if isinstance(value, torch.Tensor) else torch.as_tensor(value) for name, value in row.items()})
        for row in rows
    ]


def _length(row: TensorRow) -> int:
    """Tokens of a row, without padding."""
    if "seq_lengths" in row:
        return int(row["seq_lengths"].sum())
    if "attention_mask" in row:
        return int(row["attention_mask"].sum())
    raise ValueError("a row needs seq_lengths or attention_mask: ask for them with columns=")


class PadCollator:
    """Batches of `[rows, length]`, where length is that of the longest row, or `length` (such as the context length), up to
    a multiple of `multiple_of`. Padding is `pad_id`, label -100, mask 0; positions count on from 0. Takes rows that are
    padded already and rows that are not."""

    def __init__(self, pad_id: int, *, length: Optional[int] = None, multiple_of: int = 1) -> None:
        self.pad_id, self.length, self.multiple_of = pad_id, length, multiple_of

    def __call__(self, rows: Sequence[TensorRow]) -> dict[str, torch.Tensor]:
        rows = _tensors(rows)
        lengths = [_length(row) for row in rows]
        longest = max(lengths)
        length = longest if self.length is None else self.length
        if longest > length:
            raise ValueError(f"a row of {longest} tokens does not fit into {length}")
        length += -length % self.multiple_of
        batch: dict[str, torch.Tensor] = {}
        given = [cast(dict[str, torch.Tensor], row) for row in rows]
        for name, first in given[0].items():
            if name == "seq_lengths":
                continue
            batch[name] = first.new_full((len(rows), length), self._padding(name))
        # Rows of packed data sets bring no mask; of several padded rows a model needs to know where padding begins.
        if "attention_mask" not in batch and "position_ids" not in batch:
            batch["attention_mask"] = torch.zeros((len(rows), length), dtype=torch.int64)
        for index, (row, count) in enumerate(zip(given, lengths)):
            for name, values in batch.items():
                if name in row:
                    values[index, :count] = row[name][:count]
                else:
                    values[index, :count] = 1
                if name == "position_ids":
                    values[index, count:] = torch.arange(length - count)
        return batch

    def _padding(self, name: str) -> int:
        return {"input_ids": self.pad_id, "labels": _IGNORED_LABEL}.get(name, 0)


class PackedCollator:
    """One row of all the batch's tokens, `[1, tokens]`, as variable-length attention takes it (TRL's padding-free batches,
    Hugging Face's flattened ones): `input_ids`, `labels` with -100 at each sample's first token, `position_ids` that restart
    with each sample, `cu_seq_lens_q` and `cu_seq_lens_k` `[samples + 1]` (int32), `max_length_q` and `max_length_k`. There is
    no attention mask. With `seq_idx`, the sample of each token too.

    Takes rows that are padded and rows that are not; of packed rows (`prep run --pack`) each sample counts."""

    def __init__(self, *, seq_idx: bool = False) -> None:
        self.seq_idx = seq_idx

    def __call__(self, rows: Sequence[TensorRow]) -> dict[str, Union[torch.Tensor, int]]:
        rows = _tensors(rows)
        lengths = torch.cat([
            row["seq_lengths"].to(torch.int32) if "seq_lengths" in row else torch.tensor([_length(row)], dtype=torch.int32)
            for row in rows
        ])
        ends = torch.zeros(len(lengths) + 1, dtype=torch.int32)
        torch.cumsum(lengths, 0, out=ends[1:])
        total, starts = int(ends[-1]), ends[:-1].long()
        longest = int(lengths.max())
        batch: dict[str, Any] = {}
        for name in ("input_ids", "labels", "loss_weights"):
            if name in rows[0]:
                batch[name] = torch.cat([row[name][: _length(row)] for row in rows]).unsqueeze(0)
        batch["labels"][0, starts] = _IGNORED_LABEL
        sample = torch.repeat_interleave(torch.arange(len(lengths)), lengths, output_size=total)
        batch["position_ids"] = (torch.arange(total) - starts[sample]).unsqueeze(0)
        batch["cu_seq_lens_q"] = batch["cu_seq_lens_k"] = ends
        batch["max_length_q"] = batch["max_length_k"] = longest
        if self.seq_idx:
            batch["seq_idx"] = sample.to(torch.int32).unsqueeze(0)
        return batch
