"""Pre-tokenizers and patterns beside `tokenizers`: every piece, and where it lies in the text."""

import base64
import itertools
import re
from pathlib import Path

import comparison
import pipelines
import prep_command
import pytest
import texts as sample
import tiktoken
from tokenizers import Regex, pre_tokenizers


def compare(tmp_path, texts, normalizer=None, pre_tokenizer=None) -> int:
    """Compares the pieces of all texts on which the reference does not panic; returns how many."""
    tokenizer = pipelines.visible(texts, normalizer, pre_tokenizer)
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    return comparison.compare(path, tokenizer, texts)


@pytest.mark.parametrize("family", pipelines.FAMILIES)
def test_all_scalars_in_each_pattern(family, tmp_path, rng, scale):
    split = pre_tokenizers.Split(Regex(pipelines.FAMILIES[family]), "isolated")
    step = max(1, int(151 / scale))
    texts = sample.all_scalars(step, rng.randrange(step))
    compare(tmp_path, texts, pre_tokenizer=pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(False, True, False)]))


@pytest.mark.parametrize("family", pipelines.FAMILIES)
def test_short_strings_and_tails_in_each_pattern(family, tmp_path, scale):
    alphabet = ["a", "Z", "'", "s", "ſ", " ", "\n", "1", "中", "\u0301", "!"]
    length = 4 if scale > 2 else 3
    texts = ["".join(each) for n in range(length + 1) for each in itertools.product(alphabet, repeat=n)]
    texts += sample.WHITESPACE + sample.LANGUAGES
    compare(tmp_path, texts, pre_tokenizer=pre_tokenizers.Split(Regex(pipelines.FAMILIES[family]), "isolated"))


@pytest.mark.parametrize("behavior", pipelines.BEHAVIORS)
@pytest.mark.parametrize("invert", [False, True])
def test_behaviors(behavior, invert, tmp_path, rng):
    texts = ["  a  b ", "the-final--countdown", "a", " ", "", "-", "--", " -a- "] + [pipelines.text(rng) for _ in range(200)]
    for pattern in [" ", "-", Regex(r"\s+"), Regex(r"\w+|-"), Regex(r"(?=[A-Z])"), Regex("")]:
        compare(tmp_path, texts, pre_tokenizer=pre_tokenizers.Split(pattern, behavior, invert))


def test_scalar_classes(tmp_path, scale, rng):
    step = max(1, int(151 / scale))
    texts = sample.all_scalars(step, rng.randrange(step))
    for one in [
        pre_tokenizers.Digits(True), pre_tokenizers.Punctuation(), pre_tokenizers.Whitespace(), pre_tokenizers.WhitespaceSplit(),
        pre_tokenizers.BertPreTokenizer(), pre_tokenizers.UnicodeScripts(),
        pre_tokenizers.Sequence([pre_tokenizers.ByteLevel(False), pre_tokenizers.Digits(False)]),
    ]:
        compare(tmp_path, texts, pre_tokenizer=one)


def test_random_pre_tokenizers(tmp_path, rng, scale):
    compared = 0
    for _ in range(int(60 * scale)):
        texts = [pipelines.text(rng) for _ in range(60)]
        compared += compare(tmp_path, texts, pre_tokenizer=pipelines.pre_tokenizer(rng))
    assert compared > 1_500 * scale


def test_random_pipelines(tmp_path, rng, scale):
    compared = 0
    for _ in range(int(60 * scale)):
        texts = [pipelines.text(rng) for _ in range(60)]
        compared += compare(tmp_path, texts, pipelines.normalizer(rng), pipelines.pre_tokenizer(rng))
    assert compared > 1_200 * scale


@pytest.mark.parametrize(
    "pattern, place", [(r"a\X", "byte 1"), (r"(?~a)", "byte 0"), (r"(?i:st)", "byte 6"), (r"\Kx", "byte 0")])
def test_what_cannot_be_equal_is_refused_by_name(pattern, place, tmp_path):
    tokenizer = pipelines.visible(["a"], pre_tokenizer=pre_tokenizers.Split(Regex(pattern), "isolated"))
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    result = prep_command.prep("encode", "--tokenizer", path, "x", check=False)
    message = result.stderr.decode()
    assert result.returncode != 0 and pattern in message and place in message and "pre_tokenizer.pattern" in message


@pytest.mark.parametrize("pattern", [
    "(?i)[a-zA-Z&&[^b]]", "(?i)[^b]", "(?i)[a-z&&[^B]]", "(?i)[a-c&&[^b]]", "(?i)[[^b]]", "(?i)[[^b]a-c]", "(?i)[^[^b]]", "(?i)[^a-z&&[^b]]",
    "(?i)[a-z&&[bX]]", "(?i)[x[^k]]", "(?i)[a-z&&[^b]&&[^C]]", "(?i)[^b&&[a-z]]", "[\\x{D7FF}-\\x{E000}]", "[^\\x{E000}-\\x{10FFFF}]"])
def test_case_is_folded_in_the_outermost_class(pattern, tmp_path):
    texts = list("abcxyzABCXYZ019_ſsSkK\u212A\uD7FF\uE000\uE001") + ["aBcabc bB", "\uE000a"]
    compare(tmp_path, texts, pre_tokenizer=pre_tokenizers.Split(Regex(pattern), "removed"))


def repeated(rng, depth=2) -> str:
    """A pattern with bounded repeats of groups that may match nothing."""
    def one(depth):
        kind = rng.random()
        if depth == 0 or kind < 0.3:
            return rng.choice(["a", "b", "ab", "[ab]", "", "a?", "a*", "b??", "a+?"])
        low = rng.randrange(3)
        bounds = rng.choice([f"{{{low},{low + rng.randrange(1, 4)}}}", f"{{{low + 2}}}", f"{{{low},}}", "?", "*", "+", f"{{{low},{low + 2}}}?", "*?", "+?"])
        inside = "|".join(one(depth - 1) for _ in range(rng.randrange(1, 4)))
        return f"(?:{inside}){bounds}"
    return one(depth) + rng.choice(["", "b", "(?=b)", "c"])


def test_bounded_repeats_of_what_may_be_empty(tmp_path, rng, scale):
    texts = ["".join(each) for n in range(1, 6) for each in itertools.product("ab", repeat=n)] + ["aabc", "abac", "bac", "xaab"]
    refused, compared = [], 0
    for pattern in ["(?:|a){2}b", "(?:|a){3,5}b", "(?:a?){2,3}b", "(?:a|){3}", "(?:a??){2,3}", "(?:|a){0,3}b"] + [
            repeated(rng) for _ in range(int(30 * scale))]:
        try:
            split = pre_tokenizers.Split(Regex(pattern), "isolated")
        except Exception:
            continue
        try:
            compare(tmp_path, texts, pre_tokenizer=split)
            compared += 1
        except AssertionError as difference:
            # Oniguruma ends a counted repeat with a turn that matched nothing: where that may be another match, the pattern is
            # refused by name.
            if "a counted repeat of a group that may match nothing" not in str(difference):
                raise
            Path(re.search(r"kept as (\S+?)'", str(difference))[1]).unlink()
            refused.append(pattern)
    assert compared >= 6 + 2 * scale, refused


def test_counted_repeats_that_oniguruma_ends_early(tmp_path):
    """`aabab` is one match to Oniguruma, and two to PCRE2: refused, not approximated."""
    for pattern in ["(?:|(?:[ab]|a?){0,3}|(?:a*){2,5}){1,3}?b", "(?:|ab){2}", "(?:a*){2,3}", "(?:(?:ab)?){2,}"]:
        with pytest.raises(AssertionError, match="a counted repeat of a group that may match nothing") as refusal:
            compare(tmp_path, ["aabab"], pre_tokenizer=pre_tokenizers.Split(Regex(pattern), "isolated"))
        Path(re.search(r"kept as (\S+?)'", str(refusal.value))[1]).unlink()


def test_case_pairs_of_unicode_16_in_the_rust_dialect(tmp_path):
    """Two scalars are one token where `(?i)` lets the one match the other, as in `tiktoken`."""
    older = ["A", "a", "\u017F", "s", "\u212A", "k", "\u0130", "\u0131"]
    scalars = older + [chr(c) for c in [0x264, 0x19B, 0x1C89, 0x1C8A, *range(0xA7C8, 0xA7E0), 0x10D50, 0x10D65, 0x10D70, 0x10D85]]
    table = {bytes([byte]): byte for byte in range(256)}
    for scalar in scalars:
        for end in range(2, len(scalar.encode()) + 1):
            table.setdefault(scalar.encode()[:end], len(table))
    pairs = [one + other for one in scalars for other in scalars]
    for pair in pairs:
        table.setdefault(pair.encode(), len(table))
    path = tmp_path / "pairs.tiktoken"
    path.write_bytes(b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in table.items()))
    pattern = "|".join(f"(?i:{scalar}{{2}})" for scalar in scalars) + "|."
    theirs = tiktoken.Encoding("pairs", pat_str=pattern, mergeable_ranks=table, special_tokens={})
    ours = prep_command.encode(path, pairs, "--pattern", pattern)
    for pair, one in zip(pairs, ours, strict=True):
        assert one["ids"] == theirs.encode(pair), pair
