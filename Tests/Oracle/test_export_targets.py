"""`prep export --for NAME`: each trainer's own reader, or what it reads with, returns the rows that `prep inspect` shows."""

import json

import numpy
import pyarrow.parquet
import pytest

from prep_command import prep
from test_shards import folders, inspected  # noqa: F401 (a fixture)


def export(folder, name, output):
    return json.loads(prep("export", folder, "--for", name, "--output", output, "--json").stdout)


def loaded(output):
    datasets = pytest.importorskip("datasets")
    return datasets.load_dataset("parquet", data_files=f"{output}/*.parquet", split="train", cache_dir=f"{output}-cache")


def unpadded(row):
    """The tokens, labels and sample ranges of a row, from what `inspect --json` prints of it padded."""
    length = len(row["tokens"])
    lengths = row.get("segment_lengths", [length])
    return row["input_ids"][:length], row["labels"][:length], numpy.cumsum([0, *lengths])


def test_trl_gets_rows_that_its_collator_pads_and_positions(folders, tmp_path):
    trl = pytest.importorskip("trl.trainer.sft_trainer")
    for kind in ("plain", "packed"):
        output = tmp_path / kind
        report = export(folders[kind], "trl", output)
        rows = loaded(output)
        expected = [unpadded(row) for row in inspected(folders[kind])]
        assert [row["input_ids"] for row in rows] == [ids for ids, _, _ in expected]
        collate = trl.DataCollatorForLanguageModeling(pad_token_id=0, padding_free=kind == "packed")
        assert ("padding_free=True" in report["configuration"][1]) == (kind == "packed")
        for index, (ids, labels, starts) in enumerate(expected):
            batch = collate([rows[index]])
            batch = {name: batch[name][0].tolist() for name in ("input_ids", "labels", "position_ids") if name in batch}
            assert batch["input_ids"] == ids
            if kind == "packed":
                positions = [n for start, end in zip(starts, starts[1:]) for n in range(end - start)]
                assert batch["position_ids"] == positions
                # The collator leaves the first token of each sample out, as its model shifts over samples.
                labels = [-100 if position == 0 else label for position, label in zip(positions, labels)]
            assert batch["labels"] == labels


def test_axolotl_gets_its_three_columns_and_no_packed_rows(folders, tmp_path):
    report = export(folders["plain"], "axolotl", tmp_path / "a")
    rows = loaded(tmp_path / "a")
    assert sorted(rows.column_names) == ["attention_mask", "input_ids", "labels"]
    for row, truth in zip(rows, inspected(folders["plain"]), strict=True):
        ids, labels, _ = unpadded(truth)
        assert (row["input_ids"], row["labels"], row["attention_mask"]) == (ids, labels, [1] * len(ids))
    assert f"  - path: {tmp_path / 'a'}" in report["configuration"]
    refused = prep("export", folders["packed"], "--for", "axolotl", "--output", tmp_path / "p", check=False)
    assert refused.returncode == 2 and b"see each other" in refused.stderr and not (tmp_path / "p").exists()


def test_skyrl_gets_a_loss_mask_and_no_labels(folders, tmp_path):
    export(folders["plain"], "skyrl", tmp_path / "s")
    rows = loaded(tmp_path / "s")
    assert sorted(rows.column_names) == ["input_ids", "loss_mask"]
    for row, truth in zip(rows, inspected(folders["plain"]), strict=True):
        ids, labels, _ = unpadded(truth)
        assert (row["input_ids"], row["loss_mask"]) == (ids, [int(label != -100) for label in labels])


@pytest.mark.parametrize("kind", ["plain", "packed"])
def test_megatron_bridge_gets_masks_aligned_to_targets(folders, kind, tmp_path):
    """The reader cuts each sample to ids [:-1] and targets [1:], and the mask like the ids."""
    report = export(folders[kind], "megatron-bridge", tmp_path / "b")
    files = sorted((tmp_path / "b").glob("*.idx.parquet"))
    assert files and "train-*.idx.parquet" in report["configuration"][0]
    rows = [row for file in files for row in pyarrow.parquet.read_table(file).to_pylist()]
    for row, truth in zip(rows, inspected(folders[kind]), strict=True):
        ids, labels, starts = unpadded(truth)
        assert row["input_ids"] == ids and row["seq_start_id"] == starts[:-1].tolist()
        bounds = [*row["seq_start_id"], len(ids)]
        for start, end in zip(bounds, bounds[1:]):
            targets = ids[start + 1:end]
            learned = [id for id, bit in zip(targets, row["loss_mask"][start:end - 1], strict=True) if bit]
            assert learned == [label for label in labels[start + 1:end] if label != -100]
            assert row["loss_mask"][end - 1] == 0


def test_one_of_format_and_trainer_is_given(folders, tmp_path):
    for flags in ([], ["--format", "npy", "--for", "trl"], ["--for", "trl", "--unpadded"], ["--for", "nothing"]):
        result = prep("export", folders["plain"], "--output", tmp_path / "o", *flags, check=False)
        assert result.returncode == 64, flags
