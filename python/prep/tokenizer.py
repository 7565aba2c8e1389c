"""Tokenizers: text to ids and back, exactly as the tokenizer's own library does it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import DTypeLike

from ._library import Handle, PrepError, address, call, library, texts_as_one
from ._rows import id_type

_ADD_SPECIALS, _PARSE_SPECIALS, _PLAIN_SPECIALS, _BYTE_RANGES, _SKIP_SPECIALS = 1, 2, 4, 8, 16


def _utf8(text: Any) -> bytes:
    if isinstance(text, str):
        return text.encode("utf-8", errors="surrogatepass")
    if isinstance(text, bytes):
        return text
    raise PrepError(f"a text is a str or bytes, not {type(text).__name__}")


def _ids(values: Any) -> np.ndarray:
    """Ids as one array of int64; refused where they are no whole numbers."""
    if isinstance(values, (str, bytes, Mapping)):
        raise PrepError(f"ids: a list of whole numbers, not {type(values).__name__}")
    try:
        found = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise PrepError(f"ids: a list of whole numbers ({error})") from None
    if found.size == 0:
        return np.empty(0, np.int64)
    if found.dtype.kind not in "iu":
        raise PrepError(f"ids: whole numbers, not {found.dtype.name} ({found.reshape(-1)[0]!r} is the first of them)")
    if found.ndim > 1:
        raise PrepError(f"ids: one sequence, not an array of shape {found.shape} (decode_batch takes several)")
    return np.ascontiguousarray(found.reshape(-1), np.int64)


@dataclass(frozen=True)
class Encoded:
    """A batch of encoded texts. The ids of text i are `ids[offsets[i]:offsets[i + 1]]`."""

    ids: np.ndarray
    #: `[texts + 1]`, int64.
    offsets: np.ndarray
    #: `[ids, 2]`: begin and end of each token in the UTF-8 of its text. None unless asked for.
    byte_ranges: Optional[np.ndarray]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def text(self, index: int) -> np.ndarray:
        """The ids of one text."""
        return self.ids[self.offsets[index] : self.offsets[index + 1]]


class Tokenizer:
    """A tokenizer: `"gpt2"` (built in), a tokenizer file, a model folder, or a name in the Hugging Face cache.

    `encoding`, `pattern` and `special_tokens` say what a `.tiktoken` file does not. Any number of threads may use one;
    encoding releases the interpreter's lock. It can be pickled.
    """

    def __init__(
        self, reference: Union[str, os.PathLike[str]] = "gpt2", *, encoding: Optional[str] = None,
        pattern: Optional[str] = None, special_tokens: Optional[Mapping[str, int]] = None,
    ) -> None:
        options: dict[str, Any] = {"encoding": encoding, "pattern": pattern}
        if special_tokens:
            if not isinstance(special_tokens, Mapping):
                raise PrepError(f"special_tokens: a dictionary of texts and ids, not {type(special_tokens).__name__}")
            options["special-token"] = [f"{text}={number}" for text, number in special_tokens.items()]
        given = {name: value for name, value in options.items() if value is not None}
        self.__setstate__((os.fspath(reference), given))

    def __getstate__(self) -> tuple[str, dict[str, Any]]:
        return self.reference, self.options

    def __setstate__(self, state: tuple[str, dict[str, Any]]) -> None:
        self.reference, self.options = state
        self._handle = Handle(
            "tokenizer", library.prep_tokenizer_open, self.reference.encode(), json.dumps(self.options).encode())

    def __repr__(self) -> str:
        return f"Tokenizer({self.reference!r})"

    def __len__(self) -> int:
        """Highest id + 1."""
        return int(library.prep_tokenizer_id_count(self._handle.value))

    def _special(self, which: int) -> Optional[int]:
        token = library.prep_tokenizer_special(self._handle.value, which)
        return None if token < 0 else token

    @property
    def bos_id(self) -> Optional[int]:
        return self._special(0)

    @property
    def eos_id(self) -> Optional[int]:
        return self._special(1)

    @property
    def pad_id(self) -> Optional[int]:
        return self._special(2)

    def token_id(self, token: Union[str, bytes]) -> Optional[int]:
        """The id of a token given as its text or bytes; None where there is none."""
        token = token.encode() if isinstance(token, str) else token
        found = library.prep_tokenizer_id(self._handle.value, token, len(token))
        return None if found < 0 else found

    def encode(
        self, text: Union[str, bytes], *, add_special_tokens: bool = True, parse_special: Optional[bool] = None,
        dtype: DTypeLike = np.int64,
    ) -> np.ndarray:
        """The ids of one text. `add_special_tokens`: with what the tokenizer's files add around a text (BOS, EOS).
        `parse_special`: whether control tokens written in the text are control tokens; None is what the tokenizer's own
        library does."""
        return self.encode_batch(
            [text], add_special_tokens=add_special_tokens, parse_special=parse_special, dtype=dtype, threads=1).ids

    def encode_batch(
        self, texts: Iterable[Union[str, bytes]], *, add_special_tokens: bool = True, parse_special: Optional[bool] = None,
        byte_ranges: bool = False, threads: int = 0, dtype: DTypeLike = np.int64,
    ) -> Encoded:
        """The ids of many texts in one array, with offsets; on `threads` threads (0: one a core)."""
        dtype = id_type(dtype)
        if isinstance(texts, (str, bytes, Mapping)) or not isinstance(texts, Iterable):
            raise PrepError(f"texts: a list of texts, not one {type(texts).__name__} (encode takes one text)")
        encoded = [_utf8(text) for text in texts]
        buffer, offsets = texts_as_one(encoded)
        specials = {None: 0, True: _PARSE_SPECIALS, False: _PLAIN_SPECIALS}[parse_special]
        flags = _ADD_SPECIALS * add_special_tokens | specials | _BYTE_RANGES * byte_ranges
        handle = Handle(
            "encoding", library.prep_tokenizer_encode, self._handle.value, buffer, address(offsets), len(encoded), flags,
            threads)
        ids = np.empty(library.prep_encoding_id_count(handle.value), dtype)
        starts = np.empty(len(encoded) + 1, np.int64)
        ranges = np.empty((len(ids), 2), np.int64) if byte_ranges else None
        call(
            library.prep_encoding_read, handle.value, address(ids), dtype.itemsize, address(starts), address(ranges))
        return Encoded(ids, starts, ranges)

    def decode(self, ids: Union[Sequence[int], np.ndarray], *, skip_special_tokens: bool = False) -> str:
        """The text of ids; bytes that are not UTF-8 become U+FFFD."""
        return self.decode_bytes(ids, skip_special_tokens=skip_special_tokens).decode("utf-8", errors="replace")

    def decode_bytes(self, ids: Union[Sequence[int], np.ndarray], *, skip_special_tokens: bool = False) -> bytes:
        """The text of ids as the bytes that they stand for."""
        ids = _ids(ids)
        return self._decode(ids, np.array([0, len(ids)], np.int64), skip_special_tokens)[0]

    def decode_batch(
        self, batch: Sequence[Union[Sequence[int], np.ndarray]], *, skip_special_tokens: bool = False
    ) -> list[str]:
        """The texts of several id sequences (such as the rows of an array)."""
        if isinstance(batch, (str, bytes, Mapping)) or not isinstance(batch, Iterable):
            raise PrepError(f"batch: a list of id sequences, not one {type(batch).__name__}")
        parts = [_ids(ids) for ids in batch]
        starts = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=starts[1:])
        ids = np.concatenate(parts) if parts else np.empty(0, np.int64)
        return [text.decode("utf-8", errors="replace") for text in self._decode(ids, starts, skip_special_tokens)]

    def _decode(self, ids: np.ndarray, starts: np.ndarray, skip: bool) -> list[bytes]:
        count = len(starts) - 1
        ends = np.zeros(count + 1, np.int64)
        room = 8 * len(ids) + 16
        while True:
            text = np.empty(room, np.uint8)
            try:
                call(
                    library.prep_tokenizer_decode, self._handle.value, address(ids), 8, address(starts), count,
                    _SKIP_SPECIALS * skip, address(text), room, address(ends))
                break
            except PrepError as error:
                if error.kind != "too-small":
                    raise
                room = int(ends[-1])
        whole, places = text.tobytes(), ends.tolist()
        return [whole[a:b] for a, b in zip(places, places[1:])]
