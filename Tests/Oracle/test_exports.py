"""Exports read by the readers that training scripts use: each gives the arrays of `prep inspect --json`."""

import json
import os
import shutil
import struct
import subprocess
import time

import numpy
import pytest

import export_readers
import shard_reader
from prep_command import CHECKOUT, PREP, prep
from test_shards import folders, inspected  # noqa: F401 (a fixture)

FORMATS = ["parquet", "arrow", "mds", "turns", "megatron", "memmap", "npy"]
ALL = "input_ids,attention_mask,labels,position_ids,seq_lengths,weights"


@pytest.fixture(scope="module", params=["plain", "packed", "aligned"])
def case(request):
    return request.param


@pytest.fixture(scope="module", params=["padded", "unpadded"])
def padding(request):
    return () if request.param == "padded" else ("--unpadded",)


def export(folder, format, output, *flags):
    report = json.loads(prep("export", folder, "--format", format, "--output", output, "--json", *flags).stdout)
    assert report["bytes"] == sum(file.stat().st_size for file in output.iterdir())
    return output


def compare(rows, expected):
    assert len(rows) == len(expected) > 0
    for row, truth in zip(rows, expected, strict=True):
        for name in ("input_ids", "labels", "attention_mask"):
            assert numpy.asarray(row[name]).tolist() == truth[name], name


def test_parquet(folders, case, padding, tmp_path):
    output = export(folders[case], "parquet", tmp_path / "out", *padding)
    expected = inspected(folders[case], *padding)
    compare(export_readers.with_pyarrow(output), expected)
    compare(export_readers.with_duckdb(output), expected)
    compare(export_readers.with_datasets(output, tmp_path / "cache"), expected)


def test_parquet_states_its_schema(folders, tmp_path):
    import pyarrow.parquet

    output = export(folders["packed"], "parquet", tmp_path / "out")
    file = pyarrow.parquet.ParquetFile(output / "train-00000.parquet")
    kinds = {field.name: str(getattr(field.type, "value_type", field.type)) for field in file.schema_arrow}
    assert kinds == {
        "input_ids": "int32", "attention_mask": "int8", "labels": "int32", "position_ids": "int32", "seq_lengths": "int32",
        "source_file": "string", "source_line": "int64", "row": "int64"}
    assert str(file.schema_arrow.field("row").type) == "int64" and file.schema_arrow.field("source_line").type.num_fields == 1
    assert all(not field.nullable for field in file.schema_arrow)
    assert file.metadata.metadata[b"prep.digest"].decode() == folders["packed", "report"]["digest"]
    content = bytearray((output / "train-00000.parquet").read_bytes())
    content[file.metadata.row_group(0).column(0).data_page_offset + 200] ^= 1
    (output / "train-00000.parquet").write_bytes(content)
    with pytest.raises(OSError, match="CRC"):
        export_readers.with_pyarrow(output)


def test_parquet_says_where_rows_come_from(folders, case, tmp_path):
    import duckdb
    import pyarrow.parquet

    output = export(folders[case], "parquet", tmp_path / "out")
    rows = pyarrow.parquet.read_table(output).to_pylist()
    for number, (row, truth) in enumerate(zip(rows, inspected(folders[case]), strict=True)):
        source = truth["source"]
        if case == "plain":
            assert (row["source_file"], row["source_line"], row["row"]) == (source["file"], source["line"], number)
        else:
            places = source if isinstance(source, list) else [source]
            assert row["source_file"] == [place["file"] for place in places]
            assert row["source_line"] == [place["line"] for place in places] and row["row"] == number
    (found,) = duckdb.sql(f"SELECT input_ids FROM read_parquet('{output}/*.parquet') WHERE row = 7").fetchall()
    assert list(found[0]) == rows[7]["input_ids"]
    chosen = export(folders[case], "parquet", tmp_path / "chosen", "--columns", "row,input_ids")
    assert pyarrow.parquet.read_schema(chosen / "train-00000.parquet").names == ["row", "input_ids"]
    refused = prep("export", folders[case], "--format", "npy", "--output", tmp_path / "n", "--columns", "input_ids,row", check=False)
    assert refused.returncode == 2 and b"npy has no room for row" in refused.stderr


def test_parquet_has_statistics_and_a_page_index(folders, case, padding, tmp_path):
    import pyarrow.parquet

    output = export(folders[case], "parquet", tmp_path / "out", "--columns", ALL + ",source_file,source_line,row", *padding)
    file = pyarrow.parquet.ParquetFile(output / "train-00000.parquet")
    table, start = file.read(), 0
    assert file.metadata.num_row_groups >= 1
    for group in range(file.metadata.num_row_groups):
        rows = file.metadata.row_group(group)
        for index in range(rows.num_columns):
            chunk = rows.column(index)
            assert chunk.has_offset_index and chunk.has_column_index, chunk.path_in_schema
            part = table.column(chunk.path_in_schema.split(".")[0]).slice(start, rows.num_rows).to_pylist()
            values = [value for row in part for value in (row if isinstance(row, list) else [row])]
            assert chunk.is_stats_set and chunk.statistics.has_min_max
            assert (chunk.statistics.min, chunk.statistics.max) == (min(values), max(values)), chunk.path_in_schema
            assert chunk.statistics.null_count == 0 and chunk.statistics.num_values == len(values)
        start += rows.num_rows
    # What is asked for by its row is found without reading what cannot have it.
    found = pyarrow.parquet.read_table(output, filters=[("row", ">=", 5), ("row", "<", 9)]).column("row").to_pylist()
    assert found == [5, 6, 7, 8]


def test_the_page_index_is_that_of_the_pages(tmp_path):
    import pyarrow.parquet

    prep("run", CHECKOUT / "fixtures" / "gsm8k.jsonl", "--output", tmp_path / "d", "--context-length", 1024, "--quiet")
    output = export(tmp_path / "d", "parquet", tmp_path / "out", "--columns", "input_ids,labels,weights,source_file,row")
    (file,) = output.glob("*.parquet")
    table, pages = pyarrow.parquet.read_table(file), 0
    unpack = {"row": "<q", "input_ids": "<i", "labels": "<i", "weights": "<f"}
    for path, group_rows, columns, offsets, content in export_readers.page_indexes(file):
        starts = [page[3] for page in offsets[1]]
        assert starts[0] == 0 and len(columns[2]) == len(columns[3]) == len(columns[1]) == len(columns[5]) == len(starts)
        for number, (page, start, end) in enumerate(zip(offsets[1], starts, [*starts[1:], group_rows])):
            header, body = export_readers.thrift(content, page[1])
            assert header[1] == 0 and page[2] == body - page[1] + header[3]  # a data page, whole
            part = table.column(path[0]).slice(start, end - start).to_pylist()
            values = [value for row in part for value in (row if isinstance(row, list) else [row])]
            assert header[5][1] == len(values) and not columns[1][number] and columns[5][number] == 0
            read = (lambda text: text.decode()) if path[0] == "source_file" else lambda raw: struct.unpack(unpack[path[0]], raw)[0]
            assert (read(columns[2][number]), read(columns[3][number])) == (min(values), max(values))
            pages += 1
    assert pages > 3 * 3 + 2


@pytest.mark.parametrize("format", ["parquet", "arrow", "mds", "turns", "memmap"])
def test_files_begin_anew_at_a_size(folders, format, tmp_path):
    whole = export(folders["plain"], format, tmp_path / "whole", "--unpadded")
    parts = export(folders["plain"], format, tmp_path / "parts", "--unpadded", "--file-size", "16KiB")
    suffix = {"parquet": ".parquet", "arrow": ".arrow", "memmap": ".npy"}.get(format, ".zstd")
    sizes = [sorted(file.stat().st_size for file in folder.iterdir() if file.name.endswith(suffix)) for folder in (whole, parts)]
    assert len(sizes[1]) > len(sizes[0]) and sizes[1][-1] < sizes[0][-1]
    if format == "memmap":
        for name in ("token_ids_part_*.npy", "labels_mask_part_*.npy"):
            read = [b"".join(file.read_bytes() for file in sorted(folder.glob(name))) for folder in (whole, parts)]
            assert read[0] == read[1]
        ends = [numpy.loadtxt(file, int, delimiter=",", ndmin=2)[-1, 1] for file in sorted(parts.glob("*.csv.gz"))]
        assert ends == [file.stat().st_size // 2 for file in sorted(parts.glob("token_ids*.npy"))]
        return
    read = {"parquet": export_readers.with_pyarrow, "arrow": export_readers.with_load_from_disk, "mds": export_readers.with_streaming,
            "turns": export_readers.with_llm_foundry}[format]
    one, other = read(whole), read(parts)
    assert len(one) == len(other)
    for a, b in zip(one, other):
        names = range(2) if format == "turns" else a.keys()
        assert all(numpy.array_equal(a[name], b[name]) for name in names)


def test_a_size_of_files_is_refused_where_there_is_one(folders, tmp_path):
    for flags in (["--format", "npy"], ["--for", "megatron"]):
        result = prep("export", folders["plain"], *flags, "--file-size", "1MiB", "--output", tmp_path / "o", check=False)
        assert result.returncode == 64 and b"one file" in result.stderr


def test_arrow(folders, case, padding, tmp_path):
    output = export(folders[case], "arrow", tmp_path / "out", *padding)
    compare(export_readers.with_load_from_disk(output), inspected(folders[case], *padding))


def test_mds(folders, case, padding, tmp_path):
    output = export(folders[case], "mds", tmp_path / "out", *padding)
    index = export_readers.index_of(output)
    assert all(shard["hashes"] == ["xxh3_64"] and shard["zip_data"]["hashes"] for shard in index["shards"])
    compare(export_readers.with_streaming(output), inspected(folders[case], *padding))


def test_mds_hashes_find_damage(folders, tmp_path):
    output = export(folders["plain"], "mds", tmp_path / "out")
    shard = output / "shard.00000.mds.zstd"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    with pytest.raises(Exception):
        export_readers.with_streaming(output)


def test_megatron_is_read_by_megatron_core(folders, case, padding, tmp_path):
    output = export(folders[case], "megatron", tmp_path / "out", *padding)
    expected = inspected(folders[case], *padding)
    tokens, masks = (export_readers.with_megatron_core(output, name) for name in ("tokens", "loss_mask"))
    for ids, mask, truth in zip(tokens, masks, expected, strict=True):
        assert ids.tolist() == truth["input_ids"]
        assert mask.tolist() == [int(label != -100) for label in truth["labels"]]


def test_megatron(folders, case, padding, tmp_path):
    output = export(folders[case], "megatron", tmp_path / "out", *padding)
    expected = inspected(folders[case], *padding)
    dtype, tokens = export_readers.with_megatron_layout(output, "tokens")
    mask_type, masks = export_readers.with_megatron_layout(output, "loss_mask")
    assert dtype == numpy.uint16 and mask_type == numpy.uint8  # GPT-2's ids fit
    for ids, mask, truth in zip(tokens, masks, expected, strict=True):
        assert ids.tolist() == truth["input_ids"]
        assert mask.tolist() == [int(label != -100) for label in truth["labels"]]


def test_npy(folders, case, padding, tmp_path):
    output = export(folders[case], "npy", tmp_path / "out", *padding)
    rows = export_readers.with_numpy(output, unpadded=bool(padding))
    assert rows[0]["input_ids"].dtype == numpy.int32 and rows[0]["attention_mask"].dtype == numpy.int8
    compare(rows, inspected(folders[case], *padding))


def test_labels_of_arrays_go_into_a_loss_as_they_are(folders, case, padding, tmp_path):
    torch = pytest.importorskip("torch")
    mds = export_readers.with_streaming(export(folders[case], "mds", tmp_path / "mds", *padding))
    npy = export_readers.with_numpy(export(folders[case], "npy", tmp_path / "npy", *padding), unpadded=bool(padding))
    expected = inspected(folders[case], *padding)
    for rows in (mds, npy):
        for row, truth in zip(rows, expected, strict=True):
            labels = torch.from_numpy(row["labels"].copy())
            assert labels.dtype == torch.int64 and labels.tolist() == truth["labels"]
        logits = torch.zeros(len(labels), 50257)
        torch.nn.functional.cross_entropy(logits, labels, ignore_index=-100)


def test_positions_and_lengths_are_the_same_in_every_format(folders, tmp_path):
    rows = list(shard_reader.DataSet(folders["aligned"]))
    readers = {"parquet": export_readers.with_pyarrow, "arrow": export_readers.with_load_from_disk, "mds": export_readers.with_streaming, "npy": export_readers.with_numpy}
    for format, read in readers.items():
        output = export(folders["aligned"], format, tmp_path / format, "--columns", ALL)
        for row, got in zip(rows, read(output), strict=True):
            assert row.position_ids(256).tolist() == got["position_ids"].tolist()
            starts = [start for start, _ in row.segments]
            assert numpy.diff([*starts, len(row.tokens)]).tolist() == got["seq_lengths"].tolist()
            assert (got["weights"] == (got["labels"] != -100)).all()


def test_ids_beyond_16_bits_are_written_as_32(folders, tmp_path, real):
    base = folders["plain"].parent
    prep("run", base / "b.jsonl", "--output", tmp_path / "d", "--tokenizer", real("llama3/tokenizer.json"),
         "--context-length", 256, "--max-rejects", "50%", "--eos-token", "<|end_of_text|>", "--quiet")
    output = export(tmp_path / "d", "megatron", tmp_path / "out")
    dtype, tokens = export_readers.with_megatron_layout(output, "tokens")
    assert dtype == numpy.int32
    rows = list(shard_reader.DataSet(tmp_path / "d"))
    assert [ids.tolist() for ids in tokens] == [row.input_ids(256).tolist() for row in rows]
    assert max(ids.max() for ids in tokens) >= 1 << 16


def test_an_export_appears_whole_or_not_at_all(folders, tmp_path):
    shutil.copytree(folders["plain"], tmp_path / "d")
    last = shard_reader.DataSet(tmp_path / "d").shards[-1]
    shard, content = last.path, bytearray(last.bytes)
    content[last.frames[0]["offset"] + 50] ^= 1
    shard.write_bytes(content)
    for format in FORMATS:
        result = prep("export", tmp_path / "d", "--format", format, "--output", tmp_path / format, check=False)
        assert result.returncode == 1 and shard.name.encode() in result.stderr
        assert sorted(os.listdir(tmp_path)) == ["d"]


@pytest.mark.parametrize("format", FORMATS)
def test_a_killed_export_leaves_the_old_one_or_none(folders, format, tmp_path):
    output = tmp_path / "out"
    export(folders["plain"], format, output)
    whole = {file.name: file.read_bytes() for file in output.iterdir()}
    kills = 0
    for delay in range(40):
        process = subprocess.Popen(
            [PREP, "export", folders["plain"], "--format", format, "--output", output, "--overwrite"], stdout=subprocess.DEVNULL)
        time.sleep(delay / 1000)
        process.kill()
        kills += process.wait() != 0
        if output.exists():
            assert {file.name: file.read_bytes() for file in output.iterdir()} == whole
    assert kills > 0
    export(folders["plain"], format, output, "--overwrite")
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("format", FORMATS)
def test_a_run_exports_what_export_exports(folders, format, tmp_path):
    base = folders["plain"].parent
    flags = ("--context-length", 256, "--block-size", "16KiB", "--max-rejects", "50%", "--quiet", "--format", format)
    for _ in range(2):
        prep("run", base / "a.jsonl", base / "b.jsonl", "--output", tmp_path / "d", *flags)
        expected = export(tmp_path / "d", format, tmp_path / format, "--overwrite")
        found = tmp_path / "d" / format
        assert sorted(os.listdir(found)) == sorted(os.listdir(expected))
        for file in found.iterdir():
            assert file.read_bytes() == (expected / file.name).read_bytes()
    assert prep("verify", tmp_path / "d").returncode == 0
    refused = prep("run", base / "a.jsonl", "--output", tmp_path / "p", *flags, "--partition", "0/2", check=False)
    assert refused.returncode == 64 and b"prep merge" in refused.stderr


def test_a_folder_with_files_is_not_replaced_unasked(folders, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    result = prep("export", folders["plain"], "--format", "npy", "--output", tmp_path / "out", check=False)
    assert result.returncode == 2 and b"the folder is not empty" in result.stderr
    assert (tmp_path / "out" / "mine.txt").read_text() == "keep"
