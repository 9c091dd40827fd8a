"""The capital is that of gamblers who bet row by row, to the alarm and to where the change lies."""

import itertools
import math

import numpy as np
import pytest
from oracles import gamblers

from edge.stream.martingale import CUTS, Counts, capital, capital_on_rates, ranks


def drifting(seed, n_rows, at):
    """Ranks that are uniform, and from a row on too large."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.random(at), rng.beta(2.5, 1, n_rows - at)])


@pytest.mark.parametrize("cuts", [(), CUTS, (0.3,)])
@pytest.mark.parametrize(("n_rows", "block"), [(1, 1), (7, 10), (240, 10), (203, 3)])
def test_the_capital_is_that_of_gamblers_who_count(n_rows, block, cuts):
    p = drifting(4, n_rows, n_rows // 2)
    p[0] = 1.0  # the end belongs to the last bin
    expected, _ = gamblers.path(p, block, cuts)
    found = capital(p, block=block, threshold=1e300, cuts=cuts)
    assert (found.alarm, found.start) == (None, (0, 0, 0))
    np.testing.assert_allclose(found.log_capital, expected, atol=1e-9)


@pytest.mark.parametrize("cuts", [(), CUTS[::3]])
@pytest.mark.parametrize(("at", "block"), [(60, 10), (240, 4), (10, 3), (0, 10)])
def test_at_the_alarm_the_path_ends_and_the_shares_say_where_the_change_lies(at, block, cuts):
    p = drifting(8, at + 120, at)
    whole, each = gamblers.path(p, block, cuts)
    alarm = next(place for place, logarithm in enumerate(whole) if logarithm >= math.log(20.0))
    found = capital(p, block=block, threshold=20.0, cuts=cuts)
    assert found.alarm == alarm
    np.testing.assert_allclose(found.log_capital, whole[: alarm + 1], atol=1e-9)
    assert found.start == gamblers.start_of(each[alarm])


def test_a_threshold_that_is_just_reached_is_reached():
    whole = capital(drifting(8, 100, 20), block=10, threshold=1e300).log_capital
    place, threshold = next(
        (place, math.exp(logarithm))
        for place, logarithm in enumerate(whole)
        if math.log(math.exp(logarithm)) == logarithm > max(whole[:place], default=-1)
    )
    assert capital(drifting(8, 100, 20), block=10, threshold=threshold).alarm == place


def test_ranks_of_the_same_seed_are_the_same_and_of_another_one_are_not():
    history, stream = np.array([0, 1, 1]), np.array([1, 0, 1, 1])
    one, again, other = (ranks(history, stream, 2, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_codes_that_the_history_lacks_have_ranks_too():
    found = ranks(np.array([0, 0]), np.array([4, 0, 2]), 5, seed=1)
    draws = np.random.default_rng(1).random(3)
    # of 0 0 4: above two; of 0 0 4 0: three equal; of 0 0 4 0 2: above three, below one
    np.testing.assert_allclose(found, [(2 + draws[0]) / 3, 3 * draws[1] / 4, (3 + draws[2]) / 5])


def counted(training, history, stream, block):
    """What happened in the blocks of such rows."""
    parts = [stream[first : first + block] for first in range(0, len(stream), block)]
    rows = (len(training), len(history), np.array([len(part) for part in parts]))
    return Counts(training.sum(axis=0), history.sum(axis=0), np.array([part.sum(axis=0) for part in parts]), rows)


@pytest.mark.parametrize(("n_rows", "block"), [(1, 1), (40, 7), (60, 20)])
def test_the_capital_on_rates_is_that_of_those_who_count_row_by_row(n_rows, block):
    rng = np.random.default_rng(n_rows)
    training, history = (rng.random((n, 2)) < (0.1, 0.5) for n in (30, 20))
    stream = rng.random((n_rows, 2)) < (0.5, 0.5)
    tables = [table.astype(np.int64) for table in (training, history, stream)]
    found = capital_on_rates(counted(*tables, block), threshold=1e300)
    np.testing.assert_allclose(found.log_capital, gamblers.rate_path(*(t.tolist() for t in tables), block), atol=1e-9)


def test_the_capital_on_rates_never_expects_to_grow_whatever_the_rate():
    """Over all outcomes of six rows, weighted by their chance at a rate: at most 1, though the rate is not known."""
    every = np.array(list(itertools.product((0, 1), repeat=6)))
    training = np.ones((3, 1), dtype=np.int64)
    ends = [
        np.exp(capital_on_rates(counted(training, rows[:2], rows[2:], 2), threshold=1e300).log_capital)
        for rows in every[:, :, None]
    ]
    for rate in (0.01, 0.3, 0.5, 0.9):
        chances = np.prod(np.where(every == 1, rate, 1 - rate), axis=1)
        assert (chances @ np.array(ends) <= 1 + 1e-12).all()


def test_an_alarm_on_rates_is_raised_where_the_rate_changed():
    history, stream = np.zeros((200, 1), dtype=np.int64), np.zeros((400, 1), dtype=np.int64)
    stream[200:] = 1
    found = capital_on_rates(counted(history, history, stream, 50), threshold=1e3)
    assert (found.alarm, found.start) == (4, (4, 4, 4))
