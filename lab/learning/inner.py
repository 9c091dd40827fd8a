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

__all__ = ["OutOfFold", "enough", "in_full", "inner_score", "kept"]


@dataclass(frozen=True)
class OutOfFold:
    """Predictions of the chosen candidate for the inner test rows, inner fold by inner fold.

    Attributes
    ----------
    rows : numpy.ndarray of shape (n_inner,), int32
        Row numbers of the table.
    said : numpy.ndarray, float32
        What is enough of the predictions, see `enough`.
    sizes : tuple of int
        Rows in each inner fold; they add up to n_inner.
    """

    rows: np.ndarray
    said: np.ndarray
    sizes: tuple[int, ...]

    def predictions(self, n_classes: int) -> "NDArray[np.float64]":
        """Probabilities of shape (n_inner, n_classes), or numbers of shape (n_inner,) where `n_classes` is 0."""
        return in_full(self.said, n_classes)

    @property
    def folds(self) -> "list[slice]":
        """Where each inner fold lies."""
        ends = np.cumsum([0, *self.sizes])
        return [slice(int(start), int(end)) for start, end in itertools.pairwise(ends)]


def kept(rows: "NDArray", predictions: "NDArray", sizes: Sequence[int]) -> OutOfFold:
    """Keep predictions of shape (n_inner, n_classes) or (n_inner,); `rows` has shape (n_inner,)."""
    return OutOfFold(np.asarray(rows, dtype=np.int32), enough(predictions), tuple(map(int, sizes)))


def enough(predictions: "NDArray") -> np.ndarray:
    """Give what is enough of predictions, as float32.

    The probability of the second of two classes or the number, shape (n_rows,), or the probabilities of all classes, shape
    (n_rows, n_classes).
    """
    of_two = predictions.ndim == 2 and predictions.shape[1] == 2
    return np.asarray(predictions[:, 1] if of_two else predictions, dtype=np.float32)


def in_full(said: np.ndarray, n_classes: int) -> "NDArray[np.float64]":
    """Undo `enough`: probabilities of shape (n_rows, n_classes), or numbers of shape (n_rows,) where `n_classes` is 0."""
    exact = np.asarray(said, dtype=np.float64)
    if n_classes == 2:
        return np.column_stack([1 - exact, exact])
    return exact / exact.sum(axis=1, keepdims=True) if n_classes else exact


def inner_score(
    found: OutOfFold, target: "NDArray", scorer: str, n_classes: int, weights: "NDArray | None" = None
) -> float:
    """Score all inner out-of-fold rows at once, as the scorer gives it; target and weights, shape (n_rows,), are the table's."""
    counted = None if weights is None else weights[found.rows]
    return score_said(scorer, found.predictions(n_classes), target[found.rows], counted)
