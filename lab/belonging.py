"""Which rows of a table belong together, and in which order did they come? What every split of a table has to respect."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ALONE", "Belonging"]


@dataclass(frozen=True, eq=False)
class Belonging:
    """Rows that are never parted, and rows that come before others.

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
    """

    units: "NDArray | None" = None
    times: "NDArray | None" = None
    by: str = ""
    time: str = ""
    copies: int = 0
    is_independent: bool = False
    copied: "NDArray | None" = None

    def of(self, rows: "NDArray") -> "Belonging":
        """Give the same for some of the rows, by their numbers, shape (n_chosen,), in their order."""
        return dataclasses.replace(
            self,
            units=None if self.units is None else self.units[rows],
            times=None if self.times is None else self.times[rows],
            copied=None if self.copied is None else self.copied[rows],
        )

    @property
    def is_declared(self) -> bool:
        """Whether the user said what belongs together, or in which order the rows came."""
        return bool(self.by or self.time)

    @property
    def at_random(self) -> "Belonging":
        """What folds at random still hold together: copies."""
        return Belonging(units=self.copied, copies=self.copies, copied=self.copied)

    @property
    def is_plain(self) -> bool:
        """Whether any row may stand on any side of a split."""
        return self.units is None and self.times is None


ALONE = Belonging()
"""Of a table whose rows do not belong together and have no order."""
