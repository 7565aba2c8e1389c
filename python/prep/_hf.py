"""Rows as a `datasets.Dataset`: one Arrow file, written once and mapped into memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

from ._library import PrepError
from ._rows import Column

if TYPE_CHECKING:
    from .dataset import Dataset

_ROWS = 1024


def columns_for_hf(packed: bool) -> tuple[Column, ...]:
    """What TRL and Trainer take: of packed rows the samples' lengths, by which TRL tells them apart."""
    return ("input_ids", "labels", "seq_lengths") if packed else ("input_ids", "attention_mask", "labels")


def to_hf(rows: "Dataset", folder: Optional[Union[str, os.PathLike[str]]], columns: Optional[Sequence[Column]]) -> Any:
    """See `Dataset.to_hf`."""
    try:
        import datasets  # type: ignore[import-untyped]
        import pyarrow  # type: ignore[import-untyped]
    except ImportError as error:
        raise PrepError(f"to_hf: {error.name} is not installed (pip install datasets)") from None
    chosen = tuple(columns) if columns is not None else columns_for_hf(rows.is_packed)
    base = Path(folder) if folder is not None else Path(datasets.config.HF_DATASETS_CACHE) / "prep"
    learned = "" if rows.learn is None else f"-{rows.learn.replace(',', '+')}"
    path = base / f"{rows.digest}{learned}-{'-'.join(chosen)}.arrow"
    if not path.exists():
        base.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=base, suffix=".tmp", delete=False) as file:
            try:
                _write(rows, chosen, file, pyarrow)
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    return datasets.Dataset.from_file(str(path))


def _write(rows: "Dataset", columns: Sequence[Column], file: Any, pyarrow: Any) -> None:
    types = {name: pyarrow.list_(pyarrow.float32() if name == "loss_weights" else pyarrow.int32()) for name in columns}
    types["attention_mask"] = pyarrow.list_(pyarrow.int8())
    schema = pyarrow.schema([(name, types[name]) for name in columns])
    with pyarrow.ipc.new_stream(file, schema) as stream:
        for first in range(0, len(rows), _ROWS):
            found = rows.read(
                first=first, count=min(_ROWS, len(rows) - first), columns=columns, padded=False, mask_first_labels=rows.is_packed)
            stream.write_batch(pyarrow.record_batch([pyarrow.array(found[name], types[name]) for name in columns], schema=schema))
    file.flush()
    os.fsync(file.fileno())
