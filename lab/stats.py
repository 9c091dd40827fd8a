"""How sure can we be? Paired differences on resampled folds, intervals of quantiles and rates."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from lab.protocol import Estimate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "NORMAL_95",
    "Regions",
    "Spread",
    "corrected_spread",
    "corrected_standard_error",
    "estimate_of",
    "largest_rate",
    "mean_score",
    "mean_where_any",
    "paired_difference",
    "pooled_spread",
    "quantile",
    "rate",
    "regions_of",
    "row_spread",
]


_PEAKED = 2.0
"""How much the variance of an estimated variance grows where what rows add has a kurtosis of 5 instead of the normal 3."""
NORMAL_95 = float(stats.norm.ppf(0.975))
"""Half the width of the two-sided 95 % interval of a normal distribution, in standard errors."""


def corrected_standard_error(differences: "NDArray", test_fraction: float) -> float:
    """Standard error of a mean over J resampled folds: variance x (1/J + n_test/n_train) (Nadeau and Bengio 2003).

    `differences` has shape (n_folds,), `test_fraction` is n_test / n_rows.
    """
    overlap = test_fraction / (1 - test_fraction)
    return float(np.std(differences, ddof=1) * math.sqrt(1 / len(differences) + overlap))


@dataclass(frozen=True)
class Spread:
    """How far a mean may lie from the truth: its standard error and the degrees of freedom of the t that goes with it."""

    standard_error: float
    degrees: float

    def half_width(self, confidence: float = 0.95) -> float:
        """Half the width of the two-sided interval."""
        return float(stats.t.ppf((1 + confidence) / 2, self.degrees)) * self.standard_error

    def at_least(self, half_width: float) -> "Spread":
        """Widen it until half its 95 % interval is so wide; it stays as it is where that is wide enough.

        >>> round(Spread(1.0, 10).at_least(5.0).half_width(), 9), Spread(3.0, 10).at_least(5.0)
        (5.0, Spread(standard_error=3.0, degrees=10))
        """
        least = half_width / float(stats.t.ppf(0.975, self.degrees))
        return Spread(max(self.standard_error, least), self.degrees)

    def detectable(self, power: float = 0.8, *, confidence: float = 0.95) -> float:
        """Smallest distance from a margin that such a run would settle with the given power, by the two-sided interval."""
        t_sum = stats.t.ppf((1 + confidence) / 2, self.degrees) + stats.t.ppf(power, self.degrees)
        return float(t_sum * self.standard_error)


def corrected_spread(differences: "NDArray", test_fraction: float) -> Spread:
    """Spread of the mean of `differences`, shape (n_folds,), by the corrected resampled t (Nadeau and Bengio 2003)."""
    return Spread(corrected_standard_error(differences, test_fraction), len(differences) - 1)


def pooled_spread(added: "ArrayLike", scores: "ArrayLike", *, units: "ArrayLike | None" = None) -> Spread:
    """Spread of a mean over repeated cross-validation from what each row adds to it, and from the repetitions.

    The test rows carry most of the uncertainty, and every row is tested once in every repetition: the variance of what they
    add is the variance that comes from them (DeLong et al. 1988; LeDell et al. 2015). Rows that belong together add up
    first: the variance is that over the units (Liang and Zeger 1986), and a part of the score with m of them counts
    m / (m - 1) times. That alone undercovers, because the training rows are a sample too. So it is widened by
    1 + n_test/n_train, and by the variance of the mean over the repetitions, which says how much the learners depend on
    the very rows that they are trained on. Of a single repetition only its folds can say that: by what they differ more than
    their test rows explain. The degrees of freedom are those of Satterthwaite (1946), with half of those that normal
    contributions would have, as theirs are peaked: few units in one part make the interval wide. How often it covers:
    `tests/benchmarks/interval_coverage.py`.

    Parameters
    ----------
    added : array-like of shape (n_repeats, n_parts, n_rows)
        What each row adds to the mean of its repetition by each part of the score, centred; NaN where it has no part.
    scores : array-like of shape (n_repeats, n_folds)
        What the mean is over, in any unit; at least two folds.
    units : array-like of shape (n_rows,), int, optional
        Codes of the rows that belong together; each row stands alone without it.

    Raises
    ------
    ValueError
        If the shapes do not fit, there are fewer than two folds, or a part rests on fewer than two units.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44; LeDell, Petersen and van der Laan (2015), Electronic Journal of
    Statistics 9, 1583-1607; Liang and Zeger (1986), Biometrika 73, 13-22; Satterthwaite (1946), Biometrics Bulletin 2.
    """
    adds, by_fold = np.asarray(added, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if adds.ndim != 3 or by_fold.ndim != 2 or len(adds) != len(by_fold) or by_fold.shape[1] < 2:
        raise ValueError(f"added has shape {adds.shape} and scores {by_fold.shape}; it needs repetitions of two folds")
    of_rows = row_spread(mean_where_any(adds), units=units)
    repeats, folds = by_fold.shape
    from_rows, tested_degrees = of_rows.standard_error**2, of_rows.degrees
    tested = from_rows * folds / (folds - 1)
    if repeats > 1:
        learned = float(np.var(by_fold.mean(axis=1), ddof=1)) / repeats
        return Spread(math.sqrt(tested + learned), tested_degrees)
    learned = max(float(np.var(by_fold, ddof=1)) / folds - from_rows, 0.0)
    if not learned:
        return Spread(math.sqrt(tested), tested_degrees)
    variance = tested + learned
    return Spread(math.sqrt(variance), variance**2 / (tested**2 / tested_degrees + learned**2 / (folds - 1)))


def mean_where_any(adds: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Average over the repetitions, shape (n_repeats, n_parts, n_rows); what is missing adds nothing, and NaN where all is."""
    return np.where(np.all(np.isnan(adds), axis=0), np.nan, np.nan_to_num(adds).mean(axis=0))


def row_spread(added: "ArrayLike", *, units: "ArrayLike | None" = None) -> Spread:
    """Spread of a score from what each of its test rows adds to it: that of one fitted model on rows that it never saw.

    Parameters
    ----------
    added : array-like of shape (n_parts, n_rows)
        What each row adds by each part of the score, centred; NaN where it has no part.
    units : array-like of shape (n_rows,), int, optional
        Codes of the rows that belong together; each row stands alone without it.

    Raises
    ------
    ValueError
        If a part rests on fewer than two units.

    References
    ----------
    As for `pooled_spread`.
    """
    by_row = np.asarray(added, dtype=np.float64)
    is_member = np.logical_not(np.isnan(by_row))
    by_row = np.nan_to_num(by_row)
    if units is not None:
        _, codes = np.unique(np.asarray(units), return_inverse=True)
        is_member = np.stack([np.bincount(codes, part) > 0 for part in is_member])
        by_row = np.stack([np.bincount(codes, part) for part in by_row])
    counts: NDArray[np.int64] = np.sum(is_member, axis=1)
    if counts.min() < 2:
        raise ValueError(f"a part of the score rests on {counts.min()} unit(s); its variance needs two at least")
    by_part = by_row * np.sqrt(counts / (counts - 1))[:, None]
    each = np.sum(by_part**2, axis=1)
    total, degrees = float(each.sum()), (counts - 1) / _PEAKED
    return Spread(
        math.sqrt(float(np.sum(by_part.sum(axis=0) ** 2))),
        total**2 / float(np.sum(each**2 / degrees)) if total else float(degrees.min()),
    )


def estimate_of(mean: float, spread: Spread, *, unit: str, confidence: float = 0.95) -> Estimate:
    """Give a mean its interval."""
    half = spread.half_width(confidence)
    return Estimate(mean, mean - half, mean + half, unit, confidence)


def paired_difference(
    a: "ArrayLike", b: "ArrayLike", *, test_fraction: float, unit: str, confidence: float = 0.95
) -> Estimate:
    """Estimate how much better `a` scores than `b` on the same cross-validation folds.

    Folds share training rows, so the plain paired t interval is too narrow; the variance is widened by
    n_test / n_train.

    Parameters
    ----------
    a, b : array-like of shape (n_folds,)
        Scores fold by fold, in `unit`; higher is better.
    test_fraction : float
        Share of rows in each test fold, in [0, 1). 0 gives the plain paired t interval.

    Raises
    ------
    ValueError
        If `a` and `b` differ in length or hold fewer than two folds.

    References
    ----------
    Nadeau and Bengio (2003), Machine Learning 52, 239-281, corrected resampled t-test.

    Examples
    --------
    >>> shown = paired_difference([0.9, 0.8, 0.85], [0.8, 0.75, 0.8], test_fraction=0.0, unit="")
    >>> round(shown.value, 4), round(shown.low, 4), round(shown.high, 4)
    (0.0667, -0.005, 0.1384)
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"a has shape {first.shape} and b {second.shape}; both must have the same one dimension")
    return _mean_estimate(first - second, test_fraction, unit, confidence)


def mean_score(scores: "ArrayLike", *, test_fraction: float, unit: str, confidence: float = 0.95) -> Estimate:
    """Mean score over resampled folds, shape (n_folds,), with the same corrected interval as `paired_difference`.

    Raises
    ------
    ValueError
        If there are fewer than two folds.
    """
    return _mean_estimate(np.asarray(scores, dtype=np.float64), test_fraction, unit, confidence)


def _mean_estimate(values: "NDArray", test_fraction: float, unit: str, confidence: float) -> Estimate:
    if len(values) < 2:
        raise ValueError(f"{len(values)} fold(s); an interval needs at least two")
    return estimate_of(float(values.mean()), corrected_spread(values, test_fraction), unit=unit, confidence=confidence)


@dataclass(frozen=True)
class Regions:
    """Posterior probabilities that the difference is below -margin, within the margin, or above it; they sum to 1."""

    worse: float
    equal: float
    better: float


def regions_of(mean: float, spread: Spread, margin: float) -> Regions:
    """Probability of each region of practical equivalence for a mean and its spread, by the Bayesian correlated t-test.

    The prior is flat.

    References
    ----------
    Corani and Benavoli (2015), Machine Learning 100, 285-304; Benavoli, Corani, Demsar and Zaffalon (2017), JMLR 18(77).
    """
    if spread.standard_error == 0:
        return Regions(float(mean < -margin), float(abs(mean) <= margin), float(mean > margin))
    posterior = stats.t(spread.degrees, loc=mean, scale=spread.standard_error)
    worse, better = float(posterior.cdf(-margin)), float(posterior.sf(margin))
    return Regions(worse, 1.0 - worse - better, better)


def quantile(samples: "ArrayLike", share: float, *, unit: str, confidence: float = 0.95) -> Estimate | None:
    """Quantile of raw samples with the distribution-free interval between two order statistics.

    Parameters
    ----------
    samples : array-like of shape (n_samples,)
        Raw values, in `unit`, in any order.
    share : float
        The quantile, in (0, 1): 0.99 is p99.

    Returns
    -------
    Estimate or None
        None where there are too few samples for a two-sided interval (p99 at 95 % needs 368).

    References
    ----------
    David and Nagaraja (2003), Order Statistics, section 7.1: the number of samples below the quantile is binomial.
    """
    values = np.asarray(samples, dtype=np.float64)
    interval = stats.quantile_test(values, q=0.0, p=share).confidence_interval(confidence)
    if not np.isfinite([interval.low, interval.high]).all():
        return None
    value = float(np.quantile(values, share, method="inverted_cdf"))
    return Estimate(value, float(interval.low), float(interval.high), unit, confidence)


def rate(events: int, trials: int, *, confidence: float = 0.95) -> Estimate:
    """Share of events, in [0, 1], with the exact binomial interval (Clopper and Pearson 1934).

    Raises
    ------
    ValueError
        If there are no trials, more events than trials, or fewer than no events.
    """
    if not 0 <= events <= trials or trials == 0:
        raise ValueError(f"{events} events in {trials} trials is not possible")
    interval = stats.binomtest(events, trials).proportion_ci(confidence)
    return Estimate(events / trials, float(interval.low), float(interval.high), "share", confidence)


def largest_rate(events: int, trials: int, *, confidence: float = 0.95) -> float:
    """Upper end of the one-sided exact binomial interval of a share, in [0, 1] (Clopper and Pearson 1934).

    Raises
    ------
    ValueError
        If there are no trials, more events than trials, or fewer than no events.

    Examples
    --------
    >>> round(largest_rate(0, 20), 4)  # 1 - 0.05 ** (1 / 20)
    0.1391
    """
    if not 0 <= events <= trials or trials == 0:
        raise ValueError(f"{events} events in {trials} trials is not possible")
    return float(stats.binomtest(events, trials, alternative="less").proportion_ci(confidence).high)
