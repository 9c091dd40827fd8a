"""Are rows as they should be, beside what a monitor sees? Times that go backwards, keys that come twice, rows that do not parse.

Each is counted, and told in one sentence when it is first seen; none ends a watch.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lab.watching.keys import WINDOW, Keys
from lab.watching.protocol import Cell, Happening
from lab.watching.sources.source import Piece, Unread
from lab.wording import count

__all__ = ["Order", "texts"]

_OF_LABELS = {
    "repeated labels": "a label came for a row that had one; the first counts, and such labels are counted and left out",
    "labels without columns": "many labels lack the column of keys, or that of labels; they are counted and left out",
    "labels given up": "too many labels wait for rows that do not come; the oldest are given up, so that those behind them are read",
}


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
        self.keys = Keys(kept.get("keys", ""), kept.get("labelled", ""))

    def stored(self) -> dict[str, Any]:
        """Give all of it as plain values."""
        keys, labelled = self.keys.stored()
        return {"counts": self.counts, "newest": self._newest, "keys": keys, "labelled": labelled}

    def unread(self, rows: Sequence[Unread], first: int) -> list[Happening]:
        """Take rows that do not parse."""
        if not rows:
            return []
        row = first + rows[0].after
        return self._first(
            "unread", len(rows), row,
            f"after row {row:,}, a row of {self._source} cannot be read: {rows[0].reason}; such rows are counted and left out",
        )  # fmt: skip

    def times(self, cells: Sequence[Cell], first: int, column: str, *, in_order: bool = True) -> list[Happening]:
        """Take the times of rows, and see whether all are times and, if asked for, whether one is before another that came earlier."""
        back: list[int] = []
        unread: list[int] = []
        for place, cell in enumerate(cells):
            seconds = _seconds(cell)
            if seconds is None:
                unread.append(place)
            elif in_order and self._newest is not None and seconds < self._newest:
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

    def came(self, keys: Sequence[str | None], first: int) -> list[Happening]:
        """Take the keys of rows, and see whether one came before."""
        again = self.keys.add(keys)
        if not again:
            return []
        row = first + again[0]
        said = f"the key of row {row + 1:,} has come before; both rows are watched (looked for among the newest {WINDOW:,} keys)"
        return self._first("twice", len(again), row, said)

    def unread_labels(self, piece: Piece, source: str, row: int) -> list[Happening]:
        """Take what was no label among the lines of a piece from a source of that name."""
        reason = piece.unread[0].reason if piece.unread else ""
        said = f"a row of {source} cannot be read: {reason}; such labels are counted and left out"
        again = f"a header comes again in {source}; it is no label, and what follows it is read in its order"
        told = self._first("unread labels", len(piece.unread), row, said)
        return told + self._first("headers of labels", int(piece.header_again), row, again)

    def labels(self, counted: Mapping[str, int], row: int) -> list[Happening]:
        """Take how many labels so far had something wrong with them, by what it was."""
        told = []
        for what, number in counted.items():
            told += self._first(what, number - self.counts.get(what, 0), row, _OF_LABELS[what])
        return told

    def header(self, after: int) -> list[Happening]:
        """Take a line that names the columns again, after so many rows."""
        said = f"a header comes again after row {after:,} of {self._source}; it is no row, and what follows it is read in its order"
        return self._first("headers", 1, max(0, after - 1), said)

    def never(self, what: str, rows: int, said: str) -> list[Happening]:
        """Take that none of so many rows had a column."""
        return self._first(
            f"without {what}", 1, max(0, rows - 1), f"the first {count(rows, 'row')} of {self._source} have {said}"
        )

    def lost(self, names: Sequence[str], first: int) -> list[Happening]:
        """Take the names of columns that are needed to watch rows, and are there no more."""
        told = []
        for name in names:
            said = f"the column {name!r} is missing from row {first + 1:,} on; the watch goes on without it"
            told += self._first(f"without {name!r}", 1, first, said)
        return told

    def _first(self, what: str, n: int, row: int, sentence: str) -> list[Happening]:
        if not n:
            return []
        known = self.counts.get(what, 0)
        self.counts[what] = known + n
        return [] if known else [Happening("notice", row, sentence, {"what": what})]

    def said(self) -> list[str]:
        """Say what was counted, in words."""
        words = {
            "unread": "that did not parse", "backwards": "before an earlier time", "timeless": "without a time",
            "twice": "with a key that came before", "headers": "that named the columns again",
        }  # fmt: skip
        rows = [f"{count(self.counts[what], 'row')} {said}" for what, said in words.items() if what in self.counts]
        words = {
            "unread labels": "that did not parse", "repeated labels": "for a row that had one",
            "labels given up": "that waited in vain for their rows", "labels without columns": "without a key or a label",
        }  # fmt: skip
        return rows + [
            f"{count(self.counts[what], 'label')} {said}" for what, said in words.items() if what in self.counts
        ]


def _seconds(cell: Cell) -> float | None:
    """Read a time: a number, or a date with or without a clock; None where it is none."""
    try:
        seconds = math.nan if cell is None else float(cell)
    except ValueError:
        try:
            moment = dt.datetime.fromisoformat(str(cell).strip())
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    return seconds if math.isfinite(seconds) else None


def texts(cells: Iterable[Cell]) -> list[str | None]:
    """Give keys as texts: 7, 7.0 and "7" are one key. An empty text and what is no number are none, as nothing is."""
    return [(cell or None) if isinstance(cell, str) else _text(cell) for cell in cells]


def _text(cell: float | None) -> str | None:
    if cell is None or cell != cell:
        return None
    return str(int(cell)) if float(cell).is_integer() else str(cell)
