"""Compares prep with `tokenizers` on many texts at once. A difference on a small tokenizer is kept as a fail case."""

import hashlib
import json
from pathlib import Path

from tokenizers import Tokenizer

import prep_command

FAIL_CASES = Path(__file__).resolve().parent / "FailCases"

# What prep may refuse although the reference gives something, on the tokenizers that tests make at random.
REFUSALS = [
    "is not supported",  # a pattern or a template that cannot be kept exactly
    "where case is ignored",
    "tokenizers fails on this text",  # there it may also double a part of the text
    "the reference takes either by chance",  # from run to run
]


def is_panic(failure: BaseException) -> bool:
    return type(failure).__name__ == "PanicException"


def references(tokenizer: Tokenizer, texts: list[str], add_special_tokens=True) -> list:
    """The reference's encodings, None where it panics or refuses."""
    try:
        return tokenizer.encode_batch(texts, add_special_tokens=add_special_tokens)
    except BaseException as failure:
        if not is_panic(failure) and not isinstance(failure, Exception):
            raise
    found = []
    for text in texts:
        try:
            found.append(tokenizer.encode(text, add_special_tokens=add_special_tokens))
        except BaseException as failure:
            if not is_panic(failure) and not isinstance(failure, Exception):
                raise
            found.append(None)
    return found


def compare(path, tokenizer: Tokenizer, texts: list[str], *flags) -> int:
    """Compares ids, tokens and byte ranges of all texts; returns how many. Where the reference panics, prep must refuse by name."""
    expected = references(tokenizer, texts, "--no-special" not in flags)
    kept = [(text, each) for text, each in zip(texts, expected, strict=True) if each is not None]
    compared = 0
    while kept:
        found = prep_command.encode(path, [text for text, _ in kept], *flags, check=False)
        for (text, theirs), ours in zip(kept, found):
            offsets = prep_command.byte_offsets(text, theirs.offsets)
            if ours["ids"] != theirs.ids or ours["tokens"] != theirs.tokens or ours["offsets"] != offsets:
                place = keep_fail_case(tokenizer, texts=[text], flags=flags)
                raise AssertionError(f"{place}: {text!r} {flags}\nprep {ours}\ntokenizers {theirs.ids} {theirs.tokens} {offsets}")
        compared += len(found)
        if len(found) == len(kept):
            break
        text = kept[len(found)][0]
        message = refusal(path, text, *flags)
        assert any(reason in message for reason in REFUSALS), (keep_fail_case(tokenizer, texts=[text], flags=flags), text, message)
        if "is not supported" in message or "where case is ignored" in message:
            break
        kept = kept[len(found) + 1:]
    panics = [text for text, each in zip(texts, expected, strict=True) if each is None]
    for text in panics[:3]:
        assert refusal(path, text, *flags), (keep_fail_case(tokenizer, texts=[text], flags=flags), text, "the reference panics")
    return compared


def refusal(path, text: str, *flags) -> str:
    """What prep says where it refuses to encode a text, empty where it encodes it."""
    line = json.dumps({"text": text}).encode()
    result = prep_command.prep("encode", "--tokenizer", path, "--input", "-", "--json", *flags, input=line, check=False)
    return result.stderr.decode() if result.returncode in (1, 2) else ""


def compare_decoding(path, tokenizer: Tokenizer, many_ids: list[list[int]]) -> int:
    """Compares the text of ids, with special tokens and without."""
    compared = 0
    for skip in (False, True):
        kept, expected = [], []
        for ids in many_ids:
            try:
                expected.append(tokenizer.decode(ids, skip_special_tokens=skip))
            except BaseException as failure:
                # The reference panics where the Strip decoder cuts more than there is.
                if not is_panic(failure):
                    raise
                continue
            kept.append(ids)
        for ids, ours, theirs in zip(kept, prep_command.decode(path, kept, *(["--skip-special"] if skip else [])), expected, strict=True):
            assert ours == theirs, (keep_fail_case(tokenizer, ids=[ids]), ids, ours, theirs)
        compared += len(kept)
    return compared


def keep_fail_case(tokenizer: Tokenizer, texts=(), ids=(), flags=()) -> str:
    """Writes a file that `test_fail_cases.py` replays, where the tokenizer is small."""
    content = json.loads(tokenizer.to_str())
    case = json.dumps({"texts": list(texts), "ids": list(ids), "flags": list(flags), "tokenizer": content}, ensure_ascii=False)
    if len(case) > 100_000:
        return "not kept"
    FAIL_CASES.mkdir(exist_ok=True)
    path = FAIL_CASES / f"{hashlib.sha256(case.encode()).hexdigest()[:12]}.json"
    path.write_text(case + "\n", encoding="utf-8")
    return f"kept as {path}"
