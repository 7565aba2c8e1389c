"""Tables as records: Parquet, Arrow, CSV and TSV files, data sets in the Hugging Face cache, and whatever has an Arrow stream.

`pyarrow` does the reading. A row becomes the JSON object that `json.dumps` would make of it, so a table gives the rows of
training that the same records as JSON lines give. Rows come in batches: memory is bounded by a batch, not by a row group.

The `prep` command runs this module as a process of its own where an input is a table:

    python -m prep.tables read FILE           how many rows each row group or batch has, and the rows, as JSON lines
    python -m prep.tables find hf://datasets/ORG/NAME[@REVISION][/CONFIG][:SPLIT]   the data set's files in the cache, one a line

What is wrong goes to standard error as one JSON object: `reason`, `remedy`.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import decimal
import json
import os
import sys
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Optional

#: Rows that are in memory at once.
_BATCH = 1024
#: Bytes of a CSV file that are.
_CSV_BLOCK = 1 << 20

_INSTALL = "pip install 'prep-kit[tables]'"


class TableError(Exception):
    """A table that cannot be read: why, and what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} ({remedy})")
        self.reason, self.remedy = reason, remedy


def _pyarrow() -> Any:
    try:
        import pyarrow  # type: ignore[import-untyped]
    except ImportError:
        raise TableError("tables are read by pyarrow, which is not installed", _INSTALL) from None
    return pyarrow


# --- Batches ---------------------------------------------------------------------------------------------------------


def batches(path: str) -> Iterator[Any]:
    """The record batches of a file, by what its first bytes or its name say it is."""
    pyarrow, head = _pyarrow(), _head(path)
    with _readable(path):
        if head.startswith(b"PAR1"):
            yield from _parquet(path)
        elif _is_text(path, head):
            yield from _csv(path, "\t" if ".tsv" in path.lower()[-7:] else ",")
        elif head.startswith(b"FEA1"):
            raise TableError("is a Feather file of version 1", "write it again with pyarrow.feather.write_feather(…, version=2)")
        elif head.startswith(b"ARROW1"):
            with pyarrow.memory_map(path) as source:
                reader = pyarrow.ipc.open_file(source)
                for index in range(reader.num_record_batches):
                    yield from _cut(reader.get_batch(index))
        else:
            with pyarrow.memory_map(path) as source:
                for batch in pyarrow.ipc.open_stream(source):
                    yield from _cut(batch)


def _head(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(8)
    except OSError as error:
        raise TableError(f"cannot be opened: {error.strerror}", "check the path and permissions") from None


def _is_text(path: str, head: bytes) -> bool:
    return path.lower().endswith((".csv", ".tsv", ".csv.gz", ".tsv.gz")) and not head.startswith((b"PAR1", b"ARROW1"))


@contextlib.contextmanager
def _readable(path: str) -> Iterator[None]:
    pyarrow = _pyarrow()
    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TableError(f"cannot be read: {what}", "check that the file is whole, or write it again") from None


def _parquet(path: str) -> Iterator[Any]:
    import pyarrow.parquet  # type: ignore[import-untyped]

    with pyarrow.parquet.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=_BATCH)


def _csv(path: str, delimiter: str) -> Iterator[Any]:
    """Every column is text: a response `007` is not the number 7."""
    import pyarrow.csv  # type: ignore[import-untyped]

    pyarrow = _pyarrow()
    with pyarrow.input_stream(path) as source:
        header = pyarrow.csv.open_csv(
            source, read_options=pyarrow.csv.ReadOptions(block_size=_CSV_BLOCK, use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True))
        names = header.schema.names
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise TableError(f"has several columns named {', '.join(repeated)}", "rename them")
    with pyarrow.input_stream(path) as source:
        yield from pyarrow.csv.open_csv(
            source, read_options=pyarrow.csv.ReadOptions(block_size=_CSV_BLOCK, use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: pyarrow.string() for name in names}, strings_can_be_null=True, quoted_strings_can_be_null=False,
                null_values=[""]))


def _cut(batch: Any) -> Iterator[Any]:
    for first in range(0, batch.num_rows, _BATCH):
        yield batch.slice(first, _BATCH)


def stream_batches(table: Any) -> Iterator[Any]:
    """The record batches of anything with an Arrow stream: pyarrow, polars, DuckDB, pandas, `datasets`."""
    pyarrow = _pyarrow()
    if not hasattr(table, "__arrow_c_stream__") and hasattr(table, "with_format") and hasattr(table, "data"):
        # `datasets.Dataset`: its rows as they are after `select`, `shuffle` and `filter`.
        for part in table.with_format("arrow").iter(_BATCH):
            yield from part.to_batches()
        return
    if hasattr(table, "__arrow_c_stream__"):
        reader = pyarrow.RecordBatchReader.from_stream(table)
    elif isinstance(table, pyarrow.RecordBatch):
        reader = [table]
    else:
        raise TableError(f"{type(table).__name__} has no Arrow stream", "give a table of pyarrow, polars, DuckDB, pandas or datasets")
    for batch in reader:
        yield from _cut(batch)


def is_table(value: Any) -> bool:
    """Whether the value is a table in memory."""
    return hasattr(value, "__arrow_c_stream__") or (
        type(value).__module__.startswith("datasets.") and hasattr(value, "with_format") and hasattr(value, "data"))


# --- Rows ------------------------------------------------------------------------------------------------------------


def json_lines(parts: Iterable[Any]) -> Iterator[bytes]:
    """The rows of record batches as JSON lines, a batch at a time: what `json.dumps(row, ensure_ascii=False)` gives, but a
    column at a time and by Arrow's own kernels."""
    pyarrow = _pyarrow()
    import pyarrow.compute as compute  # type: ignore[import-untyped]

    for batch in parts:
        if batch.num_rows:
            rows = _json(pyarrow.StructArray.from_arrays(batch.columns, fields=_fields(batch.schema)))
            whole = pyarrow.LargeListArray.from_arrays(pyarrow.array([0, len(rows)], pyarrow.int64()), rows)
            (lines,) = compute.binary_join(whole, pyarrow.scalar("\n", pyarrow.large_string()))
            yield lines.as_buffer().to_pybytes() + b"\n"


def _fields(schema: Any) -> list[Any]:
    names = schema.names
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise TableError(f"has several columns named {', '.join(repeated)}", "rename them")
    return list(schema)


#: What a JSON text escapes, in the order in which it is replaced; and the rest of it, which is rare.
_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))
_RARE = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]"


def _json(array: Any) -> Any:
    """The JSON text of each value of an array, as an array of strings without nulls. O(bytes), a few passes."""
    import pyarrow.compute as compute

    pyarrow = _pyarrow()
    kind, types = array.type, pyarrow.types
    if types.is_dictionary(kind):
        return _json(array.dictionary_decode())
    if types.is_string(kind) or types.is_large_string(kind):
        text = array
        for plain, escaped in _ESCAPES:
            text = compute.replace_substring(text, plain, escaped)
        if compute.any(compute.match_substring_regex(text, _RARE)).as_py():
            return _by_python(array)
        quote = pyarrow.scalar('"', kind)
        return _or_null(compute.binary_join_element_wise(quote, text, quote, pyarrow.scalar("", kind)))
    if getattr(types, "is_string_view", lambda kind: False)(kind):
        return _json(compute.cast(array, pyarrow.large_string()))
    if types.is_boolean(kind) or types.is_integer(kind):
        return _or_null(compute.cast(array, pyarrow.large_string()))
    if types.is_struct(kind) and kind.num_fields:
        parts: list[Any] = []
        for index, field in enumerate(kind):
            name = json.dumps(field.name, ensure_ascii=False)
            parts += [pyarrow.scalar(f"{', ' if index else '{'}{name}: ", pyarrow.large_string()), _json(array.field(index))]
        parts += [pyarrow.scalar("}", pyarrow.large_string()), pyarrow.scalar("", pyarrow.large_string())]
        return _or_null(compute.binary_join_element_wise(*parts), array)
    if types.is_list(kind) or types.is_large_list(kind):
        lengths = compute.fill_null(compute.list_value_length(array), 0)
        ends = compute.cumulative_sum(compute.cast(lengths, pyarrow.int64()))
        offsets = pyarrow.concat_arrays([pyarrow.array([0], pyarrow.int64()), ends])
        texts = pyarrow.LargeListArray.from_arrays(offsets, _json(array.flatten()))
        joined = compute.binary_join(texts, pyarrow.scalar(", ", pyarrow.large_string()))
        marks = [pyarrow.scalar(mark, pyarrow.large_string()) for mark in ("[", "]", "")]
        return _or_null(compute.binary_join_element_wise(marks[0], joined, *marks[1:]), array)
    return _by_python(array)


def _or_null(texts: Any, array: Any = None) -> Any:
    """`null` where there is no value: in the texts, or in the array that they are of."""
    import pyarrow.compute as compute

    pyarrow = _pyarrow()
    texts = compute.cast(texts, pyarrow.large_string())
    null = pyarrow.scalar("null", pyarrow.large_string())
    if array is not None and array.null_count:
        return compute.if_else(compute.is_valid(array), texts, null)
    return compute.fill_null(texts, null) if texts.null_count else texts


def _by_python(array: Any) -> Any:
    """The same for what Arrow has no kernel for, or writes otherwise than Python does (floats)."""
    encode = json.JSONEncoder(ensure_ascii=False, default=_plain).encode
    values = array.to_pylist(maps_as_pydicts="strict")
    return _pyarrow().array([encode(value) for value in values], _pyarrow().large_string())


def _plain(value: Any) -> Any:
    """What JSON has no type for."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if hasattr(value, "item"):
        return value.item()
    raise TableError(f"holds a value of type {type(value).__name__}, which JSON has none for", "leave that column out")


def groups(path: str) -> list[int]:
    """Rows of each row group of a Parquet file, or of each batch of an Arrow file; nothing of text."""
    pyarrow, head = _pyarrow(), _head(path)
    if _is_text(path, head):
        return []
    if head.startswith(b"PAR1"):
        import pyarrow.parquet as parquet

        with _readable(path):
            metadata = parquet.read_metadata(path)
        return [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
    with _readable(path), pyarrow.memory_map(path) as source:
        if head.startswith(b"ARROW1"):
            reader = pyarrow.ipc.open_file(source)
            return [reader.get_batch(index).num_rows for index in range(reader.num_record_batches)]
        return [batch.num_rows for batch in pyarrow.ipc.open_stream(source)]


# --- Data sets in the cache of Hugging Face -----------------------------------------------------------------------------

_HF = "hf://datasets/"
_DATA = (".parquet", ".arrow", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".ndjson", ".json", ".csv", ".tsv", ".csv.gz", ".tsv.gz")


def find(name: str) -> list[str]:
    """The files of `hf://datasets/ORG/NAME[@REVISION][/CONFIG][:SPLIT]` in the cache. Nothing is downloaded."""
    rest = name.removeprefix(_HF) if sys.version_info >= (3, 9) else name[len(_HF):]
    rest, _, split = rest.partition(":")
    parts = rest.split("/")
    if len(parts) < 2 or not all(parts):
        raise TableError(f"{name} names no data set", f"write {_HF}ORG/NAME, and behind it @REVISION, /CONFIG or :SPLIT where needed")
    last, _, revision = parts[1].partition("@")
    repository, config = f"{parts[0]}/{last}", "/".join(parts[2:])
    download = f"hf download --repo-type dataset {repository}" + (f" --revision {revision}" if revision else "")
    snapshot = _snapshot(repository, revision)
    if snapshot is None:
        raise TableError(f"the data set {repository} is not in the cache ({_hub()})", download)
    files = sorted(str(path.relative_to(snapshot)) for path in snapshot.rglob("*") if path.is_file() and path.name.lower().endswith(_DATA))
    files = [file for file in files if not file.startswith(".") and Path(file).name not in ("dataset_infos.json", "dataset_info.json")]
    if config:
        files = [file for file in files if file.startswith(config + "/") or f"/{config}/" in file]
    splits = {file: _split(file) for file in files}
    if split:
        files = [file for file in files if splits[file] == split]
    named = sorted({split for split in splits.values() if split})
    if not files:
        what = ", ".join(filter(None, (f"config {config}" if config else "", f"split {split}" if split else ""))) or "data file"
        known = f"its splits are {', '.join(map(str, named))}" if named else "look into the folder"
        raise TableError(f"the cached data set {repository} has no {what} ({snapshot})", f"{known}; {download}")
    if not split and len(named) > 1:
        example = "train" if "train" in named else named[0]
        raise TableError(f"the data set {repository} has the splits {', '.join(map(str, named))}", f"name one: {name}:{example}")
    folders = sorted({str(Path(file).parent) for file in files})
    if not config and len(folders) > 1 and not all(folder == "data" or folder.startswith("data/") for folder in folders):
        raise TableError(
            f"the data set {repository} has several configurations: {', '.join(folders)}",
            f"name one: {_HF}{repository}{'@' + revision if revision else ''}/{folders[0]}" + (f":{split}" if split else ""))
    return [str(snapshot / file) for file in files]


def _hub() -> Path:
    home = Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or home / "hub")


def _snapshot(repository: str, revision: str) -> Optional[Path]:
    folder = _hub() / f"datasets--{repository.replace('/', '--')}"
    reference = folder / "refs" / (revision or "main")
    commit = reference.read_text().strip() if reference.is_file() else revision
    if commit:
        found = [path for path in sorted((folder / "snapshots").glob(f"{commit}*")) if path.is_dir()]
        if len(found) == 1:
            return found[0]
    return None


def _split(file: str) -> Optional[str]:
    """The split that a file's name tells, as on the Hub: `train-00000-of-00002.parquet`, `data/test.jsonl`, `validation/0.parquet`."""
    path = Path(file)
    for part in (path.name, *reversed(path.parent.parts)):
        word = part.split(".")[0].split("-")[0].split("_")[0].lower()
        if word in ("train", "training"):
            return "train"
        if word in ("test", "testing", "eval", "evaluation"):
            return "test"
        if word in ("validation", "valid", "val", "dev"):
            return "validation"
    stem = path.name.split(".")[0]
    return stem.rsplit("-", 3)[0] if stem.count("-of-") else None


def main(arguments: list[str]) -> int:
    try:
        if len(arguments) != 2 or arguments[0] not in ("read", "find"):
            raise TableError("usage: python -m prep.tables read|find NAME", "see the module's help")
        command, name = arguments
        if command == "read":
            sys.stdout.buffer.write(json.dumps(groups(name)).encode() + b"\n")
            for lines in json_lines(batches(name)):
                sys.stdout.buffer.write(lines)
            sys.stdout.buffer.flush()
        else:
            print(*find(name), sep="\n")
        return 0
    except BrokenPipeError:
        # The reader has what it wanted.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except TableError as error:
        print(json.dumps({"reason": error.reason, "remedy": error.remedy}), file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
