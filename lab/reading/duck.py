"""How does a table of a DuckDB file become ours? Read only, in a process with limits, and without anything outside the file.

`python -m lab.reading.duck FOLDER` reads the database there and writes the table beside it as an Arrow file. No extension is loaded or
installed, no other file and no address is opened, and views, which may ask for any of that, are not read. Needs the library duckdb.
"""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab.errors import DataError, nearest
from lab.host.children import limit_self, run_child
from lab.host.scratch import scratch_folder

__all__ = ["is_duckdb", "read_duckdb"]

_SECONDS, _MEMORY = 300, 4 * 10**9
_MAGIC = slice(8, 12)
_SAVE = "save the table as Parquet or CSV"
_CLOSED = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "lock_configuration": "true",
    "temp_directory": "",
    "memory_limit": "3GB",
    "threads": "1",
}
"""Nothing comes from outside the file, and nothing in the file can change that."""


def is_duckdb(content: bytes) -> bool:
    """Whether bytes are those of a DuckDB file.

    >>> is_duckdb(bytes(8) + b"DUCK"), is_duckdb(b"DUCK")
    (True, False)
    """
    return content[_MAGIC] == b"DUCK"


def read_duckdb(content: bytes, name: str, table: str, most_cells: int) -> tuple[bytes, list[str]]:
    """Read a table of a DuckDB file as an Arrow file: the one that the user names, or the one with most rows.

    Tables outside the schema `main` are named with theirs, as in `sales.orders`.

    Raises
    ------
    DataError
        If duckdb is not installed, the file is damaged or too large, or it has no such table.
    """
    if importlib.util.find_spec("duckdb") is None:
        raise DataError(
            f"{name} is a DuckDB file, which needs duckdb: run  pip install 'future-tech-lab[duckdb]'  or {_SAVE}"
        )
    with scratch_folder() as folder:
        where = str(folder)
        (folder / "data.duckdb").write_bytes(content)
        (folder / "asked.json").write_text(json.dumps({"table": table, "most": most_cells}), encoding="utf-8")
        try:
            done = run_child(__name__, where, timeout=_SECONDS, confined_to=where)
        except subprocess.TimeoutExpired as error:
            raise DataError(f"{name} was not read within {_SECONDS} s; {_SAVE}") from error
        said = folder / "found.json"
        if done.returncode or not said.exists():
            raise DataError(
                f"{name} is a damaged DuckDB file, or one too large to be read in {_MEMORY // 10**9} GB; {_SAVE}"
            )
        found = json.loads(said.read_text(encoding="utf-8"))
        if "fault" in found:
            raise DataError(f"{name} {_in_words(found, table)}")
        rows = (folder / "rows.arrow").read_bytes()
    notes = []
    if not table and found["tables"] > 1:
        notes.append(
            f"the table {found['taken']!r} of the database is read, the one with most rows; --table names another"
        )
    return rows, notes


def _in_words(found: dict[str, Any], table: str) -> str:
    fault = found["fault"]
    if fault == "none":
        return f"is a DuckDB file without a table (views are not read); {_SAVE}"
    if fault == "table":
        return f"has no table {table!r}; {nearest(table, found['tables'], label='tables')}"
    if fault == "large":
        return f"has a table of {found['cells']:,} values, more than are read; take a sample of the rows"
    return f"is a DuckDB file that cannot be read ({found['reason']}); {_SAVE}"


def _read(folder: Path) -> dict[str, Any]:
    """Read the table in the process with limits, and say what was found."""
    import duckdb
    import pyarrow as pa

    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    try:
        connection = duckdb.connect(str(folder / "data.duckdb"), read_only=True, config=dict(_CLOSED))
        listed = connection.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
        tables = {table if schema == "main" else f"{schema}.{table}": (schema, table) for schema, table in listed}
        if not tables:
            return {"fault": "none"}
        if asked["table"] and asked["table"] not in tables:
            return {"fault": "table", "tables": sorted(tables)}
        sizes = {name: _rows(connection, place) for name, place in tables.items() if asked["table"] in ("", name)}
        taken = max(sizes, key=sizes.__getitem__)
        rows = connection.sql(f"SELECT * FROM {_quoted(tables[taken])}")
        if (cells := sizes[taken] * len(rows.columns)) > asked["most"]:
            return {"fault": "large", "cells": cells}
        found = rows.to_arrow_table()
    except Exception as error:  # noqa: BLE001 - whatever the reader says of a file from elsewhere
        return {"fault": "damaged", "reason": " ".join(f"{error}".split())[:200].replace(str(folder), "")}
    with pa.OSFile(str(folder / "rows.arrow"), "wb") as sink, pa.ipc.new_file(sink, found.schema) as writer:
        writer.write_table(found)
    return {"tables": len(tables), "taken": taken}


def _rows(connection: Any, place: tuple[str, str]) -> int:
    return int(connection.execute(f"SELECT COUNT(*) FROM {_quoted(place)}").fetchall()[0][0])


def _quoted(place: tuple[str, str]) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in place)


if __name__ == "__main__":
    given = Path(sys.argv[1])
    limit_self(_MEMORY, _SECONDS)
    (given / "found.json").write_text(json.dumps(_read(given)), encoding="utf-8")
