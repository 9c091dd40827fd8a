"""Are rows as they should be, beside what a monitor sees? Times that go backwards, keys that come twice, rows that do not parse.

Each is counted, and told in one sentence when it is first seen; none ends a watch.
"""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Any

from lab.watching.keys import WINDOW, Keys
from lab.watching.protocol import Cell, Happening
from lab.watching.sources.source import Unread
from lab.wording import count

__all__ = ["Order", "texts"]


class Order:
    """What was seen so far; its memory is bounded.

    Parameters
    ----------
    source : str
        What the source is called.
    stored : mapping, optional
        What `stored` gave, to go on.
    """

    def __init__(self, source: str, stored: dict[str, Any] | None = None) -> None:
        kept = stored or {}
        self._source = source
        self.counts: dict[str, int] = dict(kept.get("counts", {}))
        self._newest: float | None = kept.get("newest")
        self.keys = Keys(kept.get("keys", ""))

    def stored(self) -> dict[str, Any]:
        """Give all of it as plain values."""
        return {"counts": self.counts, "newest": self._newest, "keys": self.keys.stored()}

    def unread(self, rows: Sequence[Unread], first: int) -> list[Happening]:
        """Take rows that do not parse."""
        if not rows:
            return []
        row = first + rows[0].after
        return self._first(
            "unread", len(rows), row,
            f"after row {row:,}, a row of {self._source} cannot be read: {rows[0].reason}; such rows are counted and left out",
        )  # fmt: skip

    def times(self, cells: Sequence[Cell], first: int, column: str) -> list[Happening]:
        """Take the times of rows, and see whether one is before another that came earlier."""
        back: list[int] = []
        unread: list[int] = []
        for place, cell in enumerate(cells):
            seconds = _seconds(cell)
            if seconds is None:
                unread.append(place)
            elif self._newest is not None and seconds < self._newest:
                back.append(place)
            else:
                self._newest = seconds
        told = []
        if back:
            row = first + back[0]
            said = f"time goes backwards in {column!r} at row {row + 1:,}; rows are watched in the order in which they come"
            told += self._first("backwards", len(back), row, said)
        if unread:
            row = first + unread[0]
            said = f"{column!r} holds no time at row {row + 1:,}; the row is watched all the same"
            told += self._first("timeless", len(unread), row, said)
        return told

    def came(self, keys: Sequence[str], first: int) -> list[Happening]:
        """Take the keys of rows, and see whether one came before."""
        again = self.keys.add(keys)
        if not again:
            return []
        row = first + again[0]
        return self._first(
            "twice", len(again), row,
            f"the key of row {row + 1:,} has come before; both rows are watched (looked for among the newest {WINDOW:,} keys)",
        )  # fmt: skip

    def lost(self, names: Sequence[str], first: int) -> list[Happening]:
        """Take the names of columns that are needed to watch rows, and are there no more."""
        told = []
        for name in names:
            said = f"the column {name!r} is missing from row {first + 1:,} on; the watch goes on without it"
            told += self._first(f"without {name!r}", 1, first, said)
        return told

    def _first(self, what: str, n: int, row: int, sentence: str) -> list[Happening]:
        known = self.counts.get(what, 0)
        self.counts[what] = known + n
        return [] if known else [Happening("notice", row, sentence, {"what": what})]

    def said(self) -> list[str]:
        """Say what was counted, in words."""
        words = {
            "unread": "that did not parse", "backwards": "before an earlier time", "timeless": "without a time",
            "twice": "with a key that came before",
        }  # fmt: skip
        return [f"{count(self.counts[what], 'row')} {said}" for what, said in words.items() if what in self.counts]


def _seconds(cell: Cell) -> float | None:
    """Read a time: a number, or a date with or without a clock; None where it is none."""
    try:
        seconds = math.nan if cell is None else float(cell)
    except ValueError:
        try:
            moment = dt.datetime.fromisoformat(str(cell))
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    return seconds if math.isfinite(seconds) else None


def texts(cells: Iterable[Cell]) -> list[str]:
    """Give keys as texts: 7, 7.0 and "7" are one key, nothing is an empty one."""
    return [_text(cell) for cell in cells]


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    return str(int(cell)) if float(cell).is_integer() else str(cell)
