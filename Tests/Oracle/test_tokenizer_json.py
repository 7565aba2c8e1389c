"""GPT-2, and the traps of `tokenizer.json`, beside `tokenizers`: ids, byte ranges, and what is refused."""

import json

import pytest
from tokenizers import Tokenizer

import comparison
import gpt2
import prep_command
import texts as sample


def test_gpt2(rng, scale):
    tokenizer = gpt2.tokenizer()
    texts = sample.standard(rng, int(3000 * scale), ["<|endoftext|>"]) + sample.all_scalars(max(1, int(16 / scale)))
    comparison.compare("gpt2", tokenizer, texts)
    comparison.compare_decoding("gpt2", tokenizer, [each.ids for each in tokenizer.encode_batch(texts[:300])])


def added(content, identifier, **flags):
    token = {"id": identifier, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    return {**token, **flags}


def model(**changes):
    words = ["<unk>", "a", "b", "c", "▁", "X", "ab", "bc", "abc", "▁a", "é", "aa", "<0xC3>", "<0xA8>", "<0x0A>"]
    found = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
        "byte_fallback": False, "ignore_merges": False, "vocab": {word: i for i, word in enumerate(words)},
        "merges": [["a", "b"], ["b", "c"], ["ab", "c"], ["▁", "a"], ["a", "a"]]}
    return {**found, **changes}


def file(model_, **changes):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None, "pre_tokenizer": None,
            "post_processor": None, "decoder": None, "model": model_, **changes}


# A text that stands twice has the last id, and texts may share one: what an id stands for is then not known from the id.
TWICE = """{"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":%s,"post_processor":null,"decoder":null,"model":{
"type":"BPE","vocab":{"<unk>":0,"a":1,"b":2,"▁":3,"x":4,"▁t":4,"▁t":6,"t":7,"▁x":8,"ab":9,"aab":9,"▁ab":10},
"merges":["▁ x","▁ t","a b","a ab","▁ ab"],"unk_token":"<unk>"}}"""


@pytest.mark.parametrize("pre_tokenizer", ["null", '{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}'])
def test_texts_and_ids_that_stand_twice(pre_tokenizer, tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text(TWICE % pre_tokenizer)
    texts = ["▁x▁t", "x t ab", "aab ab▁ab", "▁xx▁tt▁▁x", "taab" * 50]
    reference = Tokenizer.from_file(str(path))
    for text, ours in zip(texts, prep_command.encode(path, texts), strict=True):
        # What an id with two texts is called differs from run to run of the reference.
        theirs = reference.encode(text)
        offsets = [[len(text[:place].encode()) for place in each] for each in theirs.offsets]
        assert (ours["ids"], ours["offsets"]) == (theirs.ids, offsets), text


META = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}
LLAMA = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}

TRAPS = {
    "plain": file(model()),
    "a duplicated merge": file(model(merges=[["a", "b"], ["b", "c"], ["ab", "c"], ["a", "b"]])),
    "merges as strings": file(model(merges=["#version: 0.2", "a b", "ab c"])),
    "dropped characters": file(model(merges=[["a", "b"], ["ab", "c"]])),
    "unknown": file(model(unk_token="<unk>")),
    "unknown, fused": file(model(unk_token="<unk>", fuse_unk=True)),
    "byte fallback and unknown": file(model(unk_token="<unk>", byte_fallback=True)),
    "byte fallback, fused": file(model(unk_token="<unk>", byte_fallback=True, fuse_unk=True)),
    "ignore_merges": file(model(ignore_merges=True, merges=[["b", "c"]])),
    "dropout 0": file(model(dropout=0.0)),
    "Metaspace first": file(model(unk_token="<unk>"), pre_tokenizer=META, added_tokens=[added("X", 5)]),
    "Metaspace always": file(model(unk_token="<unk>"), pre_tokenizer={**META, "prepend_scheme": "always"}, added_tokens=[added("X", 5)]),
    "Prepend and Replace": file(model(unk_token="<unk>", fuse_unk=True), normalizer=LLAMA, added_tokens=[added("X", 5)]),
    "an id that is not authoritative": file(model(), added_tokens=[added("ab", 77), added("new", 99), added("other", 3)]),
    "lstrip and rstrip": file(model(unk_token="<unk>"), added_tokens=[added("X", 5, lstrip=True, rstrip=True), added("c", 3, rstrip=True)]),
    "single word": file(model(unk_token="<unk>"), added_tokens=[added("X", 5, single_word=True), added("XX", 90, single_word=True)]),
    "leftmost longest": file(model(unk_token="<unk>"), added_tokens=[added("ab", 6), added("abc", 8), added("bcX", 91)]),
    "normalized": file(model(unk_token="<unk>"), normalizer={"type": "Lowercase"},
                       added_tokens=[added("XA", 92, normalized=True), added("XB", 93), added("Ab", 94, normalized=True, lstrip=True)]),
    "prefix": file(model(continuing_subword_prefix="##", unk_token="<unk>", vocab={"<unk>": 0, "a": 1, "##b": 2, "##c": 3, "ab": 4, "##bc": 5, "abc": 6, "X": 7},
                         merges=[["##b", "##c"], ["a", "##bc"], ["a", "##b"]])),
    "suffix": file(model(end_of_word_suffix="</w>", unk_token="<unk>", vocab={"<unk>": 0, "a": 1, "b": 2, "b</w>": 3, "ab</w>": 4, "c</w>": 5, "ab": 6, "abc</w>": 7},
                         merges=[["a", "b</w>"], ["a", "b"], ["ab", "c</w>"]]), pre_tokenizer={"type": "WhitespaceSplit"}),
}


@pytest.mark.parametrize("name", TRAPS)
def test_trap(name, tmp_path, rng, scale):
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(TRAPS[name]))
    tokenizer = Tokenizer.from_file(str(path))
    alphabet = ["a", "b", "c", " ", "▁", "X", "é", "è", "\n", "x", "A", "_", "中", "ab", "  "]
    texts = ["".join(rng.choice(alphabet) for _ in range(rng.randint(0, 9))) for _ in range(int(2000 * scale))]
    texts += [a + b + c for a in alphabet for b in alphabet for c in alphabet]
    comparison.compare(path, tokenizer, texts)


REFUSED = {
    "dropout": (file(model(dropout=0.1)), "model.dropout is 0.1: its tokens would be random"),
    "a merge without product": (file(model(merges=[["b", "a"]])), 'model.merges[0]: "ba" is not in the vocabulary'),
    "a merge of unknown parts": (file(model(merges=[["q", "a"]])), 'model.merges[0]: "q" is not in the vocabulary'),
    "Unigram": (file({"type": "Unigram", "unk_id": 0, "vocab": [["a", 0.0]], "byte_fallback": False}), "model: Unigram is not BPE"),
    "a pre-tokenizer": (file(model(), pre_tokenizer={"type": "Gap"}), "the pre-tokenizer Gap is not supported"),
    "ranges beyond the text": (
        file(model(byte_fallback=True, end_of_word_suffix="b"), post_processor={
            "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}),
        "post_processor: trim_offsets with a model of byte_fallback and a prefix or suffix"),
    "a post-processor": (file(model(), post_processor={"type": "Gap"}), "post_processor: the post-processor Gap is not supported"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, tmp_path):
    content, reason = REFUSED[name]
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(content))
    result = prep_command.prep("encode", "--tokenizer", path, "a", check=False)
    assert result.returncode != 0
    message = result.stderr.decode()
    assert reason in message and str(path) in message, message
