"""Where is a value of a column put, so that any change of the column moves it, and the places tell of no single row?

What divides the numbers are points that stand for at least 5 rows (`lab.privacy.aggregates`), values that many rows share, and
ends of the range with room on either side; a category has a place of its own if at least 5 rows have it. All others share one.
What is missing has a place, and what cannot be read as a value has another.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lab.privacy.aggregates import MIN_ROWS, outer_range, quantile_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lab.protocol import Kind

__all__ = ["MISSING", "UNREADABLE", "Places", "places_of"]

MISSING, UNREADABLE = -2, -1
"""The last two places of any column, counted from the end."""
_SHARES = (0.01, *(part / 20 for part in range(1, 20)), 0.99)
_FEW_DISTINCT, _MOST_CATEGORIES = 12, 30
_SHARED = 0.02  # of the rows: a value of so many has a place of its own


@dataclass(frozen=True)
class Places:
    """The places of a column.

    Attributes
    ----------
    points : tuple of float
        Numbers: ascending. There are 2 n_points + 1 cells: below the first, on it, between it and the second, and so on.
    cells : tuple of int
        The place of each cell; some share one.
    categories : tuple of str
        Texts: those with a place of their own; the place after them is that of all others.
    is_text : bool
    """

    points: tuple[float, ...] = ()
    cells: tuple[int, ...] = (0,)
    categories: tuple[str, ...] = ()
    is_text: bool = False

    @property
    def n_codes(self) -> int:
        """Number of places, with those of what is missing and of what cannot be read."""
        return (len(self.categories) + 1 if self.is_text else self.cells[-1] + 1) + 2

    def codes(self, values: "NDArray", unreadable: "NDArray[np.bool_] | None" = None) -> "NDArray[np.int64]":
        """Put values, shape (n_rows,): float64 with NaN, or object with None, where nothing is or nothing could be read."""
        if self.is_text:
            known = {text: place for place, text in enumerate(self.categories)}
            other, missing = len(known), self.n_codes + MISSING
            found = np.array([missing if text is None else known.get(text, other) for text in values], dtype=np.int64)
        else:
            points = np.array(self.points)
            at = np.searchsorted(points, values)
            at += at + (np.append(points, np.nan).take(at) == values)  # points differ: at one, or between two of them
            found = np.array(self.cells, dtype=np.int64).take(at)
            found[np.isnan(values)] = self.n_codes + MISSING
        if unreadable is not None:
            found[unreadable] = self.n_codes + UNREADABLE
        return found


def places_of(values: "pd.Series", kind: "Kind") -> Places:
    """Fix the places of a column by rows that are neither history nor stream; of a date only whether it is missing is told."""
    known = values.dropna()
    if kind == "category":
        of_each = known.value_counts(sort=True)
        names = tuple(str(name) for name in of_each.index[of_each >= MIN_ROWS][:_MOST_CATEGORIES])
        return Places(categories=names, is_text=True)
    if kind == "date" or known.empty:
        return Places()
    numbers = known.to_numpy(dtype=np.float64)
    distinct, counts = np.unique(numbers, return_counts=True)
    if len(distinct) <= _FEW_DISTINCT:
        often = distinct[counts >= MIN_ROWS]
        return _numbered(often, often)
    often = np.argsort(-counts, kind="stable")[:_FEW_DISTINCT]
    shared = distinct[often[counts[often] >= max(_SHARED * len(numbers), MIN_ROWS)]]
    ends = outer_range(numbers)
    beyond: Sequence[float] = ()
    if ends is not None:
        width = ends[1] - ends[0]
        beyond = (ends[0] - 2 * width, ends[0] - width / 2, *ends, ends[1] + width / 2, ends[1] + 2 * width)
    return _numbered(np.concatenate([quantile_points(numbers, _SHARES), shared, beyond]), shared)


def _numbered(points: "NDArray[np.float64]", shared: "NDArray[np.float64]") -> Places:
    """Number the cells: a shared point has a place of its own, another one belongs to the cell above it.

    >>> _numbered(np.array([1.0, 2.0, 3.0]), np.array([2.0])).cells
    (0, 1, 1, 2, 3, 4, 4)
    """
    points = np.unique(points)
    begins = np.ones(2 * len(points) + 1, dtype=bool)
    begins[2::2] = np.isin(points, shared)
    return Places(tuple(points.tolist()), tuple((begins.cumsum() - 1).tolist()))
