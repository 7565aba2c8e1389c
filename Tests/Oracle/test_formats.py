"""Every real file beside its reference: ids, tokens, byte ranges, decoding."""

import json
import subprocess

import pytest
from tokenizers import Tokenizer

import comparison
import prep_command
import real_files
import references
import texts as sample


def named(items):
    return pytest.mark.parametrize("item", items, ids=[f"{each.file}:{each.family}" for each in items])


def sources(rng, scale, fragments, count=1000):
    """Texts of every kind; scalars as far as the scale goes."""
    step = max(1, int(48 / scale))
    return sample.standard(rng, int(count * scale), fragments) + sample.all_scalars(step, rng.randrange(step))


@named(references.TOKENIZERS)
def test_tokenizer_json(item, rng, scale):
    path = real_files.real(item.file)
    tokenizer = Tokenizer.from_file(str(path))
    fragments = [token.content for token in tokenizer.get_added_tokens_decoder().values()][:60]
    texts = sources(rng, scale, fragments)
    comparison.compare(path, tokenizer, texts)
    comparison.compare(path, tokenizer, texts, "--no-special")
    comparison.compare_decoding(path, tokenizer, [each.ids for each in tokenizer.encode_batch(texts[:500])])


@named(references.RANKS)
def test_rank_files(item, rng, scale):
    path = real_files.real(item.file)
    encoding = item.load(item.file)
    fragments = sorted(encoding.special_tokens_set)[:60]
    texts = sources(rng, scale, fragments)
    ours = prep_command.encode(path, texts, *item.flags)
    for text, mine in zip(texts, ours, strict=True):
        assert mine["ids"] == encoding.encode_ordinary(text), text
    for text, mine in zip(texts, prep_command.encode(path, texts, "--parse-special", *item.flags), strict=True):
        assert mine["ids"] == encoding.encode(text, allowed_special="all"), text
    ids = [mine["ids"] for mine in ours[:500]] + [[rng.randrange(50_000) for _ in range(6)] for _ in range(300)]
    assert prep_command.decode(path, ids, *item.flags) == [encoding.decode(each) for each in ids]


@named(references.RANKS)
def test_rank_files_report_the_bytes_of_each_token(item, rng):
    """The ranges of tokens in text that nothing normalizes: those of the characters that their bytes belong to."""
    path = real_files.real(item.file)
    texts = [text for text in sample.standard(rng, 300) if "Qwen" not in item.family and "own" not in item.family]
    for text, mine in zip(texts, prep_command.encode(path, texts, *item.flags), strict=True):
        raw = text.encode()
        starts = [i for i in range(len(raw)) if raw[i] & 0xC0 != 0x80] + [len(raw)]
        at, expected = 0, []
        for start, end, identifier in [(*offset, identifier) for offset, identifier in zip(mine["offsets"], mine["ids"], strict=True)]:
            length = len(_token_bytes(item).decode_single_token_bytes(identifier))
            expected.append([max(s for s in starts if s <= at), min(s for s in starts if s >= at + length)])
            at += length
        assert mine["offsets"] == expected, text


_encodings = {}


def _token_bytes(item):
    if item.family not in _encodings:
        encoding = item.load(item.file)
        _encodings[item.family] = getattr(encoding, "inner", encoding)
    return _encodings[item.family]


@named(references.TEKKEN)
def test_tekken(item, rng, scale):
    path = real_files.real(item.file)
    tekken = item.load(item.file)
    texts = sources(rng, scale, ["[INST]", "<s>", "</s>", "[/INST]", "[TOOL_CALLS]", "<SPECIAL_20>"])
    ours = prep_command.encode(path, texts)
    for text, mine in zip(texts, ours, strict=True):
        assert mine["ids"] == tekken.encode(text, bos=False, eos=False), text
    ids = [[1, *mine["ids"], 2] for mine in ours[:500]]
    keep, ignore = references.SpecialTokenPolicy.KEEP, references.SpecialTokenPolicy.IGNORE
    assert prep_command.decode(path, ids) == [tekken.decode(each, keep) for each in ids]
    assert prep_command.decode(path, ids, "--skip-special") == [tekken.decode(each, ignore) for each in ids]
    special = prep_command.encode(path, ["[INST] Hi[/INST]"], "--parse-special")[0]["ids"]
    assert special == [3, *tekken.encode(" Hi", bos=False, eos=False), 4]


@named(references.SENTENCEPIECE)
def test_sentencepiece_models(item, rng, scale):
    path = real_files.real(item.file)
    processor = item.load(item.file)
    texts = sources(rng, scale, ["[INST]", "<s>", "</s>", "[REF]", "[REFERENCE_DOC_19]", "[/REF]", "<0x0A>", "▁", "<unk>"])
    compare_sentencepiece(path, processor, texts)
    ids = [[rng.randrange(processor.get_piece_size()) for _ in range(rng.randint(0, 10))] for _ in range(500)]
    ids += processor.encode(texts[:500])
    assert prep_command.decode(path, ids, "--skip-special") == [processor.decode(each) for each in ids]


def compare_sentencepiece(path, processor, texts):
    for text, mine in zip(texts, prep_command.encode(path, texts), strict=True):
        proto = processor.encode(text, return_type="proto")
        assert mine["ids"] == [piece.id for piece in proto.pieces], (text, [piece.piece for piece in proto.pieces])
        unknown = processor.id_to_piece(processor.unk_id())
        assert mine["tokens"] == [
            piece.piece if piece.id != processor.unk_id() else unknown for piece in proto.pieces], text
        # SentencePiece gives a character's bytes no range but the last; here each has the character's.
        whole = [[a, b] for (a, b), piece in zip(mine["offsets"], proto.pieces, strict=True) if not processor.is_byte(piece.id)]
        assert whole == [
            [piece.begin, piece.end] for piece in proto.pieces if not processor.is_byte(piece.id)], text


SENTENCEPIECE_TRAINING = [
    dict(normalization_rule_name="identity"),
    dict(normalization_rule_name="nmt_nfkc"),
    dict(normalization_rule_name="nmt_nfkc", byte_fallback=True, add_dummy_prefix=False),
    dict(normalization_rule_name="identity", byte_fallback=True, remove_extra_whitespaces=False),
    dict(normalization_rule_name="nmt_nfkc_cf", user_defined_symbols=["<sep>", "NFKC½", "▁▁"], byte_fallback=True),
    dict(normalization_rule_name="nfkc", remove_extra_whitespaces=False, split_digits=True, control_symbols=["<ctl>"]),
    dict(normalization_rule_name="identity", treat_whitespace_as_suffix=True),
    dict(normalization_rule_name="identity", unk_id=3, bos_id=-1, eos_id=0, pad_id=1, user_defined_symbols=["ab", "abc", "bca"]),
]


@pytest.mark.parametrize("options", SENTENCEPIECE_TRAINING, ids=lambda options: "-".join(f"{v}" for v in options.values()))
def test_trained_sentencepiece_models(tmp_path, rng, scale, options):
    import sentencepiece

    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(sample.corpus()), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(tmp_path / "m"), model_type="bpe", vocab_size=1200, character_coverage=0.98,
        hard_vocab_limit=False, minloglevel=2, **options)
    path = tmp_path / "m.model"
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    texts = sources(rng, scale, options.get("user_defined_symbols", []) + ["<ctl>", "½", "  ", "ab"], 500)
    compare_sentencepiece(path, processor, texts)
    ids = processor.encode(texts[:600])
    assert prep_command.decode(path, ids, "--skip-special") == [processor.decode(each) for each in ids]


def test_other_sentencepiece_models_are_refused_by_name(tmp_path):
    import sentencepiece

    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(sample.corpus()), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(tmp_path / "m"), model_type="unigram", vocab_size=400, minloglevel=2,
        hard_vocab_limit=False)
    result = prep_command.prep("encode", "--tokenizer", tmp_path / "m.model", "x", check=False)
    assert result.returncode == 2
    assert f"{tmp_path}/m.model: a unigram model; only bpe is supported" in result.stderr.decode()


def test_an_unknown_rank_file_asks_for_its_encoding(tmp_path):
    lines = real_files.real("whisper/gpt2.tiktoken").read_bytes().splitlines()
    (tmp_path / "own.tiktoken").write_bytes(b"\n".join(lines[:5000]))
    result = prep_command.prep("encode", "--tokenizer", tmp_path / "own.tiktoken", "x", check=False)
    assert result.returncode == 2
    assert "pattern is not known" in result.stderr.decode() and "--encoding" in result.stderr.decode()
    ranks = dict(references.ranks("whisper/gpt2.tiktoken"))
    import tiktoken

    small = tiktoken.Encoding("s", pat_str=references.GPT2_PATTERN, special_tokens={},
                              mergeable_ranks={token: rank for token, rank in ranks.items() if rank < 5000})
    texts = sample.LANGUAGES
    ours = prep_command.encode(tmp_path / "own.tiktoken", texts, "--pattern", references.GPT2_PATTERN)
    assert [mine["ids"] for mine in ours] == [small.encode_ordinary(text) for text in texts]


@named(references.TOKENIZERS[:2] + references.RANKS[4:6] + references.RANKS[10:11] + references.TEKKEN[:1] + references.SENTENCEPIECE[:1])
def test_a_long_text_without_a_boundary(item):
    """Short enough for the references, some of which are quadratic."""
    path = real_files.real(item.file)
    texts = sample.long_texts(30_000)
    ours = prep_command.encode(path, texts, *item.flags)
    if item.reference == "tokenizers":
        expected = [each.ids for each in Tokenizer.from_file(str(path)).encode_batch(texts)]
    elif item.reference == "tiktoken":
        expected = [item.load(item.file).encode_ordinary(text) for text in texts]
    elif item.reference == "mistral_common":
        expected = [item.load(item.file).encode(text, bos=False, eos=False) for text in texts]
    else:
        expected = item.load(item.file).encode(texts)
    assert [mine["ids"] for mine in ours] == expected


def test_encode_takes_a_text_lines_or_records(tmp_path):
    path = real_files.real("litellm/cl100k_base.tiktoken")
    run = lambda *arguments, **more: prep_command.prep("encode", "--tokenizer", path, *arguments, **more).stdout.decode()
    assert run("Hello world") == "9906 1917\n"
    assert json.loads(run("Hello world", "--json")) == {
        "ids": [9906, 1917], "tokens": ["Hello", " world"], "offsets": [[0, 5], [5, 11]]}
    assert run(input="Hello world\n\nHello\r\nHello".encode()) == "9906 1917\n\n9906 201\n9906\n"
    records = tmp_path / "records.jsonl"
    records.write_text('{"q": "Hello world", "text": "a"}\n\n{"q": "Hello", "text": "b"}')
    assert run("--input", records, "--field", "q") == "9906 1917\n9906\n"
    assert run("--input", records) == "64\n65\n"


def test_decode_is_the_inverse(tmp_path):
    path = real_files.real("litellm/cl100k_base.tiktoken")
    run = lambda *arguments, **more: prep_command.prep("decode", "--tokenizer", path, *arguments, **more).stdout
    assert run("9906", "1917") == b"Hello world\n"
    assert run("9906", "100257", "1917", "--skip-special") == b"Hello world\n"
    assert run("9906", "100257") == b"Hello<|endoftext|>\n"
    assert run("--input", "-", input=b'{"ids": [9906, 1917]}\n{"ids": []}\n') == b"Hello world\n\n"
    encoded = prep_command.prep("encode", "--tokenizer", path, "--json", "naïve 日本", "--no-special").stdout
    assert json.loads(run("--input", "-", "--json", input=encoded)) == {"text": "naïve 日本"}


@pytest.mark.parametrize("arguments,code,message", [
    (["encode", "--tokenizer", "nowhere/at/all.json", "x"], 2, "nowhere/at/all.json: there is no such file or folder"),
    (["encode", "--tokenizer", "No/such-model", "x"], 2, "run: hf download No/such-model tokenizer.json tokenizer_config.json"),
    (["encode", "--input", "records.jsonl"], 2, "records.jsonl:2: there is no field text (name it with --field)"),
    (["encode", "--input", "records.jsonl", "--field", "n"], 2, "records.jsonl:2: field n is a number, not a string"),
    (["decode", "999999999"], 2, "999999999: no token has this id"),
    (["decode", "x"], 64, "x"),
    (["encode", "--special-token", "a", "x"], 64, "--special-token a: expected TEXT=ID"),
])
def test_bad_input_is_refused_by_name(tmp_path, monkeypatch, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "records.jsonl").write_text('{"text": "a", "n": "s"}\n{"n": 1}\n')
    result = prep_command.prep(*arguments, check=False, env={"HF_HUB_CACHE": str(tmp_path / "hub")})
    assert result.returncode == code, result.stderr
    assert message in result.stderr.decode()
