"""What becomes of labels that come apart from their rows? Each is given to the monitor when its row has come, or is given up.

A label source may be ahead of its rows (two files that are replayed). A label whose key is not among the newest ones waits for
its row, for so many rows; then the monitor gets it all the same, and counts it as one of an unknown key if it is. While too many
wait, no more are read.
"""

from collections.abc import Mapping
from typing import Any

from lab.errors import DataError, nearest
from lab.watching.keys import Keys
from lab.watching.order import texts
from lab.watching.protocol import Cell
from lab.watching.sources.source import Piece

__all__ = ["PATIENCE_ROWS", "WAITING", "Late"]

WAITING = 10_000
"""Labels that wait for their rows at most."""
PATIENCE_ROWS = 10_000
"""Rows that come while a label waits."""


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
        self.n_read: int = kept.get("read", 0)

    def stored(self) -> dict[str, Any]:
        """Give all of it as plain values."""
        return {"read": self.n_read, "waiting": [[key, cell, row] for key, (cell, row) in self._waiting.items()]}

    def room(self, most: int) -> int:
        """Say how many labels may be read now."""
        return max(0, min(most, WAITING - len(self._waiting)))

    def take(self, piece: Piece, rows: int) -> None:
        """Take what a source of labels gave, after so many rows.

        Raises
        ------
        DataError
            If it lacks the column of keys, or that of labels.
        """
        if not piece.n_rows:
            return
        label = self._column(piece)
        for key, cell in zip(texts(piece.columns[self._key]), piece.columns[label], strict=True):
            if cell is not None and key:
                self._waiting.pop(key, None)
                self._waiting[key] = (cell if not isinstance(cell, float) or cell == cell else None, rows)
                self.n_read += 1

    def ready(self, keys: Keys, rows: int, *, all_of_them: bool) -> dict[str, Cell]:
        """Give those whose rows have come, and those that have waited long enough: these are known no more."""
        given: dict[str, Cell] = {}
        for key, (cell, since) in self._waiting.items():
            if all_of_them or key in keys or rows - since >= PATIENCE_ROWS:
                given[key] = cell
        for key in given:
            del self._waiting[key]
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
