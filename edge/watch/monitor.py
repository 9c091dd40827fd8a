"""Has anything changed since the model was made? Columns, answers, times and errors are watched for ever, under one promise.

The promise: the chance that any alarm ever is false, on any signal, however long the stream and whenever somebody looks, is at
most `false_alarms`, if the rows are exchangeable with the reference (within each season, where seasons are named), and the errors
with one another in the order in which labels come, and with those of the very model on the reference where these are known. Each
side of each signal is a conformal test martingale with an equal share of that chance (Ville 1939; Vovk, Gammerman and Shafer
2022, chapter 8; Bonferroni): see `edge.watch.ranking` and `edge.watch.gamblers`; that a model is worse than training said rests on
assumptions of its own (`edge.watch.worse`). What is held does not grow with the stream, but for the logarithm of its length.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.watch.advice import Costs
from edge.watch.cells import read_label, read_labels
from edge.watch.expecting import Accuracy
from edge.watch.group import Group, threshold_of
from edge.watch.inflow import BLOCK, Block, Inflow
from edge.watch.labels import Answers, Judged, Waiting
from edge.watch.profile import Profile, written
from edge.watch.profiling import confidence_step, predicted_class
from edge.watch.sealing import opened, sealed
from edge.watch.seasons import Calendar
from edge.watch.signals import Errors, Rows
from edge.watch.telling import Named, Standing, happening, status_of
from edge.watch.worse import Worse
from lab.watching.protocol import Happening

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.watch.predicting import Predictor
    from lab.watching.protocol import Batch, Cell, Status

__all__ = ["EdgeMonitor", "Plan"]


@dataclass(frozen=True)
class Plan:
    """How a model is watched.

    Attributes
    ----------
    model : str
        Digest of the model.
    profile : Profile
    calendar : Calendar or None
        None where no seasons are named.
    false_alarms : float
        In (0, 1).
    seed : int
    costs : Costs or None
    """

    model: str
    profile: Profile
    calendar: Calendar | None
    false_alarms: float
    seed: int
    costs: Costs | None = None


class EdgeMonitor:
    """Implements `lab.watching.protocol.Monitor`; `predictor` is None where nothing is to be predicted."""

    def __init__(self, plan: Plan, predictor: "Predictor | None") -> None:
        profile = plan.profile
        self._plan, self._predictor = plan, predictor
        time = () if plan.calendar is None else (plan.calendar.column,)
        keeps = {column.name: column.places.categories for column in profile.columns}
        self._inflow = Inflow({c.name: c.kind for c in profile.columns}, known=(*time, profile.target), keeps=keeps)
        self._signals = Rows(profile, predicts=predictor is not None)
        held_against = profile.answered if predictor is not None and Worse.can_tell(profile.answered) else None
        n_judged = 0 if predictor is None else len(Errors.NAMES) + (held_against is not None)
        threshold = threshold_of(len(self._signals.signals) + n_judged, plan.false_alarms)
        self._group: Group = self._signals.group(threshold=threshold, seed=plan.seed)
        self._errors = Errors(profile.answered, threshold=threshold, seed=plan.seed) if predictor is not None else None
        self._worse = None if held_against is None else Worse(held_against, profile.rows, threshold=threshold)
        self._waiting = Waiting(profile.classes)
        self._accuracy = Accuracy(profile.answered, seed=plan.seed)
        self._told: list[str] = []
        self._now = -1  # the last row that was looked at, or taken when labels come

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it watches."""
        return tuple(column.name for column in self._plan.profile.columns)

    @property
    def identity(self) -> str:
        """Digest of the model, its profile and the settings that the martingales depend on."""
        plan = self._plan
        season = "" if plan.calendar is None else f"{plan.calendar.column} {plan.calendar.seasons}"
        said = (
            plan.model,
            written(plan.profile),
            season,
            repr(plan.false_alarms),
            str(plan.seed),
            str(self._errors is not None),
        )
        return hashlib.sha256("\n".join(said).encode()).hexdigest()

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return self._inflow.rows

    def take(self, batch: "Batch") -> list[Happening]:
        """Take rows, and tell what they showed."""
        calendar = self._plan.calendar
        told = [] if calendar is None else calendar.take(batch)
        rows, said = self._inflow.take(batch)
        told += [each for each in said if each not in told]  # times may be a column of the model too
        if rows is not None:
            told += self._look(rows)
        return sorted(told, key=lambda each: each.row)

    def take_labels(self, labels: "Mapping[str, Cell]") -> list[Happening]:
        """Take labels that came late, by the key of their row."""
        self._now = self.rows - 1
        if self._errors is None:
            return self._once("labels", "Labels came, and nothing is predicted that they could be held against.")
        read = [(key, label) for key, cell in labels.items() if (label := read_label(cell)) is not None]
        return self._judge(self._waiting.late(read, self._inflow.unlabelled()))

    def _look(self, rows: Block) -> list[Happening]:
        """Look at whole blocks, one after the other: predict, rank, bet, and hold against labels what has some."""
        probabilities = None if self._predictor is None else self._predictor.of_blocks(rows.values, BLOCK)
        codes, sums = self._signals.read(rows, probabilities)
        labels = [] if probabilities is None else read_labels(rows.labels)
        told: list[Happening] = []
        for place in range(len(codes)):
            part = slice(place * BLOCK, (place + 1) * BLOCK)
            first = rows.first + part.start
            self._now = first + BLOCK - 1
            seasons = None if self._plan.calendar is None else self._plan.calendar.next(BLOCK)
            raised = self._group.take(codes[place], sums[place], first=first, last=self._now, seasons=seasons)
            told += [self._raise(self._group, signal, self._signals) for signal in raised]
            if probabilities is not None:
                said = probabilities[part]
                self._accuracy.answered(confidence_step(said))
                told += self._unanswered(said, first)
                answers = Answers(first, predicted_class(said), np.nan_to_num(said, posinf=0.0, neginf=0.0).max(axis=1))
                told += self._judge(self._waiting.answered(answers, rows.keys[part], labels[part]))
        return told

    def _unanswered(self, said: "NDArray[np.float64]", first: int) -> list[Happening]:
        """Tell once of a row to which the model gave no answer: it counts as wrong where a label comes."""
        rows = np.flatnonzero(~np.isfinite(said).all(axis=1))
        if not len(rows):
            return []
        row = first + int(rows[0])
        return self._once(
            "answer",
            f"The model gives no answer to row {row + 1:,}, only numbers that are not finite, as it may to a missing value; "
            "such a row counts as wrong where a label comes.",
            row,
        )

    def _judge(self, found: Judged) -> list[Happening]:
        """Take answers whose labels have come, and tell of what is odd about labels and keys."""
        told: list[Happening] = []
        if self._errors is not None and len(found.rows):
            self._accuracy.judged(found)
            if not found.known.all():
                told += self._once(
                    "class", "A label came that is none of the model's classes; its answer counts as wrong."
                )
            for signal in self._errors.take(found, last=self._now):
                told.append(self._raise(self._errors.group, signal, self._errors))
            if self._worse is not None:
                known = bool(self._errors.group.changes)
                for place in self._worse.take(found, last=self._now, is_known=known):
                    told.append(self._raise(self._worse, place, self._worse))
        waiting = self._waiting
        if waiting.unknown:
            told += self._once(
                "unknown", "A label came for a key that no row has, or whose label had come; it is not counted."
            )
        if waiting.repeated:
            told += self._once("repeated", "A key came again before its label; the label goes to the later row.")
        if waiting.given_up:
            told += self._once("given up", "So many rows wait for labels that the oldest are given up.")
        return told

    def _raise(self, group: Group | Worse, place: int, signals: Named) -> Happening:
        change = group.changes[place]
        if not isinstance(group, Worse) and not change.counts_labels:  # else no row is known at which it began
            self._accuracy.began(change.start[0])
        return happening(signals.name(place), signals.kind(place), signals.words(place, change), change)

    def _once(self, what: str, sentence: str, row: int | None = None) -> list[Happening]:
        if what in self._told:
            return []
        self._told.append(what)
        return [Happening("notice", max(self._now, 0) if row is None else row, sentence, {"notice": what})]

    def status(self) -> "Status":
        """Say how everything stands."""
        parts: list[tuple[Group | Worse, Named]] = [(self._group, self._signals)]
        if self._errors is not None:
            parts.append((self._errors.group, self._errors))
        if self._worse is not None:
            parts.append((self._worse, self._worse))
        return status_of(
            Standing(self.rows, self._inflow.waiting, parts, self._accuracy, self._plan.false_alarms, self._plan.costs)
        )

    def state(self) -> bytes:
        """Give all that it holds."""
        calendar = self._plan.calendar
        values = {
            "inflow": self._inflow.state(),
            "rows": self._group.state(),
            "errors": None if self._errors is None else self._errors.state(),
            "worse": None if self._worse is None else self._worse.state(),
            "waiting": self._waiting.state(),
            "accuracy": self._accuracy.state(),
            "calendar": None if calendar is None else calendar.state(),
            "told": list(self._told),
            "now": self._now,
        }
        return sealed(self.identity, values)

    def resume(self, state: bytes) -> None:
        """Take up a state; raises InputError where it is damaged, or not this monitor's."""
        values = opened(state, self.identity)
        self._inflow.resume(values["inflow"])
        self._group.resume(values["rows"])
        if self._errors is not None:
            self._errors.resume(values["errors"])
        if self._worse is not None:
            self._worse.resume(values["worse"])
        self._waiting.resume(values["waiting"])
        self._accuracy.resume(values["accuracy"])
        if self._plan.calendar is not None:
            self._plan.calendar.resume(values["calendar"])
        self._told, self._now = list(values["told"]), values["now"]
