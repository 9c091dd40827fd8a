"""How does a table of a database in one file become ours? SQLite, opened from memory, read only, and asked for nothing but rows."""

import sqlite3
from typing import TYPE_CHECKING, Any

from lab.errors import DataError, nearest

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_sqlite"]

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}
_STEPS, _MOST_STEPS = 1_000_000, 5_000


def read_sqlite(content: bytes, name: str, table: str, most_cells: int) -> "tuple[pa.Table, list[str]]":
    """Read a table of an SQLite file: the one that the user names, or the one with most rows.

    Raises
    ------
    DataError
        If the file is damaged, or has no such table.
    """
    try:
        connection = sqlite3.connect(":memory:")
        try:
            connection.deserialize(_without_log(content))
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA query_only = ON")
            connection.set_authorizer(
                lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
            )
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            steps = iter(range(_MOST_STEPS))
            connection.set_progress_handler(lambda: next(steps, None) is None, _STEPS)
            return _rows(connection, name, table, most_cells)
        finally:
            connection.close()
    except (sqlite3.Error, OverflowError, MemoryError, UnicodeError) as error:
        raise DataError(
            f"{name} is an SQLite file that cannot be read ({error}); write it again, or save the table as CSV"
        ) from error


def _rows(connection: sqlite3.Connection, name: str, table: str, most_cells: int) -> "tuple[pa.Table, list[str]]":
    import pyarrow as pa

    from lab.reading.records import column_of

    found = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
    ]
    if not found:
        raise DataError(f"{name} is an SQLite file without a table; give another file")
    if table and table not in found:
        raise DataError(f"{name} has no table {table!r}; {nearest(table, found, label='tables')}")
    sizes = {each: connection.execute(f"SELECT COUNT(*) FROM {_quoted(each)}").fetchone()[0] for each in found}
    chosen = table or max(found, key=sizes.__getitem__)
    cursor = connection.execute(f"SELECT * FROM {_quoted(chosen)}")
    names = [about[0] for about in cursor.description]
    if sizes[chosen] * len(names) > most_cells:
        raise DataError(
            f"{name}: the table {chosen!r} has {sizes[chosen]:,} rows of {len(names):,} columns; at most {most_cells:,} values are "
            "read: take a sample of the rows, or keep the columns that matter"
        )
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    columns = [[_plain(row[place]) for row in rows] for place in range(len(names))]
    notes = []
    if len(found) > 1 and not table:
        notes.append(f"the table {chosen!r} of the database is read, the one with most rows; --table names another")
    return pa.Table.from_arrays([column_of(values) for values in columns], names=names), notes


def _without_log(content: bytes) -> bytes:
    """Mark a database as one without a write-ahead log, which there is none of in memory: bytes 18 and 19 of the header say so."""
    return content if content[18:20] != b"\x02\x02" else content[:18] + b"\x01\x01" + content[20:]


def _plain(value: Any) -> Any:
    return None if isinstance(value, bytes) else value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
