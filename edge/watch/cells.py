"""What does a cell of a stream say, as the model and the monitor take it? A number, a text, nothing, or nothing that can be read.

Cells come as a source has them: texts of a CSV file, numbers of JSON, None where nothing came. Each is read for itself, so that
what is made of it never depends on the rows beside it; only how a column spells its values is told beforehand, where it is not
plainly (`edge.watch.spelling`). The words for what is missing are those of the ground.
"""

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from edge.exporting.seen import text_of
from lab.reading.dates import dates_of
from lab.reading.missing import SPELLINGS
from lab.reading.numbers import numbers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lab.protocol import Kind

__all__ = ["ISO", "LARGEST", "Spelling", "read_cells", "read_label", "read_labels"]

ISO = "ISO 8601"
_TRUTHS = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
_CLOCK = re.compile(
    r"(\d{1,4}):([0-5]\d)(?::([0-5]\d))?"
)  # times of a day and durations, which the ground reads in seconds
_DAY = 86_400_000_000
LARGEST = float(np.finfo(np.float32).max)
"""Of larger numbers a model in float32 makes infinite ones."""


@dataclass(frozen=True)
class Spelling:
    """How the texts of a column spell its values.

    Attributes
    ----------
    sign, unit
        Of numbers: see `lab.reading.numbers.Spelled`.
    form : str
        Of dates: see `lab.reading.dates.Dated`.
    """

    sign: Literal[".", ","] = "."
    unit: str | None = None
    form: str = ISO


def read_cells(
    cells: "Sequence[Any] | NDArray[Any]",
    kind: "Kind",
    spelling: Spelling | None = None,
    *,
    keeps: Collection[str] = (),
) -> "tuple[NDArray[Any], NDArray[np.bool_]]":
    """Read the cells of a column.

    Parameters
    ----------
    spelling : Spelling, optional
        Without it numbers are read as computers write them, and dates by ISO 8601.
    keeps : collection of str
        Categories that are taken as they are, also where their words mean elsewhere that nothing is known.

    Returns
    -------
    values : array of shape (n_cells,)
        float64 with NaN (numbers, booleans, and dates as days since 1970-01-01), or object with None (categories).
    unreadable : array of shape (n_cells,)
        Which of those had something that is no value of this kind; among them numbers that float32, which models take, cannot hold.
    """
    if kind == "category":
        return _texts(cells, keeps)
    if kind == "date":
        return _dates(cells, ISO if spelling is None else spelling.form)
    if spelling is not None:
        values = _spelled(cells, spelling)
    else:
        try:
            values = np.array(cells, dtype=np.float64)
        except (TypeError, ValueError):
            values = np.array([_number(cell) for cell in cells], dtype=np.float64)
    unreadable = np.abs(values) > LARGEST
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


def _texts(cells: "Sequence[Any] | NDArray[Any]", keeps: Collection[str]) -> "tuple[NDArray[Any], NDArray[np.bool_]]":
    values = np.empty(len(cells), dtype=object)
    distinct = {*cells}
    if all(text is None or type(text) is str for text in distinct):  # each is read once
        known = {text: None if text is None else _text(text, keeps) for text in distinct}
        values[:] = list(map(known.__getitem__, cells))
    else:
        values[:] = [_text(cell, keeps) if type(cell) is str else (text_of(cell) or None) for cell in cells]
    return values, np.zeros(len(cells), dtype=bool)


def _text(text: str, keeps: Collection[str]) -> str | None:
    if text in keeps:
        return text
    trimmed = text.strip()
    return trimmed if trimmed in keeps or trimmed.casefold() not in SPELLINGS else None


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
    try:
        return float(text)
    except ValueError:
        return _other(text)


def _other(text: str) -> float:
    """Read what a number may be said by but digits: a word for nothing, true or false, a time of day or a duration."""
    word = text.casefold()
    if word in SPELLINGS:
        return math.nan
    if (clock := _CLOCK.fullmatch(text)) is not None:
        return 3_600.0 * int(clock[1]) + 60 * int(clock[2]) + int(clock[3] or 0)
    return _TRUTHS.get(word, math.inf)


def _spelled(cells: "Sequence[Any] | NDArray[Any]", spelling: Spelling) -> "NDArray[np.float64]":
    """Read numbers whose texts have a spelling; infinite where there is something that is none."""
    texts = list({cell for cell in cells if type(cell) is str})
    trimmed = [text.strip() for text in texts]
    found = numbers_of(trimmed, spelling.sign, spelling.unit)
    known: dict[str, float] = {}
    for text, short, number in zip(texts, trimmed, found.tolist(), strict=True):
        known[text] = _other(short) if math.isnan(number) else number
    return np.array([known[cell] if type(cell) is str else _number(cell) for cell in cells], dtype=np.float64)


def _dates(cells: "Sequence[Any] | NDArray[Any]", form: str) -> "tuple[NDArray[Any], NDArray[np.bool_]]":
    texts = [text_of(cell).strip() for cell in cells]
    absent = np.array([text.casefold() in SPELLINGS for text in texts], dtype=bool)
    if form == ISO:
        found = pd.to_datetime(pd.Series(texts, dtype=object), format="ISO8601", errors="coerce", utc=True)
        moments = found.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    else:
        moments = dates_of(texts, form).values
    unreadable = np.isnat(moments) & ~absent
    values = np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / _DAY)
    return values, unreadable
