"""Is this table fit to learn from? Turns a file or a built-in name into a checked `Dataset`.

Everything that can be wrong with a table is said here, once; nobody validates again after that.
"""

import contextlib
import dataclasses
import hashlib
import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lab.cleaning import clean
from lab.data import builtin
from lab.data.leaks import leak_of, near_leak_of
from lab.data.strata import strata
from lab.data.tables import MISSING, read_table
from lab.errors import DataError, nearest
from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Dataset, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TASKS", "check", "load", "sample_rows"]

TASKS = ("auto", "classes", "number")
MAX_CLASSES, MAX_TEXT = 20, 500
_LARGEST, _LEAST_WIDTH = 1e100, 1e-9
_DAY_US = 86_400 * 10**6


def load(source: str, target: str | None = None, *, drop: Sequence[str] = (), task: str = "auto") -> Dataset:
    """Read and check a table.

    Parameters
    ----------
    source : str
        The path of a CSV or Parquet file, or the name of a built-in table (see `lab.data.builtin`).
    target : str, optional
        The column to predict; built-in tables know theirs.
    drop : sequence of str
        Columns to leave out.
    task : {"auto", "classes", "number"}
        What the target is; "auto" takes more than 20 different numbers for a number to predict, all else for classes.

    Raises
    ------
    DataError
        If the table cannot be used: says where, what was found, and the way out.
    """
    if source in builtin.TABLES and not Path(source).is_file():
        table, content, known_target = builtin.load(source)
        return check(table, target or known_target, name=source, content=content, drop=drop, task=task)
    path = Path(source)
    if "/" not in source and "." not in source and not os.path.lexists(path):
        raise DataError(
            f"no file or built-in table {source!r}; {nearest(source, builtin.TABLES, label='built-in tables')}"
        )
    table, content = read_table(path)
    if target is None:
        raise DataError(
            f"{path.name}: no target given; name the column to predict with --target "
            f"({nearest('', table.column_names, label='columns')})"
        )
    return check(table, target, name=clean(path.name), content=content, drop=drop, task=task)


def check(
    table: pa.Table, target: str, *, name: str, content: bytes, drop: Sequence[str] = (), task: str = "auto"
) -> Dataset:
    """Turn an Arrow table into a `Dataset`; `content` is what the digest is taken of.

    Raises
    ------
    DataError
        If the target cannot be predicted, or no usable column is left beside it.
    """
    target = _column(table, target, name)
    dropped = {_column(table, column, name) for column in drop}
    if target in dropped:
        raise DataError(f"{name}: the target {target!r} cannot be dropped; choose another column")
    with _readable(table, target, name):
        table, notes = _rows_with_target(table, target, name)
        codes, classes = _target(table[target], target, name, task)
    if not classes:
        notes.append(
            f"the target {target!r} has {len(np.unique(codes)):,} different numbers: it is predicted as a number"
        )
    columns: dict[str, NDArray] = {}
    kinds: dict[str, Kind] = {}
    for column in table.column_names:
        if column == target or column in dropped:
            continue
        with _readable(table, column, name):
            if fault := _length_fault(table[column]):
                notes.append(f"column {column!r} was left out: it holds {fault}")
                continue
            values, kind = _feature(table[column], column, name)
        reason = _why_useless(values, kind) or leak_of(values, kind, codes, len(classes))
        if reason:
            notes.append(f"column {column!r} was left out: {reason}")
            continue
        if warning := near_leak_of(values, kind, codes, len(classes)):
            notes.append(f"column {column!r} {warning}")
        columns[column], kinds[column] = values, kind
    if not columns:
        left_out = "; ".join(notes) or "all were dropped"
        raise DataError(
            f"{name}: no usable column is left beside the target {target!r} ({left_out}); add columns that vary"
        )
    features = pd.DataFrame({key: pd.Series(value, dtype=value.dtype) for key, value in columns.items()})
    return Dataset(name, features, codes, target, classes, kinds, hashlib.sha256(content).hexdigest(), tuple(notes))


def sample_rows(dataset: Dataset, max_rows: int, seed: int) -> Dataset:
    """Keep a random sample of `max_rows` rows, stratified but for small classes, and say so in the notes.

    A class keeps its share, and at least 30 rows where it has them; a number is stratified as for the folds. Columns that
    the sample leaves useless go too.
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
    chosen = [rng.choice(np.flatnonzero(groups == code), quota, replace=False) for code, quota in enumerate(quotas)]
    kept = np.sort(np.concatenate(chosen))
    notes = [f"a random sample of {max_rows:,} of the {dataset.n_rows:,} rows was used (setting max_rows)"]
    features = dataset.features.iloc[kept].reset_index(drop=True)
    kinds = dict(dataset.kinds)
    for column, kind in dataset.kinds.items():
        if reason := _why_useless(features[column].to_numpy(), kind):
            notes.append(f"column {column!r} was left out of the sample: {reason}")
            features = features.drop(columns=column)
            del kinds[column]
    return dataclasses.replace(
        dataset, features=features, kinds=kinds, target=dataset.target[kept], notes=(*dataset.notes, *notes)
    )


def _column(table: pa.Table, wanted: str, name: str) -> str:
    """Find a column by its name; composed and decomposed spellings of one Unicode text are the same name."""
    if wanted in table.column_names:
        return wanted
    same = [c for c in table.column_names if unicodedata.normalize("NFC", c) == unicodedata.normalize("NFC", wanted)]
    if len(same) == 1:
        return same[0]
    raise DataError(f"{name} has no column {wanted!r}; {nearest(wanted, table.column_names, label='columns')}")


def _rows_with_target(table: pa.Table, target: str, name: str) -> tuple[pa.Table, list[str]]:
    kind = table[target].type
    if pa.types.is_nested(kind) or _is_bytes(kind):
        raise DataError(f"{name}: the target {target!r} holds {kind}; choose a column of texts, numbers or booleans")
    values = _plain(table[target])
    missing = values.null_count
    if missing == len(values):
        raise DataError(f"{name}: the target {target!r} is missing in every row; choose another column")
    if not missing:
        return table, []
    kept = table.filter(pc.is_valid(values))
    return kept, [f"{missing:,} of {len(values):,} rows had no value in the target {target!r} and were left out"]


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


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Trim texts, make their missing spellings null, and read texts that are numbers after that.

    Texts that stay texts may stay a dictionary, with one clean entry for each of them (see `_texts`).
    """
    if pa.types.is_dictionary(values.type):
        return _plain_dictionary(values)
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        if pa.types.is_floating(values.type):
            return pc.if_else(pc.is_nan(values), None, values)
        return values
    trimmed = pc.utf8_trim_whitespace(values)
    plain = pc.if_else(pc.is_in(trimmed, pa.array(MISSING, trimmed.type)), None, trimmed)
    if plain.null_count == len(plain) or plain.null_count == values.null_count:
        return plain
    for kind in (pa.float64(), pa.bool_(), pa.timestamp("us")):  # what the padding had kept from being recognised
        with contextlib.suppress(pa.ArrowInvalid):
            return plain.cast(kind)
    return plain


def _plain_dictionary(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Work on the entries, not on the rows: one long text that stands in every row is there once."""
    whole = values.unify_dictionaries().combine_chunks()
    codes = whole.indices.cast(pa.int64())
    used = pc.unique(codes).drop_null()
    entries = _plain(pa.chunked_array([whole.dictionary.take(used)], whole.dictionary.type))
    if pa.types.is_string(entries.type) or pa.types.is_large_string(entries.type):
        entries = entries.dictionary_encode().combine_chunks()  # two entries may be one after trimming
    else:
        entries = entries.combine_chunks()
    place = np.zeros(len(whole.dictionary), dtype=np.int64)
    place[used.to_numpy()] = np.arange(len(used))
    rows = pa.array(place[codes.fill_null(0).to_numpy()], mask=pc.is_null(codes).to_numpy(zero_copy_only=False))
    if not pa.types.is_dictionary(entries.type):
        return pa.chunked_array([entries.take(rows)])
    return pa.chunked_array([pa.DictionaryArray.from_arrays(entries.indices.take(rows), entries.dictionary)])


def _holds_texts(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _holds_texts(kind.value_type)
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _texts(plain: pa.ChunkedArray) -> "NDArray":
    """Give the texts of the rows, None where missing: objects that rows of the same text share."""
    if not pa.types.is_dictionary(plain.type):
        return plain.to_numpy(zero_copy_only=False).astype(object)
    whole = plain.combine_chunks()
    known = np.full(len(whole.dictionary) + 1, None, dtype=object)  # the last one is for what is missing
    known[:-1] = whole.dictionary.to_numpy(zero_copy_only=False)
    return known[whole.indices.fill_null(-1).to_numpy()]


def _length_fault(plain: pa.ChunkedArray) -> str | None:
    """Say that a column holds a text that is too long to be a category; None where it holds none."""
    if not _holds_texts(plain.type):
        return None
    entries = plain.combine_chunks().dictionary if pa.types.is_dictionary(plain.type) else plain
    longest = pc.max(pc.utf8_length(entries)).as_py() or 0
    return f"a text of {longest:,} characters (a category has at most {MAX_TEXT})" if longest > MAX_TEXT else None


def _target(values: pa.ChunkedArray, target: str, name: str, task: str) -> "tuple[NDArray, tuple[str, ...]]":
    """Codes and their classes, or numbers and none."""
    plain = _plain(values)
    is_number = True
    if pa.types.is_floating(plain.type) or pa.types.is_decimal(plain.type):
        labels = _floats(plain)
        _refuse_infinite(labels, target, name)
    elif pa.types.is_integer(plain.type):
        labels = plain.to_numpy(zero_copy_only=False)
    else:
        if fault := _length_fault(plain):
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
            f"{name}: the target {target!r} holds {plain.type}, and --task number needs numbers; "
            "choose another column, or leave --task out"
        )
    if task == "number" or (task == "auto" and is_number and len(unique) > MAX_CLASSES):
        return _in_range(labels.astype(np.float64), target, name), ()
    if len(unique) > MAX_CLASSES:
        way_out = "leave --task out to predict it as a number, " if is_number else "choose another column, "
        raise DataError(
            f"{name}: the target {target!r} has {len(unique):,} different {'numbers' if is_number else 'values'}; the labs "
            f"classify into 2 to {MAX_CLASSES} classes: {way_out}or group its values"
        )
    return codes.astype(np.int64), tuple(_label(value) for value in unique)


def _is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _labels(plain: pa.ChunkedArray) -> "NDArray":
    """Write the values of a target that is no number as texts; objects, since a fixed width would cost every row the longest."""
    values = _texts(plain) if _holds_texts(plain.type) else plain.to_numpy(zero_copy_only=False)
    if values.dtype != object:
        values = values.astype(str).astype(object)
    return np.array([value if isinstance(value, str) else str(value) for value in values], dtype=object)


def _in_range(numbers: "NDArray[np.float64]", target: str, name: str) -> "NDArray[np.float64]":
    """Refuse numbers whose squares no longer fit into a double, or whose differences no longer show."""
    largest, width = float(np.abs(numbers).max()), float(np.ptp(numbers))
    if largest > _LARGEST or width < _LEAST_WIDTH * largest or width < 1 / _LARGEST:
        raise DataError(
            f"{name}: the target {target!r} reaches {_magnitude(largest)} and its values lie less than {_magnitude(width)} apart, "
            "which double precision cannot square and subtract; shift or scale the column"
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


def _feature(values: pa.ChunkedArray, column: str, name: str) -> "tuple[NDArray, Kind]":
    plain = _plain(values)
    kind = plain.type
    if pa.types.is_null(kind):
        return np.full(len(plain), np.nan), "number"
    if pa.types.is_boolean(kind):
        return _floats(plain.cast(pa.int8())), "boolean"
    if pa.types.is_temporal(kind) and not (pa.types.is_duration(kind) or pa.types.is_time(kind)):
        stamps = plain.cast(pa.timestamp("us"), safe=False).cast(pa.int64())  # nanoseconds end in the year 2262
        return _floats(stamps) / _DAY_US, "date"
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return _floats(plain.cast(pa.int32() if "32" in str(kind) else pa.int64())), "number"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = _floats(plain)
        _refuse_infinite(numbers, column, name)
        return numbers, "number"
    if _holds_texts(kind):
        texts = _texts(plain)
        texts[pd.isna(texts)] = ""
        return texts, "category"
    raise DataError(
        f"{name}: column {column!r} holds {kind}; use numbers, booleans, dates or texts, or --drop {column!r}"
    )


def _floats(values: pa.ChunkedArray) -> "NDArray[np.float64]":
    return values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)


def _refuse_infinite(numbers: "NDArray[np.float64]", column: str, name: str) -> None:
    places = np.flatnonzero(np.isinf(numbers))
    if len(places):
        raise DataError(
            f"{name}: column {column!r} is infinite in {len(places):,} row(s), first in data row {places[0] + 1}; "
            "put a finite number there, or leave it empty"
        )


def _why_useless(values: "NDArray", kind: Kind) -> str | None:
    present = values[values != ""] if kind == "category" else values[~np.isnan(values)]
    if len(present) == 0:
        return "every value is missing"
    counts = pd.Series(present).value_counts(sort=False)
    unique = counts.index
    if len(unique) == 1 and len(present) == len(values):
        return f"it is constant ({unique[0]})" if len(present) >= MIN_ROWS else "it is constant"
    differ = len(values) - max(int(counts.max()), len(values) - len(present))
    if len(values) >= 2 * MIN_ROWS and differ < MIN_ROWS:
        return f"fewer than {MIN_ROWS} rows differ from all others"  # what is learned of it would tell of them
    if kind == "category" and len(unique) > MAX_CLASSES and len(unique) > 0.5 * len(present):
        return f"it looks like an identifier ({len(unique):,} different texts in {len(values):,} rows)"
    counts_up = (
        kind == "number" and len(present) == len(values) and values[0] % 1 == 0 and bool(np.all(np.diff(values) == 1))
    )
    return "it looks like a row number" if counts_up else None
