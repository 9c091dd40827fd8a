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
    numbers = [dataset.features[name] for name, kind in dataset.kinds.items() if kind in ("number", "date")]
    dates = [dataset.features[name] for name, kind in dataset.kinds.items() if kind == "date"]
    if dataset.task == "number":
        numbers.append(pd.Series(dataset.target))
    for cell in sorted({cell for column in texts for cell in _rare(column) if cell in text}, key=len, reverse=True):
        bare = rf"|(?<!\w){re.escape(cell)}(?!\w)" if len(cell) >= _FEWEST_LETTERS else ""
        text = re.sub(rf"(?<=['\"`]){re.escape(cell)}(?=['\"`]){bare}", _HIDDEN, text)
    days, cells = _all_rare([column // 1 for column in dates]), np.sort(np.abs(_all_rare(numbers)))
    text = _DAY.sub(lambda found: _HIDDEN if _is_day_of(found[0], days) else found[0], text)
    return _NUMBER.sub(lambda found: _HIDDEN if _is_one_of(found[0], cells) else found[0], text)


def _rare(column: pd.Series) -> list:
    counts = column.value_counts()
    return [cell for cell in counts.index[counts < MIN_ROWS] if cell != ""]


def _all_rare(columns: list[pd.Series]) -> "NDArray[np.float64]":
    return np.unique(np.array([cell for column in columns for cell in _rare(column)], dtype=np.float64))


def _is_day_of(text: str, days: "NDArray[np.float64]") -> bool:
    try:
        return bool(np.isin(float(np.datetime64(text).astype(np.int64)), days))
    except ValueError:
        return False


def _is_one_of(text: str, cells: "NDArray[np.float64]") -> bool:
    """Whether a number, as precisely as it is written, is one of the cells."""
    plain = text.replace(",", "").replace("_", "").rstrip(".")
    mantissa = re.split("[eE]", plain)[0].lstrip("-").replace(".", "").lstrip("0")
    digits = max(len(mantissa.rstrip("0")), _FEWEST_DIGITS)
    if digits > len(mantissa) or not len(cells):
        return False
    value = abs(float(plain))  # a sign may stand apart from its number
    near = cells[np.abs(cells - value) <= 1e-3 * abs(value)]
    return any(value in (float(f"{cell:.{digits}g}"), float(np.float32(cell))) for cell in near)
