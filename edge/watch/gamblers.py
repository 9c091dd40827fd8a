"""How strong is the evidence that a stream without an end has changed? The capital of gamblers who begin at every block of it.

A gambler starts before each block with his share of a capital of 1, and bets on the ranks from there on (`edge.watch.betting`).
The shares have no end: half of all belong to the first 256 blocks, and 1 / (j + 1)(j + 2) to the j-th range of blocks after that,
each twice as long as the one before; inside a range all are equal, and all shares together are 1. Where it is known beforehand how
many blocks will come, each has an equal share instead. So the sum of all capitals,
and of the shares of those who have not begun, is a martingale that starts at 1 if ranks are independent and uniform; the chance
that it ever reaches a threshold c is at most 1 / c (Ville 1939).

Room is bounded. Gamblers of the distant past are joined in pairs: the one of the two who has less hands his capital to the other,
who stakes it as he does his own. A player may do so between two bets, hence the sum stays the same martingale; nothing is invented,
and nothing is lost. Older ones are asked what they have at every second, fourth, eighth ... block only; whoever is not asked counts
as having nothing, so that what is compared with the threshold never lies above the martingale.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.betting import N_TALLY, log_capital
from edge.watch.ladder import joined_rungs

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Gamblers", "share_of", "share_of_later"]

_FIRST_RANGE = 256
_ON_A_RUNG = 5


def share_of(block: int) -> float:
    """Share of the capital of the gambler who starts before a block, counted from 0.

    >>> share_of(0) == share_of(255) == 1 / 2 / 256, share_of(256) == 1 / 6 / 512
    (True, True)
    """
    place, length, turn = block, _FIRST_RANGE, 0
    while place >= length:
        place, length, turn = place - length, 2 * length, turn + 1
    return 1 / ((turn + 1) * (turn + 2) * length)


def share_of_later(blocks: int) -> float:
    """Share of all who start only after so many blocks.

    >>> share_of_later(0), share_of_later(256), share_of_later(768)
    (1.0, 0.5, 0.3333333333333333)
    """
    place, length, turn = blocks, _FIRST_RANGE, 0
    while place >= length:
        place, length, turn = place - length, 2 * length, turn + 1
    return 1 / (turn + 1) - place / ((turn + 1) * (turn + 2) * length)


class Gamblers:
    """Those who bet on some sides (sequences of ranks that advance together), for ever or for `to_come` blocks.

    Attributes
    ----------
    n_sides : int
    blocks : int
        Blocks seen.
    total : array of shape (N_TALLY, n_sides)
        All that was seen.
    before : list of arrays of shape (N_TALLY, n_sides)
        What had been seen when each began; the oldest first.
    stake : list of arrays of shape (n_sides,)
        Logarithm of what each would have if he had won nothing.
    rungs : list of int
        See `edge.watch.ladder`.
    """

    def __init__(self, n_sides: int, *, to_come: int | None = None) -> None:
        self.n_sides, self.blocks, self._to_come = n_sides, 0, to_come
        self.total = np.zeros((N_TALLY, n_sides))
        self.before: list[NDArray[np.float64]] = []
        self.stake: list[NDArray[np.float64]] = []
        self.rungs: list[int] = []

    def take(self, seen: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Take the tallies of a block, shape (N_TALLY, n_sides); gives the logarithm of the capital on each side, as far as asked.

        Asked are all up to the rung that grows in this block.
        """
        self.before.append(self.total)
        share = share_of(self.blocks) if self._to_come is None else 1 / self._to_come
        self.stake.append(np.full(self.n_sides, math.log(share)))
        self.rungs.append(0)
        self.total = self.total + seen
        self.blocks += 1
        joined = joined_rungs(self.rungs, _ON_A_RUNG)
        first = next(place for place, rung in enumerate(self.rungs) if rung <= len(joined))
        won = self._won(first)
        found = self._sum(self._stakes(first) + won)
        places = [self.rungs.index(rung) for rung in joined]  # the younger, the later
        for place in places:
            self._join(place, won[place - first : place - first + 2])
        return found

    def capital(self) -> "NDArray[np.float64]":
        """Ask everybody: the logarithm of the whole capital on each side, shape (n_sides,)."""
        if not self.rungs:
            return np.zeros(self.n_sides)
        return self._sum(self._stakes(0) + self._won(0))

    def _won(self, first: int) -> "NDArray[np.float64]":
        """Logarithm of what those from one on made of 1, shape (n_asked, n_sides)."""
        before = np.concatenate(self.before[first:]).reshape(-1, *self.total.shape)  # three times as quick as np.stack
        return log_capital(np.subtract(self.total, before, out=before))

    def _stakes(self, first: int) -> "NDArray[np.float64]":
        """Stakes of those from one on, shape (n_asked, n_sides)."""
        return np.concatenate(self.stake[first:]).reshape(-1, self.n_sides)

    def _sum(self, each: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Add up capitals (logarithms, shape (n_asked, n_sides)) and the shares of those who have not begun."""
        later = share_of_later(self.blocks) if self._to_come is None else 1 - self.blocks / self._to_come
        largest = np.maximum(each.max(axis=0, initial=-np.inf), math.log(later) if later else -np.inf)
        found: NDArray[np.float64] = np.log(np.exp(each - largest).sum(axis=0) + later * np.exp(-largest)) + largest
        return found

    def _join(self, place: int, won: "NDArray[np.float64]") -> None:
        """Join a gambler and the next one: the one with less hands over what he has. `won` is that of the two, shape (2, n_sides)."""
        has = self.stake[place] + won[0], self.stake[place + 1] + won[1]
        first_is_richer = has[0] >= has[1]
        self.before[place] = np.where(first_is_richer, self.before[place], self.before.pop(place + 1))
        self.stake[place] = np.logaddexp(has[0], has[1]) - np.where(first_is_richer, won[0], won[1])
        self.rungs[place] += 1
        del self.stake[place + 1], self.rungs[place + 1]

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        before, stake = (np.stack(each) if each else None for each in (self.before, self.stake))
        return {"blocks": self.blocks, "total": self.total, "before": before, "stake": stake, "rungs": list(self.rungs)}

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.blocks, self.total, self.rungs = state["blocks"], state["total"], list(state["rungs"])
        self.before, self.stake = (list(state[name]) if self.rungs else [] for name in ("before", "stake"))
