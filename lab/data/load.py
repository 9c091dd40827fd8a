"""Is this table fit to learn from? Turns a file or a built-in name into a checked `Dataset`.

Everything that can be wrong with a table is said here, once; nobody validates again after that.
"""

import contextlib
import dataclasses
import hashlib
import os
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from lab.cleaning import clean
from lab.data import builtin
from lab.data.columns import feature, length_fault, why_useless
from lab.data.declared import belonging_of
from lab.data.encoded import encoded_target
from lab.data.leaks import leak_of, near_leak_of
from lab.data.strata import strata
from lab.data.target import rows_with_target, target_values
from lab.errors import DataError, nearest
from lab.protocol import Dataset, Kind
from lab.reading.how import How
from lab.reading.read import read

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TASKS", "check", "load", "sample_rows"]

TASKS = ("auto", "classes", "number")
_WHOLE_UNITS, _FOUND_OUT = 100, How()


def load(
    source: str,
    target: str | None = None,
    *,
    drop: Sequence[str] = (),
    task: str = "auto",
    by: str | None = None,
    time: str | None = None,
    independent: bool = False,
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
        Columns to leave out.
    task : {"auto", "classes", "number"}
        What the target is; "auto" takes more than 20 different numbers for a number to predict, all else for classes.
    by : str, optional
        A column: rows with the same value in it belong together and stand on the same side of every split. It is no feature.
    time : str, optional
        A column of dates or numbers: models are tested on later rows than those they learned from. It is no feature.
    independent : bool
        The user's word that rows do not belong together.
    how : How
        How the file is to be read, as far as that is not to be found out.

    Raises
    ------
    DataError
        If the table cannot be used: says where, what was found, and the way out.
    """
    said: dict[str, Any] = {"drop": drop, "task": task, "by": by, "time": time, "independent": independent}
    if source in builtin.TABLES and not Path(source).is_file():
        table, content, known_target = builtin.load(source)
        return check(table, target or known_target, name=source, content=content, **said)
    path = Path(source)
    if "/" not in source and "." not in source and source != "-" and not os.path.lexists(path):
        near = nearest(source, builtin.TABLES, label="built-in tables")
        raise DataError(f"no file or built-in table {source!r}; {near}")
    named = [name for name in (by, time, *drop) if name is not None]
    found = read(source, how, target=target or "", wanted=named)
    name = "standard input" if source == "-" else clean(path.name)
    if target is None:
        raise DataError(
            f"{name}: no target given; name the column to predict with --target "
            f"({nearest('', found.table.column_names, label='columns')})"
        )
    dataset = check(found.table, target, name=name, content=found.content, **said)
    return dataclasses.replace(dataset, notes=(*found.notes, *dataset.notes))


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
) -> Dataset:
    """Turn an Arrow table into a `Dataset`; `content` is what the digest is taken of, all else is as for `load`.

    Raises
    ------
    DataError
        If the target cannot be predicted, or no usable column is left beside it.
    """
    target = _column(table, target, name)
    dropped = {_column(table, column, name) for column in drop}
    if target in dropped:
        raise DataError(f"{name}: the target {target!r} cannot be dropped; choose another column")
    by, time = (None if column is None else _apart(table, column, target, dropped, name) for column in (by, time))
    with _readable(table, target, name):
        table, notes = rows_with_target(table, target, name)
        codes, classes = target_values(table[target], target, name, task)
    if not classes:
        notes.append(
            f"the target {target!r} has {len(np.unique(codes)):,} different numbers: it is predicted as a number (regression)"
        )
    columns: dict[str, NDArray] = {}
    kinds: dict[str, Kind] = {}
    for column in table.column_names:
        if column in (target, by, time) or column in dropped:
            continue
        with _readable(table, column, name):
            if fault := length_fault(table[column]):
                notes.append(f"column {column!r} was left out: it holds {fault}")
                continue
            values, kind = feature(table[column], column, name)
        about = (values, kind, codes, len(classes))
        if reason := why_useless(values, kind, column) or leak_of(*about) or encoded_target(*about):
            notes.append(f"column {column!r} was left out: {reason}")
            continue
        if warning := near_leak_of(*about):
            notes.append(f"column {column!r} {warning}")
        columns[column], kinds[column] = values, kind
    if not columns:
        left_out = "; ".join(notes) or "all were dropped"
        raise DataError(
            f"{name}: no usable column is left besides the target {target!r} ({left_out}); add columns that vary"
        )
    features = pd.DataFrame({key: pd.Series(value, dtype=value.dtype) for key, value in columns.items()})
    belonging, said = belonging_of(table, features, codes, by=by, time=time, is_independent=independent, name=name)
    digest = hashlib.sha256(content).hexdigest()
    return Dataset(name, features, codes, target, classes, kinds, digest, (*said, *notes), belonging)


def sample_rows(dataset: Dataset, max_rows: int, seed: int) -> Dataset:
    """Keep a random sample of `max_rows` rows, stratified but for small classes, and say so in the notes.

    A class keeps its share, and at least 30 rows where it has them; a number is stratified as for the folds. What belongs
    together is taken or left as a whole, if 100 units or more fit into the sample; of larger units some rows are taken, so that
    more units are seen. Columns that the sample leaves useless go too. The sample knows the table that it is of.
    """
    if dataset.n_rows <= max_rows:
        return dataset
    rng = np.random.default_rng(seed)
    groups = strata(dataset.target)
    counts = np.bincount(groups)
    reserved = np.minimum(counts, min(30, max_rows // (2 * len(counts))))
    quotas = np.maximum(counts * max_rows // dataset.n_rows, reserved)
    while quotas.sum() > max_rows:  # the larger classes pay for the small ones
        quotas[quotas.argmax()] -= 1
    while quotas.sum() < max_rows:  # what rounding left goes where it is missed most
        quotas[(counts * max_rows / dataset.n_rows - quotas).argmax()] += 1
    units = dataset.belonging.units
    if units is None or len(np.unique(units)) * max_rows < _WHOLE_UNITS * dataset.n_rows:
        chosen = [rng.choice(np.flatnonzero(groups == code), quota, replace=False) for code, quota in enumerate(quotas)]
        kept = np.sort(np.concatenate(chosen))
    else:
        kept = _whole_units(units, groups, quotas, rng)
    notes = [f"a random sample of {len(kept):,} of the {dataset.n_rows:,} rows was used (setting max_rows)"]
    features = dataset.features.iloc[kept].reset_index(drop=True)
    kinds = dict(dataset.kinds)
    for column, kind in dataset.kinds.items():
        if reason := why_useless(features[column].to_numpy(), kind):
            notes.append(f"column {column!r} was left out of the sample: {reason}")
            features = features.drop(columns=column)
            del kinds[column]
    return dataclasses.replace(
        dataset,
        features=features,
        kinds=kinds,
        target=dataset.target[kept],
        notes=(*dataset.notes, *notes),
        belonging=dataset.belonging.of(kept),
        whole=dataset.whole or dataset,
        taken=kept if dataset.taken is None else dataset.taken[kept],
    )


def _whole_units(
    units: "NDArray[np.int64]", groups: "NDArray[np.int64]", quotas: "NDArray[np.int64]", rng: np.random.Generator
) -> "NDArray[np.int64]":
    """Draw whole units at random until no stratum lacks rows for its quota and the next unit would be too many."""
    places, distinct = pd.factorize(units)
    order = rng.permutation(len(distinct))
    rank = np.empty(len(distinct), dtype=np.int64)
    rank[order] = np.arange(len(distinct))
    by_rank = np.lexsort((np.arange(len(units)), rank[places]))
    kept, left = [], quotas.copy()
    for rows in np.split(by_rank, np.flatnonzero(np.diff(rank[places][by_rank])) + 1):
        needed = np.bincount(groups[rows], minlength=len(left))
        if (
            left.sum() >= len(rows)
            and np.all(needed <= np.maximum(left, 0) + len(rows) // 2)
            and left[needed > 0].max() > 0
        ):
            kept.append(rows)
            left -= needed
        if left.sum() <= 0:
            break
    return np.sort(np.concatenate(kept))


def _column(table: pa.Table, wanted: str, name: str) -> str:
    """Find a column by its name; composed and decomposed spellings of one Unicode text are the same name."""
    if wanted in table.column_names:
        return wanted
    same = [c for c in table.column_names if unicodedata.normalize("NFC", c) == unicodedata.normalize("NFC", wanted)]
    if len(same) == 1:
        return same[0]
    raise DataError(f"{name} has no column {wanted!r}; {nearest(wanted, table.column_names, label='columns')}")


def _apart(table: pa.Table, wanted: str, target: str, dropped: Collection[str], name: str) -> str:
    """Find the column of --by or --time, which must be another than the target; raises DataError where it is not."""
    column = _column(table, wanted, name)
    if column == target:
        raise DataError(
            f"{name}: {column!r} is the target, which says neither what belongs together nor in which order rows came; "
            "choose another column"
        )
    if column in dropped:
        raise DataError(
            f"{name}: the column {column!r} is dropped, and needed for --by or --time; leave out one of the two"
        )
    return column


@contextlib.contextmanager
def _readable(table: pa.Table, column: str, name: str) -> Iterator[None]:
    """Turn what Arrow cannot convert (a type of another world, a date beyond the calendar) into a sentence."""
    try:
        yield
    except (pa.ArrowException, OverflowError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"{name}: column {column!r} holds {table[column].type} that cannot be read ({reason}); use numbers, booleans, "
            f"dates or texts, or --drop {column!r}"
        ) from error
