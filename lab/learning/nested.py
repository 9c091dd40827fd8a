"""From which rows is something learned at each size, by which is it chosen, and on which is it tested?

In a repetition all sizes share the test rows, one outer fold of the whole table. A part of the others is for choosing, and the
rest is learned from, the smaller samples inside the larger. Rows that belong together stay so, and where rows have times, what is
tested is later than what is learned from.
"""

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lab.data.strata import strata
from lab.learning.folds import Fold, split
from lab.learning.splits import k_folds
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Nested", "in_order", "nested"]

_MOST_CHOOSING = 10_000


@dataclass(frozen=True, eq=False)
class Nested:
    """Row numbers of a repetition; but for `test`, any first part of them has the classes in their shares."""

    learned: "NDArray[np.int64]"
    choosing: "NDArray[np.int64]"
    test: "NDArray[np.int64]"
    test_in_order: "NDArray[np.int64]"

    def chosen_by(self, tested_rows: int | None) -> "NDArray[np.int64]":
        """Rows by which families and weights are chosen; `tested_rows` is the number to ask of at most."""
        return self.choosing[: min(tested_rows or _MOST_CHOOSING, _MOST_CHOOSING)]

    def tested(self, tested_rows: int | None) -> "NDArray[np.int64]":
        """Rows to score on: so many, or all of the fold."""
        return self.test if tested_rows is None else self.test_in_order[:tested_rows]


@functools.lru_cache(maxsize=4)
def nested(whole: Dataset, fold: Fold) -> Nested:
    """Part the rows of a repetition, once for all families and sizes: for a million rows it takes longer than a cheap fit."""
    others, test = split(whole, fold)
    belonging, shuffled = whole.belonging.of(others), fold.seed + fold.index
    learned, kept = k_folds(whole.target[others], belonging, fold.folds - 1, shuffled)[-1]
    return Nested(
        in_order(whole.target, others[learned], shuffled, belonging.of(learned).units),
        in_order(whole.target, others[kept], shuffled),
        test,
        in_order(whole.target, test, shuffled),
    )


def in_order(
    target: "NDArray", rows: "NDArray[np.int64]", seed: int, units: "NDArray[np.int64] | None" = None
) -> "NDArray[np.int64]":
    """Shuffle row numbers so that any first part of them has the classes (or strata) in their shares.

    Parameters
    ----------
    target : numpy.ndarray of shape (n_rows,)
        Of all rows.
    rows : numpy.ndarray of shape (n_given,)
        Row numbers.
    seed : int
    units : numpy.ndarray of shape (n_given,), optional
        What those rows belong to: the rows of a unit follow one another, and its first row speaks for it.
    """
    if units is not None:
        _, first, unit = np.unique(units, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.int64)
        rank[in_order(target[rows[first]], np.arange(len(first)), seed)] = np.arange(len(first))
        return rows[np.argsort(rank[unit], kind="stable")]
    shuffled = np.random.default_rng(seed).permutation(rows)
    alike = pd.Series(strata(target[shuffled]))
    place = (alike.groupby(alike).cumcount() + 0.5) / alike.groupby(alike).transform("size")
    return shuffled[np.argsort(place.to_numpy(), kind="stable")]
