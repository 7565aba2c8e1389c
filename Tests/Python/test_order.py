"""The order of a stream: a pure function of seed, epoch and place."""

import numpy
import pytest
from prep import StreamOrder
from prep.order import permutation

SETS = [numpy.array([0, 40, 90, 100, 230]), numpy.array([0, 7, 30]), numpy.array([0, 64])]
COUNTS = [230, 30, 64]


def whole(order, epoch):
    which, rows = order.at(epoch, numpy.arange(order.count))
    return list(zip(which.tolist(), rows.tolist()))


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("window", [1, 10, 100, 1000, None])
def test_each_row_comes_once_an_epoch(window, shuffle):
    order = StreamOrder(SETS, seed=3, window=window, shuffle=shuffle)
    everything = sorted((number, row) for number, count in enumerate(COUNTS) for row in range(count))
    epochs = [whole(order, epoch) for epoch in range(3)]
    for epoch in epochs:
        assert sorted(epoch) == everything
    assert (epochs[0] != epochs[1]) == shuffle
    assert epochs[2] == whole(StreamOrder(SETS, seed=3, window=window, shuffle=shuffle), 2)
    assert (epochs[0] != whole(StreamOrder(SETS, seed=4, window=window, shuffle=shuffle), 0)) == shuffle


def test_one_frame_is_shuffled_anew_each_epoch():
    order = StreamOrder([numpy.array([0, 100])], seed=3)
    assert len({tuple(whole(order, epoch)) for epoch in range(4)}) == 4


def test_any_place_is_found_at_once():
    order = StreamOrder(SETS, seed=9, window=50)
    expected = whole(order, 5)
    rng = numpy.random.default_rng(1)
    for _ in range(50):
        places = numpy.sort(rng.choice(order.count, rng.integers(1, 60), replace=False))
        which, rows = StreamOrder(SETS, seed=9, window=50).at(5, places)
        assert list(zip(which.tolist(), rows.tolist())) == [expected[place] for place in places]


def test_weights_are_kept_from_window_to_window_and_no_row_comes_twice_before_all_came():
    weights = [1, 2, 1]
    order = StreamOrder(SETS, weights=weights, seed=2, window=32)
    assert order.count == sum(COUNTS) and order.quotas == [81, 162, 81]
    rows = [row for epoch in range(4) for row in whole(order, epoch)]
    for end in range(32, order.count + 1, 32):
        taken = numpy.bincount([number for number, _ in rows[:end]], minlength=3)
        assert (abs(taken - numpy.array(weights) / 4 * end) <= 1).all()
    for number, count in enumerate(COUNTS):
        mine = [row for other, row in rows if other == number]
        for start in range(0, len(mine) - count + 1, count):
            assert len(set(mine[start : start + count])) == count
    assert StreamOrder(SETS, weights=weights, rows_per_epoch=40).count == 40


def test_without_shuffle_a_mixture_is_spread_evenly():
    order = StreamOrder([numpy.array([0, 30]), numpy.array([0, 10])], shuffle=False, window=40)
    which, rows = order.at(0, numpy.arange(40))
    assert rows[which == 0].tolist() == list(range(30)) and rows[which == 1].tolist() == list(range(10))
    assert all(which[start : start + 4].sum() == 1 for start in range(0, 40, 4))


def test_reading_in_order_keeps_few_frames():
    starts = numpy.arange(0, 100_001, 100)
    order = StreamOrder([starts], seed=1, window=1600)
    _, rows = order.at(0, numpy.arange(100_000))
    for start in range(0, 100_000, 1600):
        assert len(set((rows[start : start + 1600] // 100).tolist())) <= 17
    # The order is global: neighbours in the epoch are far apart in the data.
    assert abs(numpy.diff(rows[::1600])).mean() > 20_000


@pytest.mark.parametrize(
    ("frames", "rows", "least"),
    # A shuffle of all rows touches 13.9 of 16, 31.3 of 690, 19.8 of 30.
    [(16, 9_600, 12), (690, 414_000, 20), (30, 1_000_000, 15)])
def test_neighbours_of_the_default_order_come_from_many_frames(frames, rows, least):
    starts = numpy.linspace(0, rows, frames + 1).astype(int)
    order = StreamOrder([starts], seed=5)
    _, given = order.at(0, numpy.arange(min(rows, 320_000)))
    frame = numpy.searchsorted(starts, given, side="right") - 1
    touched = [len(set(frame[start : start + 32].tolist())) for start in range(0, len(frame) - 31, 32)]
    assert numpy.mean(touched) >= least


def test_sources_that_lie_one_behind_the_other_do_not_clump():
    starts = numpy.arange(0, 300_001, 500)
    order = StreamOrder([starts], seed=6)
    _, given = order.at(0, numpy.arange(order.count))
    # The first tenth is one source: it is a tenth of each long stretch of the order too.
    for start in range(0, order.count - 31_999, 32_000):
        assert 0.08 < (given[start : start + 32_000] < 30_000).mean() < 0.12


def test_a_permutation_is_uniform_enough():
    firsts = numpy.bincount([permutation(10, seed)[0] for seed in range(5000)], minlength=10)
    assert firsts.min() > 400 and firsts.max() < 600


def test_what_cannot_be_ordered_is_refused():
    for arguments in (
        {"frame_starts": []}, {"frame_starts": [numpy.array([0])]}, {"frame_starts": SETS, "window": 0},
        {"frame_starts": SETS, "weights": [1, 2]}, {"frame_starts": SETS, "weights": [1, 0, 1]},
        {"frame_starts": SETS, "rows_per_epoch": 10}, {"frame_starts": SETS, "weights": [1, 1, 1], "rows_per_epoch": 0},
    ):
        with pytest.raises(ValueError):
            StreamOrder(**arguments)
