"""How does a boosting machine draw its curves without telling of a person? In bins, and cells of pairs, of at least 5 rows.

The library learns from places between the cut points of `lab.privacy.aggregates` instead of the numbers, and from no category of
fewer than 5 rows; after that the cut points take the place of its bins' edges. What it learned of a few rows all the same
(where few values are missing, or in a cell of a pair) is replaced by what holds around them.
"""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

from lab.learning.preparation import frequent_categories
from lab.privacy.aggregates import MIN_ROWS, cut_points, outer_range, places

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ReadableBoostingClassifier", "ReadableBoostingRegressor", "pooled"]


class _InBins:
    """An explainable boosting machine of which every bin, and every cell of a pair, speaks for at least 5 rows."""

    max_bins: int
    min_samples_leaf: int
    bins_: list[Any]
    feature_bounds_: "NDArray[np.float64]"
    bin_weights_: "list[NDArray]"
    term_features_: list[tuple[int, ...]]
    term_scores_: "list[NDArray]"

    def fit(self, X: pd.DataFrame, y: "NDArray", sample_weight: "ArrayLike | None" = None, **arguments: Any) -> Self:
        """Fit to X, shape (n_rows, n_columns); raises ValueError where a leaf may have fewer than 5 rows.

        `sample_weight`, shape (n_rows,), says for how much each row counts. What a bin speaks for are rows all the same, and so are
        the `bin_weights_`.
        """
        if self.min_samples_leaf < MIN_ROWS:
            raise ValueError(
                f"min_samples_leaf is {self.min_samples_leaf}; a model that is shown has {MIN_ROWS} rows or more"
            )
        most = self.max_bins - 3  # the library counts one for missing and one for unknown values
        cuts = [None if X[name].dtype == object else cut_points(X[name], at_most=most) for name in X]
        seen = {name: _seen(X[name], points) for name, points in zip(X, cuts, strict=True)}
        prepared = pd.DataFrame(seen, index=X.index)
        super().fit(prepared, y, sample_weight, **arguments)  # type: ignore[misc]
        if sample_weight is not None:
            self.bin_weights_ = [_rows_of(prepared, self.bins_, features) for features in self.term_features_]
        for place, (levels, points) in enumerate(zip(self.bins_, cuts, strict=True)):
            if points is not None:
                levels[:] = [points[np.floor(edges).astype(np.int64)] for edges in levels]
                self.feature_bounds_[place] = _ends(X.iloc[:, place], points)
        for term, features in enumerate(self.term_features_):
            rows, scores = self.bin_weights_[term], self.term_scores_[term]
            if len(features) == 1:
                scores[0] *= rows[0] >= MIN_ROWS  # missing values of a few people
            else:
                self.term_scores_[term] = pooled(scores, rows, [cuts[feature] is not None for feature in features])
        return self


def _seen(column: pd.Series, cuts: "NDArray[np.float64] | None") -> "NDArray":
    if cuts is None:
        known = frequent_categories(column)
        return np.asarray(column.where(column.isin(known), None), dtype=object)
    return places(column.to_numpy(dtype=np.float64), cuts)


def _rows_of(seen: pd.DataFrame, bins: list[Any], features: tuple[int, ...]) -> "NDArray[np.float64]":
    """Count the rows in each bin of a term, shape (n_bins, ...), as the library counts them where none has a weight."""
    places: list[NDArray[np.int64]] = []
    shape: list[int] = []
    for feature in features:
        levels = bins[feature][min(len(features), len(bins[feature])) - 1]
        values = seen.iloc[:, feature]
        if isinstance(levels, dict):
            shape.append(max(levels.values(), default=0) + 2)
            places.append(np.where(values.isna(), 0, values.map(levels).fillna(shape[-1] - 1)).astype(np.int64))
        else:
            shape.append(len(levels) + 3)
            places.append(np.where(values.isna(), 0, 1 + np.searchsorted(levels, values, side="right")))
    rows = np.zeros(shape)
    np.add.at(rows, tuple(places), 1)
    return rows


def _ends(column: pd.Series, cuts: "NDArray[np.float64]") -> tuple[float, float]:
    """Where a curve begins and ends; NaN where there is nothing to draw."""
    ends = outer_range(column)
    return (np.nan, np.nan) if ends is None or not len(cuts) else (min(ends[0], cuts[0]), max(ends[1], cuts[-1]))


def pooled(scores: "NDArray", rows: "NDArray", ordered: list[bool]) -> "NDArray[np.float64]":
    """Give every cell of fewer than 5 rows the mean over the cells around it, weighted by rows, that together have so many.

    Parameters
    ----------
    scores : array of shape (n_bins, n_bins, ...)
        The first and the last place of an axis are for missing and for unknown values: they are not beside any other.
    rows : array of shape (n_bins, n_bins)
        Rows in each cell.
    ordered : list of bool
        For each axis whether its bins have neighbours (numbers) or not (categories).

    Returns
    -------
    numpy.ndarray
        Of the shape of `scores`; a cell around which there are not 5 rows at all adds 0.
    """
    found = np.array(scores, dtype=np.float64)
    for cell in np.argwhere(rows < MIN_ROWS):
        found[tuple(cell)] = 0.0
        for reach in range(max(rows.shape)):
            around = tuple(
                _around(int(at), size, reach, has_order)
                for at, size, has_order in zip(cell, rows.shape, ordered, strict=True)
            )
            weights = rows[around]
            if weights.sum() >= MIN_ROWS:
                found[tuple(cell)] = np.tensordot(weights, scores[around], axes=2) / weights.sum()
                break
    return found


def _around(at: int, size: int, reach: int, has_order: bool) -> slice:
    if not has_order or at in (0, size - 1):
        return slice(at, at + 1)
    return slice(max(at - reach, 1), min(at + reach, size - 2) + 1)


class ReadableBoostingClassifier(_InBins, ExplainableBoostingClassifier):
    """A boosting machine for classes."""


class ReadableBoostingRegressor(_InBins, ExplainableBoostingRegressor):
    """A boosting machine for a number."""
