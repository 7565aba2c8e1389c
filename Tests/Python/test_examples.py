"""The example scripts run on the fixture, and do what they say."""

import os
import re
import subprocess
import sys

import pytest
from places import CHECKOUT
from prep_command import prep

EXAMPLES = CHECKOUT / "examples"


def run(script, *arguments, launcher=()):
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        [sys.executable, *launcher, EXAMPLES / script, *map(str, arguments)], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


def steps(output):
    return re.findall(r"step (\d+)  rank (\d+)  epoch (\d+)  loss ([\d.]+)", output)


def test_plain_pytorch_goes_on_as_if_it_had_not_been_stopped(folders, tmp_path):
    whole = steps(run("train_torch.py", folders["packed"], "--steps", 6, "--batch-size", 1))
    assert len(whole) == 6 and float(whole[-1][3]) < float(whole[0][3])
    parts = []
    for count, workers in ((2, 0), (4, 2)):
        parts += steps(run(
            "train_torch.py", folders["packed"], "--steps", count, "--batch-size", 1, "--workers", workers, "--checkpoint",
            tmp_path / "checkpoint.pt"))
    assert parts == whole


def test_plain_pytorch_on_two_ranks(folders, tmp_path):
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    found = steps(run("train_torch.py", folders["packed"], "--steps", 2, "--batch-size", 1, "--workers", 0, launcher=launcher))
    assert sorted((step, rank) for step, rank, _, _ in found) == [("1", "0"), ("1", "1"), ("2", "0"), ("2", "1")]
    # Each rank reads rows of its own.
    assert len({loss for *_, loss in found}) == 4


def logged(output):
    return [float(loss) for loss in re.findall(r"'loss': '?([\d.]+)", output)]


def test_the_trainer_of_hugging_face(folders, tmp_path):
    found = logged(run("train_hf_trainer.py", folders["plain"], "--steps", 4, "--batch-size", 2, "--output", tmp_path))
    assert len(found) == 4 and found[-1] < found[0]


def test_trl(folders, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    prep("export", folders["packed"], "--format", "parquet", "--unpadded", "--output", tmp_path / "parquet")
    found = logged(run("train_trl.py", tmp_path / "parquet", "--steps", 3, "--batch-size", 1, "--output", tmp_path / "out"))
    assert len(found) == 3 and found[-1] < found[0]


@pytest.mark.parametrize("case", ["packed", "aligned"])
def test_trl_makes_of_parquet_what_the_collator_makes_of_shards(folders, case, tmp_path):
    import datasets
    import torch
    from prep.torch import PackedCollator, ShardDataset
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    prep("export", folders[case], "--format", "parquet", "--unpadded", "--output", tmp_path / "parquet")
    rows = datasets.load_dataset("parquet", data_dir=str(tmp_path / "parquet"), cache_dir=str(tmp_path / "cache"), split="train")
    theirs = DataCollatorForLanguageModeling(pad_token_id=50256, padding_free=True)([rows[i] for i in range(8)])
    data = ShardDataset(folders[case], padded=False)
    ours = PackedCollator(seq_idx=True)([data[i] for i in range(8)])
    assert set(ours) == set(theirs)
    for name in theirs:
        assert torch.as_tensor(ours[name]).tolist() == torch.as_tensor(theirs[name]).tolist(), name


@pytest.mark.parametrize("case", ["plain", "packed", "aligned"])
def test_trl_and_trainer_take_what_to_hf_gives(folders, case, tmp_path, monkeypatch):
    import prep
    import torch
    from prep.torch import PackedCollator, PadCollator, ShardDataset
    from transformers import Trainer, TrainingArguments
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    sys.path.append(str(EXAMPLES))
    from tiny import tiny_model

    rows, data = ShardDataset(folders[case], padded=False), prep.Dataset(folders[case])
    table = data.to_hf(tmp_path)
    assert len(table) == len(rows) and len(list(tmp_path.iterdir())) == 1
    again = rows.to_hf(tmp_path)
    assert again[5] == table[5] and table[5]["labels"] == rows[5]["labels"].tolist()
    ours = (PadCollator(50256) if case == "plain" else PackedCollator())([rows[i] for i in range(4)])
    theirs = DataCollatorForLanguageModeling(pad_token_id=50256, padding_free=case != "plain")([table[i] for i in range(4)])
    for name in ("input_ids", "labels"):
        assert theirs[name].dtype == torch.int64 and theirs[name].tolist() == ours[name].tolist()
    collate = PadCollator(50256) if case == "plain" else PackedCollator()
    assert collate([table[i] for i in range(4)])["labels"].tolist() == ours["labels"].tolist()
    if case == "plain":
        Trainer(
            model=tiny_model(50257, 320), train_dataset=table, data_collator=collate,
            args=TrainingArguments(
                str(tmp_path / "out"), max_steps=1, per_device_train_batch_size=2, use_cpu=True, report_to="none", save_strategy="no"),
        ).train()
