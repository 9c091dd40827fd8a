"""What is said of a watch: an alarm in a sentence, and how everything stands.

Rows are counted from 1 in sentences, and from 0 in facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.watch.advice import Costs, Situation, advise
from edge.watch.inflow import BLOCK
from edge.watch.signals import CALIBRATION, ERRORS, Errors, Rows
from edge.watch.worse import WORSE, Worse
from lab.watching.protocol import Happening, SignalState, Status
from lab.wording import capital, count, listed

if TYPE_CHECKING:
    from edge.watch.expecting import Accuracy
    from edge.watch.group import Change, Group

__all__ = ["Named", "Standing", "happening", "status_of"]

Named = Rows | Errors | Worse

_MOST_NAMES = 3
_ENOUGH_BEFORE = 300
"""Labels before a change that are enough to hold those since against: their share of right answers is known to 6 points or less."""
_WORSE = "The model is wrong more often than models like it were in training"
_OF_KIND = {"column": "The column {!r}", "model": "What the model does ({})", "device": "What the device does ({})"}


def happening(name: str, kind: str, words: str, change: "Change") -> Happening:
    """Tell of an alarm."""
    likely, early, late = change.start
    if kind == "model" and name == WORSE:
        changed = f"{_WORSE}, noticed at row {change.row + 1:,}"
    else:
        thing = "label" if change.counts_labels else "row"
        changed = (
            f"{_OF_KIND[kind].format(name)} changed near {thing} {likely + 1:,} (95 % of the evidence: {early + 1:,} to "
            f"{late + 1:,}), noticed at row {change.row + 1:,}"
        )
    words = _in_order(words, change)
    sentence = f"{changed}{': ' if words else ''}{words}."
    places: dict[str, int | None] = {"began": likely, "earliest": early, "latest": late}
    if change.counts_labels:
        places = dict.fromkeys(places) | {f"{name}_label": place for name, place in places.items()}
    facts = {"signal": name, "kind": kind, **places, "noticed": change.row, "change": words}
    return Happening("alarm", change.row, sentence, facts)


def _in_order(words: str, change: "Change") -> str:
    """Say what before and since are counted by, where that is not the order of rows."""
    if not change.counts_labels:
        return words
    return f"{words}{', ' if words else ''}in the order in which labels came, which is not that of their rows"


@dataclass(frozen=True, eq=False)
class Standing:
    """What a watch knows.

    Attributes
    ----------
    rows, waiting : int
        Rows that were taken, and how many of them wait until a block is full, so that nobody has looked at them.
    parts : sequence of (Group or Worse, Named)
        Signals and their names, those of the rows first.
    accuracy : Accuracy
    false_alarms : float
    costs : Costs or None
    """

    rows: int
    waiting: int
    parts: "Sequence[tuple[Group | Worse, Named]]"
    accuracy: "Accuracy"
    false_alarms: float
    costs: Costs | None


def status_of(found: Standing) -> Status:
    """Say how everything stands."""
    signals = [each for group, names in found.parts for each in _states(group, names)]
    signals.sort(key=lambda each: (each.alarm is None, each.alarm or 0, -each.evidence))
    raised = [each for each in signals if each.alarm is not None]
    accuracy = found.accuracy
    first = min((each.start[0] for each in raised if each.start is not None and not _is_worse(each)), default=None)
    situation = _situation(found, raised)
    return Status(
        rows=found.rows,
        labels=accuracy.labels,
        sentence=_sentence(found, raised, first),
        advice=advise(situation, found.costs),
        signals=tuple(signals),
        accuracy=accuracy.now(),
        expected=situation.expected,
        false_alarms=found.false_alarms,
    )


def _situation(found: Standing, raised: list[SignalState]) -> Situation:
    """Say what is known of a loss: since the first change, or against training where the model is worse than it was there."""
    accuracy = found.accuracy
    expected = accuracy.expected()
    if not raised:
        return Situation(changed=False, expected=expected, is_unseen=found.rows == found.waiting)
    if accuracy.start is None or any(_is_worse(each) for each in raised):
        return Situation(
            True, found.rows, accuracy.reference, accuracy.whole(), expected, accuracy.reference_is, from_first_row=True
        )
    rows, since, enough = found.rows - accuracy.start, accuracy.since(), accuracy.before(_ENOUGH_BEFORE)
    if enough is None and accuracy.reference is not None:
        return Situation(True, rows, accuracy.reference, since, expected, accuracy.reference_is)
    return Situation(True, rows, enough or accuracy.before(), since, expected)


def _is_worse(signal: SignalState) -> bool:
    """Whether it is the signal that holds a model against training: a column may be called as it is."""
    return signal.kind == "model" and signal.name == WORSE


def _states(group: "Group | Worse", names: Named) -> list[SignalState]:
    found = []
    for place, evidence in enumerate(group.evidence()):
        change = group.changes.get(place)
        if change is None:
            found.append(SignalState(names.name(place), names.kind(place), float(evidence)))
        else:
            words = _in_order(names.words(place, change), change)
            start = None if change.counts_labels else change.start
            found.append(SignalState(names.name(place), names.kind(place), float(evidence), change.row, start, words))
    return found


def _sentence(found: Standing, raised: list[SignalState], first: int | None) -> str:
    """Say what changed: the data, the labels, or the device or source; and what is expected without labels."""
    if not raised:
        return _unchanged(found.rows - found.waiting, found.waiting)
    others = [each for each in raised if not _is_worse(each)]
    said = [_changed(found, others, first)] if others else []
    if any(_is_worse(each) for each in raised):
        said.append(_WORSE)
    if found.accuracy.is_withdrawn():
        said.append("What the model's confidence says of its accuracy was wrong where labels came, and is not shown")
    return " ".join(f"{each}." for each in said)


def _unchanged(rows: int, waiting: int) -> str:
    """Say in how many rows nothing has changed, and how many are not looked at yet.

    >>> print(_unchanged(300, 50))
    Nothing has changed in 300 rows, as far as can be told from chance; 50 more wait until 100 have come.
    >>> print(_unchanged(0, 1))
    Nothing can be said yet: rows are looked at 100 at a time, and 1 has come.
    """
    if not rows:
        came = f"{waiting} {'has' if waiting == 1 else 'have'} come" if waiting else "none has come"
        return f"Nothing can be said yet: rows are looked at {BLOCK} at a time, and {came}."
    more = f"; {waiting} more {'waits' if waiting == 1 else 'wait'} until {BLOCK} have come" if waiting else ""
    return f"Nothing has changed in {count(rows, 'row')}, as far as can be told from chance{more}."


def _changed(found: Standing, raised: list[SignalState], first: int | None) -> str:
    columns = [each.name for each in raised if each.kind == "column"]
    said = f"{capital(_cause(found, raised))}, first near {_place(found, first)}"
    if columns:
        said += f": {_first_of([repr(name) for name in columns])}"
    return said


def _first_of(names: Sequence[str]) -> str:
    """List the first names, and how many more there are.

    >>> _first_of(["a", "b", "c"]), _first_of(["a", "b", "c", "d"])
    ('a, b and c', 'a, b, c and 1 more')
    """
    more = len(names) - _MOST_NAMES
    return f"{', '.join(names[:_MOST_NAMES])} and {more} more" if more > 0 else listed(names)


def _place(found: Standing, first: int | None) -> str:
    """Name the first row of all changes, or the label, where of none a row is known."""
    if first is not None:
        return f"row {first + 1:,}"
    labels = min(
        change.start[0] for group, _ in found.parts for change in group.changes.values() if change.counts_labels
    )
    return f"label {labels + 1:,} in the order in which labels came, which is not that of their rows"


def _cause(found: Standing, raised: list[SignalState]) -> str:
    group, names = found.parts[0]
    changes = [each for each in group.changes.items() if names.kind(each[0]) != "model"]  # what it says follows
    of_source = [isinstance(names, Rows) and names.is_of_the_source(*each) for each in changes]
    if of_source and all(of_source):
        return "the device or the source of the rows changed"
    of_labels = [each.kind == "model" and each.name in (ERRORS, CALIBRATION) for each in raised]
    return "what the columns mean for the labels changed" if all(of_labels) else "the data changed"
