"""Model folders: which file decides, beside `transformers`; and names in the Hugging Face cache."""

import json
import shutil

import pytest
from tokenizers import AddedToken, Tokenizer
from transformers import PreTrainedTokenizerFast

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


@pytest.mark.parametrize("post_processor,config,expected", [
    (False, {}, False), (True, {}, True), (False, {"add_bos_token": True}, True), (True, {"add_bos_token": True}, True),
    (False, {"add_bos_token": False}, False), (True, {"add_bos_token": False}, True),
])
def test_bos_is_added_once_as_the_files_say(tmp_path, base, post_processor, config, expected):
    tokenizer = Tokenizer.from_file(str(base))
    bos = tokenizer.token_to_id("<s>")
    if post_processor:
        tokenizer.post_processor = families.template("<s>", bos)
    folder = folder_with(tmp_path, base, tokenizer_config={"bos_token": "<s>", "eos_token": "</s>", **config})
    tokenizer.save(str(folder / "tokenizer.json"))
    ids = prep_command.encode(folder, ["Hello"])[0]["ids"]
    assert ids.count(bos) == int(expected) and (ids[0] == bos) == expected
    assert prep_command.encode(folder, ["Hello"], "--no-special")[0]["ids"] == ids[int(expected):]


def flags(rng):
    return {name: rng.random() < 0.3 for name in ["lstrip", "rstrip", "single_word", "normalized"]} | {"special": rng.random() < 0.6}


def test_added_tokens_of_the_other_files_are_added_as_transformers_does(tmp_path, base, rng):
    size = Tokenizer.from_file(str(base)).get_vocab_size()
    for round in range(12):
        names = [f"<extra_{i}>" for i in range(rng.randint(1, 4))]
        files = {"tokenizer_config": {"eos_token": "</s>", "pad_token": rng.choice(["<pad>", "[PAD]"])}}
        if round % 3 == 0:
            files["tokenizer_config"]["added_tokens_decoder"] = {
                str(size + i): {"content": name, **flags(rng)} for i, name in enumerate(names)}
        elif round % 3 == 1:
            files["added_tokens"] = {name: size + i for i, name in enumerate(names)}
            files["special_tokens_map"] = {"additional_special_tokens": names[:2], "unk_token": "<new_unk>"}
        else:
            files["tokenizer_config"]["additional_special_tokens"] = names
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
