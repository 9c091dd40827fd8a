"""What did a tuned family say of the rows that it was searched on, each by a fit that had not seen it?

The ground on which the best of a side is chosen, and on which models are combined: rows of the training part alone.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.learning.scoring import score_said

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OutOfFold", "inner_score", "kept"]


@dataclass(frozen=True)
class OutOfFold:
    """Predictions of the chosen candidate for the inner test rows, inner fold by inner fold.

    Attributes
    ----------
    rows : numpy.ndarray of shape (n_inner,), int32
        Row numbers of the table.
    said : numpy.ndarray, float32
        What is enough of the predictions: the probability of the second of two classes or the number, shape (n_inner,), or the
        probabilities of all classes, shape (n_inner, n_classes).
    sizes : tuple of int
        Rows in each inner fold; they add up to n_inner.
    """

    rows: np.ndarray
    said: np.ndarray
    sizes: tuple[int, ...]

    def predictions(self, n_classes: int) -> "NDArray[np.float64]":
        """Probabilities of shape (n_inner, n_classes), or numbers of shape (n_inner,) where `n_classes` is 0."""
        said = np.asarray(self.said, dtype=np.float64)
        if n_classes == 2:
            return np.column_stack([1 - said, said])
        return said / said.sum(axis=1, keepdims=True) if n_classes else said

    @property
    def folds(self) -> "list[slice]":
        """Where each inner fold lies."""
        ends = np.cumsum([0, *self.sizes])
        return [slice(int(start), int(end)) for start, end in itertools.pairwise(ends)]


def kept(rows: "NDArray", predictions: "NDArray", sizes: Sequence[int]) -> OutOfFold:
    """Keep what is enough of predictions of shape (n_inner, n_classes) or (n_inner,); `rows` has shape (n_inner,)."""
    enough = predictions[:, 1] if predictions.ndim == 2 and predictions.shape[1] == 2 else predictions
    return OutOfFold(np.asarray(rows, dtype=np.int32), np.asarray(enough, dtype=np.float32), tuple(map(int, sizes)))


def inner_score(found: OutOfFold, target: "NDArray", scorer: str, n_classes: int) -> float:
    """Score all inner out-of-fold rows at once, as the scorer gives it; `target`, shape (n_rows,), is that of the table."""
    return score_said(scorer, found.predictions(n_classes), target[found.rows])
