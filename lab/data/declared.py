"""Which rows of a table belong together, and in which order did they come? What the user says, and copies."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lab.data.columns import feature, plain_values
from lab.data.copies import copies_of, joined
from lab.errors import DataError
from lab.protocol import ALONE, Belonging

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["belonging_of"]


def belonging_of(
    table: pa.Table,
    features: pd.DataFrame,
    target: "NDArray",
    *,
    by: str | None,
    time: str | None,
    is_independent: bool,
    name: str,
) -> tuple[Belonging, list[str]]:
    """Say what belongs together, with notes for a reader.

    Parameters
    ----------
    table : pyarrow.Table
        All columns.
    features : pandas.DataFrame of shape (n_rows, n_features)
        As in `Dataset.features`; `by` and `time` are not among them.
    target : numpy.ndarray of shape (n_rows,)
        As in `Dataset.target`.
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
    copied, n_copies = copies_of(features, target)
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
        units = copied if units is None else joined(units, copied)
    times = None
    if time is not None:
        times = _ranks(table[time], time, name)
        notes.append(
            f"models are tested on rows later in {time!r} than those they learned from, and the column is not a feature"
        )
    if units is None and times is None and not is_independent:
        return ALONE, notes
    return Belonging(units, times, by or "", time or "", n_copies, is_independent, copied if n_copies else None), notes


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
