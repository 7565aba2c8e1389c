"""The shared library behind the package: loading, prototypes, errors. One ctypes call a batch, never one a token."""

from __future__ import annotations

import ctypes
import re
import sys
from ctypes import POINTER, Structure, byref, c_char, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_void_p, sizeof
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ._options import NAMES

ABI_VERSION = 3

#: What a `prep_status` is called where the library names no kind of problem.
STATUS = {1: "argument", 2: "tokenizer", 3: "spec", 4: "data-set", 5: "range", 6: "too-small"}
_RANGE = 5


class PrepError(Exception):
    """What prep could not do. The text names file, place, reason and remedy; `file`, `line` (from 1) and `offset` (bytes, from
    0) are the place as far as it is known. `kind` is the stable name of what went wrong: that of a reject's reason where a
    record gives no row."""

    def __init__(
        self, message: str, kind: str = "argument", *, file: Optional[str] = None, line: Optional[int] = None,
        offset: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.file = file
        self.line = line
        self.offset = offset

    def __reduce__(self) -> tuple[Any, ...]:
        return (_error_again, (self.args[0], self.kind, self.file, self.line, self.offset))


def _error_again(message: str, kind: str, file: Optional[str], line: Optional[int], offset: Optional[int]) -> PrepError:
    return PrepError(message, kind, file=file, line=line, offset=offset)


def spelled(message: str) -> str:
    """A message of the library or the command, with keyword arguments where it names keys of a spec or flags."""

    def keyword(match: re.Match[str]) -> str:
        name = match.group(1) or match.group(2)
        if name not in NAMES:
            return match.group()
        word = name.replace("-", "_")
        return f"{word}=" if match.group().endswith((": ", " ")) else word

    return re.sub(r'"([a-z]+(?:-[a-z]+)*)"(?:: (?=["\d\[tf]))?|(?<![\w-])--([a-z]+(?:-[a-z]+)*)\b', keyword, message)


class _Sized(Structure):
    """A struct of prep.h: its first member is its size."""

    def __init__(self, **members: Any) -> None:
        super().__init__(size=sizeof(self), **members)


class Error(_Sized):
    """`prep_error` of prep.h."""

    _fields_ = [
        ("size", c_size_t),
        ("status", c_int32),
        ("reserved", c_int32),
        ("line", c_int64),
        ("offset", c_int64),
        ("kind", c_char * 48),
        ("file", c_char * 512),
        ("message", c_char * 1448),
    ]

    def exception(self) -> Exception:
        def text(value: bytes) -> str:
            return value.decode("utf-8", errors="replace")

        message, status = spelled(text(self.message)), self.status
        if status == _RANGE:
            return IndexError(message)
        return PrepError(
            message, text(self.kind) or STATUS.get(status, "argument"), file=text(self.file) or None, line=self.line or None,
            offset=None if self.offset < 0 else self.offset)


class Arrays(_Sized):
    """`prep_arrays` of prep.h: where rows are written."""

    _fields_ = [
        ("size", c_size_t),
        ("row_stride", c_int64),
        ("row_starts", c_void_p),
        ("id_bytes", c_int32),
        ("mask_bytes", c_int32),
        ("flags", c_uint32),
        ("reserved", c_uint32),
        ("input_ids", c_void_p),
        ("labels", c_void_p),
        ("attention_mask", c_void_p),
        ("position_ids", c_void_p),
        ("loss_weights", c_void_p),
        ("row_lengths", c_void_p),
        ("sample_counts", c_void_p),
        ("sample_lengths", c_void_p),
        ("sample_capacity", c_int64),
    ]


class Reject(_Sized):
    """`prep_reject` of prep.h."""

    _fields_ = [("size", c_size_t), ("record", c_int64), ("reason", c_char_p), ("message", c_char_p)]


class DatasetInfo(_Sized):
    """`prep_dataset_info` of prep.h."""

    _fields_ = [
        ("size", c_size_t),
        *((name, c_int64) for name in ("rows", "tokens", "context_length", "pad_id", "frames", "packed")),
    ]


_handle, _out, _error = c_void_p, POINTER(c_void_p), POINTER(Error)
_fallible: dict[str, list[Any]] = {
    "prep_tokenizer_open": [c_char_p, c_char_p, _out],
    "prep_tokenizer_encode": [_handle, c_void_p, c_void_p, c_int64, c_uint32, c_int32, _out],
    "prep_encoding_read": [_handle, c_void_p, c_int32, c_void_p, c_void_p],
    "prep_tokenizer_decode": [
        _handle, c_void_p, c_int32, c_void_p, c_int64, c_uint32, c_void_p, c_int64, c_void_p],
    "prep_pipeline_open": [c_char_p, _out],
    "prep_pipeline_encode": [_handle, c_void_p, c_void_p, c_int64, c_int32, _out],
    "prep_rows_measure": [_handle, c_void_p, c_void_p, c_void_p],
    "prep_rows_read": [_handle, c_int64, c_int64, POINTER(Arrays)],
    "prep_rows_reject": [_handle, c_int64, POINTER(Reject)],
    "prep_dataset_open": [c_char_p, c_int64, _out],
    "prep_dataset_open_learning": [c_char_p, c_char_p, c_int64, _out],
    "prep_dataset_describe": [_handle, POINTER(DatasetInfo)],
    "prep_dataset_frames": [_handle, c_void_p],
    "prep_dataset_measure": [_handle, c_void_p, c_int64, c_int64, c_void_p, c_void_p],
    "prep_dataset_read": [_handle, c_void_p, c_int64, c_int64, POINTER(Arrays)],
}
_plain: dict[str, tuple[list[Any], Any]] = {
    "prep_abi_version": ([], c_int32),
    "prep_version": ([], c_char_p),
    "prep_tokenizer_id_count": ([_handle], c_int64),
    "prep_tokenizer_special": ([_handle, c_int32], c_int64),
    "prep_tokenizer_id": ([_handle, c_char_p, c_int64], c_int64),
    "prep_encoding_id_count": ([_handle], c_int64),
    "prep_pipeline_context_length": ([_handle], c_int64),
    "prep_pipeline_pad_id": ([_handle], c_int64),
    "prep_rows_count": ([_handle], c_int64),
    "prep_rows_reject_count": ([_handle], c_int64),
    "prep_dataset_digest": ([_handle], c_char_p),
    **{f"prep_{kind}_close": ([_handle], None) for kind in ("tokenizer", "encoding", "pipeline", "rows", "dataset")},
}


def _load() -> ctypes.CDLL:
    name = f"libprep.{ABI_VERSION}.dylib" if sys.platform == "darwin" else f"libprep.so.{ABI_VERSION}"
    path = Path(__file__).parent / "_native" / name
    if not path.exists():
        raise ImportError(f"{path} is missing: install the wheel that `make wheel` builds")
    library = ctypes.CDLL(str(path))
    for function, arguments in _fallible.items():
        getattr(library, function).argtypes = [*arguments, _error]
        getattr(library, function).restype = c_int32
    for function, (arguments, result) in _plain.items():
        getattr(library, function).argtypes = arguments
        getattr(library, function).restype = result
    if library.prep_abi_version() != ABI_VERSION:
        raise ImportError(f"{path} has ABI version {library.prep_abi_version()}, this package needs {ABI_VERSION}: reinstall")
    return library


library = _load()


def call(function: Any, *arguments: Any) -> None:
    """Calls a fallible function; raises IndexError for a row that does not exist, PrepError for the rest."""
    error = Error()
    if function(*arguments, byref(error)) != 0:
        raise error.exception()


class Handle:
    """Owns one handle of the library and closes it when nothing uses it any more."""

    __slots__ = ("value", "_close", "__weakref__")

    def __init__(self, kind: str, open: Any, *arguments: Any) -> None:
        self._close = getattr(library, f"prep_{kind}_close")
        self.value: Optional[c_void_p] = c_void_p()
        call(open, *arguments, byref(self.value))

    def __del__(self) -> None:
        if getattr(self, "value", None):
            self._close(self.value)
            self.value = None


def address(array: Optional[np.ndarray]) -> Optional[int]:
    """Where the array's elements are; None stands for NULL."""
    return None if array is None else array.ctypes.data


def texts_as_one(texts: list[bytes]) -> tuple[bytes, np.ndarray]:
    """A batch of texts as the library takes it: one buffer and the offsets in it."""
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=offsets[1:])
    return b"".join(texts), offsets
