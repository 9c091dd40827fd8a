"""How many points of the score does a device cost, and how sure is that? The same test rows, with and without it."""

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer

from lab.learning.scoring import Metric
from lab.protocol import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["score_change", "score_difference"]


class _Given(ClassifierMixin, BaseEstimator):
    """A classifier whose probabilities are known: its features are row numbers."""

    def __init__(self, probabilities: "NDArray[np.float64]") -> None:
        self.probabilities = probabilities
        self.classes_ = np.arange(probabilities.shape[1])

    def fit(self, X: Any, y: Any = None) -> "_Given":
        return self

    def predict_proba(self, X: "NDArray[np.int64]") -> "NDArray[np.float64]":
        return self.probabilities[X[:, 0]]

    def predict(self, X: "NDArray[np.int64]") -> "NDArray[np.int64]":
        return self.predict_proba(X).argmax(axis=1)


def score_change(
    before: "NDArray[np.float64]",
    after: "NDArray[np.float64]",
    target: "NDArray[np.int64]",
    metric: Metric,
    *,
    confidence: float = 0.95,
) -> Estimate | None:
    """Estimate the score of `after` minus that of `before` on the same rows, with a jackknife interval.

    Each row is left out in turn from both (Efron and Stein 1981, Annals of Statistics 9, 586-596), which needs no more
    of the metric than that it changes smoothly with the weight of a row; so the rows are what varies, and with them
    the shot noise in `after`. As in `lab.learning.comparison`, rows that agree to the last one do not make it certain: the interval of
    a share reaches at least three rows to either side.

    Parameters
    ----------
    before, after : array of shape (n_rows, n_classes)
        Probabilities.
    target : array of shape (n_rows,)
        Codes of the true classes.

    Returns
    -------
    Estimate or None
        In the unit of the metric; below 0 where the score falls. None where a class has fewer than two rows here.
    """
    value = score_difference(before, after, target, metric)
    if value is None:
        return None
    n_rows = len(target)
    left_out = metric.factor * (_without_each(after, target, metric) - _without_each(before, target, metric))
    error = np.sqrt((n_rows - 1) / n_rows * ((left_out - left_out.mean()) ** 2).sum())
    half = float(stats.t.ppf((1 + confidence) / 2, n_rows - 1) * error)
    if metric.unit:
        half = max(half, 3 * metric.factor / n_rows)
    return Estimate(value, value - half, value + half, metric.unit, confidence)


def score_difference(
    before: "NDArray[np.float64]", after: "NDArray[np.float64]", target: "NDArray[np.int64]", metric: Metric
) -> float | None:
    """Give the value of `score_change` alone, for a fiftieth of the work."""
    if np.bincount(target, minlength=before.shape[1]).min() < 2:
        return None
    every = np.arange(len(target))
    first, second = (_score(each, target, every, metric) for each in (before, after))
    return metric.factor * (second - first)


def _score(
    probabilities: "NDArray[np.float64]", target: "NDArray[np.int64]", kept: "NDArray[np.int64]", metric: Metric
) -> float:
    return float(get_scorer(metric.scorer)(_Given(probabilities), kept[:, np.newaxis], target[kept]))


def _without_each(
    probabilities: "NDArray[np.float64]", target: "NDArray[np.int64]", metric: Metric
) -> "NDArray[np.float64]":
    """Score with each row left out in turn, shape (n_rows,), as the scorer gives it."""
    plain, codes = np.ascontiguousarray(probabilities, np.float64), np.ascontiguousarray(target, np.int64)
    return np.array(_left_out(plain.tobytes(), plain.shape[1], codes.tobytes(), metric))


@functools.lru_cache(maxsize=32)
def _left_out(probabilities: bytes, n_classes: int, target: bytes, metric: Metric) -> tuple[float, ...]:
    """Do the work of `_without_each`, once for what several devices are compared with."""
    said, codes = np.frombuffer(probabilities).reshape(-1, n_classes), np.frombuffer(target, np.int64)
    rows = np.arange(len(codes))
    return tuple(_score(said, codes, np.delete(rows, row), metric) for row in rows)
