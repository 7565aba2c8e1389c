"""Random rank files beside `tiktoken`, and SentencePiece models trained with random options beside `sentencepiece`."""

import base64
import json
import random

import pytest
import sentencepiece
import tiktoken
from mistral_common.tokens.tokenizers.tekken import SpecialTokenPolicy, Tekkenizer

import comparison
import conftest
import pipelines
import prep_command
import random_tokenizers
import texts as sample
from test_formats import compare_sentencepiece

PARTS = range(4)


def ranks(rng: random.Random) -> dict[bytes, int]:
    """All bytes, and parts of words in some order: short ones first, as merging finds them, or as they come."""
    words = [word.encode() for word in random_tokenizers.WORDS] + [text.encode() for text in random_tokenizers.corpus(rng) if text]
    tokens = set()
    for _ in range(rng.choice([20, 100, 400])):
        word = rng.choice(words)
        if len(word) > 1:
            length = rng.randrange(2, min(9, len(word) + 1))
            start = rng.randrange(len(word) - length + 1)
            tokens.add(word[start:start + length])
    longer = sorted(tokens, key=lambda token: (len(token), token))
    if rng.random() < 0.4:
        rng.shuffle(longer)
    singles = [bytes([byte]) for byte in range(256)]
    rng.shuffle(singles)
    order = singles + longer
    if rng.random() < 0.2:
        rng.shuffle(order)
    step = 1 if rng.random() < 0.8 else 2
    return {token: step * number for number, token in enumerate(order)}


def encoding(rng: random.Random):
    """An encoding that `tiktoken` takes, its ranks, and the flags that describe it."""
    while True:
        table = ranks(rng)
        pattern = rng.choice(pipelines.PATTERNS + list(pipelines.FAMILIES.values()))
        contents = rng.sample([content for content in random_tokenizers.CONTENTS if "=" not in content], rng.randrange(6))
        specials = {content: max(table.values()) + 1 + number for number, content in enumerate(contents)}
        try:
            made = tiktoken.Encoding("random", pat_str=pattern, mergeable_ranks=table, special_tokens=specials)
        except ValueError:
            continue  # A pattern that Rust does not know.
        flags = ["--pattern", pattern]
        for content, identifier in specials.items():
            flags += ["--special-token", f"{content}={identifier}"]
        return made, table, specials, flags


def panics(function, *arguments) -> bool:
    try:
        function(*arguments)
    except BaseException as failure:
        return comparison.is_panic(failure)
    return False


@pytest.mark.parametrize("part", PARTS)
def test_random_rank_files(part, tmp_path, scale):
    path = tmp_path / "random.tiktoken"
    for number in range(int(50 * scale)):
        seed = f"{conftest.SEED} ranks {part} {number}"
        rng = random.Random(seed)
        made, table, specials, flags = encoding(rng)
        path.write_bytes(b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in table.items()))
        texts = [random_tokenizers.text(rng, list(specials)) for _ in range(300)]
        place = f"test_random_files.encoding(random.Random({seed!r}))"
        # Where the pattern matches nothing at the end of a text, prep makes no token and tiktoken panics.
        matches_nothing = panics(made.encode_ordinary, "")
        for more, encode in [((), made.encode_ordinary), (("--parse-special",), lambda text: made.encode(text, allowed_special="all"))]:
            for text, ours in zip(texts, comparison.encode_each(path, texts, *flags, *more), strict=True):
                if ours is None:
                    break
                try:
                    theirs = encode(text)
                except BaseException as failure:
                    assert comparison.is_panic(failure) and (isinstance(ours, str) or matches_nothing), (place, text, ours, failure)
                    continue
                if isinstance(ours, str):
                    assert any(reason in ours for reason in comparison.REFUSALS), (place, text, ours)
                else:
                    assert ours["ids"] == theirs, (place, flags, text, ours["tokens"])
        ids = [[rng.choice(list(table.values())) for _ in range(rng.randrange(8))] for _ in range(100)]
        if prep_command.prep("tokenizer", path, *flags, check=False).returncode == 0:
            assert prep_command.decode(path, ids, *flags) == [made.decode(each) for each in ids], place


def training(rng: random.Random) -> dict:
    """Options of a SentencePiece trainer."""
    def coin(chance=0.5):
        return rng.random() < chance

    options = dict(
        normalization_rule_name=rng.choice(["identity", "identity", "nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf"]), byte_fallback=coin(),
        add_dummy_prefix=coin(0.7), remove_extra_whitespaces=coin(), treat_whitespace_as_suffix=coin(0.2),
        split_by_unicode_script=coin(0.7), split_by_number=coin(0.7), split_by_whitespace=coin(0.7), split_digits=coin(0.3),
        allow_whitespace_only_pieces=coin(0.3), max_sentencepiece_length=rng.choice([3, 8, 16]),
        character_coverage=rng.choice([0.9, 0.98, 1.0]), vocab_size=rng.choice([300, 360, 500, 700]))
    if coin(0.4):
        symbols = ["ab", "abc", " a", "a ", "é", "中", "▁", "▁▁", "_", "1", "12", "the", "THE", "<|", "'s", "ﬁ", "fi", "a b", "½", "<sep>", "ab▁c"]
        options["user_defined_symbols"] = rng.sample(symbols, rng.randrange(1, 6))
    if coin(0.3):
        options["control_symbols"] = rng.sample(["<ctl>", "<c2>", "_", "é", "1", "中", "x"], rng.randrange(1, 4))
    if coin(0.2):
        options["unk_surface"] = " ?? "
    if coin(0.2):
        options.update(unk_id=2, bos_id=0, eos_id=1, pad_id=3)
    if coin(0.2):
        options.update(unk_piece="[U]", bos_piece="[B]")
    return options


@pytest.mark.parametrize("part", PARTS)
def test_random_sentencepiece_models(part, tmp_path, scale):
    made = 0
    for number in range(int(20 * scale)):
        rng = random.Random(f"{conftest.SEED} sentencepiece {part} {number}")
        options = training(rng)
        words = [word for word in rng.sample(random_tokenizers.WORDS, 20) if word.isprintable() or word == " "]
        lines = ["".join(rng.choice(words) for _ in range(rng.randrange(1, 12))) for _ in range(200)]
        lines += [line for text in sample.LANGUAGES[:rng.randrange(15)] for line in text.split("\n")]
        (tmp_path / "corpus.txt").write_text("\n".join(lines), encoding="utf-8")
        try:
            sentencepiece.SentencePieceTrainer.train(
                input=str(tmp_path / "corpus.txt"), model_prefix=str(tmp_path / "m"), model_type="bpe", hard_vocab_limit=False,
                minloglevel=3, **options)
        except (RuntimeError, OSError):
            continue  # More pieces asked for than characters, or the like.
        made += 1
        path = tmp_path / "m.model"
        processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        fragments = options.get("user_defined_symbols", []) + ["<ctl>", "<s>", "</s>", "<unk>", "[U]", "▁", "  ", "<0x41>"]
        texts = [random_tokenizers.text(rng, fragments) for _ in range(500)] + sample.LANGUAGES + sample.WHITESPACE
        compare_sentencepiece(path, processor, texts)
        ids = [[rng.randrange(processor.get_piece_size()) for _ in range(rng.randrange(8))] for _ in range(100)]
        ids += processor.encode(texts[:100])
        assert prep_command.decode(path, ids, "--skip-special") == [processor.decode(each) for each in ids], options
    assert made >= 4 * scale


def tekken(rng: random.Random) -> dict:
    """A tekken file, in a third of the cases with something that the reference refuses."""
    tokens = [bytes([byte]) for byte in range(256)]
    while len(tokens) < 256 + rng.randrange(1, 120):
        token = rng.choice(tokens) + rng.choice(tokens)
        if token not in tokens and len(token) < 9:
            tokens.append(token)
    vocabulary = [{"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None} for rank, token in enumerate(tokens)]
    texts = rng.sample(["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "<pad>", "<SPECIAL_7>", "é", "a"], rng.randrange(3, 9))
    specials = [{"rank": rank, "token_str": text, "is_control": True} for rank, text in enumerate(texts)]
    count = len(specials) + rng.randrange(4)
    file = {"config": {"pattern": rng.choice([r"\s+|\S+", r"\w+|\W", "."]), "num_vocab_tokens": len(tokens), "version": rng.choice(["v3", "v7", "v11", "v13"]),
                       "default_vocab_size": count + len(tokens) - rng.randrange(3), "default_num_special_tokens": count},
            "vocab": vocabulary, "special_tokens": specials}
    changes = [
        lambda: file["config"].update(version=rng.choice(["v4", "x", "", None])), lambda: file.pop("special_tokens"),
        lambda: specials.append(dict(specials[0], rank=len(specials))), lambda: file["config"].update(default_num_special_tokens=len(specials) - 1),
        lambda: file["config"].update(default_vocab_size=count + len(tokens) + 1), lambda: vocabulary[3].update(rank=4),
        lambda: vocabulary[7].update(token_bytes="YQ=="), lambda: vocabulary[rng.randrange(256)].pop("token_str"),
        lambda: vocabulary[-4].update(token_bytes=vocabulary[260 if len(tokens) > 266 else 255]["token_bytes"]),
        lambda: file.update(model_settings_builder={}), lambda: file.update(multimodal={"image_patch_size": 16, "max_image_size": 1024}),
        lambda: file.update(image={"image_patch_size": 16, "max_image_size": rng.choice([0, 1024])}), lambda: file.update(image={"x": 1}),
    ]
    if rng.random() < 0.4:
        rng.choice(changes)()
    return file


def test_random_tekken_files(tmp_path, scale):
    path = tmp_path / "tekken.json"
    accepted = 0
    for number in range(int(60 * scale)):
        seed = f"{conftest.SEED} tekken {number}"
        rng = random.Random(seed)
        path.write_text(json.dumps(tekken(rng)))
        place = f"test_random_files.tekken(random.Random({seed!r}))"
        texts = [random_tokenizers.text(rng, ["<s>", "[INST]"]) for _ in range(50)]
        try:
            theirs = Tekkenizer.from_file(path)
        except Exception as failure:
            result = prep_command.prep("encode", "--tokenizer", path, "x", check=False)
            assert result.returncode == 2, (place, failure)
            continue
        accepted += 1
        assert [one["ids"] for one in prep_command.encode(path, texts)] == [theirs.encode(text, bos=False, eos=False) for text in texts], place
        ids = [[rng.randrange(theirs.n_words) for _ in range(rng.randrange(8))] for _ in range(100)]
        for flags, policy in [((), SpecialTokenPolicy.KEEP), (("--skip-special",), SpecialTokenPolicy.IGNORE)]:
            assert prep_command.decode(path, ids, *flags) == [theirs.decode(each, policy) for each in ids], place
    assert accepted > 15 * scale
