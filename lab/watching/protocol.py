"""What do a monitor and the loop that feeds it say to each other?

    source -> Batch -> Monitor -> Happening -> terminal, page, program

A lab gives the monitor (`edge.watch`); the ground gives sources, the loop with its state file, and all that is shown. What a
monitor says of a batch depends on the rows and their order alone, and never on how they were cut into batches.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from lab.protocol import Estimate

__all__ = ["RECENT_LABELS", "Advice", "Batch", "Happening", "HappeningKind", "Monitor", "SignalState", "Status"]

HappeningKind = Literal["alarm", "notice"]
"""An alarm is counted against the promise on false alarms; a notice is a fact about the source (a column that is lost, say)."""
RECENT_LABELS = 1_000
"""The newest labels, at most, of which a status gives the accuracy."""
Cell = str | float | None


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows in the order in which they came.

    Attributes
    ----------
    columns : mapping of str to sequence
        The cells of each column, all of one length: texts, numbers (bool and int among them) or None where nothing came. A
        column that a source has lost is not there; one that it has got since is.
    first : int
        Number of the first row, counted from 0 since the watch began, over all restarts.
    keys : sequence of str, optional
        What labels that come later are matched by; None where a row has none.
    labels : sequence, optional
        The label of each row where it came with the row; None where it has not come.
    seconds : sequence of float, optional
        How long the device took for each row, where the source tells.
    """

    columns: Mapping[str, Sequence[Cell]]
    first: int
    keys: Sequence[str | None] | None = None
    labels: Sequence[Cell] | None = None
    seconds: Sequence[float | None] | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()), ()))


@dataclass(frozen=True)
class Happening:
    """Something that was noticed.

    Attributes
    ----------
    row : int
        Row after which it was noticed, from 0.
    sentence : str
        What happened, for a person.
    facts : mapping
        The same for a program: plain values.
    """

    kind: HappeningKind
    row: int
    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SignalState:
    """How one signal stands.

    Attributes
    ----------
    name : str
    kind : {"column", "model", "device"}
    evidence : float
        Logarithm to base 10 of the capital over the threshold: 0 is the alarm.
    alarm : int or None
        Row after which the alarm was raised.
    start : tuple of int, or None
        First row of the change: (most likely, earliest, latest).
    change : str
        What changed, and how large, in words; empty without an alarm.
    """

    name: str
    kind: str
    evidence: float
    alarm: int | None = None
    start: tuple[int, int, int] | None = None
    change: str = ""


@dataclass(frozen=True)
class Advice:
    """Retrain now? One of three answers, and why."""

    answer: Literal["yes", "no", "undecided"]
    reason: str


@dataclass(frozen=True)
class Status:
    """How the watch stands: all that a page, a terminal or a program shows.

    Attributes
    ----------
    rows, labels : int
        Rows and labels taken so far.
    sentence : str
        The first sentence, for a person.
    advice : Advice
    signals : tuple of SignalState
        Those with an alarm first, then by their evidence.
    accuracy : Estimate or None
        Of the rows of the newest `RECENT_LABELS` labels; None before the first.
    expected : Estimate or None
        Estimated without labels, by the assumption that is said in the sentence; None where it is withdrawn.
    false_alarms : float
        The promise: the chance that any alarm ever is false.
    """

    rows: int
    labels: int
    sentence: str
    advice: Advice
    signals: tuple[SignalState, ...]
    accuracy: Estimate | None
    expected: Estimate | None
    false_alarms: float


class Monitor(Protocol):
    """Watches a model; what it holds is bounded, however long it runs."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it watches."""
        ...

    @property
    def identity(self) -> str:
        """Digest of the model, its profile and the settings: a state belongs to one identity."""
        ...

    def take(self, batch: Batch) -> list[Happening]:
        """Take rows, and tell what they showed."""
        ...

    def take_labels(self, labels: Mapping[str, Cell]) -> list[Happening]:
        """Take labels that came late, by the key of their row; unknown keys are counted, and told once."""
        ...

    def status(self) -> Status:
        """Say how everything stands."""
        ...

    def state(self) -> bytes:
        """Give all that it holds, bit by bit: `resume` on a new monitor of the same identity goes on as if nothing had been."""
        ...

    def resume(self, state: bytes) -> None:
        """Take up a state; raises `lab.errors.InputError` where it is damaged, or not this monitor's."""
        ...
