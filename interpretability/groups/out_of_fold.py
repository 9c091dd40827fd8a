"""What did a model say of rows that it had not learned from, and which group does each belong to? On the first repetition."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.learning.comparison import Scores
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MIN_ROWS", "Told", "out_of_fold"]

MIN_ROWS = 10
"""Rows of a group below which nothing is said of it."""


@dataclass(frozen=True)
class Told:
    """Out-of-fold predictions of some rows.

    Attributes
    ----------
    said : numpy.ndarray of shape (n_rows,)
        The chance of the second class, or the predicted number.
    target : numpy.ndarray of shape (n_rows,)
        The class's code, or the number.
    groups : numpy.ndarray of shape (n_rows,)
        Names of their groups.
    units : numpy.ndarray of shape (n_rows,), or None
        Codes of the rows that belong together.
    """

    said: "NDArray"
    target: "NDArray"
    groups: "NDArray"
    units: "NDArray | None"

    def of(self, there: "NDArray") -> "Told":
        """Give the same for some of the rows, shape (n_rows,), bool."""
        units = None if self.units is None else self.units[there]
        return Told(self.said[there], self.target[there], self.groups[there], units)

    def by_group(self) -> "Iterator[tuple[str, Told]]":
        """Give every group that is large enough, in the order of the names."""
        for name in np.unique(self.groups):
            there = self.groups == name
            if there.sum() >= MIN_ROWS:
                yield str(name), self.of(there)


def out_of_fold(scores: Scores, dataset: Dataset, groups: "NDArray", folds: int) -> Told:
    """Gather the predictions of the first repetition; `groups`, of shape (n_rows,), names the group of every row of the table."""
    done = [row for row in scores.rows[:folds] if row is not None]
    places = np.concatenate([row.test_rows for row in done])
    said = np.concatenate([row.predictions[:, 1] if dataset.classes else row.predictions for row in done])
    return Told(said, dataset.target[places], groups[places], dataset.belonging.of(places).units)
