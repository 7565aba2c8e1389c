"""Records to rows in memory: what `prep run` does, for a collator or a notebook."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from ctypes import byref
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Optional, Union

import numpy as np
from numpy.typing import DTypeLike

from . import _rows, tables
from ._library import Handle, PrepError, Reject as _Reject, address, call, library, texts_as_one
from ._rows import DEFAULT_COLUMNS, Rows
from .tokenizer import Tokenizer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import EncodeOptions

#: A dictionary, or the JSON text of one.
Record = Union[Mapping[str, Any], str, bytes]


class Reject(NamedTuple):
    """A record that gives no row."""

    #: Index among the records.
    record: int
    #: The reason's name, as in `rejects.jsonl`.
    reason: str
    #: What is wrong and what to do.
    message: str


class EncodedRecords(Rows):
    """Rows of records. `rows["labels"]` is an array `[rows, context length]`, `rows[i]` one row."""

    __slots__ = ("rejects", "records")

    def __init__(self, rows: Rows, rejects: list[Reject], records: np.ndarray) -> None:
        super().__init__(rows.columns, len(rows))
        #: Records that gave no row.
        self.rejects = rejects
        #: The record (its index) of each row.
        self.records = records


class RecordEncoder:
    """Encodes records as one spec says. The options are those of `prep run` that decide rows (`EncodeOptions`); those that may
    be repeated take a dictionary: `field={"task": "question"}`. With `pack=True` each batch is packed by itself.

    >>> encoder = RecordEncoder(tokenizer="gpt2", context_length=256, truncate="right")
    >>> rows = encoder.encode([{"task": "Add 2 and 3.", "response": "5"}])

    Any number of threads and processes may use one; it can be pickled.
    """

    def __init__(
        self, *, tokenizer: Union[str, os.PathLike[str], Tokenizer] = "gpt2",
        template: Optional[Union[str, os.PathLike[str]]] = None, context_length: int = 1024, **options: Unpack[EncodeOptions],
    ) -> None:
        self.__setstate__(_spec(tokenizer, template, context_length, options))

    def __getstate__(self) -> str:
        return self._spec

    def __setstate__(self, spec: str) -> None:
        self._spec = spec
        self._handle = Handle("pipeline", library.prep_pipeline_open, spec.encode())

    @property
    def context_length(self) -> int:
        return int(library.prep_pipeline_context_length(self._handle.value))

    @property
    def pad_id(self) -> int:
        return int(library.prep_pipeline_pad_id(self._handle.value))

    def encode(
        self, records: Union[Iterable[Record], Any], *, padded: bool = True, columns: Iterable[_rows.Column] = DEFAULT_COLUMNS,
        rejects: Literal["raise", "keep"] = "raise", threads: int = 0, dtype: DTypeLike = np.int64,
    ) -> EncodedRecords:
        """The rows of records (dictionaries or JSON texts, or a table of pyarrow, polars, DuckDB, pandas or `datasets`), in
        their order, padded to the context length unless told otherwise. A record that gives no row raises `PrepError`; with
        `rejects="keep"` it is listed in `.rejects`."""
        if rejects not in ("raise", "keep"):
            raise PrepError(f'rejects={rejects!r}: choose "raise" or "keep"')
        chosen, dtype = _rows.check_columns(columns), _rows.id_type(dtype)
        buffer, offsets = texts_as_one(list(_texts(records)))
        handle = Handle(
            "rows", library.prep_pipeline_encode, self._handle.value, buffer, address(offsets), len(offsets) - 1, threads)
        refused = _rejects(handle)
        if refused and rejects == "raise":
            first = refused[0]
            raise PrepError(
                f"record {first.record}: {first.message} ({len(refused)} of {len(offsets) - 1} records give no row)",
                first.reason)
        count = library.prep_rows_count(handle.value)
        lengths, samples = np.empty(count, np.int32), np.empty(count, np.int32)
        places = np.empty(count, np.int64)
        call(library.prep_rows_measure, handle.value, address(lengths), address(samples), address(places))

        def fill(arrays: Any) -> None:
            call(library.prep_rows_read, handle.value, 0, count, arrays)

        rows = _rows.rows(
            fill, lambda: (lengths, samples), chosen, count, dtype, self.context_length if padded else None)
        return EncodedRecords(rows, refused, places)


def encode_records(
    records: Union[Iterable[Record], Any], *, tokenizer: Union[str, os.PathLike[str], Tokenizer] = "gpt2",
    template: Optional[Union[str, os.PathLike[str]]] = None, context_length: int = 1024, padded: bool = True,
    columns: Iterable[_rows.Column] = DEFAULT_COLUMNS, rejects: Literal["raise", "keep"] = "raise", threads: int = 0,
    dtype: DTypeLike = np.int64, **options: Unpack[EncodeOptions],
) -> EncodedRecords:
    """The rows of records, as `prep run` with the same options stores them. The encoder of a spec is kept for the next
    call; `RecordEncoder` gives one of your own.

    >>> rows = encode_records([{"task": "Add 2 and 3.", "response": "5"}], tokenizer="gpt2", context_length=64)
    >>> rows["labels"].shape
    (1, 64)
    """
    encoder = _encoder(_spec(tokenizer, template, context_length, options))
    return encoder.encode(records, padded=padded, columns=columns, rejects=rejects, threads=threads, dtype=dtype)


@functools.lru_cache(maxsize=8)
def _encoder(spec: str) -> RecordEncoder:
    encoder = RecordEncoder.__new__(RecordEncoder)
    encoder.__setstate__(spec)
    return encoder


def _spec(tokenizer: Any, template: Any, context_length: int, options: Any) -> str:
    spec: dict[str, Any] = {}
    if isinstance(tokenizer, Tokenizer):
        spec.update(tokenizer.options, tokenizer=tokenizer.reference)
    else:
        spec["tokenizer"] = os.fspath(tokenizer)
    spec["context-length"] = context_length
    if template is not None:
        spec["template"] = os.fspath(template)
    for name, value in options.items():
        if isinstance(value, Mapping):
            value = [f"{key}={part if isinstance(part, str) else json.dumps(part)}" for key, part in value.items()]
        if value is not None:
            spec[name.replace("_", "-")] = value
    return json.dumps(spec, sort_keys=True)


def _texts(records: Any) -> Iterator[bytes]:
    """Each record as JSON."""
    if tables.is_table(records):
        for lines in tables.json_lines(tables.stream_batches(records)):
            yield from lines.splitlines()
        return
    if isinstance(records, (Mapping, str, bytes)) or not isinstance(records, Iterable):
        raise PrepError(f"records: a list of records or a table, not one {type(records).__name__} (put it into a list)")
    for number, record in enumerate(records):
        if not isinstance(record, (Mapping, str, bytes)):
            raise PrepError(f"record {number}: a record is a dictionary or a JSON text, not {type(record).__name__}")
        yield json_record(record)


def json_record(record: Record) -> bytes:
    """A record as JSON."""
    if isinstance(record, bytes):
        return record
    if isinstance(record, str):
        return record.encode("utf-8", errors="surrogatepass")
    try:
        return json.dumps(record).encode()
    except TypeError as error:
        raise PrepError(f"a record cannot be written as JSON: {error}") from None


def _rejects(handle: Handle) -> list[Reject]:
    found = []
    reject = _Reject()
    for index in range(library.prep_rows_reject_count(handle.value)):
        call(library.prep_rows_reject, handle.value, index, byref(reject))
        found.append(Reject(reject.record, reject.reason.decode(), reject.message.decode(errors="replace")))
    return found
