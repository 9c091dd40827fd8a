"""When did a change begin? The past in bounded room, and where it parts best into before and after.

Young blocks are kept one by one, older ones in ever larger pieces (`edge.watch.ladder`). Every border between two pieces is a
possible beginning of a jump: it is as likely as what somebody would have who began to bet there (`edge.watch.betting`: before a
change ranks are uniform, after it as he has learned), times the number of blocks that it stands for. A ramp that begins there is
as much likelier as it explains the ranks better (`edge.watch.ramps`). The interval of the beginning holds for both: it reaches from
the earlier of two ends to the later, unless a jump is by far the better explanation. The most likely beginning is that of a jump:
of a ramp it is the place from which on it shows.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.betting import log_capital, tally
from edge.watch.ladder import joined_rungs
from edge.watch.ramps import ramp_over_jump

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Onset", "Past"]

_ON_A_RUNG = 20
_TAIL = 0.025
_STRONG = np.log(20.0)  # evidence for one of two models over the other (Kass and Raftery 1995)


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
    counts : list of arrays of shape (n_counts,), int32
    sums : list of arrays of shape (n_sums,)
    first : list of int
        Number of the first row of each.
    rungs : list of int
    """

    def __init__(self) -> None:
        self.counts: list[NDArray[np.int32]] = []
        self.sums: list[NDArray[np.float64]] = []
        self.first: list[int] = []
        self.rungs: list[int] = []

    def take(self, counts: "NDArray[np.int64]", sums: "NDArray[np.float64]", first: int) -> None:
        """Take a block, shapes (n_counts,) and (n_sums,), whose first row has that number."""
        self.counts.append(counts.astype(np.int32))
        self.sums.append(sums.copy())
        self.first.append(first)
        self.rungs.append(0)
        for rung in joined_rungs(self.rungs, _ON_A_RUNG):
            place = self.rungs.index(rung)
            self.counts[place] += self.counts.pop(place + 1)
            self.sums[place] += self.sums.pop(place + 1)
            self.rungs[place] += 1
            del self.rungs[place + 1], self.first[place + 1]

    def total(self, first: int, last: int | None = None) -> "tuple[NDArray[np.int64], NDArray[np.float64]]":
        """Add up the pieces from one on, and before another: counts and sums."""
        counts, sums = np.stack(self.counts)[first:last], np.stack(self.sums)[first:last]
        return counts.sum(axis=0, dtype=np.int64), sums.sum(axis=0)

    def counted(self, of_block: int) -> list[int]:
        """Number the first of each piece by how many came before it, where each block has so many."""
        ends = np.cumsum([of_block * 2**rung for rung in self.rungs])
        return [0, *ends[:-1].tolist()]

    def onset(self, kinds: slice, rows: int, first: list[int] | None = None) -> Onset:
        """Find where the ranks of a side changed; `kinds` are their counts, and `rows` were seen in all.

        `first` numbers the first of each piece, where that is not the number of its row; then so are `rows`.
        """
        first = self.first if first is None else first
        counts = np.array([each[kinds] for each in self.counts], dtype=np.int64)
        since = counts[::-1].cumsum(axis=0)[::-1]
        jump = log_capital(tally(since[:, :, None]))[:, 0] + np.log(2.0) * np.array(self.rungs)
        ramp = jump + ramp_over_jump(counts)
        is_jump = np.logaddexp.reduce(jump) - np.logaddexp.reduce(ramp) > _STRONG
        held = [jump] if is_jump else [jump, ramp]
        likely = int(jump.argmax())
        low, high = np.array([_bounds(weights) for weights in held]).T
        ends = [*first[1:], rows]
        earliest = first[max(int(low.min()) - 1, 0)]  # the change may lie inside the piece before the border
        latest = ends[min(int(high.max()), len(ends) - 1)] - 1
        return Onset(first[likely], earliest, max(latest, earliest), likely)

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        counts, sums = (np.stack(each) if each else None for each in (self.counts, self.sums))
        return {"counts": counts, "sums": sums, "first": list(self.first), "rungs": list(self.rungs)}

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.first, self.rungs = list(state["first"]), list(state["rungs"])
        self.counts, self.sums = (list(state[name]) if self.rungs else [] for name in ("counts", "sums"))


def _bounds(weights: "NDArray[np.float64]") -> "NDArray[np.intp]":
    """Give the places between which 95 % of some weights lie, of which there are the logarithms."""
    shares = np.exp(weights - weights.max())
    found: NDArray[np.intp] = np.searchsorted((shares / shares.sum()).cumsum(), [_TAIL, 1 - _TAIL])
    return found
