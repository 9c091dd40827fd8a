"""Intervals of what is said of a group count units as the textbook's formulas do, worked out by other code."""

import numpy as np
import pytest
from oracles import intervals
from scipy import stats

from interpretability.groups.intervals import counted, drawn_units, of_mean, of_score, of_share
from lab.belonging import Belonging
from lab.learning.influence import Part

SIZES = [1, 2, 2, 3, 5, 7, 9, 11]
UNITS = np.random.default_rng(2).permutation(np.repeat(np.arange(8) * 10, SIZES))


def beta_share(share, n):
    """Clopper's and Pearson's interval of a share of n rows, where n need not be whole, in per cent."""
    low, high = stats.beta(share * n, n - share * n + 1).ppf(0.025), stats.beta(share * n + 1, n - share * n).ppf(0.975)
    return 100 * share, 100 * low, 100 * high


@pytest.mark.parametrize("seed", range(3))
def test_a_share_has_the_interval_of_as_many_rows_as_give_its_standard_error(seed):
    """Korn and Graubard: n is p (1 - p) over the squared standard error that counts units."""
    rng = np.random.default_rng(seed)
    happened = rng.random(40) < np.array([0.1, 0.9, 0.2, 0.8, 0.15, 0.7, 0.3, 0.95])[UNITS // 10]
    of = rng.random(40) < 0.9
    share = happened[of].mean()
    error, _ = intervals.of_one_model(
        happened[of].astype(float), happened[of], kinds=intervals.mean_kinds, units=UNITS[of]
    )
    n = share * (1 - share) / error**2
    assert 2 < n < 30, "units count, not rows"
    assert of_share(happened & of, of, UNITS) == pytest.approx(beta_share(share, n), rel=1e-9)
    assert of_share(happened & of, of, None) == pytest.approx(intervals.share(int(happened[of].sum()), int(of.sum())))


def test_rows_that_are_more_unlike_than_chance_has_it_count_no_more_than_once():
    events, units = np.tile([True, False], 12), np.repeat(np.arange(6), 4)
    events[0] = False  # so that the standard error is small, but not nothing
    of = np.full(24, True)
    assert of_share(events, of, units) == pytest.approx(intervals.share(11, 24))


def test_a_share_of_a_single_unit_is_known_as_from_one_row():
    events = np.array([True, False, False, True, True])
    assert of_share(events, np.full(5, True), np.full(5, 3)) == pytest.approx(beta_share(0.6, 1))


@pytest.mark.parametrize("happens", [False, True])
def test_what_always_or_never_happens_is_known_as_from_one_row_of_each_unit(happens):
    events = np.full(40, happens)
    assert of_share(events, np.full(40, True), UNITS) == pytest.approx(intervals.share(8 * happens, 8))


def test_of_two_units_that_disagree_a_share_is_hardly_known():
    events, units = np.repeat([True, False], 5), np.repeat([0, 1], 5)
    # each unit lies 1/2 off: the squared standard error is 2 x 2 x (1/4)^2 = 1/4, as of a single row
    assert of_share(events, np.full(10, True), units) == pytest.approx(beta_share(0.5, 1))


@pytest.mark.parametrize("units", [None, UNITS])
def test_a_mean_has_the_interval_of_its_units(units):
    values = np.random.default_rng(3).normal(4.0, 2.0, 40)
    half = intervals.half_of_one_model(values, values, intervals.mean_kinds, units)
    assert of_mean(values, units) == pytest.approx((values.mean(), values.mean() - half, values.mean() + half))


@pytest.mark.parametrize("wider", [0.5, 2.0])
def test_a_score_reaches_as_far_as_it_must(wider):
    values = np.random.default_rng(4).normal(size=40)
    half = intervals.half_of_one_model(values, values, intervals.mean_kinds)
    parts = (Part(np.ones(40, dtype=bool), values),)
    reach = max(wider, 1) * half
    assert of_score(0.7, parts, None, least=wider * half) == pytest.approx((0.7, 0.7 - reach, 0.7 + reach))
    assert of_score(0.7, parts, None) == pytest.approx((0.7, 0.7 - half, 0.7 + half))
    assert of_score(0.7, parts, np.zeros(40), least=wider) == (0.7, None, None)


def test_drawn_sums_vary_as_those_of_a_bootstrap_over_units():
    sums = np.array([[4, 1], [0, 1], [0, 3], [0, 1], [2, 2], [2, 2], [-1, 7]])
    drawn = drawn_units(sums, np.random.default_rng(0), 40_000)
    assert drawn.shape == (40_000, 2)
    np.testing.assert_allclose(drawn.mean(axis=0), sums.sum(axis=0), rtol=0.02)
    np.testing.assert_allclose(np.cov(drawn.T), 7 * np.cov(sums.T, ddof=0), rtol=0.05)
    np.testing.assert_array_equal(drawn, drawn_units(sums, np.random.default_rng(0), 40_000))


def test_a_caption_says_what_is_counted_where_it_is_not_rows():
    assert counted(Belonging()) == ""
    assert (
        counted(Belonging(units=UNITS, by="patient"))
        == ", which count each value of 'patient' once, however many rows it has"
    )
