"""How does a tree divide people without giving one away? At points that stand for 5 rows, into leaves of at least 5 rows.

The library learns from places between the cut points of `lab.privacy.aggregates` instead of the numbers; after that the cut points
take the place of its thresholds, so that the model itself, its words and its exported file hold no cell.
"""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from lab.privacy.aggregates import MIN_ROWS, cut_points, places

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ReadableTreeClassifier", "ReadableTreeRegressor", "cuts_of", "placed", "threshold_of"]


def cuts_of(X: "ArrayLike") -> "list[NDArray[np.float64]]":
    """Find the cut points of every column of X, shape (n_rows, n_columns)."""
    return [cut_points(column) for column in np.asarray(X, dtype=np.float64).T]


def placed(X: "ArrayLike", cuts: "list[NDArray[np.float64]]") -> "NDArray[np.float64]":
    """Say for every cell between which cut points it lies, shape (n_rows, n_columns)."""
    columns = np.asarray(X, dtype=np.float64).T
    return np.column_stack([places(column, points) for column, points in zip(columns, cuts, strict=True)])


def threshold_of(place: float, cuts: "NDArray[np.float64]") -> float:
    """Turn a threshold between two places into the cut point there; `cuts` has shape (n_cuts,).

    >>> threshold_of(1.5, np.array([10.0, 20.0, 30.0]))
    20.0
    """
    return float(cuts[int(np.floor(place))])


class _AtCutPoints:
    """A tree of scikit-learn, which reads numbers in single precision, divided at cut points only."""

    tree_: Any
    min_samples_leaf: int

    def fit(self, X: "ArrayLike", y: "ArrayLike", sample_weight: "ArrayLike | None" = None, **arguments: Any) -> Self:
        """Fit to X, shape (n_rows, n_columns), without missing values; raises ValueError where a leaf may have fewer than 5 rows.

        `sample_weight`, shape (n_rows,), says for how much each row counts; a leaf has 5 rows whatever these are.
        """
        if self.min_samples_leaf < MIN_ROWS:
            raise ValueError(
                f"min_samples_leaf is {self.min_samples_leaf}; a tree that is shown has {MIN_ROWS} rows or more"
            )
        seen = np.asarray(X, dtype=np.float32)
        cuts = cuts_of(seen)
        super().fit(placed(seen, cuts), y, sample_weight, **arguments)  # type: ignore[misc]
        inner = np.flatnonzero(self.tree_.children_left != -1)
        for node in inner:
            self.tree_.threshold[node] = threshold_of(self.tree_.threshold[node], cuts[self.tree_.feature[node]])
        return self


class ReadableTreeClassifier(_AtCutPoints, DecisionTreeClassifier):
    """A decision tree for classes."""


class ReadableTreeRegressor(_AtCutPoints, DecisionTreeRegressor):
    """A decision tree for a number."""
