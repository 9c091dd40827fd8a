"""Intervals and decisions agree with other code and hold what they promise."""

import numpy as np
import pytest
from oracles import intervals
from scipy import integrate, stats

from lab.decisions import rows_to_settle, side_of_margin
from lab.learning import influence
from lab.protocol import Estimate
from lab.stats import (
    corrected_spread,
    corrected_standard_error,
    paired_difference,
    pooled_spread,
    quantile,
    rate,
    regions_of,
)


def test_paired_difference_without_overlap_is_the_plain_paired_t_interval():
    a, b = np.random.default_rng(0).normal(size=(2, 10))
    expected = stats.ttest_rel(a, b).confidence_interval(0.95)  # oracle: other code
    got = paired_difference(a, b, test_fraction=0.0, unit="accuracy")
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high), rel=1e-12)


def test_the_correction_widens_the_variance_by_the_ratio_of_test_to_training_rows():
    differences = np.array([1.0, 2.0, 4.0, 5.0, 3.0])
    # by hand: sample variance 2.5, five folds of 20 % each: 2.5 * (1/5 + 20/80)
    assert corrected_standard_error(differences, 0.2) == pytest.approx(np.sqrt(2.5 * 0.45), rel=1e-15)


@pytest.mark.parametrize(("a", "b"), [([1.0], [2.0]), ([1.0, 2.0], [1.0]), ([[1.0, 2.0]], [[1.0, 2.0]])])
def test_paired_difference_refuses_what_it_cannot_pair(a, b):
    with pytest.raises(ValueError, match=r"fold\(s\)|shape"):
        paired_difference(a, b, test_fraction=0.2, unit="")


@pytest.mark.parametrize(
    ("low", "high", "side"),
    [(1.1, 3, "above"), (-3, 0.9, "below"), (-1, 2, "undecided"), (1.0, 2, "undecided"), (0, 1.0, "undecided")],
)
def test_an_interval_that_touches_the_margin_decides_nothing(low, high, side):
    assert side_of_margin(Estimate((low + high) / 2, low, high, ""), 1.0) == side


def test_regions_are_the_integrals_of_the_correlated_t_posterior():
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.02, 0.03, 15), rng.normal(0, 0.03, 15)
    d = a - b
    scale = np.sqrt(np.var(d, ddof=1) * (1 / 15 + 0.25))

    def density(x):  # Student's t written out, 14 degrees of freedom
        from math import gamma, pi, sqrt

        z = (x - d.mean()) / scale
        return gamma(7.5) / (sqrt(14 * pi) * gamma(7)) * (1 + z * z / 14) ** -7.5 / scale

    expected = [integrate.quad(density, *ends)[0] for ends in ((-np.inf, -0.01), (-0.01, 0.01), (0.01, np.inf))]
    found = regions_of(d.mean(), corrected_spread(d, 0.2), 0.01)
    assert [found.worse, found.equal, found.better] == pytest.approx(expected, abs=1e-7)  # quad's own accuracy


def test_regions_without_spread_are_certain():
    assert regions_of(1.0, corrected_spread(np.ones(2), 0.2), 0.5).better == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_the_interval_of_a_quantile_covers_the_truth_as_often_as_promised(share):
    rng = np.random.default_rng(2)
    truth = -np.log(1 - share)  # of the exponential distribution
    found = [quantile(rng.exponential(size=600), share, unit="ms") for _ in range(1_000)]
    covered = sum(e.low <= truth <= e.high for e in found)
    # at least 95 % promised; 1,000 runs: 3.3 standard deviations below would be 92.7 %
    assert covered >= 927


@pytest.mark.parametrize(("share", "needed"), [(0.99, 368), (0.999, 3_688), (0.5, 6)])
def test_a_quantile_without_enough_samples_is_not_given(share, needed):
    samples = np.arange(needed, dtype=float)
    # the probability that all samples lie below (above) the quantile must be at most 2.5 %
    assert share**needed <= 0.025 < share ** (needed - 1)
    assert quantile(samples, share, unit="") is not None
    assert quantile(samples[:-1], share, unit="") is None


def test_a_rate_has_the_exact_binomial_interval():
    found = rate(0, 20)
    assert (found.low, found.high) == pytest.approx((0.0, 1 - 0.025 ** (1 / 20)), rel=1e-9)  # no events: by hand
    with pytest.raises(ValueError, match="not possible"):
        rate(3, 2)


def test_rows_to_settle_grow_with_the_square_of_the_interval():
    # a distance of 2 is told by 100 rows, the estimate lies 1 from the margin: four times the rows
    estimate = Estimate(0.0, -2.0, 2.0, "")
    assert rows_to_settle(estimate, 1.0, 100, detectable=2.0) == 400
    assert rows_to_settle(Estimate(1.0, -1.0, 3.0, ""), 1.0, 100, detectable=2.0) is None
    assert rows_to_settle(estimate, 1.0, 100, detectable=0.0) == 1  # no spread at all: any rows do


def test_rows_to_settle_know_the_narrowest_interval_that_rows_allow():
    """Two models that agree on 178 rows: 3 of 178 is 1.7 points, and 3 of 300 is one."""
    level = Estimate(0.0, -1.7, 1.7, "points")
    assert rows_to_settle(level, 1.0, 178, detectable=0.4, least_half=300 / 178) == 300
    assert rows_to_settle(level, 1.0, 178, detectable=1.5, least_half=300 / 178) == 410, (
        "the spread asks for more: 400.5"
    )
    assert rows_to_settle(Estimate(0.995, 0, 2, ""), 1.0, 100, detectable=0.03, least_half=1.0) is None, (
        "a hundred times"
    )
    assert rows_to_settle(Estimate(0.98, 0, 2, ""), 1.0, 100, detectable=0.03, least_half=1.0) == 5_000


def test_rows_to_settle_are_rounded_up_to_two_digits_and_given_up_to_a_hundred_times_the_rows():
    def rows(n_rows, away, detectable):
        return rows_to_settle(Estimate(1.0 + away, 0.0, 9.0, ""), 1.0, n_rows, detectable=detectable)

    assert rows(1_234, 1.0, 2.0) == rows(1_234, -1.0, 2.0) == 5_000  # 4,936
    assert rows(17, 1.0, 2.0) == 68, "below a hundred each row counts"
    assert rows(100, 1.0, 9.5) == 9_100  # 9,025
    assert rows(100, 1.0, 9.875) == 9_800  # 9,751.6
    assert rows(100, 1.0, 10.0) is None, "a hundred times the rows"
    assert rows(100, 1.0, 11.0) is None


def test_a_difference_as_large_as_the_detectable_one_is_found_in_four_of_five_runs():
    rng = np.random.default_rng(3)
    spread, folds = 1.0, 15
    typical = np.median([corrected_spread(rng.normal(0, spread, folds), 0.0).detectable() for _ in range(500)])
    found = [
        paired_difference(rng.normal(typical, spread, folds), np.zeros(folds), test_fraction=0.0, unit="").low > 0
        for _ in range(2_000)
    ]
    assert np.mean(found) == pytest.approx(0.8, abs=0.05)  # t quantiles added up are an approximation


def test_the_corrected_interval_rarely_declares_a_winner_between_equals():
    """Two models of equal skill on fold-shared rows: at a nominal 5 % the plain t would err in over 20 %."""
    rng = np.random.default_rng(4)
    wrong = plain = 0
    runs = 400
    for _ in range(runs):
        row_effects = rng.normal(size=200)  # per row: how much better model A does there; 0 on average
        scores = []
        for _ in range(3):
            order = rng.permutation(200)
            scores += [row_effects[fold].mean() for fold in np.array_split(order, 5)]
        corrected = paired_difference(scores, np.zeros(15), test_fraction=0.2, unit="")
        naive = paired_difference(scores, np.zeros(15), test_fraction=0.0, unit="")
        wrong += not corrected.low <= 0 <= corrected.high
        plain += not naive.low <= 0 <= naive.high
    assert wrong / runs <= 0.09  # 5 % and three standard deviations of 400 runs
    assert plain / runs > wrong / runs + 0.05


def test_the_pooled_spread_is_its_formula():
    nan = np.nan
    added = [[[0.3, -0.3, nan, nan], [nan, nan, 0.2, -0.2]], [[0.1, -0.1, nan, nan], [nan, nan, 0.0, 0.0]]]
    found = pooled_spread(added, [[0.4, 0.6], [0.6, 0.8]])
    # means over the repetitions 0.2, -0.2 and 0.1, -0.1, twice their square (2 / (2 - 1)): 0.16 and 0.04; times K/(K-1) = 2;
    # the repetitions differ with variance 0.02, half of it for their mean
    assert found.standard_error == pytest.approx(np.sqrt(2 * (0.16 + 0.04) + 0.01))
    assert found.degrees == pytest.approx(0.2**2 / (0.16**2 / 0.5 + 0.04**2 / 0.5))
    for scores in ([[0.5], [0.7]], [0.5, 0.7], [[0.4, 0.6]]):
        with pytest.raises(ValueError, match="repetitions of two folds"):
            pooled_spread(added, scores)
    with pytest.raises(ValueError, match="rests on 1 unit"):
        pooled_spread(added, [[0.4, 0.6], [0.6, 0.8]], units=[0, 0, 1, 2])


@pytest.mark.parametrize(
    ("scores", "variance", "degrees"),
    [
        # the rows alone: 2 * (0.3^2 + 0.3^2) = 0.36, times 2 / (2 - 1), with (2 - 1) / 2 degrees of freedom
        (
            [[0.5, 0.7]],
            0.72,
            0.5,
        ),  # the folds differ with variance 0.02, half of it for their mean: less than the rows say
        (
            [[0.0, 2.0]],
            0.72 + 0.64,
            1.36**2 / (0.72**2 / 0.5 + 0.64**2),
        ),  # 1 for their mean, 0.64 more than the rows say
    ],
)
def test_the_spread_of_one_repetition_takes_from_its_folds_what_the_rows_do_not_explain(scores, variance, degrees):
    found = pooled_spread([[[0.3, -0.3]]], scores)
    assert found.standard_error == pytest.approx(np.sqrt(variance))
    assert found.degrees == pytest.approx(degrees)


def test_rows_of_one_unit_add_up_before_they_are_squared():
    rng = np.random.default_rng(0)
    once = rng.normal(size=(2, 1, 30))
    once -= once.mean(axis=2, keepdims=True)
    alone = pooled_spread(once, np.zeros((2, 5)))
    thrice = pooled_spread(np.tile(once, 3) / 3, np.zeros((2, 5)), units=np.tile(np.arange(30), 3))
    assert thrice.standard_error == pytest.approx(alone.standard_error), "a table present three times is no larger"
    assert thrice.degrees == pytest.approx(alone.degrees)


def test_the_variance_over_units_is_that_of_the_jackknife_which_leaves_one_out():
    """A mean over rows in groups of different sizes, as accuracy is: the jackknife over groups, for many groups."""
    rng = np.random.default_rng(3)
    units = np.repeat(np.arange(400), rng.integers(1, 8, 400))
    values = rng.normal(size=400)[units] + 0.5 * rng.normal(size=len(units))
    added = np.tile((values - values.mean()) / len(values), (2, 1, 1))
    without = [values[units != unit].mean() for unit in range(400)]
    jackknife = np.sqrt(399 / 400 * np.sum((np.array(without) - np.mean(without)) ** 2))
    found = pooled_spread(added, np.zeros((2, 2)), units=units).standard_error / np.sqrt(2)
    assert found == pytest.approx(jackknife, rel=0.02)


def test_the_pooled_spread_covers_the_truth_where_two_learners_are_equal_by_construction():
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(150):
        features = rng.normal(size=(150, 4))
        target = (rng.random(150) < 1 / (1 + np.exp(-features.sum(axis=1)))).astype(int)
        means, adds = [], []  # of the folds, repetition by repetition
        for _repeat in range(2):
            order = rng.permutation(150)
            scored, folds = [], []
            for test in np.array_split(order, 5):
                train = np.setdiff1d(order, test)
                parts = []
                for columns in ([0, 1], [2, 3]):  # one half each: neither can be better
                    weights, *_ = np.linalg.lstsq(features[train][:, columns], target[train] - 0.5)
                    parts.append(features[test][:, columns] @ weights)
                positive = target[test] == 1
                wins = [(p[positive][:, None] > p[~positive]).mean() for p in parts]
                scored.append(wins[0] - wins[1])
                said = [np.column_stack([-p, p]) for p in parts]
                folds.append((test, *(influence.parts("roc_auc", p, target[test]) for p in said)))
            adds.append(influence.added(folds, 150))
            means.append(scored)
        spread = pooled_spread(adds, means)
        inside += abs(np.mean(means)) <= spread.half_width()
    assert 130 <= inside <= 149, "a 95 % interval holds the truth in about 142 of 150 cases"


@pytest.mark.parametrize(("events", "trials"), [(0, 1), (1, 1), (0, 20), (3, 7), (20, 20)])
def test_a_share_of_events_has_the_ends_of_the_beta_distribution(events, trials):
    found = rate(events, trials)
    expected = intervals.share(events, trials)
    assert (100 * found.value, 100 * found.low, 100 * found.high) == pytest.approx(expected)
    assert (found.unit, found.confidence) == ("share", 0.95)


@pytest.mark.parametrize(("events", "trials"), [(0, 0), (2, 1), (-1, 5)])
def test_a_share_of_nothing_is_a_programmers_mistake(events, trials):
    with pytest.raises(ValueError, match="is not possible"):
        rate(events, trials)
