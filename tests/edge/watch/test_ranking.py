"""Ranks are those of a slow count, exact within a block, the same whatever the blocks, and apart by season."""

import numpy as np
import pytest
from oracles import endless

from edge.watch.ranking import Ranking, Shape

RARITY = np.array([2, 0, 3, 1])


def made(n_seasons=1, seed=4):
    rng = np.random.default_rng(1)
    histories = [rng.integers(0, 6, (n_seasons, 4)), np.zeros((n_seasons, 3), dtype=np.int64)]
    return histories, Ranking([Shape(histories[0], RARITY), Shape(histories[1], np.arange(3))], seed=seed, stream=0)


def within(found, bounds):
    return all(
        low - 1e-12 <= rank <= high + 1e-12
        for row, pairs in zip(found, bounds, strict=True)
        for rank, (low, high) in zip(row, pairs, strict=True)
    )


def test_ranks_are_those_of_a_slow_count():
    histories, ranking = made()
    codes = np.random.default_rng(2).integers(0, 3, (80, 2))
    found = ranking.ranks(codes, 0)
    for signal, rarity in ((0, RARITY.tolist()), (1, [0, 1, 2])):
        history = np.repeat(np.arange(len(rarity)), histories[signal][0]).tolist()
        bounds = endless.ranks(history, codes[:, signal].tolist(), rarity)
        assert within(found[:, [signal, 2 + signal]], bounds)
    assert ranking.counts.sum() == sum(each.sum() for each in histories) + 160


@pytest.mark.parametrize("cut", [1, 33, 79])
def test_ranks_do_not_depend_on_the_blocks(cut):
    codes = np.random.default_rng(2).integers(0, 3, (80, 2))
    whole, parts = made()[1], made()[1]
    expected = whole.ranks(codes, 0)
    found = np.concatenate([parts.ranks(codes[:cut], 0), parts.ranks(codes[cut:], cut)])
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(parts.counts, whole.counts)


def test_a_value_is_ranked_among_those_of_its_own_season():
    histories, ranking = made(n_seasons=2)
    rng = np.random.default_rng(3)
    codes, seasons = rng.integers(0, 3, (60, 2)), rng.integers(0, 2, 60)
    found = ranking.ranks(codes, 0, seasons)
    for season in (0, 1):
        rows = np.flatnonzero(seasons == season)
        history = np.repeat(np.arange(4), histories[0][season]).tolist()
        assert within(found[rows][:, [0, 2]], endless.ranks(history, codes[rows, 0].tolist(), RARITY.tolist()))


def test_ranks_of_an_exchangeable_stream_are_uniform_and_another_seed_gives_others():
    codes = np.random.default_rng(6).integers(0, 3, (4_000, 2))
    ranking, other = made()[1], made(seed=5)[1]
    found = np.concatenate([ranking.ranks(codes[at : at + 100], at) for at in range(0, 4_000, 100)])
    shares = np.array([np.histogram(column, bins=10, range=(0, 1))[0] for column in found[:, [1, 3]].T]) / 4_000
    assert np.abs(shares - 0.1).max() < 0.02
    assert (other.ranks(codes[:100], 0) != found[:100]).any()
