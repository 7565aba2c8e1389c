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
    panics = [text for text, each in zip(texts, expected, strict=True) if each is None]
    compared = 0
    for (text, theirs), ours in zip(kept, encode_each(path, [text for text, _ in kept], *flags), strict=True):
        if ours is None:
            break
        if isinstance(ours, str):
            assert any(reason in ours for reason in REFUSALS), (keep_fail_case(tokenizer, texts=[text], flags=flags), text, ours)
            continue
        offsets = prep_command.byte_offsets(text, theirs.offsets)
        if ours["ids"] != theirs.ids or ours["tokens"] != theirs.tokens or ours["offsets"] != offsets:
            place = keep_fail_case(tokenizer, texts=[text], flags=flags)
            raise AssertionError(f"{place}: {text!r} {flags}\nprep {ours}\ntokenizers {theirs.ids} {theirs.tokens} {offsets}")
        compared += 1
    for text, ours in zip(panics[:3], encode_each(path, panics[:3], *flags)):
        assert isinstance(ours, str), (keep_fail_case(tokenizer, texts=[text], flags=flags), text, "the reference panics")
    return compared


def encode_each(path, texts: list[str], *flags) -> list[dict | str | None]:
    """What prep gives for each text: its tokens, or what it says where it refuses; None for what comes after eight refusals."""
    found: list[dict | str | None] = []
    for _ in range(8):
        found += prep_command.encode(path, texts[len(found):], *flags, check=False)
        if len(found) == len(texts):
            break
        line = json.dumps({"text": texts[len(found)]}).encode()
        result = prep_command.prep("encode", "--tokenizer", path, "--input", "-", "--json", *flags, input=line, check=False)
        assert result.returncode in (1, 2) and result.stderr, (texts[len(found)], result)
        found.append(result.stderr.decode())
        if isinstance(found[0], str) and "is not supported" in found[0]:
            return [found[0]] * len(texts)  # The tokenizer does not load.
    return found + [None] * (len(texts) - len(found))


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
