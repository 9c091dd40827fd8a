"""Which of a file's answers stands for which class? By the labels that it gives itself; where these are other answers, they count.

A file may give labels beside probabilities, and choose them by a threshold of its own. What its owner serves is the label then: the
file is judged by its labels, and that is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import onnx

from edge.given.class_order import by_value, in_nodes, labels_named, order_of
from edge.given.outputs import Answers, Reading, read_outputs
from lab.errors import SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Settled", "Wanted", "settled"]

_TIE = 1e-6


@dataclass(frozen=True)
class Wanted:
    """What the table and the user say of a file's answers.

    Attributes
    ----------
    classes : tuple of str
        Those of the table.
    target : str
        Its column.
    order : tuple of str
        `--classes`: these in the order of the file's outputs; empty where the user does not say.
    output : str, optional
        `--output`: one of `edge.given.outputs.HOWS`.
    """

    classes: tuple[str, ...]
    target: str = ""
    order: tuple[str, ...] = ()
    output: str | None = None


@dataclass(frozen=True)
class Settled:
    """How an output is read; for each class of the table its place there (empty: in order); whether that order is assumed."""

    reading: Reading
    order: tuple[int, ...] = ()
    is_assumed: bool = False


def settled(model: onnx.ModelProto, answers: Answers, wanted: Wanted, *, name: str) -> Settled:
    """Find how a file's answers become probabilities of the table's classes.

    Raises
    ------
    SettingsError
        If it speaks of other classes, or it cannot be told what it says.
    """
    try:
        reading = read_outputs(model, answers, n_classes=len(wanted.classes), said=wanted.output, name=name)
    except SettingsError:
        fallback = None if wanted.output else _by_labels(answers)
        if fallback is None:
            raise
        reading = fallback
    if reading.how == "labels":
        return _labelled(reading, answers.labels[reading.output], in_nodes(model), wanted, name)
    chosen = _places(reading, answers.matrices[reading.output])
    keys = answers.keys.get(reading.output, ())
    named = labels_named(model, list(answers.labels.values()), chosen, keys=keys)
    order = order_of(wanted.order or named, wanted.classes, name=name, target=wanted.target)
    places = () if order.places == tuple(range(len(order.places))) else order.places
    found = Settled(reading, places, order.is_assumed)
    if wanted.output == "probabilities" or not answers.labels:
        return found
    output, said = next(iter(answers.labels.items()))
    known = slice(answers.n_known or None)
    note = _why_labels(said[known], named, chosen[known], answers.matrices[reading.output][known])
    if not note:
        return found
    if len(named) != len(wanted.classes):
        return _labelled(Reading(output, "labels", note=note), said, in_nodes(model), wanted, name)
    in_order = tuple(named[place] for place in order.places)
    return Settled(Reading(output, "labels", in_order, note), is_assumed=order.is_assumed)


def _why_labels(said: Sequence[str], named: Sequence[str], chosen: "NDArray[np.int64]", matrix: "NDArray") -> str:
    """Say why a file's labels count more than its probabilities; empty where they do not."""
    instead = "it is judged by its labels, as if it were certain of each"
    lost = int((~np.isfinite(matrix).all(axis=1)).sum())
    if lost:
        return f"the given model's probabilities are no numbers (NaN) in {lost} of {len(said)} rows: {instead}"
    differ = _differ(said, named, chosen, _sure(matrix))
    if not differ:
        return ""
    return (
        f"the given model's own labels are not those of its largest probabilities (in {differ} of {len(said)} rows): {instead} "
        "(--output probabilities: by these)"
    )


def _by_labels(answers: Answers) -> Reading | None:
    """Fall back on labels where nothing says what the numbers beside them are."""
    if not answers.labels or not answers.matrices:
        return None
    note = (
        "the given model's scores are no probabilities, and it does not say which: it is judged by its labels, as if it were certain "
        "of each (--output logits says that they are scores before a softmax)"
    )
    return Reading(next(iter(answers.labels)), "labels", note=note)


def _labelled(reading: Reading, said: Sequence[str], listed: tuple[str, ...], wanted: Wanted, name: str) -> Settled:
    """Match the labels of rows with the classes; not all of these need a row."""
    seen = sorted(set(said))
    every = listed if set(seen) <= set(listed) else tuple(seen)
    values = {by_value(label): label for label in every}
    classes = [by_value(label) for label in wanted.classes]
    places = [str(place) for place in range(len(classes))]
    if not wanted.order and values.keys() <= set(classes):
        named = [values.get(value, label) for value, label in zip(classes, wanted.classes, strict=True)]
        return Settled(replace(reading, named=tuple(named)))
    if values.keys() <= {
        by_value(place) for place in places
    }:  # codes: the place of a class, as the user or nobody says
        order = order_of(wanted.order or places, wanted.classes, name=name, target=wanted.target)
        codes = [values.get(by_value(place), place) for place in places]
        return Settled(
            replace(reading, named=tuple(codes[place] for place in order.places)), is_assumed=order.is_assumed
        )
    order = order_of(wanted.order or every, wanted.classes, name=name, target=wanted.target)
    if len(every) != len(classes):
        order_of(every, wanted.classes, name=name, target=wanted.target)  # it says what the file knows
        raise SettingsError(
            f"{name} gives {len(every)} labels, and the target has {len(classes)} classes; export it with probabilities"
        )
    return Settled(replace(reading, named=tuple(every[place] for place in order.places)), is_assumed=order.is_assumed)


def _places(reading: Reading, matrix: "NDArray") -> "NDArray[np.int64]":
    """Give the place of the largest probability of each row, shape (n_rows,)."""
    if reading.how in ("second", "sigmoid"):
        return (matrix[:, 0] > (0.5 if reading.how == "second" else 0.0)).astype(np.int64)
    return np.asarray(np.nan_to_num(matrix, nan=-np.inf).argmax(axis=1), dtype=np.int64)


def _sure(matrix: "NDArray") -> "NDArray[np.bool_]":
    """Whether the largest number of a row is no tie, shape (n_rows,)."""
    if matrix.shape[1] < 2:
        return np.isfinite(matrix[:, 0])
    with np.errstate(invalid="ignore"):
        first, second = np.sort(matrix, axis=1)[:, -1], np.sort(matrix, axis=1)[:, -2]
        return np.isfinite(matrix).all(axis=1) & (first - second > _TIE)


def _differ(said: Sequence[str], named: Sequence[str], chosen: "NDArray[np.int64]", sure: "NDArray[np.bool_]") -> int:
    """Count rows whose label is not that of the largest probability; ties count for neither."""
    places = {by_value(label): place for place, label in enumerate(named)}
    if not places:
        return len(said)
    found = np.array([places.get(by_value(label), -1) for label in said])
    return int(((found != chosen) & sure).sum())
