"""How is a table drawn for a person at a terminal? As wide as the terminal, without lines; texts that are too long go on below."""

import io
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lab.cleaning import clean

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["drawn", "empty", "fill", "width"]


def width() -> int:
    """Columns of the terminal; as many as are needed where the output goes elsewhere."""
    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        return shutil.get_terminal_size().columns
    return 10_000


def empty() -> "Table":
    """Make a table without lines."""
    from rich.table import Table

    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))


def fill(table: "Table", rows: Sequence[Sequence[str]]) -> None:
    """Add rows of texts, which can do nothing; cells beyond the columns are left out."""
    from rich.text import Text

    for row in rows:
        table.add_row(*(Text(clean(cell)) for cell in row[: len(table.columns)]))


def drawn(table: "Table", wide: int) -> str:
    """Draw a table for a terminal of so many columns."""
    from rich.console import Console

    page = io.StringIO()
    Console(file=page, width=wide, color_system=None, legacy_windows=False).print(table)
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"
