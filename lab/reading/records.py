"""How do JSON records become a table? A list of objects, or one object a line; a value inside another has both names."""

import json
from typing import Any

from lab.errors import DataError

__all__ = ["column_of", "is_json", "read_records"]

_DEEPEST = 3


def is_json(content: bytes) -> bool:
    """Whether bytes begin like records."""
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") or (start.startswith(b"[") and start[1:].lstrip()[:1] == b"{")


def read_records(content: bytes, name: str) -> "Any":
    """Read a list of objects, one object a line, or an object with one list of them in it, into an Arrow table.

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
        return pa.table({key: column_of(values) for key, values in columns.items()})
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
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        found = lists[0] if len(lists) == 1 else [found]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise DataError(
            f"{name} holds JSON that is no list of objects; write one object a row, each with the names of the columns"
        )
    return found


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
