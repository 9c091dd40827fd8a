"""What becomes of labels that come apart from their rows? Each is given to the monitor when its row has come, or is given up.

A label source may be ahead of its rows (two files that are replayed). A label whose key is not among the newest ones waits for
its row, for so many rows; then the monitor gets it all the same, and counts it as one of an unknown key if it is. While too many
wait, no more are read, as long as rows come for those that wait. Where none do (the labels begin long before the rows, say), the
oldest are given up, so that those behind them are read.

Of several labels for one row the first that comes counts.
"""

import itertools
from collections.abc import Mapping
from typing import Any

from lab.errors import DataError, nearest
from lab.watching.columns import ENOUGH
from lab.watching.keys import Keys
from lab.watching.order import texts
from lab.watching.protocol import Cell
from lab.watching.sources.source import Piece

__all__ = ["PATIENCE_ROWS", "SILENT_ROWS", "WAITING", "Late"]

WAITING = 10_000
"""Labels that wait for their rows at most."""
PATIENCE_ROWS = 10_000
"""Rows that come while a label waits, and while all that wait wait in vain."""
SILENT_ROWS = 100
"""Rows that suffice for the latter where no row comes now."""


class Late:
    """Labels on their way from their source to the monitor.

    Parameters
    ----------
    key : str
        The column of keys.
    label : str, optional
        The column of labels; by default the only other one.
    stored : mapping, optional
        What `stored` gave, to go on.
    """

    def __init__(self, key: str, label: str | None, stored: Mapping[str, Any] | None = None) -> None:
        self._key, self._label = key, label
        kept = stored or {}
        self._waiting: dict[str, tuple[Cell, int]] = {name: (cell, row) for name, cell, row in kept.get("waiting", [])}
        self._begun: int | None = kept.get("begun")  # after how many rows the first label came
        self._met: int | None = kept.get("met")  # and the last row for a label that waited
        self._without = ""  # why no row of objects so far holds a label
        self._n_without: int = kept.get("without", 0)
        self.n_read: int = kept.get("read", 0)
        self._n_repeated: int = kept.get("repeated", 0)
        self._n_given_up: int = kept.get("given_up", 0)

    def stored(self) -> dict[str, Any]:
        """Give all of it as plain values."""
        waiting = [[key, cell, row] for key, (cell, row) in self._waiting.items()]
        return {
            "read": self.n_read, "waiting": waiting, "begun": self._begun, "met": self._met,
            "without": self._n_without, "repeated": self._n_repeated, "given_up": self._n_given_up,
        }  # fmt: skip

    @property
    def counted(self) -> dict[str, int]:
        """How many labels had something wrong with them, by what it was."""
        without = self._n_without if self._n_without >= ENOUGH else 0
        return {
            "repeated labels": self._n_repeated, "labels given up": self._n_given_up, "labels without columns": without,
        }  # fmt: skip

    def room(self, most: int) -> int:
        """Say how many labels may be read now."""
        return max(0, min(most, WAITING - len(self._waiting)))

    def make_room(self, most: int, rows: int, *, is_silent: bool) -> dict[str, Cell]:
        """Give up the oldest labels where too many wait, and none of them for a row that comes; gives them, for the monitor.

        Parameters
        ----------
        most : int
            Labels that are given up at most.
        rows : int
            Rows so far.
        is_silent : bool
            Whether no row comes now.
        """
        begun = 0 if is_silent else self._begun or 0
        in_vain = rows - (begun if self._met is None else self._met)
        if self.room(1) or in_vain < (SILENT_ROWS if is_silent else PATIENCE_ROWS):
            return {}
        oldest = list(itertools.islice(self._waiting, most))
        self._n_given_up += len(oldest)
        return {key: self._waiting.pop(key)[0] for key in oldest}

    def take(self, piece: Piece, rows: int) -> None:
        """Take what a source of labels gave, after so many rows.

        Raises
        ------
        DataError
            If a header lacks the column of keys, or that of labels.
        """
        if not piece.columns:
            return
        try:
            label = self._column(piece)
        except DataError as error:
            if not piece.widens:
                raise
            self._without = str(error)
            self._n_without += piece.n_rows
            return
        self._without = ""
        if not piece.n_rows:
            return
        self._begun = rows if self._begun is None else self._begun
        for key, cell in zip(texts(piece.columns[self._key]), piece.columns[label], strict=True):
            if key is None or cell is None or cell != cell:
                continue
            self.n_read += 1
            if key in self._waiting:
                self._n_repeated += 1
            else:
                self._waiting[key] = (cell, rows)

    def ended(self) -> None:
        """Raise DataError where no object that came had the column of keys, or that of labels."""
        if self._without:
            raise DataError(self._without)

    def ready(self, keys: Keys, rows: int, *, all_of_them: bool) -> dict[str, Cell]:
        """Give those whose rows have come, and those that have waited long enough: these are known no more."""
        given: dict[str, Cell] = {}
        repeated: list[str] = []
        for key, (cell, since) in self._waiting.items():
            row = keys.label(key)
            if row == "repeated":
                repeated.append(key)
            elif row == "first" or all_of_them or rows - since >= PATIENCE_ROWS:
                given[key] = cell
            if row == "first" and since < rows:
                self._met = rows
        for key in (*given, *repeated):
            del self._waiting[key]
        self._n_repeated += len(repeated)
        return given

    def _column(self, piece: Piece) -> str:
        if self._key not in piece.columns:
            raise DataError(
                f"the labels have no column {self._key!r}; {nearest(self._key, piece.columns, label='columns')}"
            )
        others = [name for name in piece.columns if name != self._key]
        label = self._label or (others[0] if len(others) == 1 else None)
        if label is None:
            raise DataError(
                f"which column of the labels is the label? Name it with --label: {', '.join(others[:12]) or 'there is none'}"
            )
        if label not in piece.columns:
            raise DataError(f"the labels have no column {label!r}; {nearest(label, piece.columns, label='columns')}")
        return label
