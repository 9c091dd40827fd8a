"""What is in the columns of a table? Their kinds, what is missing, and values that many rows have: never those of a few."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from lab.data.columns import feature
from lab.errors import DataError
from lab.numbers import plain
from lab.privacy.aggregates import MIN_ROWS, outer_range
from lab.understood import Contents, Seen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lab.protocol import Kind

__all__ = ["seen"]

_MOST_VALUES, _LONGEST = 3, 30


def seen(table: pa.Table, name: str, *, person: str | None = None) -> Contents:
    """Look at every column of a table that was read.

    Parameters
    ----------
    table : pyarrow.Table
    name : str
        What to call it on screen.
    person : str, optional
        The column whose values keep rows together: of a customer with 5 rows no name is shown.
    """
    columns = tuple(_column(table, column, name, is_counted=column == person) for column in table.column_names)
    return Contents(table.num_rows, columns)


def _column(table: pa.Table, column: str, name: str, *, is_counted: bool) -> Seen:
    try:
        values, kind = feature(table[column], column, name)
    except (DataError, pa.ArrowException, OverflowError):  # said by whoever needs the column
        return Seen(column, str(table[column].type), table[column].null_count / max(len(table), 1), "")
    absent = values == "" if kind == "category" else np.isnan(values)
    known = values[~absent]
    said = f"{len(pd.unique(known)):,} different" if is_counted else _said(known, kind)
    return Seen(column, kind, float(np.mean(absent)), said)


def _said(known: "NDArray", kind: "Kind") -> str:
    if kind == "category":
        counts = pd.Series(known).value_counts()
        often = [f"{_short(str(value))}" for value, count in counts.items() if count >= MIN_ROWS][:_MOST_VALUES]
        more = len(counts) - len(often)
        return ", ".join([*often, *([f"{more:,} more" if often else f"{more:,} different"] if more else [])])
    if kind == "boolean":
        return f"true in {100 * float(np.mean(known)):.0f} %" if len(known) else ""
    ends = outer_range(known, whole=bool(np.all(known % 1 == 0)))
    if ends is None:
        return ""
    if kind == "date":
        low, high = (np.datetime64(int(end), "D") for end in ends)
        return f"{low} to {high}"
    return f"{plain(ends[0], 3)} to {plain(ends[1], 3)}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
