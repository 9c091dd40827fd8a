"""Which rows and columns of a sheet are no cases and no features? Headers said again, units, totals, empty margins, row numbers."""

import itertools
import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from lab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["named_once", "without_margins"]

_TOTAL = re.compile(
    r"(?:(?:grand|sub)[ -]?)?total(?:s|e|en)?\b.*|sum|summe|gesamt(?:summe)?|insgesamt|somme|suma|totaal|average|mean|mittelwert|"
    r"durchschnitt|gesamtergebnis|moyenne|promedio|totale|gemiddelde|summa|итого|всего|razem",
    re.IGNORECASE,
)
_UNIT = re.compile(r"[(\[].{1,20}[)\]]|[^\d\s]{1,12}|[^\d]{1,20}(?:\s?/\s?[^\d]{1,10})?|-")
_HEADS, _FEWEST, _MOST_TOTALS = 3, 3, 3
_FEWEST_SHUFFLED = 20
"""So many rows with different whole numbers are numbered, in whatever order they stand."""


def without_margins(table: pa.Table) -> tuple[pa.Table, list[str]]:
    """Leave out of a table of texts what only people need: gives the rest, and what was left out.

    Empty rows; the header where it is said again; a second row of units; a last row of totals; columns without a name that are empty.
    """
    notes: list[str] = []
    table = _without_empty(table, notes)
    table = _without_headers(table, notes)
    table = _without_units(table, notes)
    return _without_totals(table, notes), notes


def _without_empty(table: pa.Table, notes: list[str]) -> pa.Table:
    unnamed = [place for place, name in enumerate(table.column_names) if not name.strip()]
    gone = [place for place in unnamed if table.column(place).null_count == len(table)]
    if gone and len(gone) < table.num_columns:
        table = table.select([place for place in range(table.num_columns) if place not in gone])
    if not table.num_rows or table.column(0).null_count == 0:
        return table
    there = pc.is_valid(table.column(0))
    for column in table.columns[1:]:
        there = pc.or_(there, pc.is_valid(column))
        if pc.all(there).as_py():
            return table
    kept = table.filter(there)
    if kept.num_rows == 0:
        return table
    empty = table.num_rows - kept.num_rows
    notes.append(f"{empty:,} empty {'row was' if empty == 1 else 'rows were'} left out")
    return kept


def _texts(table: pa.Table) -> list[tuple[str, pa.ChunkedArray]]:
    return [
        (name, column)
        for name, column in zip(table.column_names, table.columns, strict=True)
        if pa.types.is_string(column.type)
    ]


def _without_headers(table: pa.Table, notes: list[str]) -> pa.Table:
    """Leave out rows that say the names of the columns again."""
    named = [(name.strip(), column) for name, column in _texts(table) if name.strip()]
    if len(named) < 2:
        return table
    first, column = named[0]
    places = pc.indices_nonzero(pc.fill_null(pc.equal(column, first), fill_value=False)).to_pylist()
    again = [place for place in places if all((c[place].as_py() or "").strip() == name for name, c in named)]
    if not again or len(again) > len(table) / 2:
        return table
    notes.append(f"the header stands again in {len(again):,} {'row' if len(again) == 1 else 'rows'}, left out")
    keep = [True] * len(table)
    for place in again:
        keep[place] = False
    return table.filter(pa.array(keep))


def _is_number(text: str | None) -> bool:
    return (
        text is not None and re.fullmatch(r"[-+]?[\d.,' ]*\d[\d.,' ]*(?:[eE][-+]?\d+)?\s?%?", text.strip()) is not None
    )


def _without_units(table: pa.Table, notes: list[str]) -> pa.Table:
    """Leave out a first row of units: words, where all rows below have numbers, in two columns or more."""
    if len(table) < _FEWEST + 1:
        return table
    head = table.slice(0, 200).to_pydict() if len(set(table.column_names)) == table.num_columns else {}
    of_numbers = [
        values[0]
        for values in head.values()
        if isinstance(values[1], str) and all(_is_number(v) for v in values[1:] if v is not None)
    ]
    said = [word for word in of_numbers if word is not None]
    if (
        len(said) < 2
        or any(_is_number(word) or not _UNIT.fullmatch(word.strip()) for word in said)
        or len(said) < len(of_numbers) / 2
    ):
        return table
    notes.append("the row below the header has units, no values, and was left out")
    return table.slice(1)


def _without_totals(table: pa.Table, notes: list[str]) -> pa.Table:
    """Leave out the last rows, three at most, that say by a word of their own that they sum up the others."""
    kept, said = table, ""
    while len(kept) > _FEWEST and len(table) - len(kept) < _MOST_TOTALS and (name := _summed_up(kept)) is not None:
        kept, said = kept.slice(0, len(kept) - 1), name
    gone = len(table) - len(kept)
    if gone:
        rows = "the last row sums up the others" if gone == 1 else f"the last {gone} rows sum up the others"
        word, was = ("its word", "was") if gone == 1 else ("their words", "were")
        notes.append(f"{rows}, by {word} in column {said!r}, and {was} left out")
    return kept


def _summed_up(table: pa.Table) -> str | None:
    """Name the column in which the last row says that it sums up the others; None where it does not."""
    for name, column in _texts(table)[:_HEADS]:
        last = (column[len(column) - 1].as_py() or "").strip()
        if _TOTAL.fullmatch(last) and not pc.any(pc.equal(column.slice(0, len(column) - 1), last)).as_py():
            return name
    return None


def named_once(table: pa.Table, name: str, wanted: "Collection[str]", most: int) -> tuple[pa.Table, list[str]]:
    """Give every column a name of its own: trimmed, `column 3` where there is none, `age (2)` where one is there already.

    A first column without a name that counts the rows is an index, and left out. `most` is the most letters of a name.

    Raises
    ------
    DataError
        If a name that the user gave is there twice, or one is too long to be a name.
    """
    notes: list[str] = []
    names = [_trimmed(column, place, name, most) for place, column in enumerate(table.column_names, start=1)]
    if names and not names[0] and table.num_columns > 2 and _counts(table.column(0)):
        notes.append("the first column has no name and counts or names the rows: it is left out")
        table, names = table.select(range(1, table.num_columns)), names[1:]
        shift = 2
    else:
        shift = 1
    given: list[str] = []
    for place, column in enumerate(names):
        unnamed = not column
        column = column or f"column {place + shift}"
        if column in wanted and column in given:
            raise DataError(f"{name} has two columns named {column!r}; rename one")
        told, number = column, 2
        while told in given or (told != column and told in names):
            told, number = f"{column} ({number})", number + 1
        given.append(told)
        if unnamed:
            notes.append(f"column {place + shift} has no name and is called {told!r}")
        elif told != column:
            notes.append(f"a second column named {column!r} is called {told!r}")
    return table.rename_columns(given), notes


def _trimmed(column: str, place: int, name: str, most: int) -> str:
    if len(column) > most:
        raise DataError(
            f"{name}: the name of column {place} has {len(column):,} characters ({column[:40]!r}...); at most {most} are "
            "read: shorten it (often a quote in the header line is not closed)"
        )
    return column.strip()


def _counts(column: pa.ChunkedArray) -> bool:
    """Whether a column counts rows, or names each of them once."""
    if column.null_count or len(column) < 2:
        return False
    if pc.count_distinct(column).as_py() < len(column):
        return False
    if not pa.types.is_string(column.type):
        return pa.types.is_integer(column.type)
    some = [text.strip() for text in column.slice(0, 1000).to_pylist()]
    if all(text.isdecimal() for text in some):
        numbers = [int(text) for text in some]
        return len(column) >= _FEWEST_SHUFFLED or all(later > before for before, later in itertools.pairwise(numbers))
    return not any(_is_number(text) for text in some)
