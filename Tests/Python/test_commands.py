"""`prep.run`, `prep.inspect` and `prep.doctor` do what the commands do."""

import json
import subprocess
import sys

import datasets
import numpy
import pandas
import prep
import pyarrow
import pytest
from places import CHECKOUT, GSM8K
from prep_command import prep as command

RECORDS = [json.loads(line) for line in GSM8K.read_text().splitlines()]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What the command reports of the fixture, without what differs from run to run and from input to input."""
    folder = tmp_path_factory.mktemp("command")
    return stable(json.loads(command("run", GSM8K, "--output", folder / "out", "--tokenizer", "gpt2", "--context-length", 320, "--json").stdout))


def stable(report):
    return {name: value for name, value in report.items() if name not in ("seconds", "rows_per_second", "bytes_out", "digest", "sources")}


def test_run_reports_what_the_command_reports(report, tmp_path):
    found = prep.run(GSM8K, output=tmp_path / "out", context_length=320, threads=2)
    assert stable(found) == report
    rows = found.dataset(padded=False)
    assert len(rows) == 400 and (rows[0]["input_ids"] == prep.encode_records(RECORDS[:1], padded=False)["input_ids"][0]).all()
    # The same again: nothing is left to do.
    assert prep.run(GSM8K, output=tmp_path / "out", context_length=320)["shards_reused"] == found["shards"]


@pytest.mark.parametrize("make", [
    lambda: RECORDS,
    lambda: (record for record in RECORDS),
    lambda: [json.dumps(record).encode() for record in RECORDS],
    lambda: pyarrow.Table.from_pylist(RECORDS),
    lambda: pyarrow.Table.from_pylist(RECORDS).to_reader(max_chunksize=7),
    lambda: pandas.DataFrame(RECORDS),
    lambda: datasets.Dataset.from_list(RECORDS),
    lambda: datasets.Dataset.from_list(RECORDS[::-1]).select(range(399, -1, -1)),
], ids=["list", "generator", "json", "pyarrow", "reader", "pandas", "datasets", "selected"])
def test_records_and_tables_give_the_rows_of_the_file(make, report, tmp_path):
    found = prep.run(make(), output=tmp_path / "out", context_length=320)
    assert {**stable(found), "bytes_in": 0} == {**report, "bytes_in": 0}
    expected = prep.encode_records(RECORDS, context_length=320)
    assert (found.dataset()[:]["labels"] == expected["labels"]).all()
    if not isinstance(made := make(), list) and hasattr(made, "columns"):
        assert (prep.encode_records(made, context_length=320)["labels"] == expected["labels"]).all()


def test_options_are_typed_and_refused_by_name(tmp_path):
    renamed = [{"q": record["task"], "a": record["response"]} for record in RECORDS]
    found = prep.run(
        renamed, output=tmp_path / "out", field={"task": "q", "response": "a"}, pack=True, truncate="left", max_rejects="2%")
    assert found["rows"] < found["samples"] == 400
    for options, what in (
        ({"truncate": "up"}, "keep-response"), ({"context_length": 0}, "context_length"), ({"no_such_option": 1}, "no-such-option"),
        ({"tokenizer": "/nowhere"}, "/nowhere"),
    ):
        with pytest.raises(prep.PrepError, match=what) as caught:
            prep.run(GSM8K, output=tmp_path / "other", **options)
        assert "--" not in str(caught.value).replace("--no-such-option", "")
    assert not (tmp_path / "other").exists()


def test_failures_say_why_and_publish_nothing(tmp_path):
    with pytest.raises(prep.PrepError, match="rejected") as caught:
        prep.run([{"task": "x"}] * 3, output=tmp_path / "out")
    assert caught.value.kind == "too-many-rejects"
    for inputs, what in (
        ({"task": "a", "response": "b"}, "not one dict"), ([], "empty list"), (7, "not one int"), ([RECORDS[0], 3], "record 1"),
        ([{"task": object(), "response": "b"}], "JSON"),
    ):
        with pytest.raises(prep.PrepError, match=what):
            prep.run(inputs, output=tmp_path / "none")
    with pytest.raises(prep.PrepError, match="nowhere.jsonl"):
        prep.run("nowhere.jsonl", output=tmp_path / "none")
    with pytest.raises(ZeroDivisionError):
        prep.run((1 / 0 for _ in range(1)), output=tmp_path / "none")
    with pytest.raises(prep.PrepError):
        prep.Dataset(tmp_path / "none")


def test_progress_is_printed_where_it_is_watched(tmp_path, capfd):
    prep.run(GSM8K, output=tmp_path / "quiet")
    assert capfd.readouterr().err == ""
    prep.run(GSM8K, output=tmp_path / "watched", progress=True)
    assert "400" in capfd.readouterr().err


def test_inspect_and_doctor_are_the_commands(folders):
    (found,) = prep.inspect(GSM8K, record=3, context_length=64)
    (stored,) = prep.inspect(folders["plain"], row=3, unpadded=True)
    assert stored["input_ids"] == prep.Dataset(folders["plain"], padded=False)[3]["input_ids"].tolist()
    assert found["input_ids"][:20] == stored["input_ids"][:20]
    assert len(prep.inspect(folders["packed"], row="all")) == len(prep.Dataset(folders["packed"]))
    assert prep.doctor(tokenizer="gpt2", template="chatml") == json.loads(
        command("doctor", "--tokenizer", "gpt2", "--template", "chatml", "--json", check=False).stdout)


def test_stats_are_the_commands(folders):
    found = prep.stats(folders["packed"])
    assert found == json.loads(command("stats", folders["packed"], "--json").stdout)
    with pytest.raises(prep.PrepError, match="/nowhere"):
        prep.stats("/nowhere")


def test_the_module_is_the_command(tmp_path):
    run = [sys.executable, "-m", "prep", "run", str(GSM8K), "--output", str(tmp_path / "out"), "--json"]
    found = json.loads(subprocess.run(run, check=True, capture_output=True, text=True, cwd=CHECKOUT / "python").stdout)
    assert found["rows"] == 400
    assert numpy.array_equal(prep.Dataset(tmp_path / "out").lengths(), prep.Dataset(tmp_path / "out", padded=False).lengths())
