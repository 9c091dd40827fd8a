"""In which season does a row fall: which hour of the day, which day of the week? So that what always comes again is no drift.

Times are taken as they are written (in UTC where a zone is named), or as seconds since 1970.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.cells import read_cells
from lab.errors import InputError
from lab.watching.protocol import Happening

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lab.watching.protocol import Batch

__all__ = ["SEASONS", "Calendar", "n_seasons", "named_seasons", "seasons_at"]

SEASONS = {"hour": 24, "weekday": 7}
_DAY_S = 86_400.0
_MILLISECONDS = 1e11  # a larger number of seconds is one of milliseconds


def named_seasons(text: str) -> tuple[str, ...]:
    """Read what a user names: `hour`, `weekday`, or both; in the order of `SEASONS`.

    >>> named_seasons("weekday,hour"), named_seasons("")
    (('hour', 'weekday'), ())
    """
    words = {word.strip() for word in text.split(",") if word.strip()}
    if unknown := sorted(words - set(SEASONS)):
        raise InputError(f"season is {unknown[0]!r}; it must be hour, weekday, or hour,weekday")
    return tuple(name for name in SEASONS if name in words)


def n_seasons(seasons: "Sequence[str]") -> int:
    """Number of seasons of these names.

    >>> n_seasons(("hour", "weekday")), n_seasons(())
    (168, 1)
    """
    return int(np.prod([SEASONS[name] for name in seasons], dtype=np.int64))


def seasons_at(days: "NDArray[np.float64]", seasons: "Sequence[str]") -> "NDArray[np.int64]":
    """Number the season of moments (days since 1970-01-01, shape (n_rows,)); -1 where there is none.

    >>> seasons_at(np.array([0.0, 1.5, np.nan]), ("hour", "weekday")).tolist()  # a Thursday at 0, a Friday at 12
    [3, 88, -1]
    """
    known = np.isfinite(days)
    moments = np.where(known, days, 0.0)
    found = np.zeros(len(days), dtype=np.int64)
    for name in seasons:
        part = np.floor(moments % 1 * 24 + 1e-6) % 24 if name == "hour" else (np.floor(moments + 1e-9) + 3) % 7
        found = found * SEASONS[name] + part.astype(np.int64)
    return np.where(known, found, -1)


class Calendar:
    """Follows the season of a stream; a row without a time that can be read belongs to the season of the row before it.

    Attributes
    ----------
    column : str
        Column of the times.
    seasons : tuple of str
    """

    def __init__(self, column: str, seasons: tuple[str, ...]) -> None:
        self.column, self.seasons = column, seasons
        self._waiting = np.zeros(0, dtype=np.int64)
        self._last, self._day, self._told = 0, -np.inf, False

    def take(self, batch: "Batch") -> list[Happening]:
        """Take the times of a batch; tells once if they go backwards."""
        days = moments_of(batch.columns.get(self.column, [None] * batch.n_rows))
        known = np.isfinite(days)
        found = seasons_at(days, self.seasons)
        at = np.maximum.accumulate(np.where(known, np.arange(len(days)), -1))
        found = np.where(at >= 0, found[at], self._last)
        self._waiting = np.concatenate([self._waiting, found])
        if len(found):
            self._last = int(found[-1])
        return self._backwards(days[known], np.flatnonzero(known) + batch.first)

    def _backwards(self, days: "NDArray[np.float64]", rows: "NDArray[np.int64]") -> list[Happening]:
        if not len(days):
            return []
        latest = np.maximum.accumulate(np.append(self._day, days))
        back = np.flatnonzero(days < latest[:-1])
        self._day = float(latest[-1])
        if self._told or not len(back):
            return []
        self._told = True
        row = int(rows[back[0]])
        said = f"Time goes backwards in {self.column!r} at row {row + 1:,}; rows count in the order in which they come."
        return [Happening("notice", row, said, {"notice": "time backwards", "column": self.column})]

    def next(self, rows: int) -> "NDArray[np.int64]":
        """Give the seasons of the next rows, shape (rows,)."""
        found, self._waiting = self._waiting[:rows], self._waiting[rows:]
        return found

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        return {"waiting": self._waiting, "last": self._last, "day": self._day, "told": self._told}

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self._waiting, self._last = state["waiting"], state["last"]
        self._day, self._told = state["day"], state["told"]


def moments_of(cells: "Sequence[Any]") -> "NDArray[np.float64]":
    """Read times as days since 1970-01-01, shape (n_rows,); NaN where there is none."""
    numbers, unreadable = read_cells(cells, "number")
    seconds = np.where(np.abs(numbers) > _MILLISECONDS, numbers / 1_000, numbers)
    if not unreadable.any():
        return seconds / _DAY_S
    days, _ = read_cells(cells, "date")
    return np.where(unreadable, days, seconds / _DAY_S)
