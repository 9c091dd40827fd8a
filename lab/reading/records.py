"""How do JSON records become a table? A list of objects, or one object a line; a value inside another has both names."""

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from lab.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["column_of", "is_json", "read_records"]

_DEEPEST = 3


def is_json(content: bytes) -> bool:
    """Whether bytes begin like records."""
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") or (start.startswith(b"[") and start[1:].lstrip()[:1] == b"{")


def read_records(content: bytes, name: str) -> "tuple[pa.Table, list[str]]":
    """Read a list of objects, one object a line, an object with one list of them in it, or an object of columns.

    Gives the table and what was understood: lists in a cell are left out.

    Raises
    ------
    DataError
        If it is damaged, or something else.
    """
    import pyarrow as pa

    rows = _objects(content, name)
    flat = [_flat(row, name) for row in rows]
    columns: dict[str, list[Any]] = {}
    for key in dict.fromkeys(key for row in flat for key in row):
        columns[key] = [row.get(key) for row in flat]
    try:
        return pa.table({key: column_of(values) for key, values in columns.items()}), _lists_in(rows, columns)
    except (pa.ArrowException, OverflowError, UnicodeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"{name} holds what no column can hold ({reason}); save it as CSV (UTF-8)") from error


def _objects(content: bytes, name: str) -> list[dict[str, Any]]:
    lines = [line for line in content.splitlines() if line.strip()]
    try:
        text = content.decode("utf-8-sig")
        found = json.loads(text) if len(lines) < 2 or not _is_lines(lines) else [json.loads(line) for line in lines]
    except (ValueError, RecursionError) as error:
        where = f" ({error})" if isinstance(error, json.JSONDecodeError) else ""
        raise DataError(
            f"{name} is damaged JSON{where}; write it again, as a list of objects or one object a line"
        ) from error
    if isinstance(found, dict) and (columns := _columns_of(found)):
        return [dict(zip(found, values, strict=True)) for values in zip(*columns, strict=True)]
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        found = lists[0] if len(lists) == 1 else [found]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise DataError(
            f"{name} holds JSON that is no list of objects; write one object a row, each with the names of the columns"
        )
    return found


def _columns_of(found: dict[str, Any]) -> list[list[Any]]:
    """Give the columns of an object that holds one list of plain values for each, or one object with the same row names; else none."""
    values = list(found.values())
    if len(values) > 1 and all(
        isinstance(each, dict) and len(each) > 1 and each.keys() == values[0].keys() for each in values
    ):
        values = [list(each.values()) for each in values]
    if len(values) < 2 or not all(isinstance(each, list) and len(each) == len(values[0]) > 1 for each in values):
        return []
    return [] if any(isinstance(cell, list | dict) for each in values for cell in each) else values


def _lists_in(rows: list[dict[str, Any]], columns: Collection[str]) -> list[str]:
    """Say which names hold lists, in all rows or some, and are left out there."""
    named = dict.fromkeys(key for row in rows for key, value in row.items() if isinstance(value, list))
    return [
        f"{key!r} holds lists, which are {'left out where they stand' if key in columns else 'no column and left out'}"
        for key in named
    ]


def _is_lines(lines: list[bytes]) -> bool:
    try:
        return isinstance(json.loads(lines[0]), dict)
    except (ValueError, RecursionError):
        return False


def _flat(row: dict[str, Any], name: str, before: str = "", depth: int = 0) -> dict[str, Any]:
    """Write values inside values with both names, parted by a point."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            if depth == _DEEPEST:
                raise DataError(f"{name}: {before}{key} holds objects in objects in objects; write plain columns")
            found |= _flat(value, name, f"{before}{key}.", depth + 1)
        elif not isinstance(value, list):
            found[before + key] = value
    return found


def column_of(values: list[Any]) -> "Any":
    """Keep a column of one type as it is; of several, write all as texts."""
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} or len(kinds) <= 1:
        plain = [float(value) if kinds == {int, float} and value is not None else value for value in values]
        if kinds == {int} and any(value is not None and abs(value) >= 2**63 for value in values):
            plain = [None if value is None else str(value) for value in values]
        return pa.array(plain)
    return pa.array(
        [value if value is None or isinstance(value, str) else json.dumps(value) for value in values], pa.string()
    )
