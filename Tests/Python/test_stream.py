"""`ShardStream`: each row once an epoch for any ranks and workers, and exact resumption."""

import pickle

import prep
import pytest
import torch
from prep.torch import PackedCollator, PadCollator, ShardDataset, ShardStream
from torch.utils.data import DataLoader

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")
BATCH = 8
WORKERS, RANKS = (0, 1, 4), (1, 2, 3)


@pytest.fixture(scope="module")
def number_of(folders):
    """Which row of the plain data set a tensor of ids is."""
    rows = {row["input_ids"].tobytes(): index for index, row in enumerate(prep.Dataset(folders["plain"]))}
    assert len(rows) == 400
    return lambda ids: rows[ids.numpy().tobytes()]


def stream_of(folders, rank=0, ranks=1, **options):
    return ShardStream(folders["plain"], seed=5, window=64, rank=rank, world_size=ranks, **options)


def numbers(batches, number_of):
    return [[number_of(ids) for ids in batch["input_ids"]] for batch in batches]


@pytest.fixture(scope="module")
def order(folders, number_of):
    """The rows of two epochs, as one process without workers reads them."""
    stream = stream_of(folders)
    return [[number_of(row["input_ids"]) for row in stream] for _ in range(2)]


def test_without_a_loader_an_epoch_follows_the_other(order):
    assert sorted(order[0]) == sorted(order[1]) == list(range(400))
    assert order[0] != order[1] and order[0] != sorted(order[0])


@pytest.mark.parametrize("ranks", RANKS)
@pytest.mark.parametrize("workers", WORKERS)
def test_each_row_comes_exactly_once_an_epoch(folders, number_of, order, workers, ranks):
    for epoch, expected in enumerate(order):
        found = []
        for rank in range(ranks):
            stream = stream_of(folders, rank, ranks)
            stream.set_epoch(epoch)
            mine = sum(numbers(stream.loader(BATCH, num_workers=workers), number_of), [])
            # Not only the same rows: the same order, whoever reads.
            assert mine == expected[rank::ranks] and len(stream) == len(mine)
            found += mine
        assert sorted(found) == list(range(400))


@pytest.mark.parametrize("ranks", RANKS)
@pytest.mark.parametrize("workers", WORKERS)
def test_a_map_style_loader_delivers_each_row_once(folders, number_of, workers, ranks):
    data = ShardDataset(folders["plain"])
    found = []
    for rank in range(ranks):
        sampler = torch.utils.data.DistributedSampler(data, ranks, rank, seed=1, drop_last=False)
        found += sum(numbers(DataLoader(data, BATCH, sampler=sampler, num_workers=workers), number_of), [])
    # DistributedSampler repeats the first rows where ranks do not divide them.
    assert set(found) == set(range(400)) and len(found) == 400 + -400 % ranks


@pytest.mark.parametrize("stop", [0, 1, 3, 17, 49, 50])
def test_resuming_continues_with_exactly_the_rows_that_would_have_come(folders, number_of, order, stop):
    """Stopped with 1 worker, resumed with 0, 1 and 4, and over the end of the epoch."""
    loader = stream_of(folders).loader(BATCH, num_workers=1)
    batches = iter(loader)
    before = [next(batches) for _ in range(stop)]
    state = loader.state_dict()
    assert sum(numbers(before, number_of), []) == order[0][: stop * BATCH]
    for workers in WORKERS:
        resumed = stream_of(folders).loader(BATCH, num_workers=workers)
        resumed.load_state_dict(pickle.loads(pickle.dumps(state)))
        assert sum(numbers(resumed, number_of), []) == order[0][stop * BATCH :]
        assert sum(numbers(resumed, number_of), []) == order[1]


@pytest.mark.parametrize("before, after", [(1, 3), (3, 2), (2, 1)])
def test_resuming_with_other_ranks_loses_no_row(folders, number_of, order, before, after):
    states, taken = [], []
    for rank in range(before):
        loader = stream_of(folders, rank, before).loader(BATCH, num_workers=2)
        batches = iter(loader)
        taken += sum(numbers([next(batches) for _ in range(4)], number_of), [])
        states.append(loader.state_dict())
    assert all(state == states[0] for state in states)
    for rank in range(after):
        stream = stream_of(folders, rank, after)
        stream.load_state_dict(states[0])
        taken += [number_of(row["input_ids"]) for row in stream]
    assert sorted(taken) == list(range(400)) and set(taken[: 32 * before]) == set(order[0][: 32 * before])


def test_stopping_within_a_batch_is_exact_without_a_loader(folders, number_of, order):
    stream = stream_of(folders)
    rows = iter(stream)
    for _ in range(13):
        next(rows)
    other = stream_of(folders)
    other.load_state_dict(stream.state_dict())
    assert [number_of(row["input_ids"]) for row in other] == order[0][13:]


def test_a_pass_that_was_left_goes_on(folders, number_of, order):
    loader = stream_of(folders).loader(BATCH, num_workers=4, persistent_workers=True)
    found = []
    for batch in loader:
        found += numbers([batch], number_of)[0]
        if len(found) == 10 * BATCH:
            break
    found += sum(numbers(loader, number_of), [])
    assert found == order[0]
    # The workers stay, and see the next epoch all the same.
    assert sum(numbers(loader, number_of), []) == order[1]
    loader.set_epoch(0)
    assert sum(numbers(loader, number_of), []) == order[0]


def test_spawned_workers_and_copies_read_the_same(folders, number_of, order):
    loader = stream_of(folders).loader(BATCH, num_workers=2, multiprocessing_context="spawn")
    assert sum(numbers(loader, number_of), []) == order[0]
    stream = stream_of(folders)
    rows = iter(stream)
    next(rows)
    copy = pickle.loads(pickle.dumps(stream))
    next(rows)
    assert [number_of(row["input_ids"]) for row in copy] == order[0][1:]


def test_a_loader_that_does_not_count_is_told_apart(folders):
    stream = stream_of(folders, batch_size=BATCH)
    list(DataLoader(stream, BATCH, num_workers=2))
    with pytest.raises(RuntimeError, match=r"stream\.loader"):
        stream.state_dict()
    stream.set_epoch(1)
    assert stream.state_dict()["epoch"] == 1


def test_even_ranks_take_the_same_number_of_rows(folders, number_of):
    found = [[number_of(row["input_ids"]) for row in stream_of(folders, rank, 3, even=True)] for rank in range(3)]
    assert [len(rows) for rows in found] == [133] * 3 and len(set(sum(found, []))) == 399


def test_a_state_of_another_stream_is_refused(folders):
    state = stream_of(folders).state_dict()
    for other in (
        ShardStream(folders["plain"], seed=6, window=64), ShardStream(folders["plain"], seed=5, window=63),
        ShardStream(folders["packed"], seed=5, window=64), ShardStream(folders["plain"], seed=5, window=64, shuffle=False),
    ):
        with pytest.raises(ValueError, match="another stream"):
            other.load_state_dict(state)
    with pytest.raises(ValueError, match="version"):
        stream_of(folders).load_state_dict({})


def test_a_mixture_keeps_its_weights_for_any_workers(folders):
    def epoch(workers):
        stream = ShardStream(
            [folders["packed"], folders["plain"]], weights=[3, 1], seed=1, padded=False, rows_per_epoch=200)
        return [row for batch in stream.loader(4, num_workers=workers, collate_fn=list) for row in batch]

    rows = epoch(0)
    assert len(rows) == 200 and list(rows[0]) == ["input_ids", "labels", "position_ids", "seq_lengths"]
    samples = prep.Dataset(folders["packed"], padded=False)
    packed = {row["input_ids"].tobytes() for row in samples}
    assert sum(row["input_ids"].numpy().tobytes() in packed for row in rows) >= 150
    for workers in (1, 3):
        assert all((a["input_ids"] == b["input_ids"]).all() for a, b in zip(rows, epoch(workers), strict=True))


def test_ranks_come_from_torch_distributed(folders, tmp_path):
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        stream = ShardStream(folders["plain"])
        assert (stream.rank, stream.world_size) == (0, 1)
    finally:
        torch.distributed.destroy_process_group()
    with pytest.raises(ValueError, match="rank 2 of 2"):
        stream_of(folders, 2, 2)


def test_collators_pad_and_flatten(folders):
    data = ShardDataset(folders["plain"], padded=False)
    rows = [data[i] for i in range(3)]
    lengths = [len(row["input_ids"]) for row in rows]
    for collate, length in (
        (PadCollator(7), max(lengths)), (PadCollator(7, multiple_of=64), -(-max(lengths) // 64) * 64), (PadCollator(7, length=320), 320),
    ):
        batch = collate(rows)
        assert batch["input_ids"].shape == (3, length)
        for index, count in enumerate(lengths):
            assert batch["input_ids"][index, :count].equal(rows[index]["input_ids"])
            assert (batch["input_ids"][index, count:] == 7).all() and (batch["labels"][index, count:] == -100).all()
            assert batch["attention_mask"][index].sum() == count and batch["attention_mask"][index, :count].all()
    padded = ShardDataset(folders["plain"])
    again = PadCollator(padded.rows.pad_id)([padded[i] for i in range(3)])
    assert again["input_ids"].shape == (3, max(lengths)) and again["labels"].equal(PadCollator(50256)(rows)["labels"])
    with pytest.raises(ValueError, match="does not fit"):
        PadCollator(7, length=10)(rows)


def test_a_flattened_batch_has_the_fields_of_variable_length_attention(folders):
    packed = ShardDataset(folders["packed"], padded=False)
    rows = packed.__getitems__([0, 5, 2])
    batch = PackedCollator(seq_idx=True)(rows)
    lengths = torch.cat([row["seq_lengths"] for row in rows]).tolist()
    total = sum(lengths)
    assert batch["input_ids"].shape == (1, total) and "attention_mask" not in batch
    assert batch["input_ids"][0].equal(torch.cat([row["input_ids"] for row in rows]))
    assert batch["cu_seq_lens_q"].dtype == torch.int32 and batch["cu_seq_lens_q"].equal(batch["cu_seq_lens_k"])
    assert batch["cu_seq_lens_q"].diff().tolist() == lengths and batch["cu_seq_lens_q"][0] == 0
    assert batch["max_length_q"] == batch["max_length_k"] == max(lengths)
    assert batch["position_ids"][0].tolist() == [place for length in lengths for place in range(length)]
    assert batch["seq_idx"][0].tolist() == [index for index, length in enumerate(lengths) for _ in range(length)]
    assert (batch["labels"][0, batch["cu_seq_lens_q"][:-1].long()] == -100).all()


def test_flattened_text_is_not_learned_across_its_boundaries():
    rows = [{"input_ids": torch.arange(3, 3 + n), "labels": torch.arange(3, 3 + n), "attention_mask": torch.ones(n)} for n in (2, 4)]
    assert PackedCollator()(rows)["labels"].tolist() == [[-100, 4, -100, 4, 5, 6]]
    assert rows[0]["labels"].tolist() == [3, 4]


def test_flattening_does_what_transformers_does(folders):
    from transformers import DataCollatorWithFlattening

    data = ShardDataset(folders["plain"], padded=False)
    rows = [data[i] for i in range(5)]
    theirs = DataCollatorWithFlattening(return_flash_attn_kwargs=True, return_seq_idx=True)(
        [{name: row[name].tolist() for name in ("input_ids", "labels")} for row in rows])
    ours = PackedCollator(seq_idx=True)(rows)
    assert set(ours) == set(theirs)
    for name, value in theirs.items():
        assert torch.as_tensor(value).tolist() == torch.as_tensor(ours[name]).tolist(), name
