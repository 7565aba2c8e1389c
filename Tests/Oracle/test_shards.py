"""Shards as an independent reader sees them, and what `prep verify` says of damaged ones."""

import json
import os
import random
import shutil
import sqlite3
import subprocess

import numpy
import pytest
import zstandard

import shard_reader
from prep_command import prep

WORDS = "the of Paris émigré 東京 value 12345 answer if  not\n\n`x = 1` 🙂 supervised token _a_".split(" ")


def write_records(path, rng, count=300, bad=6):
    """Instruction records, some of them bad, that give a few blocks of 16 KiB."""
    lines = []
    for _ in range(count):
        record = {name: " ".join(rng.choices(WORDS, k=rng.randrange(low, 40)))
                  for name, low in (("task", 1), ("context", 0), ("response", 1))}
        lines.append(json.dumps(record, ensure_ascii=rng.random() < 0.5).encode())
    for _ in range(bad):
        lines.insert(rng.randrange(len(lines)), rng.choice([b"{", b'{"task": "x"}', b'{"task": 1, "response": "y"}', b"\xff"]))
    path.write_bytes(b"\n".join(lines))


def run(inputs, folder, *flags):
    result = prep("run", *inputs, "--output", folder, "--context-length", 256, "--block-size", "16KiB",
                  "--max-rejects", "50%", "--json", *flags)
    return json.loads(result.stdout)


def inspected(folder, *flags):
    result = prep("inspect", folder, "--row", "all", "--json", *flags)
    return [json.loads(line) for line in result.stdout.splitlines()]


CASES = {"plain": (), "packed": ("--pack",), "aligned": ("--pack", "--pack-align", "16")}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A data set for each case, of two input files."""
    rng = random.Random(int(os.environ.get("PREP_ORACLE_SEED") or 20))
    base = tmp_path_factory.mktemp("shards")
    write_records(base / "a.jsonl", rng)
    write_records(base / "b.jsonl", rng, count=90, bad=1)
    folders = {}
    for name, flags in CASES.items():
        folders[name] = base / name
        folders[name, "report"] = run([base / "a.jsonl", base / "b.jsonl"], base / name, *flags)
    return folders


@pytest.mark.parametrize("case", CASES)
def test_the_independent_reader_returns_what_inspect_prints(folders, case):
    data = shard_reader.DataSet(folders[case])
    padded, unpadded = inspected(folders[case]), inspected(folders[case], "--unpadded")
    assert len(data) == len(padded) == len(unpadded) > 0
    for row, long, short in zip(data, padded, unpadded, strict=True):
        for length, expected in ((data.context_length, long), (0, short)):
            assert row.input_ids(length).tolist() == expected["input_ids"]
            assert row.labels(length).tolist() == expected["labels"]
            assert row.attention_mask(length).tolist() == expected["attention_mask"]
        line, offset, _ = row.origins[0]
        source = long["source"] if isinstance(long["source"], dict) else long["source"][0]
        assert (source["file"], source["line"], source["offset"]) == (row.file, line, offset)


@pytest.mark.parametrize("case", CASES)
def test_origins_lead_to_the_record(folders, case):
    files = {}
    for row in shard_reader.DataSet(folders[case]):
        content = files.setdefault(row.file, open(row.file, "rb").read())
        for line, offset, _ in row.origins:
            assert content[:offset].count(b"\n") == line - 1
            json.loads(content[offset:].split(b"\n")[0])


@pytest.mark.parametrize("case", CASES)
def test_counts_add_up_and_rejects_are_those_of_the_shards(folders, case):
    data, report = shard_reader.DataSet(folders[case]), folders[case, "report"]
    assert report["records"] == report["accepted"] + sum(report["rejected"].values())
    assert data.facts["digest"] == report["digest"]
    assert data.rejects_by_reason == report["rejected"]
    for name in ("records", "accepted", "samples", "rows", "truncated", "tokens", "supervised_tokens"):
        assert data.facts[name] == report[name] == sum(shard.header[name] for shard in data.shards), name
    assert (folders[case] / "rejects.jsonl").read_bytes() == b"".join(
        shard.reject_lines for shard in data.shards if shard.rejects)
    assert sum(int((row.labels() != -100).sum()) for row in data) == report["supervised_tokens"]


def test_zstd_reads_shards_as_frames(folders):
    for shard in shard_reader.DataSet(folders["plain"]).shards:
        contents = b"".join(shard.content(number) for number in range(len(shard.frames)))
        assert zstandard.ZstdDecompressor().stream_reader(
            open(shard.path, "rb"), read_across_frames=True).read() == contents
        if shutil.which("zstd"):
            subprocess.run(["zstd", "-qt", shard.path], check=True)
            assert subprocess.run(["zstd", "-dcq", shard.path], check=True, capture_output=True).stdout == contents


def test_the_manifest_is_read_without_leaving_anything(folders):
    names = sorted(os.listdir(folders["plain"]))
    with sqlite3.connect(f"file:{folders['plain'] / 'manifest.sqlite'}?mode=ro&immutable=1", uri=True) as manifest:
        assert manifest.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sorted(os.listdir(folders["plain"])) == names


def test_verify_passes_an_intact_folder(folders):
    for case in CASES:
        report = json.loads(prep("verify", "--json", folders[case]).stdout)
        assert report["intact"] and report["damage"] == [] and report["digest"] == folders[case, "report"]["digest"]


def test_verify_names_shard_and_frame_of_any_flipped_byte(folders, tmp_path, rng, scale):
    shutil.copytree(folders["plain"], tmp_path / "d")
    data = shard_reader.DataSet(tmp_path / "d")
    for _ in range(int(60 * scale)):
        shard = rng.choice(data.shards)
        content = bytearray(shard.bytes)
        position = rng.randrange(len(content))
        content[position] ^= 1 << rng.randrange(8)
        shard.path.write_bytes(content)
        result = prep("verify", "--json", tmp_path / "d", check=False)
        shard.path.write_bytes(shard.bytes)
        assert result.returncode == 1
        damage = json.loads(result.stdout)["damage"]
        ends = [end for _, end in spans(shard)]
        frame = next(number for number, end in enumerate(ends) if position < end)
        assert any(d["file"] == str(shard.path) and d["frame"] == frame for d in damage), (position, damage)


def spans(shard):
    """Where each frame begins and ends, the seek table included."""
    result, position = [], 0
    while position < len(shard.bytes):
        magic = int.from_bytes(shard.bytes[position : position + 4], "little")
        if magic == 0xFD2FB528:
            size = next(f["size"] for f in shard.frames if f["offset"] == position)
        else:
            size = 8 + int.from_bytes(shard.bytes[position + 4 : position + 8], "little")
        result.append((position, position + size))
        position += size
    return result


def test_intact_frames_of_a_damaged_shard_stay_readable(folders, tmp_path):
    shutil.copytree(folders["plain"], tmp_path / "d")
    data = shard_reader.DataSet(tmp_path / "d")
    before = inspected(tmp_path / "d")
    shard = data.shards[0]
    content = bytearray(shard.bytes)
    content[shard.frames[0]["offset"] + 40] ^= 1
    shard.path.write_bytes(content)
    result = prep("inspect", tmp_path / "d", "--row", 0, "--json", check=False)
    assert result.returncode != 0 and shard.path.name.encode() in result.stderr and b"frame 1" in result.stderr
    row = data.first_rows[1]
    assert json.loads(prep("inspect", tmp_path / "d", "--row", row, "--json").stdout) == before[row]


def test_manifest_and_rejects_are_made_anew_from_the_shards(folders, tmp_path):
    shutil.copytree(folders["packed"], tmp_path / "d")
    for name in ("manifest.sqlite", "rejects.jsonl"):
        (tmp_path / "d" / name).unlink()
    assert prep("verify", tmp_path / "d", check=False).returncode == 1
    prep("verify", "--rebuild-manifest", tmp_path / "d")
    for name in ("manifest.sqlite", "rejects.jsonl"):
        assert (tmp_path / "d" / name).read_bytes() == (folders["packed"] / name).read_bytes()


def test_partitions_merge_into_what_one_run_writes(folders, tmp_path):
    base = folders["plain"].parent
    parts = [tmp_path / f"part-{i}" for i in range(3)]
    for i, part in enumerate(parts):
        run([base / "a.jsonl", base / "b.jsonl"], part, "--partition", f"{i}/3")
    shards = [len(shard_reader.DataSet(part).shards) for part in parts]
    assert sum(shards) == len(shard_reader.DataSet(folders["plain"]).shards) and min(shards) > 0
    prep("merge", tmp_path / "merged", *reversed(parts))
    names = sorted(os.listdir(folders["plain"]))
    assert sorted(os.listdir(tmp_path / "merged")) == names
    for name in names:
        assert (tmp_path / "merged" / name).read_bytes() == (folders["plain"] / name).read_bytes(), name
    assert prep("merge", tmp_path / "other", *parts[:2], check=False).returncode == 2
    assert not (tmp_path / "other").exists()


def test_the_picture_of_an_aligned_row_shows_its_padding(folders):
    """Marks, labels and masks of the lines are those of the arrays, alignment padding included."""
    for case in CASES:
        for number, row in enumerate(inspected(folders[case])[:12]):
            text = prep("inspect", folders[case], "--row", number).stdout.decode()
            lines = [line.split() for line in text.split("written by\n")[1].split("\n") if line and "── " not in line]
            marks = {"░": (1, False), "▓": (1, True), "·": (0, False)}
            for place, mark, *rest in lines:
                first, _, last = place.partition("–")
                for position in range(int(first), int(last or first) + 1):
                    mask, learned = marks[mark]
                    assert row["attention_mask"][position] == mask and (row["labels"][position] != -100) == learned
            assert len(lines) >= len(row["tokens"])


def test_a_cut_sample_says_so(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"task": "one two", "response": "three four five"}\n')
    text = prep("inspect", tmp_path / "a.jsonl", "--context-length", "5").stdout.decode().splitlines()
    assert text[1:3] == ["5 tokens of 5: 3 read, 2 learned", "cut to fit: 0 tokens of the prompt, 2 of the response, its end token among them"]
