"""Has anything changed? The second half of a table goes through the engine of `lab watch`, in time order, under the same promise.

Places are fixed by half of the rows for training, drawn at random, and counted in all others before the stream, so that these and
the stream stay exchangeable. The model has learned from rows for training: what it says is compared with what it said of those
between them and the stream. What is promised, and why it holds, is said in `edge.watch.monitor`. A table has an end: its last
rows are looked at even where they fill no block, which costs the promise nothing, since blocks are cut without looking at what
they hold; and since it is known how many blocks come, gamblers have equal shares.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.watch.group import Group, threshold_of
from edge.watch.inflow import BLOCK, Block
from edge.watch.labels import Judged
from edge.watch.profiling import profile_by, values_of
from edge.watch.signals import Errors, Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.stream.answers import Answers
    from lab.protocol import Dataset

__all__ = ["Finding", "block_of", "watched"]

_SHORT, _SHORT_BLOCK = 5_000, 50  # rows of a stream of which a finer look is cheap; of a block there
_MOST_LOOKS = 250  # at the evidence, for a picture
_AT_ONCE = 200  # blocks that are put into their places together


@dataclass(frozen=True, eq=False)
class Finding:
    """What came of watching a signal; rows count from 0, from the beginning of the table.

    Attributes
    ----------
    name : str
    is_column : bool
        Whether it is a column of the table, or else something of the model.
    looks : array of shape (n_looks,)
        Rows after which the evidence was written down.
    evidence : array of shape (n_looks,)
        Logarithm to base 10 of the capital over the one that raises an alarm.
    alarm : int or None
        Row after which the alarm was raised.
    start : tuple of int, or None
        First row of the change: (most likely, earliest, latest).
    """

    name: str
    is_column: bool
    looks: "NDArray[np.int64]"
    evidence: "NDArray[np.float64]"
    alarm: int | None = None
    start: tuple[int, int, int] | None = None


class _Path:
    """Writes down how the evidence of some signals goes: at about 250 of `n_blocks` blocks, and at every alarm."""

    def __init__(self, group: Group, n_blocks: int) -> None:
        self._group, self._every, self._seen = group, max(n_blocks // _MOST_LOOKS, 1), 0
        self._rows: list[int] = []
        self._evidence: list[NDArray[np.float64]] = []

    def look(self, row: int, raised: Sequence[int]) -> None:
        """Look after a row, at which some signals raised an alarm."""
        self._seen += 1
        if raised or self._seen % self._every == 0:
            self._rows.append(row)
            self._evidence.append(self._group.evidence())

    def finding(self, place: int, name: str, *, is_column: bool) -> Finding:
        """Give what came of a signal; its path ends with its alarm."""
        change = self._group.changes.get(place)
        looks = np.array(self._rows, dtype=np.int64)
        evidence = np.array([each[place] for each in self._evidence])
        if change is None:
            return Finding(name, is_column, looks, evidence)
        before = looks <= change.row
        return Finding(name, is_column, looks[before], evidence[before], change.row, change.start)


def block_of(n_rows: int) -> int:
    """Rows between two looks at a stream of so many rows.

    >>> block_of(2_000), block_of(1_000_000)
    (50, 100)
    """
    return _SHORT_BLOCK if n_rows <= _SHORT else BLOCK


def watched(
    whole: "Dataset", answers: "Answers", *, train: int, begin: int, false_alarms: float, seed: int
) -> list[Finding]:
    """Watch all columns from row `begin` on, and what a model answers; gives the columns first, and then what is of the model.

    Parameters
    ----------
    answers : Answers
        What the model said of the rows from `train` on, which it did not learn from.
    train, begin : int
        Rows at which those end from which the model learned, and at which the stream begins.
    false_alarms : float
        Bound on the chance that any signal ever raises an alarm, if rows are exchangeable. In (0, 1).
    """
    order = np.random.default_rng(seed).permutation(train)
    fixing, counted = order[: train // 2], np.concatenate([order[train // 2 :], np.arange(train, begin)])
    profile = profile_by(whole, fixing, counted, answered=answers.history)
    rows = Rows(profile, predicts=True, timed=False)
    threshold = threshold_of(len(rows.signals) + len(Errors.NAMES), false_alarms)
    block = block_of(whole.n_rows - begin)
    group = rows.group(threshold=threshold, seed=seed, to_come=_blocks(whole.n_rows - begin, block))
    path = _of_rows(whole, answers, rows, group, begin, block)
    to_come = _blocks(len(answers.right), block)
    errors = Errors(profile.answered, threshold=threshold, seed=seed, block=block, to_come=to_come)
    labels = _of_labels(answers, errors, begin, block)
    return [
        *(path.finding(at, signal.name, is_column=signal.kind == "column") for at, signal in enumerate(rows.signals)),
        *(labels.finding(at, name, is_column=False) for at, name in enumerate(Errors.NAMES)),
    ]


def _of_rows(whole: "Dataset", answers: "Answers", rows: Rows, group: Group, begin: int, block: int) -> _Path:
    """Watch the columns, and what the model says of their rows."""
    n_rows = whole.n_rows - begin
    values = {name: values_of(whole, name)[begin:] for name in whole.kinds}
    path = _Path(group, _blocks(n_rows, block))
    for part, size in _parts(n_rows, block):
        nothing = np.zeros(part.stop - part.start, dtype=bool)
        given = Block(
            begin + part.start,
            {name: column[part] for name, column in values.items()},
            dict.fromkeys(values, nothing),
            (),
            (),
            np.full(len(nothing), np.nan),
        )
        codes, sums = rows.read(given, answers.probabilities(part), block=size)
        for place in range(len(codes)):
            first = given.first + place * size
            last = first + size - 1
            path.look(last, group.take(codes[place], sums[place], first=first, last=last))
    return path


def _blocks(n_rows: int, block: int) -> int:
    return -(-n_rows // block)


def _parts(n_rows: int, block: int) -> Iterator[tuple[slice, int]]:
    """Cut rows into many blocks of one size at a time; what is left in the end is a block of its own."""
    full = n_rows // block * block
    for first in range(0, full, _AT_ONCE * block):
        yield slice(first, min(first + _AT_ONCE * block, full)), block
    if full < n_rows:
        yield slice(full, n_rows), n_rows - full


def _of_labels(answers: "Answers", errors: Errors, begin: int, block: int) -> _Path:
    """Watch the errors, as labels come: each so many rows after its own."""
    right, late = answers.right, answers.label_delay
    path = _Path(errors.group, _blocks(len(right), block))
    for first in range(0, len(right), block):
        rows = np.arange(first, min(first + block, len(right)))
        found = Judged(begin + rows, answers.confidence[rows], right[rows], np.ones(len(rows), dtype=bool))
        last = begin + int(rows[-1]) + late
        path.look(last, [*errors.take(found, last=last), *errors.rest(last=last)])
    return path
