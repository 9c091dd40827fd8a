"""In which season does a row fall: which hour of the day, which day of the week? So that what always comes again is no drift.

Times are taken as they are written (in UTC where a zone is named), or as seconds since 1970.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.cells import read_cells
from edge.watch.inflow import BLOCK
from edge.watch.spelling import Reader, held
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
_FIRST_DAY, _LAST_DAY = (
    1900_01_01,
    2100_12_31,
)  # a number between is a day such as 20240131, and no second of August 1970


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
        self._last, self._day = 0, -np.inf
        self._told: list[str] = []
        self._cells: list[Any] = []
        self._reader = Reader("date")

    def take(self, batch: "Batch") -> list[Happening]:
        """Take the times of a batch; tells once how they are spelled, of one that is not there, and if they go backwards."""
        cells = [*self._cells, *batch.columns.get(self.column, [None] * batch.n_rows)]
        n_full = len(cells) // BLOCK * BLOCK
        self._cells = cells[n_full:]
        first = batch.first + batch.n_rows - len(cells)
        return self._take(cells[:n_full], first) if n_full else []

    def _take(self, cells: "Sequence[Any]", first: int) -> list[Happening]:
        """Take times of whole blocks, the first of them that of the row `first`."""
        days, spelled = self._moments(cells)
        known = np.isfinite(days)
        told = [
            self._happening("spelling column", first + place, f"The column {self.column!r} is read as {words}.")
            for place, words in spelled
        ]
        if not known.all():
            row = first + int(np.flatnonzero(~known)[0])
            told += self._once(
                "no time",
                row,
                f"Row {row + 1:,} has no time in {self.column!r} that can be read; such rows count to the season of the row before.",
            )
        found = seasons_at(days, self.seasons)
        at = np.maximum.accumulate(np.where(known, np.arange(len(days)), -1))
        found = np.where(at >= 0, found[at], self._last)
        self._waiting = np.concatenate([self._waiting, found])
        if len(found):
            self._last = int(found[-1])
        return told + self._backwards(days[known], np.flatnonzero(known) + first)

    def _moments(self, cells: "Sequence[Any]") -> "tuple[NDArray[np.float64], list[tuple[int, str]]]":
        """Read times as days since 1970-01-01, NaN where there is none; and say where which spelling begins."""
        numbers, unreadable = read_cells(cells, "number")
        seconds = np.where(np.abs(numbers) > _MILLISECONDS, numbers / 1_000, numbers)
        spelled = unreadable | ((numbers >= _FIRST_DAY) & (numbers <= _LAST_DAY))
        if not spelled.any():
            return seconds / _DAY_S, []
        texts = [cell if is_spelled else None for cell, is_spelled in zip(cells, spelled.tolist(), strict=True)]
        days, _, found = self._reader.read(texts, BLOCK)
        return np.where(spelled, days, seconds / _DAY_S), found

    def _backwards(self, days: "NDArray[np.float64]", rows: "NDArray[np.int64]") -> list[Happening]:
        if not len(days):
            return []
        latest = np.maximum.accumulate(np.append(self._day, days))
        back = np.flatnonzero(days < latest[:-1])
        self._day = float(latest[-1])
        if not len(back):
            return []
        row = int(rows[back[0]])
        said = f"Time goes backwards in {self.column!r} at row {row + 1:,}; rows count in the order in which they come."
        return self._once("time backwards", row, said)

    def _once(self, what: str, row: int, said: str) -> list[Happening]:
        if what in self._told:
            return []
        self._told.append(what)
        return [self._happening(what, row, said)]

    def _happening(self, what: str, row: int, said: str) -> Happening:
        return Happening("notice", row, said, {"notice": what, "column": self.column})

    def next(self, rows: int) -> "NDArray[np.int64]":
        """Give the seasons of the next rows, shape (rows,)."""
        found, self._waiting = self._waiting[:rows], self._waiting[rows:]
        return found

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        return {"waiting": self._waiting, "last": self._last, "day": self._day, "told": list(self._told),
                "cells": held(self._cells), "spelled": self._reader.state() or []}  # fmt: skip

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self._waiting, self._last = state["waiting"], state["last"]
        self._day, self._told, self._cells = state["day"], list(state["told"]), list(state["cells"])
        self._reader.resume(state["spelled"] or None)
