"""GPT-2 in `tokenizers`, built from the ranks that prep embeds: the reference of `--tokenizer gpt2`."""

import base64
import json
from pathlib import Path

from tokenizers import Tokenizer

RANKS = Path(__file__).resolve().parents[2] / "Sources" / "CEmbedded" / "gpt2.tiktoken"


def alphabet() -> list[str]:
    kept = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    characters, extra = {}, 0
    for byte in range(256):
        if byte in kept:
            characters[byte] = chr(byte)
        else:
            characters[byte] = chr(256 + extra)
            extra += 1
    return [characters[b] for b in range(256)]


def merged(token: bytes, ranks: dict[bytes, int], limit: int) -> list[bytes]:
    parts = [bytes([b]) for b in token]
    while True:
        found = min(((ranks.get(a + b, limit), i) for i, (a, b) in enumerate(zip(parts, parts[1:]))), default=(limit, 0))
        if found[0] >= limit:
            return parts
        i = found[1]
        parts[i:i + 2] = [parts[i] + parts[i + 1]]


def tokenizer() -> Tokenizer:
    ranks = {base64.b64decode(a): int(b) for a, b in (line.split() for line in RANKS.read_bytes().splitlines() if line)}
    letters = alphabet()
    text = {token: "".join(letters[b] for b in token) for token in ranks}
    vocab = {text[token]: rank for token, rank in ranks.items()}
    merges = []
    for token, rank in sorted(ranks.items(), key=lambda pair: pair[1]):
        if len(token) > 1:
            left, right = merged(token, ranks, rank)
            merges.append([text[left], text[right]])
    vocab["<|endoftext|>"] = 50256
    end = {"id": 50256, "content": "<|endoftext|>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return Tokenizer.from_str(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [end], "normalizer": None, "pre_tokenizer": byte_level,
        "post_processor": None, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False, "vocab": vocab, "merges": merges}}))
