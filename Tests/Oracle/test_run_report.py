"""A run begins with its settings and what decided them, and ends with what became of the records, by source and by schema."""

import json

import pytest
from prep_command import prep

CHAT = {"messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}]}
LONG = {"messages": [{"role": "user", "content": "count"}, {"role": "assistant", "content": "one two three " * 60}]}
INSTRUCTION = {"task": "Name the capital.", "response": "Lima."}
SOURCES = {
    "chats.jsonl": [CHAT] * 6 + [LONG] + [{"messages": []}],
    "more/a.jsonl": [INSTRUCTION] * 4 + [{"task": "no answer"}, {"no": "field"}],
    "more/b.jsonl": [{"text": "plain words"}] * 3,
}
REFUSED = {"empty-conversation": 1, "missing-field": 1, "unknown-schema": 1}
OPTIONS = ["--template", "chatml", "--context-length", "64"]


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, records in SOURCES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("".join(json.dumps(record) + "\n" for record in records))
    return ["chats.jsonl", "more"]


def report(*arguments, check=True):
    return json.loads(prep("run", *arguments, "--json", check=check).stdout)


def sums(parts, name):
    return sum(part[name] for part in parts)


def test_sources_and_schemas_add_up_to_the_totals(inputs):
    found = report(*inputs, "-o", "out", *OPTIONS, "--max-rejects", "3")
    assert [part["name"] for part in found["sources"]] == list(SOURCES)
    assert [part["records"] for part in found["sources"]] == [8, 6, 3]
    assert found["sources"][0]["rejected"] == {"empty-conversation": 1}
    assert found["sources"][1]["rejected"] == {"missing-field": 1, "unknown-schema": 1}
    for name in ("records", "accepted", "samples", "rows", "tokens", "supervised_tokens", "truncated", "terminators_cut"):
        assert sums(found["sources"], name) == found[name], name
    assert found["truncated"] == found["terminators_cut"] == 1
    kinds = {(part["schema"], part["rendered"]): part for part in found["schemas"]}
    assert {kind: (part["accepted"], part["rejected"], part["truncated"]) for kind, part in kinds.items()} == {
        ("messages", "chat"): (7, 1, 1), ("instruction", "chat"): (4, 1, 0), ("text", "text"): (3, 0, 0)}
    for name in ("accepted", "samples", "tokens", "supervised_tokens", "truncated", "terminators_cut"):
        assert sums(found["schemas"], name) == found[name], name
    # One record has no schema.
    assert sums(found["schemas"], "rejected") == sum(found["rejected"].values()) - 1
    assert found["rejected"] == REFUSED and "error" not in found


def test_what_packing_would_give_is_what_it_gives(inputs):
    plain = report(*inputs, "-o", "plain", *OPTIONS, "--max-rejects", "3")
    packed = report(*inputs, "-o", "packed", *OPTIONS, "--max-rejects", "3", "--pack", "--block-size", "1GiB")
    one = report("chats.jsonl", "-o", "one", *OPTIONS, "--max-rejects", "3")
    assert packed["packed"] is None and plain["packed"]["exact"] and plain["packed"]["rows"] <= packed["rows"] < plain["rows"]
    # Within one block the plan is the packer's own.
    assert one["packed"]["rows"] == report("chats.jsonl", "-o", "two", *OPTIONS, "--max-rejects", "3", "--pack")["rows"]


def test_settings_are_told_at_the_start_and_stored(inputs):
    run = prep("run", *inputs, "-o", "out", *OPTIONS, "--pad-token", "!", "--loss", "assistant-terminator", "--max-rejects", "3")
    said = run.stderr.decode()
    opening = said[: said.index("rejected ")].splitlines()
    assert len(opening) <= 14, opening
    for words in ("tokenizer        gpt2", "ends with        what the template writes, EOS is <|endoftext|> 50256 (GPT-2's own)",
                  "padding          ! 0 (--pad-token)", "chat template    chatml (--template)", "loss             assistant-terminator; history as-rendered; seam split",
                  "context length   64; truncate right; packing none", "warning          what ends a turn is 7 tokens"):
        assert any(line.startswith(words) for line in opening), words
    found = report(*inputs, "-o", "out", *OPTIONS, "--pad-token", "!", "--loss", "assistant-terminator", "--max-rejects", "3")
    assert found["settings"]["padding"] == {"value": "! 0", "decided_by": "--pad-token"}
    assert "terminator-not-one-token" in {finding["code"] for finding in found["findings"]}
    shown = json.loads(prep("show", "out", "--json").stdout)
    for name in ("settings", "sources", "schemas", "packed", "rejected", "left_out", "samples", "truncated", "terminators_cut"):
        assert shown[name] == found[name], name
    text = prep("show", "out").stdout.decode()
    for line in run.stdout.decode().splitlines():
        if line.split()[0] in ("records", "accepted", "rejected", "learned", "chats.jsonl", "messages,"):
            assert line.split() in [shown.split() for shown in text.splitlines()], line
    # Quiet is quiet, and its JSON still has all.
    silent = prep("run", *inputs, "-o", "out", *OPTIONS, "--pad-token", "!", "--loss", "assistant-terminator", "--max-rejects", "3", "--quiet", "--json")
    assert silent.stderr == b"" and json.loads(silent.stdout)["settings"] == found["settings"]


def test_the_tokenizers_files_are_named_as_what_decided(inputs, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "tokenizer.json").write_text(json.dumps({
        "post_processor": {
            "type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [8], "tokens": ["<s>"]}}},
        "model": {"type": "BPE", "vocab": {letter: n for n, letter in enumerate("abcdefgh")}, "merges": [], "byte_fallback": False},
        "added_tokens": [
            {"id": number, "content": text, "special": True, "lstrip": False, "rstrip": False, "single_word": False, "normalized": False}
            for number, text in enumerate(("<s>", "</s>", "<pad>"), 8)],
    }))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "add_bos_token": True,
        "chat_template": "{{ bos_token }}{{ bos_token }}{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}"}))
    (tmp_path / "abc.jsonl").write_text(json.dumps({"task": "ab", "response": "cd"}) + "\n")
    run = prep("run", "abc.jsonl", "-o", "chat", "--tokenizer", "model")
    said = run.stderr.decode()
    assert "the tokenizer's own (model/tokenizer_config.json)" in said
    assert "<pad> 10 (tokenizer_config.json: pad_token)" in said and "</s> 9 (tokenizer_config.json: eos_token)" in said
    # The template writes BOS twice: an error of doctor's, told before the run.
    assert "error            the template writes the token that begins a text twice" in said
    plain = prep("run", "abc.jsonl", "-o", "plain", "--tokenizer", "model", "--template", "plain")
    assert "begins with      <s> 8 (the tokenizer's post-processor)" in plain.stderr.decode()


def test_a_failure_tells_what_was_done(inputs):
    result = prep("run", *inputs, "-o", "out", *OPTIONS, "--json", check=False)
    found = json.loads(result.stdout)
    assert result.returncode == 1 and found["error"]["kind"] == "too-many-rejects"
    assert found["rejected"] == REFUSED and len(found["sources"]) == 3 and found["settings"] and found["packed"]
    text = prep("run", *inputs, "-o", "out", *OPTIONS, check=False)
    assert text.returncode == 1 and b"1 empty-conversation (5.9 %)" in text.stdout and b"digest" not in text.stdout
    # A run that ends on the way tells what it had by then.
    with open("late.jsonl", "w") as file:
        file.writelines(json.dumps(CHAT) + "\n" for _ in range(2000))
        file.write(json.dumps(LONG) + "\n")
    late = prep("run", "late.jsonl", "-o", "late", *OPTIONS, "--truncate", "error", "--block-size", "4KiB", "--threads", "1", "--json", check=False)
    found = json.loads(late.stdout)
    assert late.returncode == 1 and found["error"]["kind"] == "too-long" and found["error"]["line"] == 2001
    assert 1000 < found["records"] == found["accepted"] <= 2000 and found["sources"][0]["records"] == found["records"]


def test_many_files_are_told_by_their_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("x", "y/z"):
        (tmp_path / "data" / folder).mkdir(parents=True)
        for number in range(8):
            (tmp_path / "data" / folder / f"{number}.jsonl").write_text(json.dumps(INSTRUCTION) + "\n")
    found = report("data", "-o", "out")
    assert [(part["name"], part["files"], part["records"]) for part in found["sources"]] == [("data/x/", 8, 8), ("data/y/z/", 8, 8)]
    assert "data/x/ (8 files)" in prep("show", "out").stdout.decode()


def test_one_is_no_plural(inputs):
    run = prep("run", "chats.jsonl", "-o", "out", *OPTIONS, "--max-rejects", "3")
    assert "in 1 shard\n" in run.stdout.decode() and "1 shards" not in prep("verify", "out").stdout.decode()
