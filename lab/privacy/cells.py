"""Does a text that a library wrote repeat a cell of the table? Cells of fewer than 5 rows are taken out of it.

Messages, warnings and tracebacks of other people's code go into the log and into the record; nobody knows what they quote.
"""

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["without_cells"]

_HIDDEN = "(a cell)"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,_]*(?:\.\d*)?(?:[eE][+-]?\d+)?")
_FEWEST_DIGITS = 4  # a shorter number says nothing of anybody
_FEWEST_LETTERS = 3  # of a text that stands without quotes


def without_cells(text: str, dataset: Dataset) -> str:
    """Replace texts, days and numbers (also rounded ones, to 4 digits or more) that fewer than 5 rows of a column have.

    Examples
    --------
    >>> table = pd.DataFrame({"name": [*"abababab", "Ada King"], "pay": [*[1000.0] * 8, 9_876_543.0]})
    >>> data = Dataset("t", table, np.arange(9) % 2, "y", ("n", "y"), {"name": "category", "pay": "number"}, "")
    >>> without_cells("cannot convert 'Ada King' (9.876543e+06) to 1000 in line 4321", data)
    "cannot convert '(a cell)' ((a cell)) to 1000 in line 4321"
    """
    texts = [dataset.features[name] for name, kind in dataset.kinds.items() if kind == "category"]
    numbers = [_values(dataset, name) for name, kind in dataset.kinds.items() if kind in ("number", "date")]
    days = [_values(dataset, name) // 1 for name, kind in dataset.kinds.items() if kind == "date"]
    if dataset.task == "number":
        numbers.append(dataset.target)
    for cell in sorted({cell for column in texts for cell in _rare_in(text, column)}, key=len, reverse=True):
        bare = rf"|(?<!\w){re.escape(cell)}(?!\w)" if len(cell) >= _FEWEST_LETTERS else ""
        text = re.sub(rf"(?<=['\"`]){re.escape(cell)}(?=['\"`]){bare}", _HIDDEN, text)
    text = _DAY.sub(lambda found: _HIDDEN if _is_day_of(found[0], days) else found[0], text)
    return _NUMBER.sub(lambda found: _HIDDEN if _is_one_of(found[0], numbers) else found[0], text)


def _values(dataset: Dataset, name: str) -> "NDArray[np.float64]":
    return dataset.features[name].to_numpy(np.float64)


def _rare_in(text: str, column: pd.Series) -> list[str]:
    """Cells that stand in a text: few do, and only those are counted."""
    said = [cell for cell in column.dropna().unique() if cell and cell in text]
    return [cell for cell in said if (column == cell).sum() < MIN_ROWS]


def _is_day_of(text: str, columns: "list[NDArray[np.float64]]") -> bool:
    try:
        day = float(np.datetime64(text).astype(np.int64))
    except ValueError:
        return False
    return any(0 < np.count_nonzero(column == day) < MIN_ROWS for column in columns)


def _is_one_of(text: str, columns: "list[NDArray[np.float64]]") -> bool:
    """Whether a number, as precisely as it is written, is a rare cell of a column; NaN where one is missing."""
    plain = text.replace(",", "").replace("_", "").rstrip(".")
    mantissa = re.split("[eE]", plain)[0].lstrip("-").replace(".", "").lstrip("0")
    digits = max(len(mantissa.rstrip("0")), _FEWEST_DIGITS)
    if digits > len(mantissa):
        return False
    value = abs(float(plain))  # a sign may stand apart from its number
    return np.isfinite(value) and any(
        value in (float(f"{cell:.{digits}g}"), float(np.float32(cell)))
        for column in columns
        for cell in _rare_near(value, column)
    )


def _rare_near(value: float, column: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Sizes of the rare cells within 1 in 1,000 of a number, with either sign: only these are counted, since tables are large."""
    cells, counts = np.unique(column[np.abs(np.abs(column) - value) <= 1e-3 * value], return_counts=True)
    return np.abs(cells[counts < MIN_ROWS])
