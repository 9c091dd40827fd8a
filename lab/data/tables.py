"""How does a file become a plain table? Reads CSV (or other delimited text) and Parquet into Arrow.

Strict on purpose: a ragged row, a wrong encoding or a duplicate name is an error with its place, never a guess.
"""

import difflib
import io
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_table"]

MAX_COLUMNS, MAX_NAME = 1_000, 500
MAX_ROWS, MAX_CELLS, MAX_BYTES = 10_000_000, 100_000_000, 1 << 30  # a row costs about 100 bytes on its way, a cell 20
MISSING = ("", "?", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-nan", "NULL", "null", "None", "<NA>")
_QUOTED = re.compile(r"'.*'|(?<=got )\d+: .*", re.DOTALL)  # cells of the row that Arrow met
_DELIMITERS = ",;\t|"
_FORMATS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word document",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
    b"\x80\x04\x95": "a Python pickle",
}


def read_table(path: Path) -> "tuple[pa.Table, bytes]":
    """Read the table in a file, whatever its ending says: Parquet is known by its content, all else is text.

    Returns
    -------
    table : pyarrow.Table
        At least two columns and one row; names are unique and not empty.
    content : bytes
        The bytes of the file.

    Raises
    ------
    DataError
        If there is no such file or it is not a table; says where, what was found, and the way out.
    """
    content = _read_bytes(path)
    is_parquet = content[:4] == b"PAR1"
    table = _read_parquet(path, content) if is_parquet else _read_text(path, content)
    _check_shape(path.name, table)
    return table, content


def _read_bytes(path: Path) -> bytes:
    if os.path.isdir(path):  # noqa: PTH112 - unlike Path.is_dir, it takes any name
        raise DataError(f"{path} is a directory; give the path of one CSV or Parquet file")
    try:
        if stat.S_ISCHR(path.stat().st_mode) or stat.S_ISBLK(path.stat().st_mode):
            raise DataError(f"{path} is a device, which may have no end; give the path of one CSV or Parquet file")
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"no file {path}; {_similar_files(path)}") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}; give a file that you are allowed to read") from error
    if not content.strip():
        raise DataError(f"{path} is empty; it needs a header line and rows")
    for magic, what in _FORMATS.items():
        if content.startswith(magic):
            raise DataError(f"{path} is {what}, not a table; save the table as CSV (UTF-8) or Parquet")
    return content


def _similar_files(path: Path) -> str:
    beside = [p.name for p in path.parent.iterdir() if p.is_file()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, beside, n=1)
    return f"did you mean {near[0]!r}?" if near else "check the path, or see the built-in tables with: lab list"


def _read_parquet(path: Path, content: bytes) -> "pa.Table":
    """Read a Parquet file: its own account of itself first, since a small file can stand for a table without end."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = pq.read_metadata(io.BytesIO(content))
        schema = about.schema.to_arrow_schema()
        _check_size(path, about, len(schema))
        texts = [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
        file = pq.ParquetFile(io.BytesIO(content), read_dictionary=texts)  # a text of many rows is kept once
        table = _read_flat(file, schema)
        table.validate(full=True)  # the reader believes what the file says, down to bytes that are no text
        kept = [place for place, name in enumerate(table.column_names) if not name.startswith("__index_level_")]
    except (pa.ArrowException, OSError, ValueError, OverflowError, TypeError, KeyError) as error:
        raise DataError(f"{path} is a damaged Parquet file ({_one_line(error)}); write it again") from error
    return table.select(kept)


def _check_size(path: Path, about: Any, n_columns: int) -> None:
    _check_columns(path.name, n_columns)
    _check_rows(path.name, about.num_rows, about.num_columns)
    parts = [about.row_group(place) for place in range(about.num_row_groups)]
    if (unpacked := sum(part.total_byte_size for part in parts)) > MAX_BYTES:
        raise DataError(
            f"{path} says that it holds {unpacked:,} bytes once unpacked; at most {MAX_BYTES:,} are read: take a sample of "
            "the rows, or leave out its long texts"
        )


def _read_flat(file: Any, schema: "pa.Schema") -> "pa.Table":
    """Read the columns that hold one value a row; of lists and the like only the type is kept, for what is said of them."""
    import pyarrow as pa

    is_flat = [not pa.types.is_nested(field.type) for field in schema]
    leaves = [file.schema.column(place).path for place in range(len(file.schema))]
    tops = [path.split(".")[0] for path in leaves]
    flat_names = {field.name for field, flat in zip(schema, is_flat, strict=True) if flat}
    n_rows = file.metadata.num_rows
    if all(is_flat):
        return file.read(use_threads=False)
    wanted = [path for path, top in zip(leaves, tops, strict=True) if path in flat_names or top in flat_names]
    read = file.read(columns=wanted, use_threads=False)
    columns = [
        read.column(field.name) if flat else pa.chunked_array([pa.nulls(n_rows, field.type)])
        for field, flat in zip(schema, is_flat, strict=True)
    ]
    return pa.table(columns, names=schema.names)


def _read_text(path: Path, content: bytes) -> "pa.Table":
    text = _decode(path, content)
    delimiter = _delimiter(text)
    table = _parse(path, text, delimiter, decimal=".")
    if delimiter == ";":  # where the semicolon separates columns, the comma is usually the decimal sign
        with_comma = _parse(path, text, delimiter, decimal=",")
        if _n_texts(with_comma) < _n_texts(table):
            return with_comma
    return table


def _decode(path: Path, content: bytes) -> str:
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not utf16 and b"\x00" in content:
        raise DataError(f"{path} holds binary data, not text; save the table as CSV (UTF-8) or Parquet")
    try:
        return content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start : error.start + 1].hex()
        raise DataError(
            f"{path}, line {line}: byte 0x{byte} is not UTF-8 text (such files are often Windows-1252 or Latin-1); "
            "save it again as 'CSV UTF-8'"
        ) from error


def _delimiter(text: str) -> str:
    header = re.split("[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]
    unquoted = re.sub('"[^"]*"', "", header)
    return max(_DELIMITERS, key=unquoted.count)


def _parse(path: Path, text: str, delimiter: str, *, decimal: str) -> "pa.Table":
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    ragged = []

    def on_ragged(row: arrow_csv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    try:
        return arrow_csv.read_csv(
            io.BytesIO(text.encode()),
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=max(1 << 20, min(len(text) * 4, 1 << 30))),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=on_ragged
            ),
            convert_options=arrow_csv.ConvertOptions(
                null_values=list(MISSING),
                strings_can_be_null=True,
                decimal_point=decimal,
                timestamp_parsers=[arrow_csv.ISO8601, "%d.%m.%Y", "%Y/%m/%d"],
            ),
        )
    except pa.ArrowInvalid as error:
        if ragged:
            row = ragged[0]
            raise DataError(
                f"{path}, row {row.number} (the header is row 1): {row.actual_columns} values, but the header names "
                f"{row.expected_columns} columns; fix that row (quote values that contain a {delimiter!r})"
            ) from error
        raise DataError(
            f"{path} is not a table: {_one_line(_QUOTED.sub('...', str(error)))}; save it as CSV (UTF-8) or Parquet"
        ) from error


def _n_texts(table: "pa.Table") -> int:
    return sum(str(kind) == "string" for kind in table.schema.types)


def _one_line(error: BaseException | str) -> str:
    return " ".join(str(error).split())[:200]


def _check_shape(name: str, table: "pa.Table") -> None:
    try:
        columns = table.column_names
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: the name of a column is not UTF-8 text; write the file again") from error
    if table.num_rows == 0:
        raise DataError(f"{name} has a header and no rows; add rows")
    if len(columns) < 2:
        raise DataError(
            f"{name} has one column ({', '.join(columns)!r}); it needs a target and at least one other column"
        )
    _check_columns(name, len(columns))
    _check_rows(name, table.num_rows, len(columns))
    seen: set[str] = set()
    for place, column in enumerate(columns, start=1):
        if len(column) > MAX_NAME:
            raise DataError(
                f"{name}: the name of column {place} has {len(column):,} characters ({column[:40]!r}...); at most {MAX_NAME} are "
                "read: shorten it (often a quote in the header line is not closed)"
            )
        if not column.strip():
            raise DataError(f"{name}: column {place} has no name; name it in the header line")
        if column in seen:
            raise DataError(f"{name} has two columns named {column!r}; rename one")
        seen.add(column)


def _check_columns(name: str, n_columns: int) -> None:
    if n_columns > MAX_COLUMNS:
        raise DataError(
            f"{name} has {n_columns:,} columns; at most {MAX_COLUMNS:,} are read: keep the ones that matter"
        )


def _check_rows(name: str, n_rows: int, n_columns: int) -> None:
    if n_rows > MAX_ROWS or n_rows * n_columns > MAX_CELLS:
        raise DataError(
            f"{name} has {n_rows:,} rows of {n_columns:,} columns; at most {MAX_ROWS:,} rows and {MAX_CELLS:,} values are read: "
            "take a sample of the rows, or keep the columns that matter"
        )
