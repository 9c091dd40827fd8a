"""How many answers were right before the first change, and since? Counted by row, in whatever order labels come, in bounded room.

The labels that came last are known row by row. Of older ones there are counts in pieces of the stream, young blocks of rows one by
one and older ones in ever larger pieces (`edge.watch.ladder`); a piece in which the change lies counts to neither side.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.ladder import joined_rungs

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Parting"]

_ON_A_RUNG = 20


class Parting:
    """Counts of answers whose labels came: asked, and right.

    Attributes
    ----------
    start : int or None
        First row of the earliest change; None before there is one.
    before, since : arrays of shape (2,)
        What was counted on either side of it; zeros before there is one.
    """

    def __init__(self) -> None:
        self.start: int | None = None
        self.before, self.since = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)
        self._rows = 0
        self._first: list[int] = []
        self._counts: list[NDArray[np.int64]] = []
        self._rungs: list[int] = []

    def block(self, n_rows: int) -> None:
        """Take note of a block of rows that were answered."""
        self._first.append(self._rows)
        self._counts.append(np.zeros(2, dtype=np.int64))
        self._rungs.append(0)
        self._rows += n_rows
        for rung in joined_rungs(self._rungs, _ON_A_RUNG):
            place = self._rungs.index(rung)
            self._counts[place] += self._counts.pop(place + 1)
            self._rungs[place] += 1
            del self._rungs[place + 1], self._first[place + 1]

    def judged(self, table: "NDArray[np.int64]") -> None:
        """Take answers whose labels have just come: shape (n_labels, 2), row and whether it was right."""
        if self.start is not None:
            self._part(table)

    def aged(self, table: "NDArray[np.int64]") -> None:
        """Take answers of which the rows are known no longer: shape (n_labels, 2), row and whether it was right."""
        places = np.searchsorted(self._first, table[:, 0], side="right") - 1
        for place, right in zip(places.tolist(), table[:, 1].tolist(), strict=True):
            self._counts[place] += (1, right)

    def began(self, first: int, recent: "NDArray[np.int64]") -> None:
        """Take note of the first row of a change, and of answers whose rows are known: shape (n_labels, 2). The earliest counts."""
        if self.start is not None and self.start <= first:
            return
        self.start = first
        self.before, self.since = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)
        self._part(recent)
        ends = [*self._first, self._rows][1:]
        for begin, end, counts in zip(self._first, ends, self._counts, strict=True):
            if end <= first:
                self.before += counts
            elif begin >= first:
                self.since += counts

    def _part(self, table: "NDArray[np.int64]") -> None:
        later = table[:, 0] >= (self.start or 0)
        for counts, part in ((self.before, table[~later]), (self.since, table[later])):
            counts += (len(part), part[:, 1].sum())

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        counts = np.array(self._counts, dtype=np.int64).reshape(-1, 2)
        return {
            "start": self.start, "before": self.before, "since": self.since, "rows": self._rows,
            "first": list(self._first), "counts": counts, "rungs": list(self._rungs),
        }  # fmt: skip

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.start, self.before, self.since = state["start"], state["before"], state["since"]
        self._rows, self._first = state["rows"], list(state["first"])
        self._counts, self._rungs = list(state["counts"]), list(state["rungs"])
