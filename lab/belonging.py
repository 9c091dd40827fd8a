"""Which rows of a table belong together, in which order did they come, and for how much does each count?

What every split, every fit and every score of a table has to respect.
"""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ALONE", "Belonging", "equal_units"]


def equal_units(amounts: "NDArray") -> float:
    """Count the equal units whose sum would be known as well as that of these amounts, shape (n_units,), at least 0 (Kish 1965).

    >>> import numpy as np
    >>> equal_units(np.array([2.0, 2.0, 2.0])), equal_units(np.array([4.0, 0.0]))
    (3.0, 1.0)

    References
    ----------
    Kish (1965), Survey Sampling, section 8.2: the effective sample size of unequal weights.
    """
    return float(amounts.sum() ** 2 / (amounts**2).sum())


@dataclass(frozen=True, eq=False)
class Belonging:
    """Rows that are never parted, rows that come before others, and rows that count for more than others.

    Attributes
    ----------
    units : numpy.ndarray of shape (n_rows,), int64, or None
        Codes from 0; rows of one code stand on the same side of every split. None where each row stands alone.
    times : numpy.ndarray of shape (n_rows,), int64, or None
        Dense ranks of the time column, from 0; a model is only tested on rows that are later than those it learned
        from. None where the rows have no order.
    by, time : str
        The columns that said so; empty where there are none.
    copies : int
        Rows that are exact copies of another one, beyond the first of them.
    is_independent : bool
        Whether the user said that the rows do not belong together.
    copied : numpy.ndarray of shape (n_rows,), int64, or None
        Codes of copies alone, whatever else belongs together; None where there are none.
    weights : numpy.ndarray of shape (n_rows,), float64, or None
        For how much each row counts in fits and scores: above 0, with the mean 1 over the table. None where all count alike.
    weighted : str
        The column that says so; empty where there is none.
    """

    units: "NDArray | None" = None
    times: "NDArray | None" = None
    by: str = ""
    time: str = ""
    copies: int = 0
    is_independent: bool = False
    copied: "NDArray | None" = None
    weights: "NDArray | None" = None
    weighted: str = ""

    def of(self, rows: "NDArray") -> "Belonging":
        """Give the same for some of the rows, by their numbers, shape (n_chosen,), in their order."""
        return dataclasses.replace(
            self,
            units=None if self.units is None else self.units[rows],
            times=None if self.times is None else self.times[rows],
            copied=None if self.copied is None else self.copied[rows],
            weights=self.weights_of(rows),
        )

    def weights_of(self, rows: "NDArray") -> "NDArray | None":
        """Give the weights of some of the rows, by their numbers, shape (n_chosen,); None where all rows count alike."""
        return None if self.weights is None else self.weights[rows]

    @property
    def is_declared(self) -> bool:
        """Whether the user said what belongs together, or in which order the rows came."""
        return bool(self.by or self.time)

    @property
    def at_random(self) -> "Belonging":
        """What folds at random still hold together: copies; rows count for as much."""
        return Belonging(
            units=self.copied, copies=self.copies, copied=self.copied, weights=self.weights, weighted=self.weighted
        )

    @property
    def is_plain(self) -> bool:
        """Whether any row may stand on any side of a split."""
        return self.units is None and self.times is None


ALONE = Belonging()
"""Of a table whose rows do not belong together and have no order."""
