"""What is to be predicted? Turns the target column into codes of classes, or into numbers."""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lab.data.columns import floats, holds_texts, length_fault, plain_values, refuse_infinite, texts_of
from lab.errors import DataError
from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_CLASSES", "is_rating", "is_scale", "rows_with_target", "target_taken", "target_values"]

MAX_CLASSES = 20
_EMPTY, _MOST_SPELLINGS, _FEWEST_GRADES = ("",), 200, 4
_FEWEST_STEPS = 5
_RATING = re.compile(
    r"(^|[^a-z])(ratings?|rated|scores?|stars?|grades?|quality|satisfaction|likert|nps|bewertung|note|zufriedenheit|punkte|nota|"
    r"valutazione)([^a-z]|$)"
)
"""Names of what is judged in steps."""
_LARGEST, _LEAST_WIDTH = 1e100, 1e-9


def rows_with_target(table: pa.Table, target: str, name: str) -> tuple[pa.Table, list[str]]:
    """Leave out the rows whose target is missing, and make classes one that differ in large letters and blanks only; note both.

    Only what is empty is missing: `None` may be a class.

    Raises
    ------
    DataError
        If the target is missing everywhere, or holds what can be no target.
    """
    kind = table[target].type
    if pa.types.is_nested(kind) or _is_bytes(kind):
        raise DataError(f"{name}: the target {target!r} holds {kind}; choose a column of text, numbers or booleans")
    values = plain_values(table[target], _EMPTY)
    missing = values.null_count
    if missing == len(values):
        raise DataError(f"{name}: the target {target!r} is missing in every row; choose another column")
    values, notes = _of_one_spelling(values, target)
    if notes:
        table = table.set_column(table.column_names.index(target), target, values)
    if not missing:
        return table, notes
    kept = table.filter(pc.is_valid(values))
    return kept, [
        *notes,
        f"{missing:,} of {len(values):,} rows had no value in the target {target!r} and were left out",
    ]


def _of_one_spelling(values: pa.ChunkedArray, target: str) -> tuple[pa.ChunkedArray, list[str]]:
    """Write classes that differ in large and small letters or in blanks alike, as most rows have them; only few are looked at."""
    if not holds_texts(values.type):
        return values, []
    counted = pc.value_counts(values.cast(pa.string())).to_pylist()
    if len(counted) > _MOST_SPELLINGS:
        return values, []
    alike: dict[str, list[tuple[int, str]]] = {}
    for each in counted:
        if each["values"] is not None:
            alike.setdefault(" ".join(each["values"].casefold().split()), []).append((each["counts"], each["values"]))
    chosen = {word: max(several)[1] for several in alike.values() for _, word in several}
    notes = [
        f"the classes {', '.join(repr(word) for _, word in sorted(several, reverse=True))} of the target {target!r} are taken for one"
        for several in alike.values()
        if len(several) > 1
    ]
    if not notes:
        return values, []
    texts = [None if word is None else chosen[word] for word in values.cast(pa.string()).to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string()).dictionary_encode()]), notes


def target_taken(
    values: pa.ChunkedArray, target: str, name: str, task: str, tasks: Collection[Task]
) -> "tuple[NDArray, tuple[str, ...], list[str]]":
    """Give what `target_values` gives, and sentences about what the target was taken for, where it may be something else.

    `tasks` are those of the lab: a rating is one number in order, unless only classes can be predicted.

    Raises
    ------
    DataError
        As `target_values` says.
    """
    codes, classes = target_values(values, target, name, task)
    if task != "auto" or not is_scale(classes):
        several = f"the target {target!r} has {len(np.unique(codes)):,} different numbers"
        return codes, classes, [] if classes else [f"{several}: it is predicted as a number (regression)"]
    several = f"the target {target!r} has {len(classes)} different whole numbers"
    if "number" not in tasks:
        return codes, classes, [f"{several}, each taken for a class"]
    if not is_rating(classes, target):
        return codes, classes, [f"{several}, each taken for a class; --task number takes them for one number"]
    codes, _ = target_values(values, target, name, "number")
    rating = f"{several} and looks like a rating: it is predicted as a number (regression)"
    return codes, (), [f"{rating}; --task classes takes each of them for a class"]


def target_values(values: pa.ChunkedArray, target: str, name: str, task: str) -> "tuple[NDArray, tuple[str, ...]]":
    """Give the codes of the rows, of shape (n_rows,), and their classes; or the numbers, and no classes.

    Raises
    ------
    DataError
        If there are too few or too many values for the task, or numbers that cannot be computed with.
    """
    plain = plain_values(values, _EMPTY)
    is_number = True
    if pa.types.is_floating(plain.type) or pa.types.is_decimal(plain.type):
        labels = floats(plain)
        refuse_infinite(labels, target, name)
    elif pa.types.is_integer(plain.type):
        labels = plain.to_numpy(zero_copy_only=False)
    else:
        if fault := length_fault(plain):
            raise DataError(
                f"{name}: the target {target!r} holds {fault}; choose another column, or shorten its values"
            )
        labels = _labels(plain)
        is_number = False
    codes, unique = pd.factorize(labels, sort=True)
    if len(unique) == 1:
        one = f"one value ({_label(unique[0])})" if len(labels) >= MIN_ROWS else "one value"
        raise DataError(f"{name}: the target {target!r} has {one}; it needs at least two classes, or numbers that vary")
    if task == "number" and not is_number:
        raise DataError(
            f"{name}: the target {target!r} holds {'text' if holds_texts(plain.type) else plain.type}, and --task number needs "
            "numbers; choose another column, or omit --task"
        )
    if task == "number" or (task == "auto" and is_number and len(unique) > MAX_CLASSES):
        return _in_range(labels.astype(np.float64), target, name), ()
    if len(unique) > MAX_CLASSES:
        way_out = "omit --task to predict it as a number (regression), " if is_number else "choose another column, "
        raise DataError(
            f"{name}: the target {target!r} has {len(unique):,} different {'numbers' if is_number else 'values'}; the labs "
            f"classify into 2 to {MAX_CLASSES} classes: {way_out}or group its values"
        )
    return codes.astype(np.int64), tuple(_label(value) for value in unique)


def is_scale(classes: tuple[str, ...]) -> bool:
    """Whether classes are whole numbers that follow one another, more than two: grades, or counts."""
    if len(classes) < _FEWEST_GRADES or not all(label.isdecimal() for label in classes):
        return False
    numbers = sorted(int(label) for label in classes)
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def is_rating(classes: tuple[str, ...], target: str) -> bool:
    """Whether the classes of a target are the steps of one scale: called so, or from 1 (or 0) to 10.

    Whole numbers that follow one another may be codes of kinds as well (digits, types of forest).

    >>> is_rating(tuple("12345"), "customer_rating"), is_rating(tuple("12345"), "species")
    (True, False)
    """
    if not is_scale(classes) or len(classes) < _FEWEST_STEPS:
        return False
    steps = sorted(int(label) for label in classes)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", target).casefold()
    return _RATING.search(words) is not None or steps in ([*range(1, 11)], [*range(11)])


def _is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _labels(plain: pa.ChunkedArray) -> "NDArray":
    """Write the values of a target that is no number as texts; objects, since a fixed width would cost every row the longest."""
    values = texts_of(plain) if holds_texts(plain.type) else plain.to_numpy(zero_copy_only=False)
    if values.dtype != object:
        values = values.astype(str).astype(object)
    return np.array([value if isinstance(value, str) else str(value) for value in values], dtype=object)


def _in_range(numbers: "NDArray[np.float64]", target: str, name: str) -> "NDArray[np.float64]":
    """Refuse numbers whose squares no longer fit into a double, or whose differences no longer show."""
    largest, width = float(np.abs(numbers).max()), float(np.ptp(numbers))
    if largest > _LARGEST or width < _LEAST_WIDTH * largest or width < 1 / _LARGEST:
        raise DataError(
            f"{name}: the target {target!r} reaches {_magnitude(largest)} and its values lie less than {_magnitude(width)} apart, "
            "too close for double precision; shift or scale the column"
        )
    return numbers


def _magnitude(number: float) -> str:
    """Name the power of ten above a number: the number itself is one person's.

    >>> _magnitude(9_876_543.0), _magnitude(1e100)
    ('1e+07', '1e+101')
    """
    return f"1e{int(np.floor(np.log10(max(number, 1e-300)))) + 1:+03d}"


def _label(value: Any) -> str:
    """Write a class as the file does: whole numbers without a point, others with all their digits."""
    if isinstance(value, np.floating):
        return str(int(value)) if value == round(value) else repr(float(value))
    return str(value)
