"""What do signals show whose rows come together: columns and answers row by row, or errors label by label?

Each signal is watched from two sides, by size and by rarity (`edge.watch.ranking`); the alarm is raised where the capital on one
of them reaches the threshold (`edge.watch.gamblers`). A signal raises one alarm; what it was before and has been since is counted on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.betting import N_KINDS, kinds_of, tally
from edge.watch.gamblers import Gamblers
from edge.watch.past import Past
from edge.watch.ranking import Ranking, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["N_SUMS", "Change", "Group", "threshold_of"]

_SIDES = 2  # from which a signal is watched
N_SUMS = 3
"""Sums of a signal beside its counts: rows with a number, the numbers, and their squares, in deviations from the reference's mean."""


@dataclass(frozen=True, eq=False)
class Change:
    """The alarm of a signal.

    Attributes
    ----------
    row : int
        Row after which it was raised.
    start : tuple of int
        First row of the change: (most likely, earliest, latest).
    before, since : array of shape (n_places + N_SUMS,)
        Counts by place, and sums, before the change (with the history) and since then.
    counts_labels : bool
        Whether the start is no row, but a label in the order in which labels came, which is not the order of their rows.
    """

    row: int
    start: tuple[int, int, int]
    before: "NDArray[np.float64]"
    since: "NDArray[np.float64]"
    counts_labels: bool = False


def threshold_of(n_signals: int, false_alarms: float) -> float:
    """Give the capital that raises an alarm, so that the chance of any on so many signals is at most `false_alarms` (Bonferroni).

    >>> threshold_of(10, 0.05)
    400.0
    """
    return _SIDES * n_signals / false_alarms


class Group:
    """Some signals, their martingales and their past.

    Parameters
    ----------
    shapes : sequence of Shape
        Of each signal.
    known : sequence of arrays of shape (N_SUMS,)
        Sums over the history of each.
    threshold : float
        1 / threshold bounds the chance that one side of one signal ever raises a false alarm.
    to_come : int, optional
        How many blocks will come, where that is known beforehand.
    """

    def __init__(
        self,
        shapes: Sequence[Shape],
        known: "Sequence[NDArray[np.float64]]",
        *,
        threshold: float,
        seed: int,
        stream: int,
        to_come: int | None = None,
    ) -> None:
        self.n_signals, self._threshold = len(shapes), float(np.log(threshold))
        self._ranking = Ranking(shapes, seed=seed, stream=stream)
        self._gamblers = Gamblers(_SIDES * len(shapes), to_come=to_come)
        self._sizes = [len(shape.rarity) for shape in shapes]
        self._starts = np.cumsum([0, *self._sizes])
        self._history = [shape.history.sum(axis=0).astype(np.float64) for shape in shapes]
        self._known = list(known)
        self._past = Past()
        self.rows = 0
        self.changes: dict[int, Change] = {}

    def take(
        self,
        codes: "NDArray[np.int64]",
        sums: "NDArray[np.float64]",
        *,
        first: int,
        last: int,
        seasons: "NDArray[np.int64] | None" = None,
        in_order: bool = True,
    ) -> list[int]:
        """Take a block; gives the places of the signals that raise an alarm by it.

        Parameters
        ----------
        codes : array of shape (n_rows, n_signals)
        sums : array of shape (n_signals, N_SUMS)
        first, last : int
            Numbers of its first and last row in the stream.
        in_order : bool
            Whether blocks came in the order of rows; else changes begin at a place in the order in which they came.
        """
        kinds = kinds_of(self._ranking.ranks(codes, self.rows, seasons))
        self.rows += len(codes)
        counts = np.bincount((codes + self._starts[:-1]).ravel(), minlength=int(self._starts[-1]))
        self._past.take(np.concatenate([counts, kinds.ravel()]), sums.ravel(), first)
        for signal, change in self.changes.items():
            change.since[...] += self._of(signal, counts, sums.ravel())
        capital = self._gamblers.take(tally(kinds.T)).reshape(_SIDES, self.n_signals)
        highest = capital.max(axis=0)
        raised = [int(place) for place in np.flatnonzero(highest >= self._threshold) if place not in self.changes]
        for signal in raised:
            self._note(signal, int(capital[:, signal].argmax()), last, None if in_order else len(codes))
        return raised

    def evidence(self) -> "NDArray[np.float64]":
        """Logarithm to base 10 of the capital over the threshold, of each signal's better side: shape (n_signals,)."""
        capital = self._gamblers.capital().reshape(_SIDES, self.n_signals).max(axis=0)
        found: NDArray[np.float64] = (capital - self._threshold) / np.log(10)
        return found

    def _note(self, signal: int, side: int, last: int, of_block: int | None) -> None:
        at = int(self._starts[-1]) + N_KINDS * (side * self.n_signals + signal)
        past = self._past
        end, first = (last + 1, None) if of_block is None else (self.rows, past.counted(of_block))
        found = past.onset(slice(at, at + N_KINDS), end, first)
        known = np.concatenate([self._history[signal], self._known[signal]])
        before, since = (self._of(signal, *past.total(*part)) for part in ((0, found.piece), (found.piece, None)))
        start = found.likely, found.earliest, found.latest
        self.changes[signal] = Change(last, start, known + before, since, counts_labels=of_block is not None)

    def _of(self, signal: int, counts: "NDArray[np.integer]", sums: "NDArray[np.float64]") -> "NDArray[np.float64]":
        own = counts[self._starts[signal] : self._starts[signal + 1]]
        return np.concatenate([own, sums[N_SUMS * signal : N_SUMS * (signal + 1)]]).astype(np.float64)

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        return {
            "rows": self.rows,
            "ranking": self._ranking.state(),
            "gamblers": self._gamblers.state(),
            "past": self._past.state(),
            "changes": [
                {
                    "signal": signal,
                    "row": each.row,
                    "start": list(each.start),
                    "before": each.before,
                    "since": each.since,
                    "counts_labels": each.counts_labels,
                }
                for signal, each in self.changes.items()
            ],
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.rows = state["rows"]
        self._ranking.resume(state["ranking"])
        self._gamblers.resume(state["gamblers"])
        self._past.resume(state["past"])
        self.changes = {}
        for each in state["changes"]:
            likely, early, late = each["start"]
            self.changes[each["signal"]] = Change(
                each["row"], (likely, early, late), each["before"], each["since"], each["counts_labels"]
            )
