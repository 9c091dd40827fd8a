"""For how much does each row of a table count? A column of weights, checked; rows that count for nothing are left out."""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from lab.belonging import Belonging, equal_units
from lab.data.columns import feature
from lab.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["counted", "rows_that_count", "weights_of"]

_LARGEST, _ALIKE = 1e100, 1e-12


def rows_that_count(table: pa.Table, column: str, name: str) -> tuple[pa.Table, list[str]]:
    """Leave out the rows of weight 0, and say so.

    Raises
    ------
    DataError
        If the column holds what are no weights: texts, missing, negative or infinite numbers, or nothing but zeros.
    """
    values = _checked(table, column, name)
    nothing = int(np.sum(values == 0))
    if nothing == len(values):
        raise DataError(f"{name}: every weight in {column!r} is 0, so that no row counts; choose another column")
    if not nothing:
        return table, []
    rows = "row counts for nothing (its" if nothing == 1 else "rows count for nothing (their"
    return table.filter(pa.array(values > 0)), [f"{nothing:,} {rows} weight in {column!r} is 0) and were left out"]


def counted(belonging: Belonging, table: pa.Table, column: str | None, name: str) -> tuple[Belonging, list[str]]:
    """Let rows count by a column of weights, if one is named, and say so."""
    if column is None:
        return belonging, []
    weights, said = weights_of(table, column, name)
    return dataclasses.replace(belonging, weights=weights, weighted="" if weights is None else column), [said]


def weights_of(table: pa.Table, column: str, name: str) -> "tuple[NDArray[np.float64] | None, str]":
    """Give the weights of the rows of a table without zeros, of mean 1 and shape (n_rows,), and a sentence that tells of them.

    None where all rows have the same weight.
    """
    values = _checked(table, column, name)
    weights = values / values.max()  # sums of large numbers are beyond a float
    weights /= weights.mean()
    if np.ptp(weights) < _ALIKE:
        return None, f"all rows have the same weight in {column!r}, as without --weights; the column is not a feature"
    equal = equal_units(weights)
    return weights, (
        f"rows count by their weight in {column!r}, which is no feature: in what models learn and in all scores; their "
        f"{len(weights):,} weights tell of a score about as much as {equal:,.0f} equal ones would"
    )


def _checked(table: pa.Table, column: str, name: str) -> "NDArray[np.float64]":
    values, kind = feature(table[column], column, name)
    if kind != "number":
        what = {"category": "text", "boolean": "true and false", "date": "dates"}[kind]
        raise DataError(f"{name}: the column {column!r} (--weights) holds {what}, not numbers; choose another column")
    for wrong, what in ((np.isnan(values), "missing"), (values < 0, "negative")):
        if rows := int(wrong.sum()):
            raise DataError(
                f"{name}: the column {column!r} (--weights) is {what} in {rows:,} of {len(values):,} rows; give each row a weight of "
                "0 or more"
            )
    if values.max() > _LARGEST:
        raise DataError(
            f"{name}: the column {column!r} (--weights) has weights above {_LARGEST:.0e}; divide them by one number"
        )
    return values
