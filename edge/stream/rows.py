"""What is kept of a stream that was watched? What came of each signal, and of the model's accuracy."""

from dataclasses import dataclass

import numpy as np

from edge.stream.changes import Change
from edge.watch.signals import ERRORS
from lab.protocol import Estimate, Key

__all__ = ["STREAM", "SignalRow", "StreamRow"]

_WRONG = 0.02  # of the answers: an estimate that is off by less is of use, however surely it is off


@dataclass(frozen=True, eq=False)
class SignalRow:
    """What came of watching a signal; rows count from 0, from the beginning of the table.

    Attributes
    ----------
    signal : str
        Its name.
    column : bool
        Whether it is a column of the table, or else something of the model.
    evidence, looks : numpy.ndarray of shape (n_looks,)
        Logarithm to base 10 of the capital over the one that raises an alarm, and the rows after which it was written down.
    alarm : int or None
        Row after which the alarm was raised.
    start : tuple of int, or None
        First row of the change: (most likely, earliest, latest).
    change : Change or None
        What changed of a column.
    """

    signal: str
    column: bool
    evidence: np.ndarray
    looks: np.ndarray
    alarm: int | None = None
    start: tuple[int, int, int] | None = None
    change: Change | None = None


@dataclass(frozen=True)
class StreamRow:
    """What happened to a model on a stream; rows count from 0.

    Attributes
    ----------
    family : str
        Name of the family that was best on the training rows.
    train, begin : int
        Rows at which the part for training ends, and at which the stream begins.
    learned : int or None
        How many rows of that part the model learned from; None for a model that came from a file, of which it is not known.
    n_rows : int
        All rows.
    findings : tuple of SignalRow
        All signals: columns, and then those of the model.
    accuracy : tuple of (int, Estimate)
        Last row and accuracy of each window, where all labels have come.
    estimated : tuple of (int, float)
        The same of all windows, estimated before labels come.
    history_accuracy, stream_accuracy : Estimate
        Accuracy on the history and on the stream.
    before, after : Estimate or None
        Accuracy before and after the errors changed, or else the first signal; None without a change or labels.
    waiting : int
        How many of the last rows have labels that have not come when the stream ends.
    expected : Estimate or None
        Accuracy of those; None where there are none.
    promised, kept : Estimate or None
        What such an estimate says of the last rows whose labels have come, from the first change on where there is one, and
        their accuracy; None where no label is late, or none of them has come.
    dates : tuple of str
        Columns of which only what is missing is watched: dates always advance.
    rows_per_second : float
        Of predicting and watching, on one core.
    """

    family: str
    train: int
    begin: int
    learned: int | None
    n_rows: int
    findings: tuple[SignalRow, ...]
    accuracy: tuple[tuple[int, Estimate], ...]
    estimated: tuple[tuple[int, float], ...]
    history_accuracy: Estimate
    stream_accuracy: Estimate
    before: Estimate | None
    after: Estimate | None
    waiting: int
    expected: Estimate | None
    promised: Estimate | None
    kept: Estimate | None
    dates: tuple[str, ...]
    rows_per_second: float

    @property
    def errors(self) -> SignalRow:
        """What came of watching the errors."""
        return next(found for found in self.findings if not found.column and found.signal == ERRORS)

    @property
    def is_withdrawn(self) -> bool:
        """Whether the estimate for the rows without labels was wrong where labels came: outside its interval, and by 2 points."""
        if self.promised is None or self.kept is None:
            return False
        outside = not self.promised.low <= self.kept.value <= self.promised.high
        return outside and abs(self.kept.value - self.promised.value) > _WRONG


STREAM = Key("stream", StreamRow)
