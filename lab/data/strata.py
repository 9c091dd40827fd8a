"""By what are folds and samples stratified? Classes by class; a number by ten strata, from its smallest tenth to its largest.

So no fold lacks the extremes, which carry most of a number's variance (stratification lowers bias and variance: Kohavi 1995,
for classes), and whatever splits a table needs no other rule for a number.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["strata"]

_STRATA = 10


def strata(target: "NDArray", folds: int = 1) -> "NDArray[np.int64]":
    """Name the stratum of every row: its class; for numbers one of ten of equal counts, by rank.

    Equal numbers are told apart by their place in the table, so that every stratum has its share of rows; there are fewer
    strata where one would hold fewer rows than there are folds.

    Parameters
    ----------
    target : array of shape (n_rows,), int64 or float64
        Codes of classes, or numbers.
    folds : int
        How many folds share each stratum.

    Examples
    --------
    >>> strata(np.array([0, 1, 1])).tolist(), strata(np.array([5.0, 1.0, 3.0, 3.0]), folds=2).tolist()
    ([0, 1, 1], [1, 0, 0, 1])
    """
    if target.dtype.kind != "f":
        return target
    ranks = np.empty(len(target), dtype=np.int64)
    ranks[np.argsort(target, kind="stable")] = np.arange(len(target))
    return ranks * min(_STRATA, max(len(target) // folds, 1)) // len(target)
