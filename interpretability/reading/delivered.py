"""How good is the very model that is delivered? Its score on the rows of the table that it never saw, where there are any.

The verdict is about a way of learning, over tables like this one; that tells little of one fitted model (Luo and Barber 2024,
arXiv 2402.07388, on what a test of an algorithm can say without assumptions). Where rows were sampled, those that are left test
the model itself. Where all were used none is left.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lab import stats
from lab.learning.influence import added_alone, parts
from lab.learning.scoring import Metric, scored_by
from lab.protocol import Dataset, Estimate

__all__ = ["Delivered", "estimate", "on_unseen_rows"]

_MOST_ROWS, _FEWEST_ROWS = 20_000, 100


@dataclass(frozen=True)
class Delivered:
    """How a fitted model does on rows that it never saw.

    Attributes
    ----------
    rows : int
        So many.
    score : float
        As the scorer gives it.
    error, degrees : float
        Standard error of the score, and the degrees of freedom of the t that goes with it.
    """

    rows: int
    score: float
    error: float
    degrees: float


def on_unseen_rows(model: Any, dataset: Dataset, *, scorer: str, seed: int) -> Delivered | None:
    """Score a model that learned from all rows of a sample on up to 20,000 others of its table.

    Rows that belong to those it learned from are left out, and where rows have times all that are not later. None where fewer
    than 100 rows are left, a class is missing among them, or the metric is no mean over rows.
    """
    rows = _unseen(dataset, np.random.default_rng(seed))
    whole = dataset.whole
    if whole is None or len(rows) < _FEWEST_ROWS:
        return None
    features, target = whole.features[list(dataset.kinds)].iloc[rows], whole.target[rows]
    if dataset.classes and len(np.unique(target)) < len(dataset.classes):
        return None
    said = model.predict_proba(features) if dataset.classes else model.predict(features)
    belonging = whole.belonging.of(rows)
    found = parts(scorer, said, target, belonging.weights)
    if found is None:
        return None
    try:
        spread = stats.row_spread(added_alone(found, len(rows), belonging.weights), units=belonging.units)
    except ValueError:  # a class in one unit only
        return None
    score = scored_by(scorer, model, features, target, belonging.weights)
    return Delivered(len(rows), score, spread.standard_error, spread.degrees)


def estimate(found: Delivered, metric: Metric) -> Estimate:
    """Give the score its interval, as shown, cut where the metric ends."""
    spread = stats.Spread(metric.factor * found.error, found.degrees)
    whole = stats.estimate_of(metric.factor * found.score, spread, unit=metric.unit)
    if not metric.unit:
        return whole
    return Estimate(
        whole.value, max(whole.low, metric.lowest), min(whole.high, metric.factor), whole.unit, whole.confidence
    )


def _unseen(dataset: Dataset, rng: np.random.Generator) -> "np.ndarray":
    """Row numbers in the whole table, ascending."""
    whole, taken = dataset.whole, dataset.taken
    if whole is None or taken is None:
        return np.empty(0, dtype=np.int64)
    is_left = np.ones(whole.n_rows, dtype=bool)
    is_left[taken] = False
    units, times = whole.belonging.units, whole.belonging.times
    if units is not None:
        is_left &= ~np.isin(units, units[taken])
    if times is not None:
        is_left &= times > times[taken].max()
    rows = np.flatnonzero(is_left)
    return rows if len(rows) <= _MOST_ROWS else np.sort(rng.choice(rows, _MOST_ROWS, replace=False))
