"""Every family of pipelines beside `tokenizers`: ids, tokens, byte ranges and decoding."""

import pytest

import families
import prep_command
import texts as sample


@pytest.fixture(scope="module", params=families.FAMILIES, ids=lambda family: family.name)
def family(request, tmp_path_factory):
    path, tokenizer = families.save(request.param, tmp_path_factory.mktemp("families"))
    return request.param, path, tokenizer


def compare(path, tokenizer, texts, add_special_tokens=True):
    flags = [] if add_special_tokens else ["--no-special"]
    ours = prep_command.encode(path, texts, *flags)
    assert len(ours) == len(texts)
    for text, mine, theirs in zip(texts, ours, tokenizer.encode_batch(texts, add_special_tokens=add_special_tokens), strict=True):
        assert mine["ids"] == theirs.ids, (text, mine["tokens"], theirs.tokens)
        assert mine["tokens"] == theirs.tokens, text
        assert mine["offsets"] == prep_command.byte_offsets(text, theirs.offsets), (text, theirs.tokens)


def test_languages_white_space_and_mixtures(family, rng, scale):
    described, path, tokenizer = family
    fragments = [token.content for token in described.added][:40]
    texts = sample.standard(rng, int(700 * scale), fragments)
    compare(path, tokenizer, texts)
    compare(path, tokenizer, texts[:400], add_special_tokens=False)


def test_all_scalars(family, rng, scale):
    _, path, tokenizer = family
    step = max(1, int(64 / scale))
    compare(path, tokenizer, sample.all_scalars(step, rng.randrange(step)))


def test_decode(family, rng):
    described, path, tokenizer = family
    texts = sample.standard(rng, 300, [token.content for token in described.added][:40])
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    ids += [[rng.randrange(tokenizer.get_vocab_size()) for _ in range(rng.randint(0, 12))] for _ in range(300)]
    assert prep_command.decode(path, ids) == [tokenizer.decode(each, skip_special_tokens=False) for each in ids]
    assert prep_command.decode(path, ids, "--skip-special") == [tokenizer.decode(each, skip_special_tokens=True) for each in ids]
