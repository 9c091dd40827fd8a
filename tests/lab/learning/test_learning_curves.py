"""Learning curves lead where their law leads, and say so when nothing can be said."""

import dataclasses

import numpy as np
import pytest
from scipy import optimize, stats

from lab.learning import curves
from lab.learning.curves import extrapolate, rows_to_settle

SIZES = (250, 500, 1_000, 2_000, 4_000)


def law(n, end, gain, power):
    return end - gain * np.asarray(n, dtype=float) ** -power


def made(first, second, *, noise=0.0005, shared=0.01, repeats=5, seed=0):
    """Scores of two sides that follow laws: noise of each score, and what all scores of a repetition share."""
    rng = np.random.default_rng(seed)
    common = shared * rng.normal(size=(repeats, 1))
    return [
        np.array([f(n) for n in SIZES]) + common + noise * rng.normal(size=(repeats, len(SIZES)))
        for f in (first, second)
    ]


def test_two_exact_power_laws_are_carried_on_and_their_crossing_is_found():
    level, rising = (lambda n: law(n, 0.80, 0.2, 0.9)), (lambda n: law(n, 0.83, 1.0, 0.5))
    sizes = np.array(SIZES)
    assert (level(sizes[:3]) > rising(sizes[:3])).all()  # level at first, and 2 points worse in the end
    fitted = [  # oracle: least squares by scipy on the exact curves
        optimize.curve_fit(law, sizes, [f(n) for n in SIZES], p0=(0.8, 0.5, 0.6))[0] for f in (level, rising)
    ]
    expected = law(128_000, *fitted[0]) - law(128_000, *fitted[1])
    said = extrapolate(SIZES, *made(level, rising, noise=1e-5), best=1.0, floor=0.5).at(128_000, confidence=0.9)
    assert said.low < expected < said.high
    assert said.value == pytest.approx(expected, abs=0.006)
    assert said.high < 0  # at the sizes tried the first side is never so much worse
    assert said.high - said.low < 0.03


def test_given_its_shape_a_curve_is_the_gaussian_posterior_of_a_linear_model(monkeypatch):
    monkeypatch.setattr(curves, "_DRAWS", 40)
    rng, rows = np.random.default_rng(3), np.array(SIZES)
    shapes = curves._drawn_shapes(rng, rows)
    means = np.array([[0.70, 0.74, 0.77, 0.79, 0.80], [0.66, 0.72, 0.76, 0.78, 0.80]])
    covariance = np.broadcast_to(np.diag(np.linspace(1, 3, 10)) * 1e-4 + 1e-5, (40, 10, 10))
    apart, unit = np.full(40, 0.1), 0.1
    _, weights = curves._explained(rng, shapes, rows, means, covariance, apart, unit)
    expected = []
    for draw in range(40):  # oracle: the marginal likelihood by the joint density of all that is seen
        missing = np.array([shapes.missing(n)[draw] for n in SIZES])
        design = np.zeros((10, 4))
        design[:5, 0], design[:5, 1], design[5:, 2], design[5:, 3] = 1, -missing[:, 0], 1, -missing[:, 1]
        ends = shapes.missing(np.inf)[draw]
        contrast = np.array([1, -ends[0], -1, ends[1]])
        prior = np.diag(np.array([10 * unit, curves._GAIN * unit] * 2) ** 2)
        middle = np.array([0.80, 0, 0.80, 0])
        gain = (
            prior @ contrast / (contrast @ prior @ contrast + apart[draw] ** 2)
        )  # once the sides are known to end close
        prior, middle = prior - np.outer(gain, contrast @ prior), middle - gain * (contrast @ middle)
        marginal = stats.multivariate_normal(design @ middle, design @ prior @ design.T + covariance[draw])
        expected.append(marginal.logpdf(means.ravel()))
    expected = np.array(expected)
    assert np.log(weights) == pytest.approx(expected - expected.max(), abs=1e-3)


def test_noise_that_both_sides_share_falls_out_of_the_difference():
    sides = (lambda n: law(n, 0.80, 0.5, 0.5)), (lambda n: law(n, 0.79, 0.5, 0.5))
    quiet = extrapolate(SIZES, *made(*sides, shared=0.0)).at(32_000)
    loud = extrapolate(SIZES, *made(*sides, shared=0.05)).at(32_000)
    assert loud.high - loud.low < 1.3 * (quiet.high - quiet.low)


def test_what_a_repetition_adds_to_one_side_at_all_sizes_stays_in_the_interval():
    one, other = made(lambda n: law(n, 0.80, 0.5, 0.5), lambda n: law(n, 0.79, 0.5, 0.5), noise=1e-4, shared=0.0)
    own = np.array([-0.02, -0.01, 0.0, 0.01, 0.02])[:, None]  # its test rows are kinder to the first side, say
    found = extrapolate(SIZES, one + own, other).at(4_000)
    error = float(stats.sem(own[:, 0]))  # oracle: scipy's standard error of the repetitions' mean
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.3)


def test_the_walk_of_both_sides_is_in_the_draws():
    found = extrapolate(SIZES, *made(lambda n: law(n, 0.80, 0.5, 0.5), lambda n: law(n, 0.82, 0.9, 0.5)))
    still = dataclasses.replace(found, _steps=np.zeros_like(found._steps))
    walked = found.differences(32_000) - still.differences(32_000)
    assert np.var(walked) == pytest.approx(3 * found.step(), rel=0.15)  # three doublings
    assert np.all(found.differences(4_000) == still.differences(4_000))


def test_the_interval_grows_with_the_way_and_with_the_noise():
    sides = (lambda n: law(n, 0.80, 0.5, 0.5)), (lambda n: law(n, 0.82, 0.9, 0.5))
    found = extrapolate(SIZES, *made(*sides))
    widths = [found.at(n).high - found.at(n).low for n in (4_000, 32_000, 128_000)]
    assert widths == sorted(widths)
    noisy = extrapolate(SIZES, *made(*sides, noise=0.02)).at(32_000)
    assert noisy.high - noisy.low > 1.5 * widths[1]


def test_sides_that_are_swapped_give_the_opposite():
    sides = (lambda n: law(n, 0.80, 0.5, 0.5)), (lambda n: law(n, 0.82, 0.9, 0.5))
    one, other = made(*sides)
    there, back = extrapolate(SIZES, one, other).at(32_000), extrapolate(SIZES, other, one).at(32_000)
    assert there.value == pytest.approx(-back.value, abs=0.15 * (there.high - there.low))
    assert extrapolate(SIZES, one, other).at(32_000) == there  # the same arguments, the same result


def test_no_score_beyond_the_best_is_expected():
    steep = (lambda n: 0.9 + 0.02 * np.log2(n / 250)), (lambda n: law(n, 0.9, 0.5, 0.5))
    bound = extrapolate(SIZES, *made(*steep, noise=1e-4), best=1.0).at(10**6)
    free = extrapolate(SIZES, *made(*steep, noise=1e-4)).at(10**6)
    assert bound.value < 0.105
    assert free.value > bound.value


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (lambda n: 0.5, lambda n: law(n, 0.8, 0.5, 0.5), "first side has hardly begun"),
        (lambda n: law(n, 0.8, 0.5, 0.5), lambda n: 0.5005, "second side has hardly begun"),
        (lambda n: 0.5 + 0.04 * (n / 4_000) ** 1.5, lambda n: law(n, 0.8, 0.5, 0.5), "first side has hardly begun"),
        (lambda n: 0.5 + 0.008 * np.log2(n / 125), lambda n: law(n, 0.8, 0.5, 0.5), "first side has hardly begun"),
        (lambda n: law(n, 0.8, 0.5, 0.5), lambda n: 0.8 - 0.03 * (n == 2_000), "scores of the second side fall"),
    ],
)
def test_of_ill_behaved_curves_nothing_is_said(first, second, reason):
    found = extrapolate(SIZES, *made(first, second), best=1.0, floor=0.5)
    assert reason in found.fault
    assert rows_to_settle(found, 0.01, size=10**6, standard_error=0.001) is None


@pytest.mark.parametrize("weak", [lambda n: 0.54, lambda n: law(n, 0.54, 0.3, 0.5)])
def test_a_weak_signal_that_is_there_at_all_sizes_is_said_as_it_is(weak):
    held = []
    for seed in range(24):
        sides = made(weak, lambda n: 0.52, noise=0.002, shared=0.004, seed=seed)
        found = extrapolate(SIZES, *sides, best=1.0, floor=0.5)
        assert found.fault is None
        said = found.at(16_000)
        held.append(said.low < weak(16_000) - 0.52 < said.high)
        assert said.high - said.low < 0.03
    assert sum(held) >= 21  # fewer in 3 of 100 cases, were 95 % covered


def test_well_behaved_curves_are_not_called_ill_behaved():
    faults = [
        extrapolate(
            SIZES,
            *made(lambda n: law(n, 0.8, 0.5, 0.5), lambda n: law(n, 0.79, 0.2, 0.5), noise=0.003, seed=seed),
            best=1.0,
            floor=0.5,
        ).fault
        for seed in range(20)
    ]
    assert sum(fault is not None for fault in faults) <= 1


@pytest.mark.parametrize(
    ("sizes", "shape"), [((1, 2, 3), (5, 3)), ((1, 2, 3, 4), (1, 4)), ((1, 2, 3, 4), (5, 3)), ((1, 2, 2, 4), (5, 4))]
)
def test_what_is_no_pair_of_curves_is_refused(sizes, shape):
    with pytest.raises(ValueError, match=r"sizes"):
        extrapolate(sizes, np.zeros(shape), np.zeros(shape))


def test_a_missing_score_is_refused():
    one, other = made(lambda n: 0.8, lambda n: 0.7)
    one[2, 1] = np.nan
    with pytest.raises(ValueError, match="missing"):
        extrapolate(SIZES, one, other)


def straight(levels, slopes, walk=0.0):
    """Draws of a difference that is a straight line in the number of doublings, and all of them known."""

    class Known:
        largest, fault = 4_000, None

        def differences(self, rows):
            return levels + slopes * np.log2(rows / 4_000)

        def step(self):
            return walk**2

    return Known()


def test_the_rows_that_settle_come_from_the_curves():
    rng = np.random.default_rng(0)
    levels, slopes, walk, error, size = (
        rng.normal(0.01, 0.002, 20_000),
        rng.normal(0.0, 0.01, 20_000),
        0.006,
        0.001,
        128_000,
    )
    found = rows_to_settle(straight(levels, slopes, walk), 0.01, size=size, standard_error=error)

    def chance(n):  # oracle: the joint Gaussian of a measurement at n rows and of the difference at the size, by hand
        near, far = np.log2(n / 4_000), np.log2(size / 4_000)
        cov, var = 0.002**2 + 0.01**2 * near * far, 0.002**2 + 0.01**2 * near**2
        left = 0.002**2 + 0.01**2 * far**2 - cov**2 / var + walk**2 * (far - near) + (cov / var * error) ** 2
        then = np.abs(levels + slopes * far - 0.01)
        return np.mean(stats.norm.sf(1.96 - then / np.sqrt(left)))

    assert 4_000 < found < size
    assert chance(found) >= 0.79
    assert chance(found * 0.85) < 0.8


def test_curves_that_end_at_the_margin_are_settled_by_no_number_of_rows():
    known = straight(np.full(100, 0.01), np.linspace(-1e-4, 1e-4, 100))
    assert rows_to_settle(known, 0.01, size=128_000, standard_error=0.001) is None


def test_what_was_tried_needs_no_more_rows():
    with pytest.raises(ValueError, match="need no more"):
        rows_to_settle(straight(np.zeros(9), np.zeros(9)), 0.01, size=4_000, standard_error=0.001)
