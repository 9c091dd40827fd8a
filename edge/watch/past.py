"""When did a change begin? The past in bounded room, and where it parts best into before and after.

Young blocks are kept one by one, older ones in ever larger pieces (`edge.watch.ladder`). Every border between two pieces is a
possible beginning: it is as likely as what somebody would have who began to bet there (`edge.watch.betting`: before a change ranks
are uniform, after it as he has learned), times the number of blocks that it stands for.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.betting import log_capital, tally
from edge.watch.ladder import joined_rungs

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Onset", "Past"]

_ON_A_RUNG = 20
_TAIL = 0.025


@dataclass(frozen=True)
class Onset:
    """Where a change begins: the first rows (most likely, earliest, latest), and the piece with which it begins."""

    likely: int
    earliest: int
    latest: int
    piece: int


class Past:
    """What is kept of the blocks of a stream, in pieces, the oldest first.

    Attributes
    ----------
    counts : array of shape (n_pieces, n_counts), int32
    sums : array of shape (n_pieces, n_sums)
    first : array of shape (n_pieces,)
        Number of the first row of each.
    rungs : list of int
    """

    def __init__(self, n_counts: int, n_sums: int) -> None:
        self.counts = np.zeros((0, n_counts), dtype=np.int32)
        self.sums = np.zeros((0, n_sums))
        self.first = np.zeros(0, dtype=np.int64)
        self.rungs: list[int] = []

    def take(self, counts: "NDArray[np.int64]", sums: "NDArray[np.float64]", first: int) -> None:
        """Take a block, shapes (n_counts,) and (n_sums,), whose first row has that number."""
        self.counts = np.concatenate([self.counts, counts[None].astype(np.int32)])
        self.sums = np.concatenate([self.sums, sums[None]])
        self.first = np.append(self.first, first)
        self.rungs.append(0)
        joined = joined_rungs(self.rungs, _ON_A_RUNG)
        if not joined:
            return
        places = [self.rungs.index(rung) for rung in joined]
        for place in places:
            self.counts[place] += self.counts[place + 1]
            self.sums[place] += self.sums[place + 1]
            self.rungs[place] += 1
        kept = np.delete(np.arange(len(self.rungs)), [place + 1 for place in places])
        self.counts, self.sums, self.first = self.counts[kept], self.sums[kept], self.first[kept]
        self.rungs = [self.rungs[place] for place in kept]

    def onset(self, kinds: slice, rows: int) -> Onset:
        """Find where the ranks of a side changed; `kinds` are their counts, and `rows` were seen in all."""
        counts = self.counts[:, kinds].astype(np.int64)
        since = counts[::-1].cumsum(axis=0)[::-1]
        weights = log_capital(tally(since[:, :, None]))[:, 0] + np.log(2.0) * np.array(self.rungs)
        shares = np.exp(weights - weights.max())
        up_to = (shares / shares.sum()).cumsum()
        likely = int(weights.argmax())
        low, high = (int(place) for place in np.searchsorted(up_to, [_TAIL, 1 - _TAIL]))
        ends = np.append(self.first[1:], rows)
        earliest = int(self.first[max(low - 1, 0)])  # the change may lie inside the piece before the border
        latest = int(ends[min(high, len(ends) - 1)]) - 1
        return Onset(int(self.first[likely]), earliest, max(latest, earliest), likely)

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        return {"counts": self.counts, "sums": self.sums, "first": self.first, "rungs": list(self.rungs)}

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.counts, self.sums, self.first = state["counts"], state["sums"], state["first"]
        self.rungs = list(state["rungs"])
