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
_LEVEL, _DRAWS, _AT_ONCE = 0.01, 199, 20
"""Chance that labels of pure noise bring a line onto the card, draws of labels to compare with, and how many at once."""
_NOTHING_NEW = 1e-9
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
    random_state : int
        Seed of the labels that are drawn to tell a line from chance.

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
    rounding is theirs. The lines are chosen forward by the score test of a logistic regression (Rao 1948; Neyman 1959, C(alpha)),
    at the 1 % level for the best of all conditions together: its largest score against that of drawn labels (Westfall and Young
    1993, max-T; Besag and Clifford 1991, Monte Carlo tests that end early).
    """

    def __init__(self, max_conditions: int = 10, max_points: int = 5, cuts: int = 8, random_state: int = 0) -> None:
        self.max_conditions = max_conditions
        self.max_points = max_points
        self.cuts = cuts
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: "NDArray") -> Self:
        """Learn from X, shape (n_rows, n_columns), and y of two classes; raises ValueError for another number of classes."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            raise ValueError(f"a scorecard is for two classes, not {len(self.classes_)}")
        candidates = _candidates(X, self.cuts)
        holds = _holds(X, candidates)
        chosen = _choose(holds, codes, self.max_conditions, np.random.default_rng(self.random_state))
        weights = _fit(holds[:, chosen], codes, penalty=1.0).coef_[0] if len(chosen) else np.zeros(0)
        points = _round(weights, holds[:, chosen], codes, self.max_points)
        kept = points != 0
        self.conditions_ = [candidates[place] for place, keep in zip(chosen, kept, strict=True) if keep]
        self.points_ = points[kept]
        self.slope_, self.offset_ = _calibrate(holds[:, chosen] @ points, codes)
        return self

    def total(self, X: pd.DataFrame) -> "NDArray[np.float64]":
        """Add up the points of each row: shape (n_rows,)."""
        if not self.conditions_:
            return np.zeros(len(X))
        return _holds(X, self.conditions_) @ self.points_

    def predict_proba(self, X: pd.DataFrame) -> "NDArray[np.float64]":
        """Probabilities, shape (n_rows, 2)."""
        positive = expit(self.offset_ + self.slope_ * self.total(X))
        return np.column_stack([1 - positive, positive])

    def predict(self, X: pd.DataFrame) -> "NDArray":
        """Labels, shape (n_rows,)."""
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
    used = {name: features[name] for name, _, _ in conditions}
    numbers = {name: used[name].to_numpy(dtype=np.float64) for name, kind, _ in conditions if kind == "above"}
    for name, kind, bound in conditions:
        values = used[name]
        if kind == "is":
            columns.append((values.fillna("") == bound).to_numpy(dtype=np.float64))
        elif kind == "missing":
            columns.append(values.isna().to_numpy(dtype=np.float64))
        else:
            columns.append((numbers[name] > bound).astype(np.float64))  # a missing value is not above anything
    return np.column_stack(columns) if columns else np.zeros((len(features), 0))


def _choose(holds: "NDArray", codes: "NDArray", at_most: int, rng: np.random.Generator) -> "NDArray[np.int64]":
    """Add the condition that says most about what is not explained yet, until the best one says no more than chance would.

    The best of many conditions says something about any labels at all. It is therefore compared with the best of the same
    conditions on drawn labels, which the lines so far explain.
    """
    chosen: list[int] = []
    said = np.full(len(codes), codes.mean())
    while len(chosen) < min(at_most, holds.shape[1]):
        contrasts = _contrasts(holds, chosen, said * (1 - said))
        strength = np.abs((codes - said) @ contrasts)
        best = int(strength.argmax())
        if not _says_more_than_chance(strength[best], contrasts, said, rng, labels=None if chosen else codes):
            break
        chosen.append(best)
        said = _fit(holds[:, chosen], codes, penalty=1.0).predict_proba(holds[:, chosen])[:, 1]
    return np.sort(np.array(chosen, dtype=np.int64))


def _contrasts(holds: "NDArray", chosen: list[int], weights: "NDArray") -> "NDArray[np.float64]":
    """Take from each condition what the chosen ones and the intercept hold of it; each column's score has variance 1."""
    roots = np.sqrt(weights)[:, None]
    known = np.column_stack([np.ones(len(holds)), holds[:, chosen]])
    beyond = holds - known @ np.linalg.lstsq(roots * known, roots * holds, rcond=None)[0]
    variance = weights @ beyond**2
    is_new = variance > _NOTHING_NEW * (weights @ holds**2)
    is_new[chosen] = False
    return np.where(is_new, beyond / np.sqrt(np.where(is_new, variance, 1.0)), 0.0)


def _says_more_than_chance(
    strength: float, contrasts: "NDArray", said: "NDArray", rng: np.random.Generator, *, labels: "NDArray | None"
) -> bool:
    """Is the largest score among the highest 1 % of those on drawn labels? Draws end as soon as it cannot be any more.

    Labels that are given are shuffled, so that the level is exact; else they are drawn with the chances that are said.
    """
    if strength == 0:
        return False
    as_strong, left = 0, _DRAWS
    while left:
        size = (min(left, _AT_ONCE), len(said))
        left -= size[0]
        drawn = rng.random(size) < said if labels is None else rng.permuted(np.broadcast_to(labels, size), axis=1)
        as_strong += int((np.abs((drawn - said) @ contrasts).max(axis=1) >= strength * (1 - 1e-9)).sum())
        if 1 + as_strong > _LEVEL * (1 + _DRAWS):
            return False
    return True


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
