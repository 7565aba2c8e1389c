"""Whole tokenizers at random beside `tokenizers`, and every short string of a hostile alphabet."""

import itertools
import random

import pytest
from tokenizers import Tokenizer

import comparison
import conftest
import families
import random_tokenizers
import real_files

# As many tests as make the work even between processes.
PARTS = range(8)


@pytest.mark.parametrize("part", PARTS)
def test_random_tokenizers(part, tmp_path, rng, scale):
    path = tmp_path / "tokenizer.json"
    for number in range(int(80 * scale)):
        seed = f"{conftest.SEED} {part} {number}"
        generator = random.Random(seed)
        random_tokenizers.tokenizer(generator).save(str(path))
        # Two added tokens may claim one id: the reference itself then forgets one of them as it writes the file.
        tokenizer = Tokenizer.from_file(str(path))
        fragments = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
        texts = [random_tokenizers.text(generator, fragments) for _ in range(400)]
        print(f"random_tokenizers.tokenizer(random.Random({seed!r}))")
        comparison.compare(path, tokenizer, texts)
        if comparison.compare(path, tokenizer, texts[:200], "--no-special"):
            known = sorted(tokenizer.get_vocab().values()) or [0]
            ids = [[generator.choice(known) for _ in range(generator.choice([0, 1, 2, 3, 5, 8]))] for _ in range(60)]
            comparison.compare_decoding(path, tokenizer, ids)


# Each byte length, a letter of each case, a mark, digits, an apostrophe, all that white space does, and what tokens are made of.
ALPHABET = ["a", "B", "s", "é", "\u0301", "中", "👍", "1", "½", " ", "\n", "\t", "\u3000", "'", ".", "/", "▁", "<"]


def short_strings(alphabet, length):
    return ["".join(each) for n in range(length + 1) for each in itertools.product(alphabet, repeat=n)]


@pytest.mark.parametrize("family", families.FAMILIES, ids=lambda family: family.name)
def test_every_short_string(family, tmp_path, rng, scale):
    path, tokenizer = families.save(family, tmp_path)
    alphabet = ALPHABET + [token.content for token in rng.sample(family.added, min(2, len(family.added)))]
    comparison.compare(path, tokenizer, short_strings(alphabet, 4 if scale > 2 else 3))
    # Four characters long, of a part of the alphabet that the seed draws.
    comparison.compare(path, tokenizer, short_strings(rng.sample(alphabet, 13), 4))


@pytest.mark.parametrize("file", ["llama3/tokenizer.json", "deepseek/tokenizer.json", "litellm/anthropic_tokenizer.json"])
def test_every_short_string_in_real_files(file, scale):
    path = real_files.real(file)
    tokenizer = Tokenizer.from_file(str(path))
    for first in ALPHABET:
        comparison.compare(path, tokenizer, [first + rest for rest in short_strings(ALPHABET, 4 if scale > 2 else 3)], "--no-special")
