"""`prep export --for NAME`: each trainer's own reader, or what it reads with, returns the rows that `prep inspect` shows."""

import json

import numpy
import pyarrow.parquet
import pytest

import export_readers
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


def samples(folder):
    """Each sample of a data set by itself: ids and labels, its first token never learned."""
    found = []
    for row in inspected(folder):
        lengths = row.get("segment_lengths", [len(row["tokens"])])
        positions = row.get("position_ids", list(range(len(row["input_ids"]))))
        mask = row["attention_mask"]
        starts = [i for i, position in enumerate(positions) if position == 0 and mask[i] == 1]
        for start, length in zip(starts, lengths, strict=True):
            found.append((row["input_ids"][start:start + length], [-100, *row["labels"][start + 1:start + length]]))
    return found


def test_llama_factory_gets_a_folder_of_save_to_disk(folders, tmp_path):
    datasets = pytest.importorskip("datasets")
    transformers = pytest.importorskip("transformers")
    report = export(folders["plain"], "llama-factory", tmp_path / "l")
    assert report["configuration"][0] == f"tokenized_path: {tmp_path / 'l'}"
    # llamafactory 0.9.5, data/loader.py and data_utils.py (get_dataset_module): a Dataset is the train_dataset.
    rows = datasets.load_from_disk(str(tmp_path / "l"))
    assert isinstance(rows, datasets.Dataset)
    assert rows.column_names == ["input_ids", "attention_mask", "labels"]
    expected = [unpadded(row)[:2] for row in inspected(folders["plain"])]
    assert [(row["input_ids"], row["labels"]) for row in rows] == expected
    assert all(row["attention_mask"] == [1] * len(row["input_ids"]) for row in rows)
    # Its collator is transformers' own, with pictures where there are some (data/collator.py).
    class Tokenizer(transformers.PreTrainedTokenizerFast):
        def __init__(self):
            import tokenizers

            super().__init__(tokenizer_object=tokenizers.Tokenizer(tokenizers.models.BPE()), pad_token="<pad>")

    batch = transformers.DataCollatorForSeq2Seq(Tokenizer(), pad_to_multiple_of=8)([rows[0], rows[1]])
    assert [label for label in batch["labels"][1].tolist() if label != -100] == [label for label in expected[1][1] if label != -100]
    # It shuffles, selects and maps as any other.
    assert rows.shuffle(seed=1).select(range(3)).map(lambda row: {"n": len(row["input_ids"])})["n"]
    refused = prep("export", folders["packed"], "--for", "llama-factory", "--output", tmp_path / "p", check=False)
    assert refused.returncode == 2 and b"see each other" in refused.stderr


@pytest.mark.parametrize("kind", ["plain", "packed", "aligned"])
def test_olmo_core_gets_documents_and_where_they_end(folders, kind, tmp_path):
    pytest.importorskip("olmo_core")
    report = export(folders[kind], "olmo-core", tmp_path / "o")
    assert any("NumpyDatasetDType.uint16" in line for line in report["configuration"])
    assert any("use_array_if_local=False" in line for line in report["configuration"])
    expected = samples(folders[kind])
    documents = export_readers.with_olmo_core(tmp_path / "o", 256, "uint16", tmp_path / "work")
    # It packs them in an order of its own, and counts padding as documents of one token.
    found = [document for document in documents if document != ([50256], [-100])]
    assert sorted(found) == sorted(expected) and len(expected) > 100


@pytest.mark.parametrize("kind", ["plain", "packed", "aligned"])
def test_llm_foundry_gets_turns(folders, kind, tmp_path):
    report = export(folders[kind], "llm-foundry", tmp_path / "f")
    assert "    target_responses: all" in report["configuration"]
    found = export_readers.with_llm_foundry(tmp_path / "f")
    for (ids, labels), (all_ids, all_labels) in zip(found, samples(folders[kind]), strict=True):
        # What is behind the last learned token is left out.
        assert ids == all_ids[:len(ids)] and labels == all_labels[:len(ids)]
        assert set(all_labels[len(ids):]) <= {-100} and labels[-1] != -100


def test_weights_that_are_left_out_are_told(folders, tmp_path):
    talk = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": 0.5}]
    (tmp_path / "w.jsonl").write_text(json.dumps({"messages": talk}) + "\n")
    prep("run", tmp_path / "w.jsonl", "--output", tmp_path / "w", "--template", "chatml", "--quiet")
    for flags, told in (
        (["--for", "trl"], "trl does not read"), (["--for", "olmo-core"], "olmo-core does not read"), (["--format", "npy"], "--columns"),
        (["--format", "memmap"], "memmap has no room for"), (["--format", "parquet", "--columns", "input_ids,labels,weights"], None),
    ):
        output = tmp_path / "".join(filter(str.isalpha, "".join(flags)))
        for _ in range(2):  # also of an export that stands there already
            report = json.loads(prep("export", tmp_path / "w", *flags, "--output", output, "--json").stdout)
            assert [told in notice for notice in report["notices"]] == ([True] if told else []), flags
        assert (b"note     the rows have loss weights" in prep("export", tmp_path / "w", *flags, "--output", output).stdout) == bool(told)
    assert export(folders["plain"], "trl", tmp_path / "plain")["notices"] == []


def test_one_of_format_and_trainer_is_given(folders, tmp_path):
    for flags in ([], ["--format", "npy", "--for", "trl"], ["--for", "trl", "--unpadded"], ["--for", "nothing"]):
        result = prep("export", folders["plain"], "--output", tmp_path / "o", *flags, check=False)
        assert result.returncode == 64, flags
