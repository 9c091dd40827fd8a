"""The past is kept in bounded room without losing a count, and says where ranks changed."""

import numpy as np
from scipy import stats

from edge.watch.betting import N_KINDS, kinds_of
from edge.watch.past import Past


def test_nothing_is_lost_and_room_is_bounded():
    past = Past()
    for block in range(3_000):
        past.take(np.array([1, block]), np.array([0.5]), 100 * block)
    counts, sums = past.total(0)
    assert counts.tolist() == [3_000, 3_000 * 2_999 // 2]
    assert sums.tolist() == [1_500.0]
    assert len(past.rungs) < 200
    assert past.first[0] == 0
    assert past.first[-1] == 299_900
    assert [past.total(place, place + 1)[0][0] for place in range(len(past.rungs))] == [2**rung for rung in past.rungs]


def test_the_interval_of_a_beginning_covers_it_and_is_narrow():
    covered = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        past = Past()
        for block in range(300):
            ranks = rng.beta(2, 1, 100) if block >= 240 else rng.random(100)
            past.take(kinds_of(ranks[:, None]).ravel(), np.zeros(1), 100 * block)
        found = past.onset(slice(0, N_KINDS), 30_000)
        covered += found.earliest <= 24_000 <= found.latest
        assert found.latest - found.earliest < 4_000
    assert covered >= 36


def test_the_interval_covers_the_beginning_of_a_ramp_too():
    """The mean of a normal column moves by a hundredth of its deviation a block, from block 240 on; asked at block 276."""
    covered, width = 0, []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        past = Past()
        for block in range(276):
            ranks = stats.norm.cdf(rng.normal(max(block - 240, 0) / 100, 1, 100))
            past.take(kinds_of(ranks[:, None]).ravel(), np.zeros(1), 100 * block)
        found = past.onset(slice(0, N_KINDS), 27_600)
        covered += found.earliest <= 24_000 <= found.latest
        width.append(found.latest - found.earliest)
    assert covered >= 36
    assert np.median(width) < 6_000
