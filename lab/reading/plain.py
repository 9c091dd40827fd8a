"""What would `pandas.read_csv` make of the same rows? Somebody's own model was trained on that, not on what this project understands.

Columns are numbers where every value is written as one; all else is text as it stands, with its blanks, and NaN where pandas finds a
missing value. Only where the table begins, its encoding and its separators are found out as `lab.reading.read` does.
"""

import io
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Self

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from lab.reading.how import How
from lab.reading.kinds import Told
from lab.reading.read import untyped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["PlainTable", "attached", "plain_of", "plain_table"]

_KEY = "plain table"
_ZERO_IN_FRONT = r"^\s*0\d"


class PlainTable:
    """A table as pandas reads it, whose rows are those of a `Dataset` in their order.

    It travels with the data frame of the features (`pandas.DataFrame.attrs`), which pandas copies with every selection of rows: this
    one is never copied, because nobody changes it.

    Attributes
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        All columns but the target; its index is 0 to n_rows - 1.
    texts : pandas.DataFrame of shape (n_rows, n_codes)
        Those of its numbers that are written with zeros in front, as they are written: codes, for whoever said so to pandas.
    understood : pandas.DataFrame of shape (n_rows, n_features)
        The features of the `Dataset`.
    """

    def __init__(
        self, frame: pd.DataFrame, texts: pd.DataFrame | None = None, understood: pd.DataFrame | None = None
    ) -> None:
        self.frame = frame
        self.texts = frame[[]] if texts is None else texts
        self.understood = frame[[]] if understood is None else understood

    def __deepcopy__(self, memo: Any) -> Self:
        """Give itself."""
        return self

    def of(self, rows: "NDArray[np.int64]") -> "PlainTable":
        """Give some rows, by their numbers, as a table of their own."""
        return PlainTable(
            *(part.iloc[rows].reset_index(drop=True) for part in (self.frame, self.texts, self.understood))
        )

    def without(self, names: Sequence[str]) -> "PlainTable":
        """Leave columns out."""
        parts = (self.frame, self.texts, self.understood)
        return PlainTable(*(part.drop(columns=list(names), errors="ignore") for part in parts))


def attached(features: pd.DataFrame, plain: PlainTable) -> None:
    """Let a plain table travel with the features of the same rows."""
    understood = features.copy(deep=False)
    understood.attrs = {}
    features.attrs[_KEY] = PlainTable(plain.frame, plain.texts, understood)


def plain_of(features: pd.DataFrame) -> PlainTable | None:
    """Give the plain table that travels with features, or with rows of them; None where there is none."""
    found = features.attrs.get(_KEY)
    return found if isinstance(found, PlainTable) else None


def plain_table(source: str, how: How, wanted: Collection[str] = ()) -> PlainTable:
    """Read a file as pandas does; it has the rows, and the names of columns, that `lab.reading.read` finds in it.

    `wanted` are all names that the user gave.

    Raises
    ------
    DataError
        As `lab.reading.read.read` says.
    """
    told = Told(as_they_are=frozenset(wanted))
    table = untyped(source, how, told).table
    if not all(pa.types.is_string(kind) for kind in table.schema.types):
        return PlainTable(table.to_pandas())
    written = io.BytesIO()
    csv.write_csv(table, written)
    written.seek(0)
    frame = pd.read_csv(
        written, decimal=told.by_separator or ".", na_values=list(how.missing), skip_blank_lines=False, low_memory=False
    )
    codes = [
        name
        for name in frame
        if pd.api.types.is_numeric_dtype(frame[name])
        and pc.any(pc.match_substring_regex(table[str(name)], _ZERO_IN_FRONT)).as_py()
    ]
    return PlainTable(frame, pd.DataFrame({name: table[str(name)].to_pandas() for name in codes}, index=frame.index))
