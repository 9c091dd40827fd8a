"""The capital is that of gamblers who bet rank by rank; joined or not it stays a martingale, and what is asked never exceeds it."""

import copy
import math

import numpy as np
import pytest
from oracles import endless

from edge.watch.betting import N_KINDS, kinds_of, tally
from edge.watch.gamblers import Gamblers, share_of, share_of_later


def taken(gamblers, ranks):
    return gamblers.take(tally(kinds_of(np.array(ranks)[:, None]).T))


def test_the_capital_is_that_of_gamblers_who_bet_rank_by_rank():
    rng = np.random.default_rng(3)
    blocks = [rng.beta(1, 1 + 2 * (place > 2), 7).tolist() for place in range(5)]
    gamblers = Gamblers(1)
    for number, block in enumerate(blocks, start=1):
        found = taken(gamblers, block)
        assert found[0] == pytest.approx(math.log(endless.capital(blocks[:number])), abs=1e-9)
    assert gamblers.capital()[0] == pytest.approx(found[0], abs=1e-12)


def test_the_shares_of_all_who_ever_start_are_one():
    total = 0.0
    for block in range(3_000):
        assert share_of(block) == pytest.approx(endless.share(block), rel=1e-12)
        total += share_of(block)
        if block in (0, 255, 256, 767, 2_999):
            assert total + share_of_later(block + 1) == pytest.approx(1, abs=1e-12)


def chances():
    """The chance of each kind of rank, by one rank in the middle of each thousandth."""
    middles = (np.arange(1_000) + 0.5) / 1_000
    kinds = np.array([kinds_of(np.array([[rank]]))[0].argmax() for rank in middles])
    return np.bincount(kinds, minlength=N_KINDS) / 1_000, [
        middles[np.flatnonzero(kinds == k)[0]] for k in range(N_KINDS)
    ]


def test_the_capital_never_expects_to_grow_nor_to_shrink_while_gamblers_are_joined():
    """Over all that the next rank may be, weighted by its chance, the whole capital stays what it was."""
    weights, middles = chances()
    rng = np.random.default_rng(5)
    gamblers = Gamblers(1)
    for block in range(60):
        if block % 7 == 3 or block > 55:
            now = math.exp(gamblers.capital()[0])
            after = []
            for middle in middles:
                next_one = copy.deepcopy(gamblers)
                asked = taken(next_one, [middle])[0]
                assert asked <= next_one.capital()[0] + 1e-12
                after.append(math.exp(next_one.capital()[0]))
            assert weights @ np.array(after) == pytest.approx(now, rel=1e-9)
        taken(gamblers, [rng.beta(1, 1.5)])
    assert len(gamblers.rungs) < 30 < gamblers.blocks


def test_room_grows_with_the_logarithm_of_the_stream_alone():
    gamblers, sizes = Gamblers(1), {}
    for block in range(4_096):
        taken(gamblers, [((block * 0.618) % 1)])
        sizes[block + 1] = len(gamblers.rungs)
    assert sizes[4_096] - sizes[2_048] <= 6
    assert max(sizes.values()) < 60


def test_ranks_that_rise_make_rich_and_uniform_ones_do_not():
    rng = np.random.default_rng(0)
    gamblers = Gamblers(2)
    for block in range(60):
        even = rng.random(50)
        ranks = np.stack([even, rng.beta(2, 1, 50) if block >= 30 else even], axis=1)
        gamblers.take(tally(kinds_of(ranks).T))
    calm, risen = gamblers.capital()
    assert calm < math.log(20) < 50 < risen


def test_where_it_is_known_how_many_blocks_come_all_shares_are_equal():
    rng = np.random.default_rng(7)
    blocks = [rng.beta(1, 1.5, 9).tolist() for _ in range(4)]
    gamblers = Gamblers(1, to_come=4)
    assert gamblers.capital()[0] == 0
    for number, block in enumerate(blocks, start=1):
        expected = math.log(endless.capital_of(blocks[:number], to_come=4))
        assert taken(gamblers, block)[0] == pytest.approx(expected, abs=1e-9)
    assert gamblers.capital()[0] == pytest.approx(expected, abs=1e-9)
