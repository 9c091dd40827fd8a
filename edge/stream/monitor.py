"""Has anything changed? Columns, predictions and errors are watched in time order, each from two sides.

The promise is one number: the chance of any false alarm, on any signal, over the whole stream. Each side of each signal has
its own martingale, and its share of that chance (Bonferroni). One side ranks the values of a column by size, and sees what
rises, falls, widens or narrows; the other counts what is rare, and sees within a few rows what hardly ever came before: a new
value or category, one beyond the range, one that is missing. What is counted is fixed by rows that are neither history nor
stream.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from edge.stream.martingale import CUTS, Counts, Path, blocks_of, capital, capital_on_rates, ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Finding", "Kind", "Signal", "watch"]

Kind = Literal["column", "model"]
"""What a signal is of: a column of the table, which may have any name, or the model."""

_FEW_VALUES = 3


@dataclass(frozen=True, eq=False)
class Signal:
    """One thing that is watched: codes from 0 to `n_codes` - 1, before the stream and in it.

    Attributes
    ----------
    kind, name : Kind, str
        Together they say which one it is: a column may be called as a signal of the model is.
    history, stream : arrays of shape (n_rows,)
    training : array of shape (n_codes,), or None
        How many training rows have each code; None where it is not known.
    events : tuple of tuples of int
        Sets of codes whose frequency is watched; where there are none it is watched by size alone.
    """

    name: str
    history: "NDArray[np.integer]"
    stream: "NDArray[np.integer]"
    n_codes: int
    kind: Kind = "column"
    training: "NDArray[np.int64] | None" = None
    events: tuple[tuple[int, ...], ...] = ()

    @property
    def sides(self) -> int:
        """From how many sides it is watched."""
        return 2 if self.events else 1


@dataclass(frozen=True, eq=False)
class Finding:
    """What came of watching a signal; rows count from the beginning of the stream.

    Attributes
    ----------
    alarm : int or None
        Row after which the alarm was raised.
    start : tuple of int, or None
        First row of the change: (most likely, earliest, latest).
    evidence : array of shape (n_blocks,)
        Logarithm to base 10 of the larger capital over the threshold; an alarm is raised at 0.
    kind : Kind
        As that of the signal.
    """

    name: str
    alarm: int | None
    start: tuple[int, int, int] | None
    evidence: "NDArray[np.float64]"
    kind: Kind = "column"


def watch(signals: Sequence[Signal], *, false_alarms: float, seed: int) -> list[Finding]:
    """Watch signals over a stream; gives the findings in their order.

    Parameters
    ----------
    false_alarms : float
        Bound on the chance that any signal raises an alarm, ever, if history and stream are exchangeable. In (0, 1).
    """
    threshold = sum(signal.sides for signal in signals) / false_alarms
    found, place = [], 0
    for signal in signals:
        found.append(_watched(signal, threshold, seed=seed * 1_000_003 + place))
        place += signal.sides
    return found


def _watched(signal: Signal, threshold: float, *, seed: int) -> Finding:
    block = blocks_of(len(signal.stream))
    usual = signal.n_codes if signal.training is None else np.count_nonzero(signal.training)
    p_values = ranks(signal.history, signal.stream, signal.n_codes, seed=seed)
    paths = [capital(p_values, block=block, threshold=threshold, cuts=CUTS if usual <= _FEW_VALUES else ())]
    if signal.events:
        paths.append(capital_on_rates(_counts(signal, block), threshold=threshold))
    length = min(len(path.log_capital) for path in paths)
    largest = np.max([path.log_capital[:length] for path in paths], axis=0)
    evidence = (largest - np.log(threshold)) / np.log(10)
    first = min(paths, key=lambda path: _when(path, length))
    if first.alarm is None:
        return Finding(signal.name, None, None, evidence, signal.kind)
    likely, early, late = (int(part) * block for part in first.start)
    early, late = max(early - block + 1, 0), min(late + block, len(signal.stream)) - 1  # gamblers start at blocks alone
    alarm = min((first.alarm + 1) * block, len(signal.stream)) - 1
    return Finding(signal.name, alarm, (likely, early, late), evidence, signal.kind)


def _counts(signal: Signal, block: int) -> Counts:
    """Count the events of a signal in its history and in each block of its stream."""
    member = np.zeros((signal.n_codes, len(signal.events)), dtype=np.int64)
    for place, codes in enumerate(signal.events):
        member[list(codes), place] = 1
    starts = np.arange(0, len(signal.stream), block)
    numbers = np.arange(len(signal.stream)) // block * signal.n_codes + signal.stream
    in_blocks = np.bincount(numbers, minlength=len(starts) * signal.n_codes).reshape(len(starts), signal.n_codes)
    known = np.zeros(signal.n_codes, dtype=np.int64) if signal.training is None else signal.training
    history = np.bincount(signal.history, minlength=signal.n_codes)
    per_block = np.diff(np.append(starts, len(signal.stream)))
    return Counts(
        known @ member, history @ member, in_blocks @ member, (int(known.sum()), len(signal.history), per_block)
    )


def _when(path: Path, length: int) -> tuple[int, float]:
    """Order paths by their alarm; of two in the same block the one with more capital comes first."""
    return (length if path.alarm is None else path.alarm, -float(path.log_capital[length - 1]))
