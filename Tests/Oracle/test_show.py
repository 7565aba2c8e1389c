"""`prep show` names what a data set was made with, and the command that it prints makes the same data set again."""

import json
import shutil
import subprocess

import pytest

from prep_command import CHECKOUT, PREP, prep

CHAT = [
    {"messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4", "reasoning_content": "easy"},
                  {"role": "user", "content": "3+3?"}, {"role": "assistant", "content": "6"}]},
    {"messages": [{"role": "helper", "content": "hi"}, {"role": "assistant", "content": "hello there"}]},
    {"question": "Name it's capital", "answer": "Lima"},
]
FIELDS = ["--field", "task=question", "--field", "response=answer", "--role", "helper=user"]
CASES = {
    "plain": [*FIELDS[:4], "--template", "plain", "--max-rejects", "100%"],
    "alpaca": [*FIELDS[:4], "--template", "alpaca", "--max-rejects", "100%"],
    "chatml": [*FIELDS, "--template", "chatml", "--context-length", "64", "--pack", "--pack-align", "4"],
    "llama3": [*FIELDS, "--template", "llama3", "--loss", "last-terminator", "--history", "unroll", "--seam", "joint", "--straddle", "supervise"],
    "file": [*FIELDS, "--template", "template.jinja", "--system", "Don't lie: \"be\" $HOME", "--date", "2026-01-02", "--parse-special",
             "--template-arg", "enable_thinking=false", "--template-arg", "name=a b"],
    "tokens": [*FIELDS, "--template", "chatml", "--eos-token", "!", "--pad-token", "\"", "--prompt-length", "40", "--response-length", "9",
               "--truncate", "left", "--level", "5", "--block-size", "64KiB"],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "it's data.jsonl").write_text("".join(json.dumps(record) + "\n" for record in CHAT))
    template = (CHECKOUT / "fixtures" / "templates" / "qwen3.jinja").read_text()
    (tmp_path / "template.jinja").write_text("{{ name }}{{ strftime_now('%d %b %Y') }}" + template)
    return tmp_path


@pytest.mark.parametrize("name", CASES)
def test_the_command_makes_the_same_data_set(folder, name):
    prep("run", "it's data.jsonl", "--output", "made", *CASES[name], "--quiet")
    shown = json.loads(prep("show", "made", "--json").stdout)
    assert shown["finished"] and shown["inputs"] == ["it's data.jsonl"] and shown["command"][:2] == ["prep", "run"]
    # A template that came from a file is written from the data set, not from where it was.
    if name == "file":
        (folder / "template.jinja").write_bytes(prep("show", "made", "--print-template").stdout)
    before = (folder / "made" / "manifest.sqlite").read_bytes()
    command = next(
        line.split(None, 1)[1] for line in prep("show", "made").stdout.decode().splitlines() if line.startswith("command"))
    shutil.rmtree("made")
    # As a shell takes it.
    subprocess.run(
        ["bash", "-c", command.replace("prep run", f"{PREP} run", 1) + " --max-rejects 100% --quiet"], check=True, cwd=folder)
    again = json.loads(prep("show", "made", "--json").stdout)
    assert again == shown
    assert (folder / "made" / "manifest.sqlite").read_bytes() == before


def test_settings_are_named(folder):
    prep("run", "it's data.jsonl", "--output", "made", *CASES["llama3"], "--quiet")
    text = prep("show", "made").stdout.decode()
    for part in ("chat template", "llama3 (--template)", "last-terminator", "unroll", "joint, supervise", "<|endoftext|> 50256", "finished, digest"):
        assert part in text, part


def test_an_unfinished_folder_is_shown_too(folder):
    prep("run", "it's data.jsonl", "--output", "made", *CASES["chatml"], "--quiet")
    (folder / "made" / "manifest.sqlite").unlink()
    shown = json.loads(prep("show", "made", "--json").stdout)
    assert not shown["finished"] and shown["digest"] is None and shown["shards"] == 1 and shown["records"] == 3
    assert "unfinished: 1 shard" in prep("show", "made").stdout.decode()


def test_what_is_no_data_set_is_refused(folder):
    (folder / "empty").mkdir()
    for name in ("empty", "missing", "it's data.jsonl"):
        result = prep("show", name, check=False)
        assert result.returncode in (1, 2) and name.encode() in result.stderr, name
    prep("run", "it's data.jsonl", "--output", "made", *CASES["plain"], "--quiet")
    result = prep("show", "made", "--print-template", check=False)
    assert result.returncode == 2 and b"without a chat template" in result.stderr
