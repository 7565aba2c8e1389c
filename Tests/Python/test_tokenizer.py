"""`prep.Tokenizer` against tiktoken and tokenizers."""

import base64
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy
import prep
import pytest
import tiktoken
import tokenizers
from prep_command import CHECKOUT, byte_offsets

TEXTS = ["Hello world", "", "naïve  café\n\n汉字 🙂 it's 12345", "a<|endoftext|>b", " " * 100, "\0"]


@pytest.fixture(scope="module")
def gpt2():
    return prep.Tokenizer("gpt2")


@pytest.fixture(scope="module")
def reference():
    lines = (CHECKOUT / "Sources/CEmbedded/gpt2.tiktoken").read_bytes().splitlines()
    ranks = {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, filter(None, lines))}
    pattern = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    return tiktoken.Encoding("gpt2", pat_str=pattern, mergeable_ranks=ranks, special_tokens={"<|endoftext|>": 50256})


def test_ids_are_those_of_tiktoken(gpt2, reference):
    for text in TEXTS:
        assert gpt2.encode(text, parse_special=True).tolist() == reference.encode(text, allowed_special="all")
        assert gpt2.encode(text, parse_special=False).tolist() == reference.encode_ordinary(text)
        assert gpt2.encode(text.encode()).tolist() == gpt2.encode(text).tolist()


def test_a_batch_is_its_texts(gpt2):
    for threads in (0, 1, 3):
        batch = gpt2.encode_batch(TEXTS * 400, threads=threads, dtype=numpy.int32)
        assert batch.ids.dtype == numpy.int32 and len(batch) == 400 * len(TEXTS)
        for index, text in enumerate(TEXTS):
            assert batch.text(index).tolist() == gpt2.encode(text).tolist() == batch.text(index - len(TEXTS) + len(batch)).tolist()
    assert len(gpt2.encode_batch([])) == 0


def test_specials_and_ranges_are_those_of_tokenizers(real):
    path = real("llama3/tokenizer.json")
    ours, theirs = prep.Tokenizer(path), tokenizers.Tokenizer.from_file(str(path))
    text = "Hi <|eot_id|> there, naïve"
    for add in (True, False):
        batch = ours.encode_batch([text], add_special_tokens=add, byte_ranges=True)
        expected = theirs.encode(text, add_special_tokens=add)
        assert batch.ids.tolist() == expected.ids
        assert batch.byte_ranges.tolist() == byte_offsets(text, expected.offsets)
        for skip in (True, False):
            assert ours.decode(batch.ids, skip_special_tokens=skip) == theirs.decode(expected.ids, skip_special_tokens=skip)
    assert ours.token_id("<|eot_id|>") == theirs.token_to_id("<|eot_id|>")


def test_rank_files_take_what_they_do_not_say(tmp_path):
    ranks = (CHECKOUT / "Sources/CEmbedded/gpt2.tiktoken").read_bytes()
    (tmp_path / "own.tiktoken").write_bytes(ranks)
    own = prep.Tokenizer(tmp_path / "own.tiktoken", encoding="gpt2", special_tokens={"<|a=b|>": 50300})
    assert own.encode("Hello world<|a=b|>", parse_special=True).tolist() == [15496, 995, 50300]
    assert pickle.loads(pickle.dumps(own)).token_id("<|a=b|>") == 50300
    rows = prep.encode_records([{"task": "a", "response": "b"}], tokenizer=own, context_length=16, eos_token="<|a=b|>")
    assert 50300 in rows["labels"]
    with pytest.raises(prep.PrepError, match="own.tiktoken.*no such"):
        prep.Tokenizer(tmp_path / "own.tiktoken", encoding="no such")


def test_decoding_gives_the_texts_back(gpt2):
    batch = gpt2.encode_batch(TEXTS)
    assert gpt2.decode_batch([batch.text(i) for i in range(len(TEXTS))]) == TEXTS
    assert gpt2.decode([15496, 50256], skip_special_tokens=True) == "Hello"
    assert gpt2.decode_bytes([188, 64]) == gpt2.decode_bytes([188]) + b"a"
    # A token far longer than the room that is tried first.
    (long,) = gpt2.encode("-" * 64)
    assert gpt2.decode([long] * 1000) == "-" * 64000


def test_what_it_knows_of_itself(gpt2):
    assert len(gpt2) == 50257 and gpt2.eos_id == gpt2.pad_id == 50256 and gpt2.bos_id is None
    assert gpt2.token_id("Hello") == 15496 and gpt2.token_id("no such token") is None


def test_errors_say_what_is_wrong(gpt2):
    with pytest.raises(prep.PrepError, match="/nowhere") as caught:
        prep.Tokenizer("/nowhere/tokenizer.json")
    assert caught.value.kind == "tokenizer-missing" and pickle.loads(pickle.dumps(caught.value)).kind == "tokenizer-missing"
    with pytest.raises(prep.PrepError, match="text 1 is not UTF-8"):
        gpt2.encode_batch(["a", b"\xff"])
    with pytest.raises(IndexError, match="no id -100"):
        gpt2.decode([15496, -100])
    with pytest.raises(prep.PrepError, match="int32 or int64"):
        gpt2.encode("a", dtype=numpy.uint16)


def test_it_is_pickled_and_shared_by_threads(gpt2):
    other = pickle.loads(pickle.dumps(gpt2))
    expected = other.encode("x y " * 5000).tolist()
    with ThreadPoolExecutor(4) as pool:
        assert all(ids.tolist() == expected for ids in pool.map(gpt2.encode, ["x y " * 5000] * 16))
