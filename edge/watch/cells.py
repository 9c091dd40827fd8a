"""What does a cell of a stream say, as the model and the monitor take it? A number, a text, nothing, or nothing that can be read.

Cells come as a source has them: texts of a CSV file, numbers of JSON, None where nothing came. Each is read for itself, so that
what is made of it never depends on the rows beside it.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edge.exporting.seen import text_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lab.protocol import Kind

__all__ = ["read_cells", "read_label", "read_labels"]

_ABSENT = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})
_TRUTHS = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
_DAY = 86_400_000_000
_LARGEST = float(np.finfo(np.float32).max)


def read_cells(cells: "Sequence[Any] | NDArray[Any]", kind: "Kind") -> "tuple[NDArray[Any], NDArray[np.bool_]]":
    """Read the cells of a column.

    Returns
    -------
    values : array of shape (n_cells,)
        float64 with NaN (numbers, booleans, and dates as days since 1970-01-01), or object with None (categories).
    unreadable : array of shape (n_cells,)
        Which of those had something that is no value of this kind; among them numbers that float32, which models take, cannot hold.
    """
    if kind == "category":
        return _texts(cells)
    if kind == "date":
        return _dates(cells)
    try:
        values = np.array(cells, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.array([_number(cell) for cell in cells], dtype=np.float64)
    unreadable = np.abs(values) > _LARGEST
    values[unreadable] = np.nan
    return values, unreadable


def read_label(cell: Any) -> str | None:
    """Read a label as the classes of a model are written; None where there is none."""
    text = text_of(cell).strip()
    return text or None


def read_labels(cells: "Sequence[Any]") -> list[str | None]:
    """Read labels as `read_label` does; the same text many times is read once."""
    known: dict[str | None, str | None] = {None: None}
    known |= {text: read_label(text) for text in {cell for cell in cells if type(cell) is str}}
    return [known[cell] if cell is None or type(cell) is str else read_label(cell) for cell in cells]


def _texts(cells: "Sequence[Any] | NDArray[Any]") -> "tuple[NDArray[Any], NDArray[np.bool_]]":
    values = np.empty(len(cells), dtype=object)
    values[:] = [(cell or None) if type(cell) is str else (text_of(cell) or None) for cell in cells]
    return values, np.zeros(len(cells), dtype=bool)


def _number(cell: Any) -> float:
    """Read one number; infinite where there is something that is none."""
    if cell is None:
        return math.nan
    if not isinstance(cell, str):
        try:
            return float(cell)
        except (TypeError, ValueError, OverflowError):
            return math.inf
    text = cell.strip()
    if text.casefold() in _ABSENT:
        return math.nan
    try:
        return float(text)
    except ValueError:
        return _TRUTHS.get(text.casefold(), math.inf)


def _dates(cells: "Sequence[Any] | NDArray[Any]") -> "tuple[NDArray[Any], NDArray[np.bool_]]":
    texts = [text_of(cell).strip() for cell in cells]
    absent = np.array([text.casefold() in _ABSENT for text in texts], dtype=bool)
    found = pd.to_datetime(pd.Series(texts, dtype=object), format="ISO8601", errors="coerce", utc=True)
    moments = found.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    unreadable = np.isnat(moments) & ~absent
    values = np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / _DAY)
    return values, unreadable
