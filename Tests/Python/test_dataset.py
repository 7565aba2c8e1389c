"""`prep.Dataset` and `ShardDataset`: the arrays that `prep inspect --json` prints."""

import os
import pickle
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

import numpy
import prep
import pytest
import torch
from prep.torch import ShardDataset

NAMES = ("input_ids", "labels", "attention_mask", "position_ids")


def same(row, expected):
    # Positions are printed of rows with several samples only.
    return all(row[name].tolist() == expected.get(name, row[name].tolist()) for name in NAMES)


@pytest.mark.parametrize("case", ["plain", "packed", "aligned"])
def test_rows_are_what_inspect_prints(folders, inspected, case):
    padded, unpadded = inspected[case]
    data = prep.Dataset(folders[case])
    assert len(data) == len(padded) and data.context_length == 320 and data.pad_id == 50256
    assert data.is_packed == (case != "plain") and data.tokens == sum(len(row["input_ids"]) for row in unpadded)
    for row, expected in zip(data, padded, strict=True):
        assert same(row, expected)
    short = prep.Dataset(folders[case], padded=False, dtype=numpy.int32)
    assert data.lengths().tolist() == [len(row["input_ids"]) for row in unpadded]
    for row, expected in zip(short, unpadded, strict=True):
        assert same(row, expected) and row["input_ids"].dtype == numpy.int32
        assert row["seq_lengths"].sum() == len(row["input_ids"])
        starts = numpy.cumsum(row["seq_lengths"]) - row["seq_lengths"]
        assert (row["position_ids"][starts] == 0).all() and (starts % (16 if case == "aligned" else 1) == 0).all()


def test_it_is_a_sequence(folders, inspected):
    padded, _ = inspected["plain"]
    data = prep.Dataset(folders["plain"])
    count = len(data)
    assert same(data[-1], padded[-1]) and same(data[numpy.int64(7)], padded[7])
    for key in (slice(3, 9), slice(None, None, 50), slice(20, 5, -3), slice(count - 2, count + 10), slice(5, 5)):
        rows = data[key]
        assert len(rows) == len(padded[key]) and all(map(same, rows, padded[key]))
    assert data[3:9]["labels"].shape == (6, 320)
    assert all(map(same, data.read([5, 0, -1, 5]), [padded[5], padded[0], padded[-1], padded[5]]))
    for bad in (count, -count - 1):
        with pytest.raises(IndexError):
            data[bad]
    with pytest.raises(IndexError, match="there is no row"):
        data.read([count])
    with pytest.raises(prep.PrepError, match="does not fit"):
        data.read([0], padded_to=3)
    with pytest.raises(prep.PrepError, match="choose from"):
        prep.Dataset(folders["plain"], columns=["tokens"])
    with pytest.raises(prep.PrepError, match="/nowhere"):
        prep.Dataset("/nowhere")


def test_it_is_pickled_and_shared_by_threads_and_processes(folders, inspected):
    padded, _ = inspected["plain"]
    # One byte of cache: every read decompresses.
    data = pickle.loads(pickle.dumps(prep.Dataset(folders["plain"], cache_bytes=1)))
    with ThreadPoolExecutor(4) as pool:
        assert all(map(same, pool.map(data.__getitem__, range(len(data))), padded))
    for start in ("fork", "spawn"):
        with get_context(start).Pool(2) as processes:
            assert all(map(same, processes.map(data.__getitem__, range(0, len(data), 40)), padded[::40]))


def test_a_fork_in_the_middle_of_a_read_reads_on(folders):
    data, encoder, stop = prep.Dataset(folders["plain"]), prep.RecordEncoder(context_length=32), threading.Event()
    record = {"task": "Add 2 and 3.", "response": "5"}

    def use():
        while not stop.is_set():
            data.read(range(50), padded_to=320)
            encoder.encode([record])

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(60):
            child = os.fork()
            if child == 0:
                signal.alarm(10)
                data.read(range(3))
                encoder.encode([record])
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_shard_dataset_gives_tensors(folders, inspected):
    plain, packed = ShardDataset(folders["plain"]), ShardDataset(folders["packed"], padded=False)
    assert list(plain[0]) == ["input_ids", "attention_mask", "labels"]
    assert list(packed[0]) == ["input_ids", "labels", "position_ids", "seq_lengths"]
    for index, expected in enumerate(inspected["plain"][0]):
        row = plain[index]
        assert all(row[name].dtype == torch.int64 and row[name].tolist() == expected[name] for name in row)
    for row, expected in zip(packed.__getitems__(range(len(packed))), inspected["packed"][1], strict=True):
        starts = (row["seq_lengths"].cumsum(0) - row["seq_lengths"]).tolist()
        labels = [-100 if place in starts else label for place, label in enumerate(expected["labels"])]
        positions = [place for length in row["seq_lengths"].tolist() for place in range(length)]
        assert row["labels"].tolist() == labels and row["position_ids"].tolist() == positions
    with pytest.raises(IndexError):
        plain[len(plain)]


def test_no_sample_of_split_text_is_learned_from_the_one_before(tmp_path):
    from prep_command import prep as command

    (tmp_path / "text.jsonl").write_text("".join('{"text": "%s"}\n' % ("one two three " * n) for n in range(1, 30)))
    command("run", tmp_path / "text.jsonl", "--output", tmp_path / "out", "--pack", "split", "--context-length", 64, "--quiet")
    rows = ShardDataset(str(tmp_path / "out"), padded=False)
    assert all(len(row["input_ids"]) == 64 for row in list(rows)[:-1])
    stored = prep.Dataset(str(tmp_path / "out"), padded=False)
    assert all((row["labels"] == row["input_ids"]).all() for row in stored)
    for row in rows:
        starts = row["seq_lengths"].cumsum(0) - row["seq_lengths"]
        learned = row["labels"] != -100
        assert not learned[starts].any() and learned.sum() == len(learned) - len(starts)


def test_another_loss_is_learned_at_reading(folders, tmp_path):
    """`learn` of data sets and streams: what a run with that loss gives; to_hf and pickles keep it."""
    from places import GSM8K
    from prep.torch import ShardStream

    other = prep.run(GSM8K, output=tmp_path / "other", context_length=320, loss="assistant-terminator", block_size="16KiB")
    data, expected = prep.Dataset(folders["plain"], learn="assistant,-terminator"), other.dataset()
    usual = prep.Dataset(folders["plain"])
    assert len(data) == len(expected) and data.digest == usual.digest != expected.digest
    for row, truth, known in zip(data, expected, usual, strict=True):
        assert all((row[name] == truth[name]).all() for name in NAMES)
        assert (row["labels"] != known["labels"]).sum() == (known["input_ids"][known["labels"] != -100] == 50256).sum()
    assert (pickle.loads(pickle.dumps(data))[0]["labels"] == expected[0]["labels"]).all()
    torch_row = ShardDataset(folders["plain"], learn="assistant-terminator")[3]
    assert torch_row["labels"].tolist() == expected[3]["labels"].tolist()
    streamed = list(ShardStream(folders["plain"], shuffle=False, learn="assistant-terminator"))
    assert [row["labels"].tolist() for row in streamed] == [row["labels"].tolist() for row in expected]
    hf = data.to_hf(tmp_path / "hf")
    assert hf[0]["labels"] == expected.to_hf(tmp_path / "hf")[0]["labels"] != usual.to_hf(tmp_path / "hf")[0]["labels"]
    assert prep.stats(folders["plain"], learn="assistant-terminator")["all"]["learned"]["sum"] < prep.stats(
        folders["plain"])["all"]["learned"]["sum"]
    with pytest.raises(prep.PrepError, match="gives other rows than this one") as caught:
        prep.Dataset(folders["plain"], learn="all")
    assert caught.value.kind == "unusable"
    with pytest.raises(prep.PrepError, match="there is no loss nonsense"):
        prep.Dataset(folders["plain"], learn="nonsense")
