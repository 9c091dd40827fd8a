"""How many points of the score does a device cost, and how sure is that? The same test rows, with and without it."""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer

from lab.learning.scoring import Metric
from lab.protocol import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["score_change"]


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
    n_rows, n_classes = before.shape
    if np.bincount(target, minlength=n_classes).min() < 2:
        return None
    scorer = get_scorer(metric.scorer)
    models = _Given(before), _Given(after)
    rows = np.arange(n_rows)[:, np.newaxis]

    def change(kept: "NDArray[np.int64]") -> float:
        first, second = (float(scorer(model, rows[kept], target[kept])) for model in models)
        return metric.factor * (second - first)

    everything = np.arange(n_rows)
    value = change(everything)
    left_out = np.array([change(np.delete(everything, row)) for row in everything])
    error = np.sqrt((n_rows - 1) / n_rows * ((left_out - left_out.mean()) ** 2).sum())
    half = float(stats.t.ppf((1 + confidence) / 2, n_rows - 1) * error)
    if metric.unit:
        half = max(half, 3 * metric.factor / n_rows)
    return Estimate(value, value - half, value + half, metric.unit, confidence)
