"""Reads every export with the readers that training scripts use; a list of rows, each a dict of numpy arrays."""

import contextlib
import fcntl
import gc
import json
import os
import struct
import sys
import tempfile
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


def with_load_from_disk(folder):
    import datasets

    return [{name: numpy.array(value) for name, value in row.items()} for row in datasets.load_from_disk(str(folder))]


def thrift(content, position=0):
    """A structure of Thrift's compact protocol, as {field: value}; lists and binaries as Python has them. And where it ends."""

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = content[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def value(kind, in_list=False):
        nonlocal position
        if kind in (1, 2):
            if not in_list:
                return kind == 1
            position += 1
            return content[position - 1] == 1
        if kind == 3:
            position += 1
            return content[position - 1]
        if kind in (4, 5, 6):
            code = varint()
            return (code >> 1) ^ -(code & 1)
        if kind == 8:
            size = varint()
            position += size
            return content[position - size:position]
        if kind == 9:
            head = content[position]
            position += 1
            size = varint() if head >> 4 == 15 else head >> 4
            return [value(head & 15, True) for _ in range(size)]
        assert kind == 12, kind
        fields, field = {}, 0
        while content[position]:
            head = content[position]
            position += 1
            if head >> 4:
                field += head >> 4
            else:
                code = varint()
                field = (code >> 1) ^ -(code & 1)
            fields[field] = value(head & 15)
        position += 1
        return fields

    return value(12), position


def page_indexes(file):
    """Of each column chunk of a Parquet file: its path, the rows of its group, its column index and its offset index, by field
    number (parquet.thrift)."""
    content = Path(file).read_bytes()
    (size,) = struct.unpack("<I", content[-8:-4])
    footer, _ = thrift(content, len(content) - 8 - size)
    for group in footer[4]:
        for chunk in group[1]:
            columns, end = thrift(content, chunk[6])
            assert end - chunk[6] == chunk[7]
            offsets, end = thrift(content, chunk[4])
            assert end - chunk[4] == chunk[5]
            yield [part.decode() for part in chunk[3][3]], group[3], columns, offsets, content


def with_duckdb(folder):
    import duckdb

    result = duckdb.sql(f"SELECT * FROM read_parquet('{folder}/*.parquet')")
    names = result.columns
    return [{name: numpy.array(value) for name, value in zip(names, row)} for row in result.fetchall()]


@contextlib.contextmanager
def standing_in(*packages):
    """Stand-ins of packages that a reader imports and local files do not need. Nobody else may find them: others ask whether they are there."""
    standins = str(Path(__file__).resolve().parent / "standins")
    known = set(sys.modules)
    sys.path.append(standins)
    try:
        yield
    finally:
        sys.path.remove(standins)
        for name in [name for name in sys.modules if name.split(".")[0] in packages and name not in known]:
            del sys.modules[name]


def with_streaming(folder):
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    # Asks once whether torchvision is there, and remembers.
    import transformers  # noqa: F401

    # For images; no row has any.
    with standing_in("torchvision"):
        import streaming

    # It names its shared memory alike in every process, and cleaning up takes that of another test away.
    with open(Path(tempfile.gettempdir()) / f"prep-streaming-{os.getuid()}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        streaming.base.util.clean_stale_shared_memory()
        data = streaming.StreamingDataset(local=str(folder), shuffle=False, batch_size=1, validate_hash="xxh3_64")
        rows = [data[i] for i in range(len(data))]
        # What it holds of shared memory goes with it.
        del data
        gc.collect()
    return rows


def with_olmo_core(folder, length, dtype, work):
    """The documents of OLMo-core's packed data set, as (ids, labels): labels are those of its loss, shifted back."""
    # For addresses of other machines.
    with standing_in("cached_path"):
        from olmo_core.data import NumpyPackedFSLDatasetConfig, TokenizerConfig
        from olmo_core.data.types import NumpyDatasetDType
        from olmo_core.data.utils import get_labels

        config = NumpyPackedFSLDatasetConfig(
            paths=[f"{folder}/token_ids_part_*.npy"], label_mask_paths=[f"{folder}/labels_mask_part_*.npy"], expand_glob=True,
            dtype=NumpyDatasetDType(dtype), sequence_length=length, generate_doc_lengths=True, use_array_if_local=False,
            tokenizer=TokenizerConfig(vocab_size=50257, eos_token_id=50256, pad_token_id=50256), work_dir=str(work))
        rows = config.build()
        rows.prepare()
        documents = []
        for index in range(len(rows)):
            row = rows[index]
            batch = {name: value[None] for name, value in row.items() if name in ("input_ids", "label_mask")}
            labels = [-100, *get_labels(batch)[0].tolist()]
            start = 0
            for size in row["doc_lens"].tolist():
                documents.append((row["input_ids"][start:start + size].tolist(), labels[start:start + size]))
                start += size
    return documents


def with_llm_foundry(folder):
    """Rows of llm-foundry's `StreamingFinetuningDataset`, as (ids, labels). It reads MDS with `streaming` and passes `turns` on
    (mosaicml/llm-foundry llmfoundry/data/finetuning/tasks.py, 006ade75); `stitch_turns_decoder_only` of its collator.py (0f44daee)
    joins them so, with target_prompts "none" and target_responses "all". The package itself needs older torch and transformers."""
    rows = []
    for sample in with_streaming(folder):
        assert list(sample) == ["turns"]
        ids, labels = [], []
        for turn in sample["turns"]:
            ids += turn["input_ids"] + turn["labels"]
            labels += [-100] * len(turn["input_ids"]) + turn["labels"]
        rows.append((ids, labels))
    return rows


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
