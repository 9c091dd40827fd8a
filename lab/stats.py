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
    "Regions",
    "corrected_standard_error",
    "detectable_difference",
    "mean_score",
    "paired_difference",
    "quantile",
    "rate",
    "regions",
]


def corrected_standard_error(differences: "NDArray", test_fraction: float) -> float:
    """Standard error of a mean over resampled folds: variance x (1/J + n_test/n_train) (Nadeau and Bengio 2003)."""
    overlap = test_fraction / (1 - test_fraction)
    return float(np.std(differences, ddof=1) * math.sqrt(1 / len(differences) + overlap))


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
    """Mean score over resampled folds with the same corrected interval as `paired_difference`."""
    return _mean_estimate(np.asarray(scores, dtype=np.float64), test_fraction, unit, confidence)


def _mean_estimate(values: "NDArray", test_fraction: float, unit: str, confidence: float) -> Estimate:
    if len(values) < 2:
        raise ValueError(f"{len(values)} fold(s); an interval needs at least two")
    half = float(stats.t.ppf((1 + confidence) / 2, len(values) - 1)) * corrected_standard_error(values, test_fraction)
    mean = float(values.mean())
    return Estimate(mean, mean - half, mean + half, unit, confidence)


@dataclass(frozen=True)
class Regions:
    """Posterior probabilities that the difference is below -margin, within the margin, or above it; they sum to 1."""

    worse: float
    equal: float
    better: float


def regions(a: "ArrayLike", b: "ArrayLike", *, test_fraction: float, margin: float) -> Regions:
    """Probability of each region of practical equivalence by the Bayesian correlated t-test.

    References
    ----------
    Corani and Benavoli (2015), Machine Learning 100, 285-304; Benavoli, Corani, Demsar and Zaffalon (2017), JMLR 18(77).
    """
    differences = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    scale = corrected_standard_error(differences, test_fraction)
    mean = float(differences.mean())
    if scale == 0:
        return Regions(float(mean < -margin), float(abs(mean) <= margin), float(mean > margin))
    posterior = stats.t(len(differences) - 1, loc=mean, scale=scale)
    worse, better = float(posterior.cdf(-margin)), float(posterior.sf(margin))
    return Regions(worse, 1.0 - worse - better, better)


def detectable_difference(differences: "NDArray", test_fraction: float, *, power: float = 0.8) -> float:
    """Smallest distance from the margin that such a run would settle with the given power, in the unit of the scores."""
    degrees = len(differences) - 1
    t_sum = stats.t.ppf(0.975, degrees) + stats.t.ppf(power, degrees)
    return float(t_sum * corrected_standard_error(differences, test_fraction))


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
    ordered = np.sort(np.asarray(samples, dtype=np.float64))
    count = len(ordered)
    tail = (1 - confidence) / 2
    low = int(stats.binom.ppf(tail, count, share))
    high = int(stats.binom.ppf(1 - tail, count, share)) + 1
    if low < 1 or high > count:
        return None
    value = float(np.quantile(ordered, share, method="inverted_cdf"))
    return Estimate(value, float(ordered[low - 1]), float(ordered[high - 1]), unit, confidence)


def rate(events: int, trials: int, *, confidence: float = 0.95) -> Estimate:
    """Share of events, in [0, 1], with the exact binomial interval (Clopper and Pearson 1934)."""
    if not 0 <= events <= trials or trials == 0:
        raise ValueError(f"{events} events in {trials} trials is not possible")
    interval = stats.binomtest(events, trials).proportion_ci(confidence)
    return Estimate(events / trials, float(interval.low), float(interval.high), "share", confidence)
