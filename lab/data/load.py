"""Is this table fit to learn from? Turns a file or a built-in name into a checked `Dataset`.

Everything that can be wrong with a table is said here, once; nobody validates again after that.
"""

import dataclasses
import fnmatch
import hashlib
import os
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from lab.cleaning import clean
from lab.data import builtin
from lab.data.declared import belonging_of
from lab.data.features import judged, readable
from lab.data.positive import with_positive
from lab.data.seen import seen
from lab.data.target import rows_with_target, target_taken
from lab.data.weighted import counted, rows_that_count
from lab.errors import DataError, nearest
from lab.protocol import Dataset, Task
from lab.reading.how import How
from lab.reading.read import read

if TYPE_CHECKING:
    pass

__all__ = ["TASKS", "Source", "check", "load", "read_source"]

TASKS = ("auto", "classes", "number")
_FOUND_OUT = How()
_BOTH: Sequence[Task] = ("classes", "number")


def load(
    source: str,
    target: str | None = None,
    *,
    drop: Sequence[str] = (),
    task: str = "auto",
    by: str | None = None,
    time: str | None = None,
    independent: bool = False,
    weights: str | None = None,
    tasks: Sequence[Task] = _BOTH,
    positive: str | None = None,
    how: How = _FOUND_OUT,
) -> Dataset:
    """Read and check a table.

    Parameters
    ----------
    source : str
        The path of a file (see `lab.reading.read`), `-` for standard input, or the name of a built-in table (`lab.data.builtin`).
    target : str, optional
        The column to predict; built-in tables know theirs.
    drop : sequence of str
        Columns to leave out; * in a name stands for any letters, ? for one.
    task : {"auto", "classes", "number"}
        What the target is; "auto" takes more than 20 different numbers for a number to predict, all else for classes.
    by : str, optional
        A column: rows with the same value in it belong together and stand on the same side of every split. It is no feature.
    time : str, optional
        A column of dates or numbers: models are tested on later rows than those they learned from. It is no feature.
    independent : bool
        The user's word that rows do not belong together.
    weights : str, optional
        A column of numbers of 0 or more: for how much each row counts in what is learned and in all scores. It is no feature.
    tasks : sequence of {"classes", "number"}
        What can be predicted: a rating (1 to 10, say) is a number, unless only classes can.
    positive : str, optional
        The class of two that is looked for; F1, precision and the like are its own.
    how : How
        How the file is to be read, as far as that is not to be found out.

    Raises
    ------
    DataError
        If the table cannot be used: says where, what was found, and the way out.
    """
    said: dict[str, Any] = {
        "drop": drop, "task": task, "by": by, "time": time, "independent": independent, "weights": weights, "tasks": tasks
    }  # fmt: skip
    found = read_source(source, {**said, "target": target, "how": how})
    known = builtin.about(source).target if found.is_builtin else None
    if target is None and known is None:
        raise DataError(
            f"{found.name}: no target given; name the column to predict with --target "
            f"({nearest('', found.table.column_names, label='columns')})"
        )
    dataset = check(found.table, str(target or known), name=found.name, content=found.content, **said)
    return _looked_for(dataclasses.replace(dataset, notes=(*found.notes, *dataset.notes)), positive)


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """A table as it was read: its name for a screen, its bytes, what was understood, and whether it is built in."""

    name: str
    table: pa.Table
    content: bytes
    notes: tuple[str, ...] = ()
    is_builtin: bool = False


def read_source(source: str, said: Mapping[str, Any]) -> Source:
    """Read a table unchecked; `said` holds keywords of `load`, of which target, by, time, weights, drop and how count.

    Raises
    ------
    DataError
        If there is no such table, or it cannot be read.
    """
    if source in builtin.TABLES and not Path(source).is_file():
        table, content, _ = builtin.load(source)
        return Source(source, table, content, is_builtin=True)
    path = Path(source)
    if "/" not in source and "." not in source and source != "-" and not os.path.lexists(path):
        near = nearest(source, builtin.TABLES, label="built-in tables")
        raise DataError(f"no file or built-in table {source!r}; {near}")
    named = [name for name in (said["by"], said["time"], said["weights"], *said["drop"]) if name is not None]
    found = read(source, said["how"], target=said["target"] or "", wanted=named)
    return Source("standard input" if source == "-" else clean(path.name), found.table, found.content, found.notes)


def _looked_for(dataset: Dataset, positive: str | None) -> Dataset:
    return dataset if positive is None else with_positive(dataset, positive)


def check(
    table: pa.Table,
    target: str,
    *,
    name: str,
    content: bytes,
    drop: Sequence[str] = (),
    task: str = "auto",
    by: str | None = None,
    time: str | None = None,
    independent: bool = False,
    weights: str | None = None,
    tasks: Sequence[Task] = _BOTH,
) -> Dataset:
    """Turn an Arrow table into a `Dataset`; `content` is what the digest is taken of, all else is as for `load`.

    Raises
    ------
    DataError
        If the target cannot be predicted, or no usable column is left beside it.
    """
    target = _column(table, target, name)
    dropped = {column for pattern in drop for column in _columns(table, pattern, name)}
    if target in dropped and target not in drop:
        dropped -= {target}  # a pattern means the others
    if target in dropped:
        raise DataError(f"{name}: the target {target!r} cannot be dropped; choose another column")
    by, time, weights = (
        None if column is None else _apart(table, column, target, dropped, name) for column in (by, time, weights)
    )
    contents = seen(table, name, person=by)
    with readable(table, target, name):
        table, notes = rows_with_target(table, target, name)
        if weights is not None:
            table, more = rows_that_count(table, weights, name)
            notes += more
        codes, classes, taken = target_taken(table[target], target, name, task, tasks)
    notes += taken
    found = judged(table, {target, by, time, weights, *dropped}, codes, classes, name)
    notes += [
        *found.warnings,
        *(f"column {column!r} was left out: {reason}" for column, reason in found.left_out.items()),
    ]
    if not found.columns:
        why = "; ".join(notes) or "all were dropped"
        raise DataError(
            f"{name}: no usable column is left besides the target {target!r} ({why}); add columns that vary"
        )
    features = pd.DataFrame({key: pd.Series(value, dtype=value.dtype) for key, value in found.columns.items()})
    belonging, said = belonging_of(table, features, codes, by=by, time=time, is_independent=independent, name=name)
    belonging, told = counted(belonging, table, weights, name)
    digest = hashlib.sha256(content).hexdigest()
    dataset = Dataset(name, features, codes, target, classes, found.kinds, digest, (*said, *told, *notes), belonging)
    return dataclasses.replace(dataset, left_out=found.left_out, unread=tuple(found.unread), contents=contents)


def _column(table: pa.Table, wanted: str, name: str) -> str:
    """Find a column by its name; composed and decomposed spellings of one Unicode text are the same name."""
    if wanted in table.column_names:
        return wanted
    same = [c for c in table.column_names if unicodedata.normalize("NFC", c) == unicodedata.normalize("NFC", wanted)]
    if len(same) == 1:
        return same[0]
    raise DataError(f"{name} has no column {wanted!r}; {nearest(wanted, table.column_names, label='columns')}")


def _columns(table: pa.Table, pattern: str, name: str) -> list[str]:
    """Find the columns that a name or a pattern means, such as `lab_*`: * stands for any letters, ? for one."""
    if pattern in table.column_names or not any(sign in pattern for sign in "*?["):
        return [_column(table, pattern, name)]
    found = fnmatch.filter(table.column_names, pattern)
    if not found:
        raise DataError(
            f"{name} has no column that fits {pattern!r}; {nearest(pattern, table.column_names, label='columns')}"
        )
    return found


def _apart(table: pa.Table, wanted: str, target: str, dropped: Collection[str], name: str) -> str:
    """Find the column of --by, --time or --weights, which must be another than the target; raises DataError where it is not."""
    column = _column(table, wanted, name)
    if column == target:
        raise DataError(
            f"{name}: {column!r} is the target, which says neither what belongs together nor in which order rows came, nor for how "
            "much they count; choose another column"
        )
    if column in dropped:
        raise DataError(
            f"{name}: the column {column!r} is dropped, and needed for --by, --time or --weights; leave out one of the two"
        )
    return column
