"""A two-layer model's loss of every token is the same for padded rows, for flattened ones and for packed ones."""

import sys

import pytest
import torch
from places import CHECKOUT
from prep.torch import PackedCollator, PadCollator, ShardDataset

sys.path.append(str(CHECKOUT / "examples"))
SAMPLES = 12


@pytest.fixture(scope="module")
def model():
    from tiny import tiny_model

    torch.manual_seed(0)
    return tiny_model(50257, 320).eval()


def losses(model, batch):
    """The loss of each predicted token, at its place; NaN where there is none."""
    labels = batch["labels"]
    inputs = {name: value for name, value in batch.items() if name not in ("labels", "loss_weights")}
    with torch.no_grad():
        logits = model(**inputs).logits
    found = torch.full(labels.shape, torch.nan)
    found[:, 1:] = torch.nn.functional.cross_entropy(
        logits[:, :-1].transpose(1, 2), labels[:, 1:], ignore_index=-100, reduction="none")
    found[labels == -100] = torch.nan
    return found


def by_sample(rows, losses):
    """The losses of each sample, by its ids; padding behind a row is left out."""
    found = {}
    for row, loss in zip(rows, losses):
        lengths = row["seq_lengths"].tolist()
        for ids, part in zip(row["input_ids"].split(lengths), loss[: sum(lengths)].split(lengths)):
            found[ids.numpy().tobytes()] = part
    return found


def rows_of(folder):
    data = ShardDataset(folder, padded=False, columns=["input_ids", "labels", "attention_mask", "position_ids", "seq_lengths"])
    return data.__getitems__(range(len(data)))


def without(rows, *names):
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


@pytest.fixture(scope="module")
def padded(model, folders):
    """The losses of samples in padded rows, one a row: what the others must give."""
    rows = rows_of(folders["plain"])[:SAMPLES]
    batch = PadCollator(50256)(without(rows, "position_ids", "seq_lengths"))
    found = by_sample(rows, losses(model, batch))
    assert len(found) == SAMPLES and sum(int(loss.isfinite().sum()) for loss in found.values()) > 500
    return found


def same(found, padded):
    for ids, expected in padded.items():
        torch.testing.assert_close(found[ids], expected, equal_nan=True, rtol=1e-4, atol=1e-5)


def test_flattened_rows_lose_what_padded_rows_do(model, folders, padded):
    rows = rows_of(folders["plain"])[:SAMPLES]
    flat = losses(model, PackedCollator()(without(rows, "attention_mask")))[0]
    same(by_sample(rows, flat.split([len(row["input_ids"]) for row in rows])), padded)


def test_packed_rows_lose_what_padded_rows_do(model, folders, padded):
    rows = rows_of(folders["packed"])
    rows = [row for row in rows if any(
        ids.numpy().tobytes() in padded for ids in row["input_ids"].split(row["seq_lengths"].tolist()))]
    assert any(len(row["seq_lengths"]) > 1 for row in rows)
    rows = without(rows, "attention_mask")
    flat = losses(model, PackedCollator()(rows))[0]
    same(by_sample(rows, flat.split([len(row["input_ids"]) for row in rows])), padded)
    # The same rows padded, kept apart by their positions alone.
    same(by_sample(rows, losses(model, PadCollator(50256)(rows))), padded)


def test_the_loss_of_a_packed_batch_is_that_of_its_samples(model, folders, padded):
    rows = without(rows_of(folders["plain"])[:SAMPLES], "attention_mask")
    loss = model(**PackedCollator()(rows)).loss
    expected = torch.cat(list(padded.values()))
    torch.testing.assert_close(loss, expected[expected.isfinite()].mean(), rtol=1e-4, atol=1e-5)
