"""Every family of pipelines beside `tokenizers`: ids, tokens, byte ranges and decoding."""

import pytest

import comparison
import families
import texts as sample


@pytest.fixture(scope="module", params=families.FAMILIES, ids=lambda family: family.name)
def family(request, tmp_path_factory):
    path, tokenizer = families.save(request.param, tmp_path_factory.mktemp("families"))
    return request.param, path, tokenizer


def test_languages_white_space_and_mixtures(family, rng, scale):
    described, path, tokenizer = family
    fragments = [token.content for token in described.added][:40]
    texts = sample.standard(rng, int(700 * scale), fragments)
    comparison.compare(path, tokenizer, texts)
    comparison.compare(path, tokenizer, texts[:400], "--no-special")


def test_all_scalars(family, rng, scale):
    _, path, tokenizer = family
    step = max(1, int(64 / scale))
    comparison.compare(path, tokenizer, sample.all_scalars(step, rng.randrange(step)))


def test_decode(family, rng):
    described, path, tokenizer = family
    texts = sample.standard(rng, 300, [token.content for token in described.added][:40])
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    ids += [[rng.randrange(tokenizer.get_vocab_size()) for _ in range(rng.randint(0, 12))] for _ in range(300)]
    comparison.compare_decoding(path, tokenizer, ids)
