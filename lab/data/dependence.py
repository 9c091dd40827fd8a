"""Which rows of a table belong together, and in which order did they come? What the user says, and copies that are plain to see."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lab.data.columns import feature, plain_values
from lab.errors import DataError
from lab.protocol import ALONE, Belonging

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["belonging_of", "copies_of"]

_BY_CHANCE = 0.01
"""Rows are copies where so few others would be equal by chance."""
_DISTINCT = 20
"""A table with fewer distinct rows than one in so many says the same things again and again: equal rows are no copies."""


def belonging_of(
    table: pa.Table, features: pd.DataFrame, *, by: str | None, time: str | None, is_independent: bool, name: str
) -> tuple[Belonging, list[str]]:
    """Say what belongs together, with notes for a reader.

    Parameters
    ----------
    table : pyarrow.Table
        All columns.
    features : pandas.DataFrame of shape (n_rows, n_features)
        As in `Dataset.features`; `by` and `time` are not among them.
    by, time : str, optional
        Names of columns: rows of one value belong together; rows come in the order of its values.
    is_independent : bool
        Whether the user said that rows do not belong together; copies still do.

    Raises
    ------
    DataError
        If a column cannot say so, or independence contradicts one.
    """
    if is_independent and (by or time):
        raise DataError(
            f"{name}: --independent says that rows do not belong together, and {'--by' if by else '--time'} says how they do; "
            "leave one of them out"
        )
    copied, n_copies = copies_of(features)
    notes, units = [], None
    if by is not None:
        units = _units_by(table[by], by, name)
        missing = plain_values(table[by]).null_count
        alone = f"; the {missing:,} rows without a value stand alone" if missing else ""
        notes.append(f"rows with the same value of {by!r} are kept together, and the column is not a feature{alone}")
    if n_copies:
        rows = "row is a copy" if n_copies == 1 else "rows are copies"
        notes.append(
            f"{n_copies:,} of the {len(features):,} {rows} of other rows (equal in all columns, or in all but one): copies are kept "
            "together and count as one"
        )
        units = copied if units is None else _joined(units, copied)
    times = None
    if time is not None:
        times = _ranks(table[time], time, name)
        notes.append(
            f"models are tested on rows later in {time!r} than those they learned from, and the column is not a feature"
        )
    if units is None and times is None and not is_independent:
        return ALONE, notes
    return Belonging(units, times, by or "", time or "", n_copies, is_independent), notes


def copies_of(features: pd.DataFrame) -> "tuple[NDArray[np.int64], int]":
    """Find rows that are equal in all columns, or in all but one, where that is no accident.

    Returns
    -------
    codes : numpy.ndarray of shape (n_rows,)
        Rows of one code are copies of one another.
    n_copies : int
        Rows beyond the first of each code.

    Notes
    -----
    Equal rows are expected where columns have few values. The chance that another row is equal is taken as the product of the
    columns' shares of the row's values; rows count as copies where so many fewer than one row would be equal by it.
    """
    n_rows, n_columns = features.shape
    hashes, chances = np.empty((n_columns, n_rows), dtype=np.uint64), np.zeros((n_columns, n_rows))
    for place, column in enumerate(features):
        codes, levels = pd.factorize(features[column], use_na_sentinel=False)
        chances[place] = np.log(np.bincount(codes, minlength=len(levels)) / n_rows)[codes]
        hashes[place] = pd.util.hash_array(codes.astype(np.uint64) + np.uint64(place << 40))
    whole, chance = hashes.sum(axis=0, dtype=np.uint64), chances.sum(axis=0)
    linked = [_equal(whole, chance)]
    if n_columns >= 3:
        linked += [_equal(whole - hashes[place], chance - chances[place]) for place in range(n_columns)]
    alone = np.arange(n_rows)
    linked = [codes for codes in linked if not np.array_equal(codes, alone)]  # of many columns most link nothing
    codes = _joined(*linked) if linked else alone
    return codes, n_rows - len(np.unique(codes))


def _equal(hashes: "NDArray[np.uint64]", log_chance: "NDArray[np.float64]") -> "NDArray[np.int64]":
    """Give rows of equal hashes one code where that is no accident; all others stand alone."""
    n_rows = len(hashes)
    codes, distinct = pd.factorize(hashes)
    if len(distinct) == n_rows or len(distinct) * _DISTINCT < n_rows:
        return np.arange(n_rows)
    is_copy = log_chance + np.log(n_rows) < np.log(_BY_CHANCE)
    first = np.full(len(distinct), n_rows)
    np.minimum.at(first, codes, np.arange(n_rows))
    return np.where(is_copy, first[codes], np.arange(n_rows))


def _joined(*codes: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Join what any of several codings, each of shape (n_rows,), holds together."""
    if len(codes) == 1:
        return codes[0]
    n_rows = len(codes[0])
    edges: Sequence[NDArray] = [_first_of(each) for each in codes]
    ends = np.concatenate(edges)
    starts = np.tile(np.arange(n_rows), len(edges))
    graph = coo_array((np.ones(len(ends), dtype=bool), (starts, ends)), shape=(n_rows, n_rows))
    found = connected_components(graph, directed=False)[1]
    return np.asarray(found, dtype=np.int64)


def _first_of(codes: "NDArray[np.int64]") -> "NDArray[np.int64]":
    places, distinct = pd.factorize(codes)
    first = np.full(len(distinct), len(codes))
    np.minimum.at(first, places, np.arange(len(codes)))
    return first[places]


def _units_by(values: pa.ChunkedArray, by: str, name: str) -> "NDArray[np.int64]":
    """Give rows of one value one code; a row without a value stands alone."""
    codes = _codes(values, by, name)
    n_rows, present = len(codes), codes[codes >= 0]
    distinct = len(np.unique(present))
    if len(present) == 0:
        raise DataError(f"{name}: every value of the column {by!r} (--by) is missing; choose another column")
    if distinct == 1:
        raise DataError(
            f"{name}: the column {by!r} (--by) has one value, so that all rows belong together; choose another column"
        )
    if distinct == len(present):
        raise DataError(
            f"{name}: the column {by!r} (--by) has another value in every row, so that none belong together; choose another column, "
            "or say --independent"
        )
    alone = codes < 0
    codes[alone] = distinct + np.arange(int(alone.sum()))
    return codes.astype(np.int64) if n_rows else codes


def _codes(values: pa.ChunkedArray, column: str, name: str) -> "NDArray[np.int64]":
    plain = plain_values(values)
    if pa.types.is_nested(plain.type):
        raise DataError(
            f"{name}: the column {column!r} (--by) holds {plain.type}; choose a column of text, numbers or dates"
        )
    whole = pa.chunked_array([plain.combine_chunks()]) if plain.num_chunks != 1 else plain
    encoded = whole.chunk(0) if pa.types.is_dictionary(whole.type) else pc.dictionary_encode(whole).chunk(0)
    return np.array(pc.fill_null(encoded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False))


def _ranks(values: pa.ChunkedArray, time: str, name: str) -> "NDArray[np.int64]":
    """Rank the rows by time, ties alike."""
    moments, kind = feature(values, time, name)
    if kind not in ("number", "date"):
        raise DataError(
            f"{name}: the column {time!r} (--time) holds {'text' if kind == 'category' else 'true and false'}, not dates or numbers; "
            "write dates as 2026-11-30, or choose another column"
        )
    if missing := int(np.isnan(moments).sum()):
        raise DataError(
            f"{name}: the column {time!r} (--time) is missing in {missing:,} of {len(moments):,} rows; leave these rows out, "
            "or choose another column"
        )
    ranks, distinct = pd.factorize(moments, sort=True)
    if len(distinct) == 1:
        raise DataError(f"{name}: the column {time!r} (--time) has the same value in every row; choose another column")
    return ranks.astype(np.int64)
