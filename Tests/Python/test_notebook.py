"""What a notebook shows of rows, data sets and runs: their texts and numbers, and nothing of a record as markup."""

import copy
import html
import json
import pickle
import re
import shutil

import numpy as np
import prep
import pytest

HOSTILE = [
    {"task": "</span><script>alert(1)</script>", "context": "<img src=x onerror=alert(1)>", "response": "\u202etxt.exe & \x1b[31m\nred"},
    {"task": "Name it.", "response": "Lima"},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("notebook") / "<b>set"
    # Who wrote a token is known where its record is still to be read.
    records = path.parent / "records.jsonl"
    records.write_text("".join(json.dumps(record) + "\n" for record in HOSTILE))
    prep.run(records, output=path, tokenizer="gpt2")
    return path


def words(markup):
    """What a reader sees of it."""
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<style>.*?</style>", "", markup, flags=re.S)))


def test_a_row_shows_its_tokens_and_why(folder):
    row = prep.Dataset(folder)[1]
    shown = row._repr_html_()
    (told,) = prep.inspect(folder, row=1, unpadded=True)
    assert f"row 1 of {folder}: {len(told['input_ids'])} tokens, 3 learned" in words(shown)
    tokens = re.findall(r"<span class=prep-([lrtp]) title=\"([^\"]*)\">", shown)
    assert [kind == "l" for kind, _ in tokens] == [label != -100 for label in told["labels"]]
    for (_, tip), number, author, reason in zip(tokens, told["input_ids"], told["authors"], told["reasons"]):
        assert f"id {number}" in tip and html.escape(f"written by {author}") in tip and html.escape(reason) in tip
    assert "Name it." in words(shown).replace("⏎", "")


def test_nothing_of_a_record_is_markup(folder):
    data = prep.Dataset(folder)
    for shown in (data[0]._repr_html_(), data._repr_html_()):
        assert "<script" not in shown and "<img" not in shown and "<b>set" not in shown
        assert "\u202e" not in shown and "\x1b" not in shown
        assert "</span><script>alert(1)</script>" in words(shown).replace("⏎", "").replace("\n", "")
        assert "\\u{1b}" in words(shown)


def test_a_data_set_shows_its_numbers(folder, folders):
    shown = prep.Dataset(folders["packed"])._repr_html_()
    told = prep.stats(folders["packed"])
    for number in (told["rows"], told["all"]["samples"], told["all"]["tokens"]["sum"]):
        assert f"<b>{number:,}</b>" in shown
    counts = [int(count.replace(",", "")) for count in re.findall(r"tokens: ([\d,]+) samples", shown)]
    assert sum(counts) == 2 * told["all"]["samples"]
    assert "row 0" in words(shown) and "prep report" in words(shown)


def test_rows_stay_dictionaries(folders):
    data = prep.Dataset(folders["plain"], columns=["input_ids", "labels"])
    row = data[3]
    assert isinstance(row, dict) and list(row) == ["input_ids", "labels"]
    for other in (pickle.loads(pickle.dumps(row)), copy.copy(row)):
        assert list(other) == list(row) and all((other[name] == row[name]).all() for name in row)
        assert other._repr_html_() == row._repr_html_()
    torch = pytest.importorskip("torch")
    batch = torch.utils.data.default_collate([data[0], data[1]])
    assert batch["input_ids"].shape == (2, 320) and np.asarray(batch["input_ids"][1]).tolist() == data[1]["input_ids"].tolist()
    # A batch is no row, and is shown as a notebook shows dictionaries.
    assert getattr(batch, "_repr_html_", lambda: None)() is None


def test_what_cannot_be_shown_says_why(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "set")
    row, data = prep.Dataset(tmp_path / "set")[0], prep.Dataset(tmp_path / "set")
    shutil.rmtree(tmp_path / "set")
    assert "texts are not shown" in row._repr_html_() and "not all is shown" in data._repr_html_()


def test_a_run_shows_its_report(tmp_path):
    report = prep.run([*HOSTILE, {"task": "x"}], output=tmp_path / "out", max_rejects=1)
    row = report.dataset()[0]._repr_html_()
    assert "standard input:1" in row and "written by" not in row
    shown = words(report._repr_html_())
    assert "1 missing-field" in shown and "context_length" in shown and "1024" in shown
    assert json.loads(json.dumps(report)) == dict(report)
