"""Tables are records: the rows of Parquet, Arrow, CSV and cached data sets are those of the same records as JSON lines."""

import json
import os
import subprocess
import sys

import datasets
import prep
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest
from places import CHECKOUT, GSM8K

RECORDS = [json.loads(line) for line in GSM8K.read_text().splitlines()]
TABLE = pyarrow.Table.from_pylist(RECORDS)
CHATS = [
    {"messages": [{"role": "user", "content": record["task"]}, {"role": "assistant", "content": record["response"], "weight": 1}],
     "id": index, "score": 0.5, "when": None} for index, record in enumerate(RECORDS[:40])]


def write_stream(table, path):
    with pyarrow.OSFile(str(path), "wb") as file, pyarrow.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table, 37)


def write_file(table, path):
    with pyarrow.OSFile(str(path), "wb") as file, pyarrow.ipc.new_file(file, table.schema) as target:
        target.write_table(table, 37)


def write_parts(table, path):
    path.mkdir()
    for number, first in enumerate(range(0, len(table), 150)):
        pyarrow.parquet.write_table(table.slice(first, 150), path / f"train-{number:05}.parquet")


WRITERS = {
    "a.parquet": lambda table, path: pyarrow.parquet.write_table(table, path, row_group_size=100),
    "named.bin": lambda table, path: pyarrow.parquet.write_table(table, path),
    "stream.arrow": write_stream,
    "file.arrow": write_file,
    "table.csv": pyarrow.csv.write_csv,
    "table.tsv": lambda table, path: pyarrow.csv.write_csv(table, path, pyarrow.csv.WriteOptions(delimiter="\t")),
    "saved": lambda table, path: datasets.Dataset(table).save_to_disk(path, num_shards=3),
    "parts": write_parts,
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("expected")
    (folder / "records.jsonl").write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS))
    report = prep.run(folder / "records.jsonl", output=folder / "out", context_length=320)
    return report.dataset()[:]


@pytest.mark.parametrize("name", WRITERS)
def test_a_table_gives_the_rows_of_its_records(name, expected, tmp_path):
    WRITERS[name](TABLE, tmp_path / name)
    found = prep.run(tmp_path / name, output=tmp_path / "out", context_length=320).dataset()[:]
    assert len(found) == len(expected)
    for column in ("input_ids", "labels", "attention_mask"):
        assert (found[column] == expected[column]).all(), column


def test_the_digest_depends_on_neither_threads_nor_partitions_nor_a_stop(tmp_path):
    pyarrow.parquet.write_table(TABLE, tmp_path / "a.parquet", row_group_size=70)
    digests = set()
    for threads in (1, 2, 7):
        report = prep.run(tmp_path / "a.parquet", output=tmp_path / f"t{threads}", threads=threads, block_size="16KiB")
        assert report["shards"] > 5
        digests.add(report["digest"])
    again = prep.run(tmp_path / "a.parquet", output=tmp_path / "t1", block_size="16KiB")
    assert again["shards_reused"] == again["shards"]
    digests.add(again["digest"])
    parts = [tmp_path / f"part{index}" for index in range(3)]
    for index, part in enumerate(parts):
        prep.run(tmp_path / "a.parquet", output=part, block_size="16KiB", partition=f"{index}/3")
    command = [CHECKOUT / "python/prep/_native/prep", "merge", tmp_path / "merged", *parts]
    subprocess.run(command, check=True, capture_output=True)
    digests.add(prep.Dataset(tmp_path / "merged").digest)
    assert len(digests) == 1


def test_nested_columns_are_chats(tmp_path):
    datasets.Dataset.from_list(CHATS).to_parquet(tmp_path / "chats.parquet")
    options = {"template": "chatml", "context_length": 320}
    found = prep.run(tmp_path / "chats.parquet", output=tmp_path / "out", **options).dataset()[:]
    again = prep.encode_records(CHATS, **options)
    table = prep.encode_records(datasets.Dataset.from_list(CHATS), **options)
    for column in ("input_ids", "labels"):
        assert (found[column] == again[column]).all() and (table[column] == again[column]).all()


def test_a_reject_names_file_row_group_and_row(tmp_path):
    rows = [*RECORDS[:250], {"task": "no answer", "context": None, "response": None}, *RECORDS[250:]]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=100)
    report = prep.run(tmp_path / "a.parquet", output=tmp_path / "out")
    assert report["records"] == 401 and sum(report["rejected"].values()) == 1
    (reject,) = map(json.loads, (tmp_path / "out" / "rejects.jsonl").read_text().splitlines())
    assert reject["file"].endswith("a.parquet") and reject["line"] == 251 and "row 51 of row group 2" in reject["message"]


def test_one_record_of_a_table_is_inspected(tmp_path):
    pyarrow.parquet.write_table(TABLE, tmp_path / "a.parquet")
    (found,) = prep.inspect(tmp_path / "a.parquet", record=7, unpadded=True)
    assert found["input_ids"] == prep.encode_records(RECORDS[7:8], padded=False)["input_ids"][0].tolist()


def test_values_that_json_has_none_for_are_written(tmp_path):
    import datetime
    import decimal

    table = pyarrow.table({
        "task": ["naïve\n\"x\" 🙂"], "response": pyarrow.array(["b"]).dictionary_encode(), "when": [datetime.datetime(2026, 1, 2)],
        "bytes": [b"\xff"], "price": [decimal.Decimal("1.50")], "map": pyarrow.array([[("k", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
        "large": pyarrow.array(["c"], pyarrow.large_string()), "view": pyarrow.array(["d"], pyarrow.string_view()),
    })
    (line,) = b"".join(prep.tables.json_lines(prep.tables.stream_batches(table))).splitlines()
    assert json.loads(line) == {
        "task": "naïve\n\"x\" 🙂", "response": "b", "when": "2026-01-02T00:00:00", "bytes": "/w==", "price": "1.50", "map": {"k": 1},
        "large": "c", "view": "d"}


def test_rows_are_what_json_dumps_writes():
    """Random nested values, sliced and with nulls, in one column each and all together."""
    import random

    rng = random.Random(7)
    texts = ["", "a", 'q"uo\\te', "line\nfeed\r\ttab", "\x00\x1b\x7f", "naïve 汉字 🙂", "\u2028", "x" * 300]

    def column(make):
        return [rng.choice([None, make()]) if rng.random() < 0.3 else make() for _ in range(200)]

    columns = {
        "text": column(lambda: rng.choice(texts)), "int": column(lambda: rng.randrange(-9, 9)), "float": column(lambda: rng.uniform(-1e9, 1e-9)),
        "bool": column(lambda: rng.random() < 0.5),
        "list": column(lambda: [rng.choice([None, *texts]) for _ in range(rng.randrange(4))]),
        "struct": column(lambda: {"a": rng.choice([None, *texts]), "b": {"c": rng.choice([None, 1])}}),
        "chat": column(lambda: [{"role": rng.choice(texts), "content": rng.choice([None, *texts]), "loss": rng.choice([None, False])}
                                for _ in range(rng.randrange(4))]),
        "deep": column(lambda: [[{"x": [rng.choice(texts)]}] for _ in range(rng.randrange(3))]),
        "nothing": [None] * 200, "empty": [[] for _ in range(200)],
    }
    table = pyarrow.table(columns)
    for part in (table, table.slice(13, 101), table.slice(150).select(["chat", "deep"]), *(table.select([name]).slice(7) for name in columns)):
        lines = b"".join(prep.tables.json_lines(prep.tables.stream_batches(part))).decode().split("\n")
        expected = [json.dumps(row, ensure_ascii=False) for row in part.to_pylist()]
        assert lines == [*expected, ""]


def hub(tmp_path, files):
    """A cache as `hf download --repo-type dataset org/name` leaves it."""
    root = tmp_path / "hub" / "datasets--org--name"
    for name in files:
        path = root / "snapshots" / "abc123" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(TABLE.slice(0, 10 * (1 + files.index(name))), path)
    (root / "refs").mkdir(parents=True, exist_ok=True)
    (root / "refs" / "main").write_text("abc123")
    return root


def test_a_cached_data_set_is_read_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    hub(tmp_path, ["data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet"])
    assert prep.run("hf://datasets/org/name:test", output=tmp_path / "test")["records"] == 20
    assert prep.run("hf://datasets/org/name@abc123:train", output=tmp_path / "train")["records"] == 10
    for name, what in (
        ("hf://datasets/org/name", "splits test, train"), ("hf://datasets/org/name:dev", "no split dev"),
        ("hf://datasets/org/other", "hf download --repo-type dataset org/other"), ("hf://datasets/org", "names no data set"),
        ("hf://datasets/org/name@v2:test", "--revision v2"),
    ):
        with pytest.raises(prep.PrepError, match=what):
            prep.run(name, output=tmp_path / "none")


def test_configurations_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    hub(tmp_path, ["main/train-00000-of-00001.parquet", "socratic/train-00000-of-00001.parquet"])
    assert prep.run("hf://datasets/org/name/socratic:train", output=tmp_path / "out")["records"] == 20
    with pytest.raises(prep.PrepError, match="several configurations: main, socratic"):
        prep.run("hf://datasets/org/name:train", output=tmp_path / "none")


def test_what_cannot_be_read_is_refused_by_name(tmp_path):
    (tmp_path / "cut.parquet").write_bytes(b"PAR1" + b"x" * 100)
    (tmp_path / "empty.arrow").write_bytes(b"")
    (tmp_path / "twice.csv").write_text("task,task\na,b\n")
    datasets.DatasetDict({"train": datasets.Dataset(TABLE), "test": datasets.Dataset(TABLE)}).save_to_disk(tmp_path / "both")
    for name, what in (
        ("cut.parquet", "cut.parquet: cannot be read"), ("empty.arrow", "empty.arrow: cannot be read"), ("twice.csv", "several columns named task"),
        ("both", "several splits.*test.*train"), ("none.parquet", "none.parquet"),
    ):
        with pytest.raises(prep.PrepError, match=what):
            prep.run(tmp_path / name, output=tmp_path / "none")
    with pytest.raises(prep.PrepError, match="no Arrow stream|not one int"):
        prep.encode_records(7)


def test_the_command_names_what_is_missing(tmp_path):
    pyarrow.parquet.write_table(TABLE, tmp_path / "a.parquet")

    def run(python):
        return subprocess.run(
            [CHECKOUT / "python/prep/_native/prep", "run", tmp_path / "a.parquet", "--output", tmp_path / "out"],
            env={"PATH": os.environ["PATH"], "PREP_PYTHON": str(python)}, capture_output=True, text=True)

    for python in ("/nowhere/python", sys.executable):
        # The interpreter that runs the tests has no installed package, without PYTHONPATH.
        found = run(python)
        assert found.returncode == 2 and "pip install 'prep-kit[tables]'" in found.stderr, found.stderr
        with pytest.raises(prep.PrepError):
            prep.Dataset(tmp_path / "out")
