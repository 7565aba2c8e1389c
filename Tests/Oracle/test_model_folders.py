"""Model folders: which file decides, beside `transformers`; and names in the Hugging Face cache."""

import json
import shutil

import pytest
import sentencepiece
from tokenizers import AddedToken, Tokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerFast

import families
import prep_command
import texts as sample

ADDED = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<s>", "</s>", "<pad>"]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A tokenizer.json with several special tokens, none of which adds itself."""
    family = families.Family("base", "", lambda: families.sequence(families.split(families.C), families.byte_level()),
                             added=[AddedToken(text, special=True, normalized=False) for text in ADDED])
    folder = tmp_path_factory.mktemp("base")
    families.build(family, 800).save(str(folder / "tokenizer.json"))
    return folder / "tokenizer.json"


def folder_with(tmp_path, base, **files):
    folder = tmp_path / "model"
    folder.mkdir()
    shutil.copy(base, folder / "tokenizer.json")
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def special(description, name):
    token = description["specials"][name]
    return (token["text"], token["decided_by"]) if token else None


CASES = [
    ({"tokenizer_config": {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "bos_token": None}},
     None, ("<|im_end|>", "tokenizer_config.json (eos_token)"), ("<|endoftext|>", "tokenizer_config.json (pad_token)")),
    ({"tokenizer_config": {"eos_token": {"__type": "AddedToken", "content": "</s>"}, "bos_token": "<s>"}},
     ("<s>", "tokenizer_config.json (bos_token)"), ("</s>", "tokenizer_config.json (eos_token)"), ("</s>", "the EOS token, as no file names another")),
    ({"tokenizer_config": {"eos_token": "</s>"}, "special_tokens_map": {"eos_token": "<|im_end|>", "pad_token": {"content": "<pad>"}}},
     None, ("<|im_end|>", "special_tokens_map.json (eos_token)"), ("<pad>", "special_tokens_map.json (pad_token)")),
    ({"tokenizer_config": {"eos_token": "</s>", "added_tokens_decoder": {}}, "special_tokens_map": {"eos_token": "<|im_end|>"}},
     None, ("</s>", "tokenizer_config.json (eos_token)"), ("</s>", "the EOS token, as no file names another")),
]


@pytest.mark.parametrize("files,bos,eos,pad", CASES)
def test_the_file_that_decides_is_stated(tmp_path, base, files, bos, eos, pad):
    folder = folder_with(tmp_path, base, **files)
    description = prep_command.describe(folder)
    assert [special(description, name) for name in ("bos", "eos", "pad")] == [bos, eos, pad]
    theirs = PreTrainedTokenizerFast.from_pretrained(str(folder))
    assert description["specials"]["eos"]["id"] == theirs.eos_token_id
    if theirs.pad_token_id is not None:
        assert description["specials"]["pad"]["id"] == theirs.pad_token_id
    if bos:
        assert description["specials"]["bos"]["id"] == theirs.bos_token_id


def test_generation_config_decides_where_nothing_else_does(tmp_path, base):
    identifier = Tokenizer.from_file(str(base)).token_to_id("<|im_end|>")
    folder = folder_with(tmp_path, base, generation_config={"eos_token_id": identifier})
    assert special(prep_command.describe(folder), "eos") == ("<|im_end|>", "generation_config.json (eos_token_id)")


def test_several_eos_names_and_no_file_that_decides(tmp_path, base):
    description = prep_command.describe(base)
    assert description["specials"]["eos"] is None
    assert description["undecided"]["eos"] == (
        "several special tokens may end a text: <|endoftext|>, </s>; choose one with --eos-token")


def test_the_one_well_known_eos_name_decides(tmp_path):
    for name in ["<|endoftext|>", "</s>", "<|end_of_text|>", "<eos>", "<｜end▁of▁sentence｜>"]:
        family = families.Family("one", "", lambda: families.byte_level(True),
                                 added=[AddedToken(text, special=True, normalized=False) for text in ["<mask>", name]])
        path = tmp_path / "tokenizer.json"
        families.build(family, 400).save(str(path))
        assert special(prep_command.describe(path), "eos") == (name, "tokenizer.json (the one well-known name among its special tokens)")


@pytest.mark.parametrize("post_processor", [False, True])
@pytest.mark.parametrize("config", [
    {}, {"add_bos_token": True}, {"add_bos_token": False}, {"add_eos_token": True}, {"add_bos_token": True, "add_eos_token": True}])
def test_a_tokenizer_json_decides_what_is_added_whatever_the_config_says(tmp_path, base, post_processor, config):
    tokenizer = Tokenizer.from_file(str(base))
    bos = tokenizer.token_to_id("<s>")
    if post_processor:
        tokenizer.post_processor = families.template("<s>", bos)
    folder = folder_with(tmp_path, base, tokenizer_config={"bos_token": "<s>", "eos_token": "</s>", **config})
    tokenizer.save(str(folder / "tokenizer.json"))
    ids = prep_command.encode(folder, ["Hello"])[0]["ids"]
    assert ids == AutoTokenizer.from_pretrained(folder).encode("Hello")
    assert ids.count(bos) == int(post_processor)
    assert prep_command.encode(folder, ["Hello"], "--no-special")[0]["ids"] == ids[int(post_processor):]


def flags(rng):
    return {name: rng.random() < 0.3 for name in ["lstrip", "rstrip", "single_word", "normalized"]} | {"special": rng.random() < 0.6}


def test_added_tokens_of_the_other_files_are_added_as_transformers_does(tmp_path, base, rng):
    size = Tokenizer.from_file(str(base)).get_vocab_size()
    for round in range(28):
        names = [f"<extra_{i}>" for i in range(rng.randint(1, 4))]
        files = {"tokenizer_config": {"eos_token": "</s>", "pad_token": rng.choice(["<pad>", "[PAD]"])}}
        kind = round % 7
        if kind == 0:
            files["tokenizer_config"]["added_tokens_decoder"] = {
                str(size + i): {"content": name, **flags(rng)} for i, name in enumerate(names)}
        elif kind == 1:
            files["added_tokens"] = {name: size + i for i, name in enumerate(names)}
            files["special_tokens_map"] = {"additional_special_tokens": names[:2], "unk_token": "<new_unk>"}
        elif kind == 2:
            files["tokenizer_config"]["additional_special_tokens"] = names
        else:
            # Both keys, lists or a dictionary of names, in one file or two.
            more = [f"<more_{i}>" for i in range(rng.randint(1, 3))]
            named = {rng.choice(["image_token", "boi", "eoi_token", "x"]) + str(i) * (i > 0): name for i, name in enumerate(names)}
            files["tokenizer_config"]["extra_special_tokens"] = rng.choice([names, named, [], {}])
            if kind > 3:
                files["tokenizer_config"]["additional_special_tokens"] = more
            if kind > 4:
                files["special_tokens_map"] = {rng.choice(["additional_special_tokens", "extra_special_tokens"]): names[:1] + ["<third>"]}
            names += more + ["<third>"]
        target = tmp_path / str(round)
        target.mkdir()
        folder = folder_with(target, base, **files)
        theirs = PreTrainedTokenizerFast.from_pretrained(str(folder))
        texts = sample.random_texts(rng, 200, names + ["[PAD]", "</s>", "<new_unk>"])
        assert [each["ids"] for each in prep_command.encode(folder, texts)] == [theirs.encode(text) for text in texts], files


def test_real_folder(real):
    description = prep_command.describe(real("deepseek/tokenizer_config.json").parent)
    assert special(description, "eos") == ("<｜end▁of▁sentence｜>", "tokenizer_config.json (eos_token)")
    assert special(description, "pad") == ("<｜end▁of▁sentence｜>", "tokenizer_config.json (pad_token)")
    assert description["adds_bos"] is False
    assert description["files"] == ["tokenizer.json", "tokenizer_config.json"]


def test_folders_with_other_formats(tmp_path, real):
    for name, source in [("tekken.json", "mistral/tekken_240718.json"), ("tokenizer.model", "mistral/tokenizer.model.v1"),
                         ("tokenizer.model", "llama3/tokenizer.model"), ("qwen.tiktoken", "qwen/qwen.tiktoken")]:
        folder = tmp_path / source.replace("/", "_")
        folder.mkdir()
        shutil.copy(real(source), folder / name)
        (folder / "generation_config.json").write_text('{"max_length": 10}')
        texts = sample.LANGUAGES
        assert prep_command.encode(folder, texts) == prep_command.encode(real(source), texts)


def test_chat_template_is_found(tmp_path, base):
    folder = folder_with(tmp_path, base, tokenizer_config={"eos_token": "</s>", "chat_template": "{{ config }}"})
    assert prep_command.describe(folder)["chat_templates"] == [{"name": "default", "file": "tokenizer_config.json"}]
    (folder / "chat_template.jinja").write_text("{{ file }}")
    assert prep_command.describe(folder)["chat_templates"] == [{"name": "default", "file": "chat_template.jinja"}]


@pytest.mark.parametrize("content,message", [
    ("{", "tokenizer_config.json: not JSON"), ("[]", "tokenizer_config.json: holds an array, not an object"),
    ('{"eos_token": "<nowhere>", "bos_token": 5}', None)])
def test_malformed_files_are_refused_by_name(tmp_path, base, content, message):
    folder = folder_with(tmp_path, base)
    (folder / "tokenizer_config.json").write_text(content)
    result = prep_command.prep("encode", "--tokenizer", folder, "x", check=False)
    assert result.returncode == (2 if message else 0), result.stderr
    assert (message or "") in result.stderr.decode()


def test_an_empty_folder_is_refused_by_name(tmp_path):
    result = prep_command.prep("encode", "--tokenizer", tmp_path, "x", check=False)
    assert result.returncode == 2
    assert f"{tmp_path}: there is no tokenizer in this folder" in result.stderr.decode()


def test_names_resolve_in_the_cache(tmp_path, base):
    hub = tmp_path / "hub"
    repository = hub / "models--Some-Org--Model-1B"
    for commit in ["aaaa", "bbbb"]:
        snapshot = repository / "snapshots" / commit
        snapshot.mkdir(parents=True)
        shutil.copy(base, snapshot / "tokenizer.json")
        (snapshot / "tokenizer_config.json").write_text(json.dumps({"eos_token": "</s>" if commit == "aaaa" else "<|im_end|>"}))
    (repository / "refs" / "refs" / "pr").mkdir(parents=True)
    (repository / "refs" / "main").write_text("aaaa")
    (repository / "refs" / "refs" / "pr" / "1").write_text("bbbb")

    def eos(name, **env):
        result = prep_command.prep("tokenizer", name, "--json", env={"HF_HUB_CACHE": "", "HF_HOME": "", "XDG_CACHE_HOME": "", **env})
        return json.loads(result.stdout)["specials"]["eos"]["text"]

    assert eos("Some-Org/Model-1B", HF_HUB_CACHE=str(hub)) == "</s>"
    assert eos("Some-Org/Model-1B", HF_HOME=str(tmp_path)) == "</s>"
    assert eos("Some-Org/Model-1B@refs/pr/1", HF_HUB_CACHE=str(hub)) == "<|im_end|>"
    assert eos("Some-Org/Model-1B@bbbb", HF_HUB_CACHE=str(hub)) == "<|im_end|>"
    default = tmp_path / "home" / ".cache" / "huggingface"
    default.mkdir(parents=True)
    (default / "hub").symlink_to(hub)
    assert eos("Some-Org/Model-1B", HOME=str(tmp_path / "home")) == "</s>"
    assert eos("Some-Org/Model-1B", HOME="/nonexistent", XDG_CACHE_HOME=str(tmp_path / "home" / ".cache")) == "</s>"
    missing = prep_command.prep("tokenizer", "Some-Org/Other", env={"HF_HUB_CACHE": str(hub)}, check=False)
    assert missing.returncode == 2
    assert missing.stderr.decode() == (
        f"prep: Some-Org/Other: neither a file nor a folder, and not in the Hugging Face cache {hub} "
        "(run: hf download Some-Org/Other tokenizer.json tokenizer_config.json)\n")


@pytest.mark.parametrize("config", [
    {}, {"legacy": True}, {"legacy": False}, {"legacy": None}, {"legacy": False, "add_prefix_space": False},
    {"legacy": True, "tokenizer_class": "LlamaTokenizerFast"}, {"legacy": False, "add_bos_token": True}], ids=str)
@pytest.mark.parametrize("model", ["mistral/tokenizer.model.v1", "mistral/240323.model.v3"])
def test_a_dummy_prefix_belongs_to_the_beginning_as_llama_tokenizer_has_it(tmp_path, real, rng, scale, model, config):
    """`legacy` decides whether it is also put behind an added token."""
    shutil.copy(real(model), tmp_path / "tokenizer.model")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(
        {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "tokenizer_class": "LlamaTokenizer", **config}))
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    parts = ["<s>", "</s>", "[INST]", "[/INST]", " ", "  ", "\n", "a", "b", "hello", "▁", "é", "漢字", "<unk>", "\t", "_", "1", "😀", "<0x41>"]
    texts = ["", "a", " a", "<s>a", "<s> a", "<s>  a</s>b</s> b"]
    texts += ["".join(rng.choice(parts) for _ in range(rng.randint(1, 9))) for _ in range(int(300 * scale))]
    ours = prep_command.encode(tmp_path, texts)
    for text, one in zip(texts, ours):
        assert one["ids"] == theirs(text).input_ids, text
    ids = [one["ids"] for one in ours]
    assert prep_command.decode(tmp_path, ids) == [theirs.decode(one) for one in ids]


def test_a_control_symbol_of_one_character_is_text(tmp_path):
    (tmp_path / "corpus.txt").write_text("hello world foo bar\nthe quick brown fox\na_b a_b c_d x y z\n" * 50)
    for fallback, size in ((False, 60), (True, 330)):
        name = str(tmp_path / f"model{fallback}")
        sentencepiece.SentencePieceTrainer.train(
            input=str(tmp_path / "corpus.txt"), model_prefix=name, vocab_size=size, model_type="bpe", control_symbols=["_", "<x>"],
            byte_fallback=fallback, hard_vocab_limit=False, minloglevel=3)
        theirs = sentencepiece.SentencePieceProcessor(model_file=name + ".model")
        for text, one in zip(ALIKE, prep_command.encode(name + ".model", ALIKE)):
            assert one["ids"] == theirs.encode(text), text


ALIKE = ["a_b", "_", "__", "a<x>b", "_a", "ba_", "⁇_⁇"]
