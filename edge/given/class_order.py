"""In which order does a file give its classes? As its labels say, by their values; else that is assumed, and checked on rows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnx
from scipy.optimize import linear_sum_assignment

from lab.errors import SettingsError
from lab.wording import listed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Order", "by_value", "checked_order", "in_nodes", "labels_named", "order_of"]

_LABELS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")
_FAR_BETTER, _FEWEST_ROWS = 0.3, 50
"""Another order is the likely one where three of ten rows more are right in it, each class counting the same."""
_MOST_SHOWN = 6


@dataclass(frozen=True)
class Order:
    """Which output stands for which class.

    Attributes
    ----------
    places : tuple of int
        For each class of the table the column of the file's answers.
    is_assumed : bool
        Whether nothing in the file names the classes, so that they are taken for those of the table in their order.
    """

    places: tuple[int, ...]
    is_assumed: bool


def labels_named(
    model: onnx.ModelProto,
    labels: "Sequence[Sequence[str]]",
    chosen: "NDArray[np.int64]",
    *,
    keys: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """Find the labels of the outputs, in their order: in our own metadata, by what the file answers to rows, or in its nodes.

    Parameters
    ----------
    labels : sequence of sequences of str
        For each output that is one label a row: those of the rows asked.
    chosen : array of shape (n_rows,)
        Place of the largest probability of these rows.
    keys : tuple of str
        The labels of maps that are made from the probabilities.

    Returns
    -------
    tuple of str
        Empty where the file does not say.
    """
    own = {entry.key: entry.value for entry in model.metadata_props}.get("classes")
    if own is not None:
        try:
            named = json.loads(own)
        except ValueError:
            named = None
        if isinstance(named, list) and all(isinstance(label, str) for label in named):
            return tuple(named)
    if keys:
        return keys
    listed_there = in_nodes(model)
    n_classes = int(chosen.max(initial=-1)) + 1
    for said in labels:
        found = _by_answers(said, chosen)
        if len(listed_there) >= n_classes and all(listed_there[place] == label for place, label in found.items()):
            return listed_there  # also of the classes that no row has
        if found and sorted(found) == list(range(len(found))):
            return tuple(found[place] for place in range(len(found)))
    return listed_there


def _by_answers(said: Sequence[str], chosen: "NDArray[np.int64]") -> dict[int, str]:
    """Give the label of each place, so that most rows have that of theirs: a threshold may have chosen some otherwise."""
    places, place_of = np.unique(chosen, return_inverse=True)
    labels, label_of = np.unique(np.array(said, dtype=object).astype(str), return_inverse=True)
    if len(places) != len(labels):
        return {}
    counts = np.zeros((len(places), len(labels)))
    np.add.at(counts, (place_of, label_of), 1)
    rows, columns = linear_sum_assignment(-counts)
    if not counts[rows, columns].all():
        return {}
    return {int(places[row]): str(labels[column]) for row, column in zip(rows, columns, strict=True)}


def in_nodes(model: onnx.ModelProto) -> tuple[str, ...]:
    """Give the labels that nodes of a file name, if all name the same; else nothing."""
    found: set[tuple[str, ...]] = set()
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name in _LABELS and (attribute.strings or attribute.ints):
                words = [text.decode("utf-8", "replace") for text in attribute.strings]
                found.add(tuple(words or [str(number) for number in attribute.ints]))
    return found.pop() if len(found) == 1 else ()


def order_of(named: Sequence[str], classes: Sequence[str], *, name: str, target: str) -> Order:
    """Match labels and classes by their values; `0.0`, `0` and `False` are one value.

    Raises
    ------
    SettingsError
        If the file names other classes than the table has. Numbers beside classes that are words are places, not names.
    """
    assumed = Order(tuple(range(len(classes))), is_assumed=True)
    if not named:
        return assumed
    theirs, ours = [by_value(label) for label in named], [by_value(label) for label in classes]
    if len(set(theirs)) == len(theirs) and set(theirs) == set(ours):
        return Order(tuple(theirs.index(value) for value in ours), is_assumed=False)
    if theirs == [float(place) for place in range(len(classes))] and not any(
        isinstance(value, float) for value in ours
    ):
        return assumed
    raise SettingsError(
        f"{name} knows the classes {', '.join(named[:_MOST_SHOWN])}; the target {target!r} has {', '.join(classes[:_MOST_SHOWN])}; if "
        "these are the same under other names, say --classes with those of the target in the order of the file"
    )


def by_value(label: str) -> float | str:
    """Give what a label stands for: a number, whatever its spelling (`True` is 1), or the text without blanks around it."""
    plain = label.strip()
    if plain.casefold() in ("true", "false"):
        return float(plain.casefold() == "true")
    try:
        return float(plain)
    except ValueError:
        return plain


def checked_order(
    order: Order, answers: "NDArray", target: "NDArray[np.int64]", classes: Sequence[str], *, name: str
) -> None:
    """Refuse an assumed order where another one fits the target far better.

    Parameters
    ----------
    answers : array of shape (n_rows, n_classes)
        As the file gives them.
    target : array of shape (n_rows,)
        Codes of the same rows.

    Raises
    ------
    SettingsError
        Names the order that fits, for `--classes`.
    """
    if not order.is_assumed or len(target) < _FEWEST_ROWS:
        return
    counts = np.zeros((len(classes), len(classes)))
    np.add.at(counts, (answers.argmax(axis=1), target), 1)
    of_class = counts.sum(axis=0)
    if not of_class.all():
        return  # of a class that no row has, nothing can be told
    shares = counts / of_class  # every class counts the same
    columns, codes = linear_sum_assignment(-shares)
    right, best = np.trace(shares) / len(classes), shares[columns, codes].sum() / len(classes)
    if best - right < _FAR_BETTER:
        return
    fitting = ",".join(classes[code] for code in codes)
    raise SettingsError(
        f"{name} does not name its classes: taken for {listed([repr(label) for label in classes[:_MOST_SHOWN]])}, in this order, its "
        f"outputs are right in {100 * right:.0f} of 100 rows of a class, and in another order in {100 * best:.0f}; say --classes "
        f"{fitting}, or export it with its labels"
    )
