"""Reads every export with the readers that training scripts use; a list of rows, each a dict of numpy arrays."""

import json
import os
import struct
import sys
from pathlib import Path

import numpy

DTYPES = {1: numpy.uint8, 4: numpy.int32, 8: numpy.uint16}


def with_pyarrow(folder):
    import pyarrow.parquet

    rows = []
    for file in sorted(Path(folder).glob("*.parquet")):
        table = pyarrow.parquet.ParquetFile(file, page_checksum_verification=True).read()
        columns = {name: table.column(name).to_pylist() for name in table.column_names}
        rows += [{name: numpy.array(values[i]) for name, values in columns.items()} for i in range(table.num_rows)]
    return rows


def with_datasets(folder, cache):
    import datasets

    data = datasets.load_dataset("parquet", data_dir=str(folder), cache_dir=str(cache), split="train")
    return [{name: numpy.array(value) for name, value in row.items()} for row in data]


def with_duckdb(folder):
    import duckdb

    result = duckdb.sql(f"SELECT * FROM read_parquet('{folder}/*.parquet')")
    names = result.columns
    return [{name: numpy.array(value) for name, value in zip(names, row)} for row in result.fetchall()]


def with_streaming(folder):
    # streaming imports torchvision for images; no row has any, so a stand-in does. Nobody else may find it: others ask whether it is there.
    standins = str(Path(__file__).resolve().parent / "standins")
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    # Asks once whether torchvision is there, and remembers.
    import transformers  # noqa: F401

    known = set(sys.modules)
    sys.path.append(standins)
    try:
        import streaming
    finally:
        sys.path.remove(standins)
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision" and name not in known]:
            del sys.modules[name]

    streaming.base.util.clean_stale_shared_memory()
    data = streaming.StreamingDataset(local=str(folder), shuffle=False, batch_size=1, validate_hash="xxh3_64")
    return [data[i] for i in range(len(data))]


def with_megatron_layout(folder, name):
    """Megatron-LM's index, re-read from its description alone: a sequence a row."""
    index = (Path(folder) / f"{name}.idx").read_bytes()
    assert index[:9] == b"MMIDIDX\0\0"
    version, code, sequences, documents = struct.unpack_from("<QBQQ", index, 9)
    assert version == 1
    dtype, position = numpy.dtype(DTYPES[code]), 9 + 8 + 1 + 8 + 8
    lengths = numpy.frombuffer(index, "<i4", sequences, position)
    position += 4 * sequences
    pointers = numpy.frombuffer(index, "<i8", sequences, position)
    position += 8 * sequences
    document_index = numpy.frombuffer(index, "<i8", documents, position)
    assert position + 8 * documents == len(index)
    assert document_index.tolist() == list(range(sequences + 1))
    data = (Path(folder) / f"{name}.bin").read_bytes()
    assert len(data) == lengths.sum() * dtype.itemsize
    return dtype, [numpy.frombuffer(data, dtype, length, pointer) for length, pointer in zip(lengths, pointers)]


def with_megatron_core(folder, name):
    """The same by Megatron-LM's own reader."""
    from megatron.core.datasets.indexed_dataset import IndexedDataset

    data = IndexedDataset(str(Path(folder) / name))
    # Its arrays are views of a file that is unmapped with it.
    return [data[i].copy() for i in range(len(data))]


def with_numpy(folder, unpadded=False):
    columns = {file.stem: numpy.load(file, mmap_mode="r") for file in Path(folder).glob("*.npy")}
    offsets, sequence_offsets = columns.pop("offsets", None), columns.pop("seq_offsets", None)
    count = len(offsets) - 1 if unpadded else len(columns["input_ids"])
    rows = []
    for i in range(count):
        row = {}
        for name, values in columns.items():
            if name == "seq_lengths":
                row[name] = values[sequence_offsets[i] : sequence_offsets[i + 1]]
            else:
                row[name] = values[offsets[i] : offsets[i + 1]] if unpadded else values[i]
        rows.append(row)
    return rows


def index_of(folder):
    return json.loads((Path(folder) / "index.json").read_text())
