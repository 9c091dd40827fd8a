"""What table is in a file? Known by its content, whatever its ending says: text, Parquet, Arrow, a workbook, JSON, SQLite or DuckDB.

Any of them may be packed with gzip, or alone in a zip archive.
"""

import csv
import io
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import DataError, nearest
from lab.reading.columnar import read_arrow, read_folder, read_parquet
from lab.reading.content import bytes_of, unpacked
from lab.reading.databases import read_sqlite
from lab.reading.delimited import delimited
from lab.reading.duck import is_duckdb, read_duckdb
from lab.reading.how import How
from lab.reading.kinds import Told, typed
from lab.reading.limits import MAX_CELLS, MAX_NAME, check_shape, check_size
from lab.reading.records import is_json, read_records
from lab.reading.rows import named_once, without_margins
from lab.reading.workbooks import read_workbook

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Read", "read", "untyped"]

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True, eq=False)
class Read:
    """A table that was read.

    Attributes
    ----------
    table : pyarrow.Table
        At least two columns and one row; names are unique and not empty.
    content : bytes
        The bytes of the file.
    notes : tuple of str
        What was understood that may be otherwise, in sentences without a capital.
    """

    table: "pa.Table"
    content: bytes
    notes: tuple[str, ...]


def read(source: str, how: How, *, target: str = "", wanted: Collection[str] = ()) -> Read:
    """Read the table in a file, or (`-`) of standard input.

    Parameters
    ----------
    target : str
        The column to predict, in which only empty cells are missing.
    wanted : collection of str
        All names that the user gave.

    Raises
    ------
    DataError
        If there is no such file or it is not a table; says where, what was found, and the way out.
    """
    told = Told(
        dict(how.kinds), target, frozenset({target, *wanted}), frozenset(word.casefold() for word in how.missing)
    )
    found = untyped(source, how, told)
    table = typed(found.table, told)
    return Read(table, found.content, (*found.notes, *told.notes))


def untyped(source: str, how: How, told: Told) -> Read:
    """Read the cells as they are written, texts in a file of text; `told` learns which decimal sign is usual there.

    Raises
    ------
    DataError
        As `read` says.
    """
    path, wanted = Path(source), {*told.as_they_are} - {""}
    name = "standard input" if source == "-" else path.name
    notes: list[str] = []
    more: list[str] = []
    if source != "-" and os.path.isdir(path):  # noqa: PTH112 - unlike Path.is_dir, it takes any name
        table, content = read_folder(path, check_size(name))
    else:
        content = bytes_of(source)
        plain, inner, notes = unpacked(content, name)
        table, more = _table(path if source != "-" else Path(name), plain, inner, how, wanted, told)
    table, again = named_once(table, name, wanted, MAX_NAME)
    check_shape(name, table)
    _check_said(table, how, name)
    return Read(table, content, (*notes, *more, *again))


def _table(
    path: Path, content: bytes, name: str, how: How, wanted: Collection[str], told: Told
) -> "tuple[pa.Table, list[str]]":
    """Read by the first bytes."""
    if content[:4] == b"PAR1":
        return read_parquet(path, content, check_size(path.name)), []
    if content[:6] == b"ARROW1" or content[:4] == b"\xff\xff\xff\xff":
        return read_arrow(path, content, check_size(path.name)), []
    if content.startswith(b"SQLite format 3\x00"):
        return read_sqlite(content, name, how.table, MAX_CELLS)
    if is_duckdb(content):
        rows_as_arrow, notes = read_duckdb(content, name, how.table, MAX_CELLS)
        return read_arrow(path, rows_as_arrow, check_size(path.name)), notes
    if content.startswith(_WORKBOOKS):
        rows, notes = read_workbook(content, name, how.sheet, MAX_CELLS)
        table, _, more = delimited(_as_text(rows), name, encoding="utf-8", header=how.header, wanted=wanted)
        told.usual = "."
        return _trimmed(table, [*notes, *more])
    if is_json(content):
        return read_records(content, name)
    table, delimiter, notes = delimited(content, name, encoding=how.encoding, header=how.header, wanted=wanted)
    if delimiter == ";":  # then the comma is usually the decimal sign; columns that prove another one say so
        told.by_separator = ","
    return _trimmed(table, notes)


def _trimmed(table: "pa.Table", notes: list[str]) -> "tuple[pa.Table, list[str]]":
    kept, more = without_margins(table)
    return kept, [*notes, *more]


def _as_text(rows: "list[list[str | None]]") -> bytes:
    """Write the rows of a sheet as text, so that headers, titles and totals are found as in any text."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows([["" if cell is None else cell for cell in row] for row in rows])
    return written.getvalue().encode("utf-8", "replace")


def _check_said(table: "pa.Table", how: How, name: str) -> None:
    for column in how.kinds:
        if column not in table.column_names:
            raise DataError(
                f"{name} has no column {column!r} (--as); {nearest(column, table.column_names, label='columns')}"
            )
