"""Where is a value of a column put, so that any change of the column moves it? Places that are fixed before the stream begins.

A place for itself has every value of a column of few, every value that many rows share, what lies below the smallest and
above the largest value that is known, what lies between known values of a column of few, every common category, a category
that was never seen, and what is missing. Without a place above the largest value a counter that is nearly always 0 could
rise to any height unseen.
"""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Bins", "bins_of", "missing_only"]

_HUNDREDTHS = np.array([1, *range(5, 100, 5), 99])  # of the rows: quantiles between which many values are put
_FEW_DISTINCT = 30
_MOST_CATEGORIES = 30
_RARE = 0.04  # of the rows: fewer than the 5 % of a usual place
_SHARED = 0.02  # of the rows: a value of so many has a place of its own


@dataclass(frozen=True, eq=False)
class Bins:
    """Where the values of a column are put; the last place is for missing values.

    Attributes
    ----------
    points : array of shape (n_points,), or None
        Numbers: ascending values. There are 2 n_points + 1 cells: below the first, on it, between it and the second, and so on.
    cells : array of shape (2 n_points + 1,)
        Place of each cell; some share one.
    categories, others : tuple
        Texts: the commonest, which have a place each, and all others that are known, which share the next one. The one after
        that is for texts that were never seen.
    is_dense : bool
        Whether it is a column of many numbers.
    counts : array of shape (n_codes,)
        How many of the rows that fixed the places lie in each.
    """

    points: "NDArray[np.float64] | None" = None
    cells: "NDArray[np.int16]" = field(default_factory=lambda: np.zeros(1, dtype=np.int16))
    categories: tuple[Any, ...] = ()
    others: tuple[Any, ...] = ()
    is_dense: bool = False
    counts: "NDArray[np.int64]" = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def n_codes(self) -> int:
        """Number of places."""
        return len(self.categories) + 3 if self.points is None else int(self.cells[-1]) + 2

    @property
    def events(self) -> tuple[tuple[int, ...], ...]:
        """What may become more or less frequent: a value that was never seen, a missing one, and each place of few rows.

        Of a column of many values, whose places hold 5 % of the rows each, only those with fewer; of any other all that are known.
        """
        missing = self.n_codes - 1
        seen = np.flatnonzero(self.counts[:missing])
        rows = max(int(self.counts.sum()), 1)
        if self.is_dense:
            seen = seen[self.counts[seen] < _RARE * rows]
        never = tuple(int(code) for code in np.flatnonzero(self.counts[:missing] == 0))
        found = [never, (missing,), *((int(code),) for code in seen)]
        return tuple(codes for codes in found if codes)

    def codes(self, values: "pd.Series") -> "NDArray[np.int16]":
        """Places of values, shape (n_values,)."""
        if self.points is None:
            found = self._codes_of_texts(values)
        else:
            numbers = values.to_numpy(dtype=np.float64)
            below, up_to = (np.searchsorted(self.points, numbers, side=side) for side in ("left", "right"))
            found = self.cells[below + up_to]
        found[values.isna().to_numpy()] = self.n_codes - 1
        return found

    def _codes_of_texts(self, values: "pd.Series") -> "NDArray[np.int16]":
        n_common = len(self.categories)
        found = pd.Index((*self.categories, *self.others), dtype=object).get_indexer(pd.Index(values, dtype=object))
        places = np.minimum(found, n_common)
        places[found < 0] = n_common + 1
        return places.astype(np.int16)


def bins_of(training: "pd.Series") -> Bins:
    """Fix the places by rows that are neither history nor stream, so that the ranks of those two stay exchangeable."""
    known = training.dropna()
    if training.dtype == object:
        names = tuple(known.value_counts(sort=True).index)
        return _counted(Bins(categories=names[:_MOST_CATEGORIES], others=names[_MOST_CATEGORIES:]), training)
    values, counts = np.unique(known.to_numpy(dtype=np.float64), return_counts=True)
    if len(values) <= _FEW_DISTINCT:
        return _counted(Bins(points=values, cells=np.arange(2 * len(values) + 1, dtype=np.int16)), training)
    up_to = counts.cumsum()
    quantiles = values[np.searchsorted(up_to, -(-_HUNDREDTHS * len(known) // 100))]
    shared = values[counts >= _SHARED * len(known)]
    points = np.unique(np.concatenate([quantiles, values[[0, -1]], shared]))
    return _counted(Bins(points=points, cells=_cells_of_many(np.isin(points, shared)), is_dense=True), training)


def missing_only(training: "pd.Series") -> Bins:
    """Tell what is missing from all else, as of dates, which always advance."""
    return _counted(Bins(points=np.zeros(0)), training)


def _cells_of_many(is_shared: "NDArray[np.bool_]") -> "NDArray[np.int16]":
    """Number the cells of a column of many values: a point belongs to the cell above it, the last one to the cell below it.

    `is_shared` has shape (n_points,): a point that many rows share has a place of its own.

    >>> _cells_of_many(np.array([False, True, False])).tolist()
    [0, 1, 1, 2, 3, 3, 4]
    """
    begins = np.ones(2 * len(is_shared) + 1, dtype=bool)
    begins[2::2] = is_shared  # between a point and the next: a place of its own only beside a shared one
    begins[-1] = True
    begins[-2] = is_shared[-1]
    return (begins.cumsum() - 1).astype(np.int16)


def _counted(bins: Bins, training: "pd.Series") -> Bins:
    return replace(bins, counts=np.bincount(bins.codes(training), minlength=bins.n_codes))
