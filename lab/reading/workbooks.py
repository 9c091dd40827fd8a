"""How does a sheet of a workbook become a table? Excel (.xlsx, .xlsb, .xls) and OpenDocument, read in a process with limits.

`python -m lab.reading.workbooks FOLDER` reads the workbook there, limits its own memory and time, and writes the sheet beside it as an
Arrow file; nowhere else can it write (see `lab.host.confinement`): a small workbook can stand for a billion cells.
"""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab.errors import DataError, nearest
from lab.host.children import limit_self, run_child
from lab.host.scratch import scratch_folder

__all__ = ["read_workbook"]

_SECONDS, _MEMORY = 300, 4 * 10**9
_SAVE = "save the sheet as CSV (UTF-8)"


def read_workbook(content: bytes, name: str, sheet: str, most_cells: int) -> tuple[list[list[str | None]], list[str]]:
    """Read the rows of a sheet as texts, shape (n_rows, n_columns): the one that the user names, or the one with most cells.

    Numbers are written with all their digits, dates as ISO 8601 has them; an empty cell is None.

    Raises
    ------
    DataError
        If the workbook is damaged, locked by a password or too large, or has no such sheet.
    """
    import pyarrow as pa

    with scratch_folder() as folder:
        (folder / "book").write_bytes(content)
        (folder / "asked.json").write_text(json.dumps({"sheet": sheet, "most": most_cells}), encoding="utf-8")
        try:
            done = run_child(__name__, str(folder), timeout=_SECONDS, confined_to=str(folder))
        except subprocess.TimeoutExpired as error:
            raise DataError(f"{name} was not read within {_SECONDS} s; {_SAVE}") from error
        said = folder / "found.json"
        if done.returncode or not said.exists():
            raise DataError(
                f"{name} is a damaged workbook, or one too large to be read in {_MEMORY // 10**9} GB; {_SAVE}"
            )
        found = json.loads(said.read_text(encoding="utf-8"))
        if "fault" in found:
            raise DataError(f"{name} {_in_words(found, name, sheet)}")
        with pa.memory_map(str(folder / "rows.arrow")) as source:
            rows = [list(row.values()) for row in pa.ipc.open_file(source).read_all().to_pylist()]
    notes = []
    if not sheet and len(found["sheets"]) > 1:
        notes.append(
            f"the sheet {found['taken']!r} is read, the largest of {len(found['sheets'])}; --sheet names another"
        )
    if found["merged"]:
        notes.append("cells of the sheet are merged: each value counts for the first of its cells")
    return rows, notes


def _in_words(found: dict[str, Any], name: str, sheet: str) -> str:
    fault = found["fault"]
    if fault == "password":
        return "is locked by a password, or no workbook; open it and save the sheet as CSV (UTF-8), without a password"
    if fault == "sheet":
        return f"has no sheet {sheet!r}; {nearest(sheet, found['sheets'], label='sheets')}"
    if fault == "empty":
        return f"has no values in its sheets (formulas count by what they gave when the file was saved); {_SAVE}"
    if fault == "large":
        return f"has a sheet of {found['cells']:,} cells, more than are read; {_SAVE}"
    return f"is a damaged workbook ({found['reason']}); {_SAVE}"


def _read(folder: Path) -> dict[str, Any]:
    """Read the sheet in the process with limits, and say what was found."""
    import pyarrow as pa
    from python_calamine import CalamineWorkbook

    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    try:
        book = CalamineWorkbook.from_path(str(folder / "book"))
        names = list(book.sheet_names)
        if asked["sheet"] and asked["sheet"] not in names:
            return {"fault": "sheet", "sheets": names}
        taken, sheet, size = "", None, 0
        for each in [asked["sheet"]] if asked["sheet"] else names:
            one = book.get_sheet_by_name(each)
            cells = one.total_height * one.total_width
            if cells > size:
                taken, sheet, size = each, one, cells
        if sheet is None:
            return {"fault": "empty"}
        if size > asked["most"]:
            return {"fault": "large", "cells": size}
        rows = sheet.to_python(skip_empty_area=True)
        merged = bool(getattr(sheet, "merged_cell_ranges", None))
    except Exception as error:  # noqa: BLE001 - whatever the reader says of a file from elsewhere
        reason = " ".join(f"{error}".split())[:200]
        return {
            "fault": "password" if "password" in reason.lower() or "encrypt" in reason.lower() else "damaged",
            "reason": reason,
        }
    width = max(map(len, rows), default=0)
    columns = [
        pa.array([_text(row[place]) if place < len(row) else None for row in rows], pa.string())
        for place in range(width)
    ]
    table = pa.Table.from_arrays(columns, names=[str(place) for place in range(width)])
    with pa.OSFile(str(folder / "rows.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return {"sheets": names, "taken": taken, "merged": merged}


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return repr(value.total_seconds())
    return str(value)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    limit_self(_MEMORY, _SECONDS)
    (place / "found.json").write_text(json.dumps(_read(place)), encoding="utf-8")
