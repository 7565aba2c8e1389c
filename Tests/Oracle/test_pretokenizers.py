"""Pre-tokenizers and patterns beside `tokenizers`: every piece, and where it lies in the text."""

import itertools

import comparison
import pipelines
import prep_command
import pytest
import texts as sample
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
