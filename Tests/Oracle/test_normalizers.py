"""Normalizers beside `tokenizers`: the text, and where each character comes from."""

import itertools

import pipelines
import pytest
import texts as sample
import unicodedata
from test_pretokenizers import compare
from tokenizers import Regex, normalizers, pre_tokenizers

ONE = {
    "NFC": normalizers.NFC(), "NFD": normalizers.NFD(), "NFKC": normalizers.NFKC(), "NFKD": normalizers.NFKD(),
    "Lowercase": normalizers.Lowercase(), "Strip": normalizers.Strip(), "StripAccents": normalizers.StripAccents(),
    "Nmt": normalizers.Nmt(), "ByteLevel": normalizers.ByteLevel(), "Prepend": normalizers.Prepend("▁"),
    "Bert": normalizers.BertNormalizer(), "Replace": normalizers.Replace(" ", "▁"),
    "Replace a regex": normalizers.Replace(Regex(r"\s{2,}|\p{Lu}"), "xy"),
}

# One character a piece, so that the range of each one shows.
CHARACTERS = pre_tokenizers.FixedLength(1)


@pytest.mark.parametrize("name", ONE)
def test_all_scalars(name, tmp_path, rng, scale):
    step = max(1, int(61 / scale))
    texts = sample.all_scalars(step, rng.randrange(step))
    compare(tmp_path, texts, ONE[name], CHARACTERS)


@pytest.mark.parametrize("name", ["NFC", "NFD", "NFKC", "NFKD", "StripAccents", "Bert"])
def test_marks_are_reordered_and_composed(name, tmp_path, rng, scale):
    """Bases and marks of every combining class, two and three in a row."""
    by_class: dict[int, list[str]] = {}
    for scalar in range(0x300, 0x1F000):
        if kind := unicodedata.combining(chr(scalar)):
            by_class.setdefault(kind, []).append(chr(scalar))
    marks = [rng.choice(members) for members in by_class.values()] + ["\u0301", "\u0323", "\u0344", "\u0345"]
    bases = ["a", "ê", "ệ", "", " ", "\u0915", "\u1100", "\uac00", "\u212b", "\u1e9b"]
    texts = ["".join(each) for each in itertools.product(["a", "Å"], marks, marks)]
    for _ in range(int(600 * scale)):
        parts = [rng.choice(bases) + "".join(rng.choices(marks, k=rng.randrange(rng.choice([5, 5, 5, 100])))) for _ in range(rng.randrange(1, 4))]
        texts.append("".join(parts))
    compare(tmp_path, texts, ONE[name], CHARACTERS)


@pytest.mark.parametrize("name", ["NFC", "NFD", "NFKC", "NFKD"])
def test_hangul(name, tmp_path):
    leads, vowels, tails = "ᄀᄒ\u1113", "ᅡᅵ\u1176", ["", "ᆨ", "ᇂ", "\u11a7", "\u11c3"]
    texts = ["".join(each) for each in itertools.product(leads, vowels, tails)]
    texts += [chr(s) + tail for s in range(0xAC00, 0xD7A4, 97) for tail in tails]
    compare(tmp_path, texts, ONE[name], CHARACTERS)


def test_languages(tmp_path):
    for one in ONE.values():
        compare(tmp_path, sample.LANGUAGES + sample.WHITESPACE + sample.fixture_texts(100), one, pre_tokenizers.WhitespaceSplit())


def test_random_normalizers(tmp_path, rng, scale):
    compared = 0
    for _ in range(int(60 * scale)):
        texts = [pipelines.text(rng) for _ in range(60)]
        compared += compare(tmp_path, texts, pipelines.normalizer(rng), CHARACTERS)
    assert compared > 1_500 * scale
