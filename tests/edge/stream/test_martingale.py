"""The capital is that of gamblers who bet row by row, to the alarm and to where the change lies."""

import math

import numpy as np
import pytest
from oracles import gamblers

from edge.stream.martingale import CUTS, capital, ranks


def drifting(seed, n_rows, at):
    """Ranks that are uniform, and from a row on too large."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.random(at), rng.beta(2.5, 1, n_rows - at)])


@pytest.mark.parametrize("cuts", [(), CUTS, (3,)])
@pytest.mark.parametrize(("n_rows", "block"), [(1, 1), (7, 10), (240, 10), (203, 3)])
def test_the_capital_is_that_of_gamblers_who_count(n_rows, block, cuts):
    p = drifting(4, n_rows, n_rows // 2)
    p[0] = 1.0  # the end belongs to the last bin
    expected, _ = gamblers.path(p, block, cuts)
    found = capital(p, block=block, threshold=1e300, cuts=cuts)
    assert (found.alarm, found.start) == (None, (0, 0, 0))
    np.testing.assert_allclose(found.log_capital, expected, atol=1e-9)


@pytest.mark.parametrize("cuts", [(), CUTS])
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
