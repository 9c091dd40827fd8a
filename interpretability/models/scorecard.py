"""Does a card of whole points do? Conditions chosen one by one, their weights rounded to points, the sum calibrated.

A person adds the points of the conditions that hold and reads the probability off the total.
"""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from lab.privacy.aggregates import MIN_ROWS, quantile_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Condition", "Scorecard"]

Condition = tuple[str, str, Any]  # column, "above" | "is" | "missing", bound or category
_MAX_CATEGORIES = 20
_SAYS_ENOUGH = 6.63  # 99 % quantile of chi-square with one degree of freedom
_SCALES = 8


class Scorecard(ClassifierMixin, BaseEstimator):
    """A sparse additive model with small whole weights for two classes.

    Parameters
    ----------
    max_conditions : int
        Lines on the card at most.
    max_points : int
        Largest absolute number of points of a line.
    cuts : int
        Candidate cut points of a number (near quantiles, see `lab.privacy.aggregates`).

    Attributes
    ----------
    conditions_ : list of Condition
        The lines of the card.
    points_ : numpy.ndarray of shape (n_lines,), int64
        Points of each line.
    slope_, offset_ : float
        Log-odds = offset + slope x total points.

    References
    ----------
    Ustun and Rudin (2019), JMLR 20(150), risk scores; Liu et al. (2022), NeurIPS, FasterRisk: the search over scales before
    rounding is theirs. The lines are chosen by the score test of a logistic regression (Rao 1948), forward.
    """

    def __init__(self, max_conditions: int = 10, max_points: int = 5, cuts: int = 8) -> None:
        self.max_conditions = max_conditions
        self.max_points = max_points
        self.cuts = cuts

    def fit(self, X: pd.DataFrame, y: "NDArray") -> Self:
        """Learn from X, shape (n_rows, n_columns), and y of two classes; raises ValueError for another number of classes."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            raise ValueError(f"a scorecard is for two classes, not {len(self.classes_)}")
        candidates = _candidates(X, self.cuts)
        holds = _holds(X, candidates)
        chosen = _choose(holds, codes, self.max_conditions)
        weights = _fit(holds[:, chosen], codes, penalty=1.0).coef_[0] if len(chosen) else np.zeros(0)
        points = _round(weights, holds[:, chosen], codes, self.max_points)
        kept = points != 0
        self.conditions_ = [candidates[place] for place, keep in zip(chosen, kept, strict=True) if keep]
        self.points_ = points[kept]
        self.slope_, self.offset_ = _calibrate(holds[:, chosen] @ points, codes)
        return self

    def total(self, X: pd.DataFrame) -> "NDArray[np.float64]":
        """Add up the points of each row."""
        if not self.conditions_:
            return np.zeros(len(X))
        return _holds(X, self.conditions_) @ self.points_

    def predict_proba(self, X: pd.DataFrame) -> "NDArray[np.float64]":
        """Probabilities, shape (n_rows, 2)."""
        positive = expit(self.offset_ + self.slope_ * self.total(X))
        return np.column_stack([1 - positive, positive])

    def predict(self, X: pd.DataFrame) -> "NDArray":
        """Labels."""
        return self.classes_[(self.predict_proba(X)[:, 1] > 0.5).astype(int)]


def _candidates(features: pd.DataFrame, cuts: int) -> list[Condition]:
    """List every condition that could stand on the card: no category of fewer than 5 rows, no cut that splits off fewer."""
    found: list[Condition] = []
    for column in map(str, features):
        values = features[column]
        if values.dtype == object:
            counts = values.fillna("").value_counts()
            found += [(column, "is", name) for name in sorted(counts[counts >= MIN_ROWS].index[:_MAX_CATEGORIES])]
            continue
        present = values[values.notna()].to_numpy(dtype=np.float64)
        bounds = quantile_points(present, (np.arange(1, cuts + 1) / (cuts + 1)).tolist())
        found += [(column, "above", float(bound)) for bound in bounds]
        if MIN_ROWS <= len(values) - len(present) <= len(values) - MIN_ROWS:
            found.append((column, "missing", None))
    return found


def _holds(features: pd.DataFrame, conditions: list[Condition]) -> "NDArray[np.float64]":
    columns = []
    for name, kind, bound in conditions:
        values = features[name]
        if kind == "is":
            columns.append((values.fillna("") == bound).to_numpy(dtype=np.float64))
        elif kind == "missing":
            columns.append(values.isna().to_numpy(dtype=np.float64))
        else:
            columns.append((values > bound).to_numpy(dtype=np.float64))  # a missing value is not above anything
    return np.column_stack(columns) if columns else np.zeros((len(features), 0))


def _choose(holds: "NDArray", codes: "NDArray", at_most: int) -> "NDArray[np.int64]":
    """Add the condition that says most about what is not explained yet, until none says anything at the 1 % level."""
    chosen: list[int] = []
    said = np.full(len(codes), codes.mean())
    while len(chosen) < min(at_most, holds.shape[1]):
        weights = said * (1 - said)
        centred = holds - weights @ holds / max(weights.sum(), 1e-12)
        score = (codes - said) @ centred
        statistic = score**2 / np.maximum(weights @ centred**2, 1e-9)
        statistic[chosen] = 0
        best = int(statistic.argmax())
        if statistic[best] < _SAYS_ENOUGH:
            break
        chosen.append(best)
        said = _fit(holds[:, chosen], codes, penalty=1.0).predict_proba(holds[:, chosen])[:, 1]
    return np.sort(np.array(chosen, dtype=np.int64))


def _fit(holds: "NDArray", codes: "NDArray", *, penalty: float) -> LogisticRegression:
    return LogisticRegression(C=1 / penalty, max_iter=500).fit(holds, codes)


def _round(weights: "NDArray", holds: "NDArray", codes: "NDArray", max_points: int) -> "NDArray[np.int64]":
    """Round to whole points at the scale that loses least log loss after calibration."""
    if not len(weights) or not np.abs(weights).max():
        return np.zeros(len(weights), dtype=np.int64)
    best, lowest = np.zeros(len(weights), dtype=np.int64), np.inf
    for largest in np.linspace(1, max_points, _SCALES):
        points = np.rint(weights * largest / np.abs(weights).max()).astype(np.int64)
        slope, offset = _calibrate(holds @ points, codes)
        loss = log_loss(codes, expit(offset + slope * (holds @ points)))
        if loss < lowest - 1e-9:
            best, lowest = points, loss
    return best


def _calibrate(total: "NDArray", codes: "NDArray") -> tuple[float, float]:
    model = _fit(total.reshape(-1, 1).astype(np.float64), codes, penalty=1.0)
    return float(model.coef_[0, 0]), float(model.intercept_[0])
