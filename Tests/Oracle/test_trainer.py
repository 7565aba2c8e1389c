"""`prep train` beside `tokenizers`' BpeTrainer: same vocabulary, same merges, and files that both encode with alike."""

import json
import random

import pytest
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import prep_command
import texts as sample

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
UPPER, LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
C = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
K = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|"
     r"\s+(?!\S)|\s")
O = (rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]*[{LOWER}]+{CONTRACTIONS}?|[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]+[{LOWER}]*{CONTRACTIONS}?"
     r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
OWN = r"\p{L}+|\d{2}|\s+|[^\p{L}\d\s]|\d"

PATTERNS = {"gpt2": None, "C": C, "cl100k": K, "o200k": O, OWN: OWN}


def reference(pattern, corpus, vocab_size, min_frequency, special_tokens) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    if pattern is None:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=vocab_size, min_frequency=min_frequency, special_tokens=special_tokens,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return tokenizer


def train(folder, corpus, *flags) -> dict:
    path = folder / "corpus.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in corpus), encoding="utf-8")
    prep_command.prep("train", path, "--output", folder / "tokenizer.json", *flags)
    return json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("pattern", PATTERNS, ids=["gpt2", "C", "K", "O", "own"])
@pytest.mark.parametrize("vocab_size,min_frequency", [(600, 2), (3000, 1), (100_000, 3)])
def test_vocabulary_and_merges_equal_the_reference(tmp_path, pattern, vocab_size, min_frequency):
    corpus = sample.corpus()
    special = ["<|endoftext|>", "[PAD]"]
    ours = train(tmp_path, corpus, "--pattern", pattern, "--vocab-size", vocab_size, "--min-frequency", min_frequency,
                 "--special-token", special[0], "--special-token", special[1])
    theirs = json.loads(reference(PATTERNS[pattern], corpus, vocab_size, min_frequency, special).to_str())
    assert ours["model"]["merges"] == theirs["model"]["merges"]
    assert ours["model"]["vocab"] == theirs["model"]["vocab"]
    assert ours["added_tokens"] == theirs["added_tokens"]
    assert ours["pre_tokenizer"].get("pretokenizers", [{}])[0].get("pattern") == (
        {"Regex": PATTERNS[pattern]} if PATTERNS[pattern] else None)


@pytest.mark.parametrize("pattern", PATTERNS, ids=["gpt2", "C", "K", "O", "own"])
def test_the_file_encodes_alike_in_tokenizers(tmp_path, rng, scale, pattern):
    train(tmp_path, sample.corpus(), "--pattern", pattern, "--vocab-size", 2000, "--special-token", "<|endoftext|>")
    path = tmp_path / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    texts = sample.standard(rng, int(2000 * scale), ["<|endoftext|>"])
    for text, ours in zip(texts, prep_command.encode(path, texts), strict=True):
        theirs = tokenizer.encode(text)
        assert (ours["ids"], ours["tokens"]) == (theirs.ids, theirs.tokens), text
        assert ours["offsets"] == prep_command.byte_offsets(text, theirs.offsets), text


def test_repeated_characters_and_products_found_twice(tmp_path):
    """Pairs that overlap (aaaa), and the same product from different parts (ab|c, a|bc): the reference's own ways."""
    generator = random.Random(5)
    for round in range(12):
        corpus = ["".join(generator.choice("aab") for _ in range(generator.randint(1, 9))) + " " for _ in range(60)]
        ours = train(tmp_path, corpus, "--vocab-size", 330, "--min-frequency", round % 4)
        theirs = json.loads(reference(None, corpus, 330, round % 4, []).to_str())
        assert ours["model"]["vocab"] == theirs["model"]["vocab"], corpus
        assert ours["model"]["merges"] == theirs["model"]["merges"], corpus


def test_threads_and_input_format_do_not_matter(tmp_path):
    corpus = [line + "\n" for text in sample.corpus() for line in text.split("\n") if line]
    first = train(tmp_path, corpus, "--vocab-size", 1500, "--threads", 1)
    assert train(tmp_path, corpus, "--vocab-size", 1500, "--threads", 5) == first
    plain = tmp_path / "corpus.txt"
    plain.write_bytes("".join(corpus).encode())
    prep_command.prep("train", plain, "--output", tmp_path / "plain.json", "--vocab-size", 1500)
    assert json.loads((tmp_path / "plain.json").read_text()) == first


def test_fields_that_samples_are_made_of_are_the_default(tmp_path):
    import gzip

    records = [{"instruction": "ab ab", "input": "", "output": "cd", "id": "zz zz zz"}, {"text": "ab"},
               {"messages": [{"role": "user", "content": "cd cd"},
                             {"role": "assistant", "content": [{"type": "text", "text": "ab"}]}]}]
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in records).encode()))
    report = json.loads(prep_command.prep(
        "train", tmp_path / "in.jsonl.gz", "--output", tmp_path / "t.json", "--vocab-size", 300, "--json").stdout)
    expected = reference(None, ["ab ab", "cd", "ab", "cd cd", "ab"], 300, 2, [])
    assert json.loads((tmp_path / "t.json").read_text())["model"]["merges"] == json.loads(expected.to_str())["model"]["merges"]
    assert report["texts"] == 5


def test_several_fields_and_several_files(tmp_path):
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text('{"q": "abab abab", "a": "cd cd"}\n\n{"q": "abab", "a": "cdcd"}\n')
    two.write_text('{"a": "ab", "q": "x"}')
    report = json.loads(prep_command.prep(
        "train", one, two, "--field", "q", "--field", "a", "--output", tmp_path / "t.json", "--vocab-size", 300, "--json").stdout)
    expected = reference(None, ["abab abab", "cd cd", "abab", "cdcd", "x", "ab"], 300, 2, [])
    assert json.loads((tmp_path / "t.json").read_text())["model"]["merges"] == json.loads(expected.to_str())["model"]["merges"]
    assert report["texts"] == 6 and report["tokens"] == expected.get_vocab_size()


@pytest.mark.parametrize("arguments,code,message", [
    (["missing.txt", "--output", "o.json"], 2, "prep: missing.txt: no such file or folder (check the path)"),
    (["bad.jsonl", "--output", "o.json"], 2, 'bad.jsonl:2: no known field among "x" (name it with --field)'),
    (["bad.txt", "--output", "o.json"], 2, "bad.txt:1: not UTF-8 (convert the file to UTF-8)"),
    (["empty.txt", "--output", "o.json"], 1, "prep: there is no text in empty.txt (give files with text)"),
    (["good.txt", "--output", "no/folder/o.json"], 2, "no/folder/o.json: cannot write it: No such file"),
    (["good.txt", "--output", "o.json", "--vocab-size", "100"], 64, "--vocab-size: 100 is less than 256 bytes"),
    (["good.txt", "--output", "o.json", "--pattern", "("], 64, "--pattern"),
])
def test_bad_input_is_refused_by_name(tmp_path, monkeypatch, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.jsonl").write_text('{"text": "a"}\n{"x": 1}\n')
    (tmp_path / "bad.txt").write_bytes(b"\xff\n")
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "good.txt").write_text("some text")
    result = prep_command.prep("train", *arguments, check=False)
    assert result.returncode == code, result.stderr
    assert message in result.stderr.decode()
    assert not (tmp_path / "o.json").exists()
