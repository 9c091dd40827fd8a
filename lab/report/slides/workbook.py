"""The sheet behind a native chart: PowerPoint opens it for whoever edits the chart. Every text in it is a text, never a formula."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from lab.cleaning import clean, short

__all__ = ["column", "sheet"]

_EPOCH = datetime(1980, 1, 1)
_LONGEST = 250  # signs of a cell; programs take more, and show less


def sheet(rows: Sequence[Sequence[Any]]) -> bytes:
    """Write rows of texts and numbers as a workbook of one sheet, `Sheet1`; None leaves a cell empty.

    The same rows give the same bytes.
    """
    page = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(page, plain) as book:
        book.set_properties({"created": _EPOCH})
        cells = book.add_worksheet("Sheet1")
        for at, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, str):
                    cells.write_string(at, place, short(clean(value), _LONGEST))
                elif value is not None:
                    cells.write_number(at, place, value)
    return page.getvalue()


def column(letter: str, first: int, last: int) -> str:
    """Name cells of a column, as a chart refers to them; rows count from 1.

    >>> column("C", 2, 5), column("C", 2, 2)
    ('Sheet1!$C$2:$C$5', 'Sheet1!$C$2')
    """
    return f"Sheet1!${letter}${first}" + (f":${letter}${last}" if last > first else "")
