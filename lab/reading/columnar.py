"""How does a file that knows its own types become a table? Parquet and Arrow (Feather), by their own account of themselves."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_arrow", "read_folder", "read_parquet"]

_DEEPEST = 3
"""Records in records in records are taken apart, as those of JSON are."""
Check = Callable[[int, int, int], None]
"""Raises DataError where rows, columns or unpacked bytes are too many."""


def read_parquet(path: Path, content: bytes, check: Check) -> "pa.Table":
    """Read a Parquet file; `check` is asked before any row is read, since a small file can stand for a table without end.

    Raises
    ------
    DataError
        If it is damaged, or too large.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = pq.read_metadata(io.BytesIO(content))
        schema = about.schema.to_arrow_schema()
        parts = [about.row_group(place) for place in range(about.num_row_groups)]
        check(about.num_rows, len(schema), sum(part.total_byte_size for part in parts))
        check(about.num_rows, about.num_columns, 0)
        file = pq.ParquetFile(io.BytesIO(content), read_dictionary=_texts(schema))  # a text of many rows is kept once
        table = _read_flat(file, schema)
        table.validate(full=True)  # the reader believes what the file says, down to bytes that are no text
        table = _written_out(table, schema)
    except (pa.ArrowException, OSError, ValueError, OverflowError, TypeError, KeyError) as error:
        raise DataError(
            f"{path} is a damaged Parquet file ({' '.join(str(error).split())[:200]}); write it again"
        ) from error
    return _without_index(table)


def read_folder(folder: Path, check: Check) -> "tuple[pa.Table, bytes]":
    """Read the Parquet files of a folder and those below it as one table, in the order of their names, and give their bytes.

    A folder called `year=2024` is a column of its own, as Hive and Spark write it.

    Raises
    ------
    DataError
        If there are none, one cannot be read, or they have different columns.
    """
    import pyarrow as pa

    files = sorted(path for path in folder.rglob("*.parquet") if path.is_file())
    if not files:
        raise DataError(f"{folder} is a directory without Parquet files; give the path of one CSV or Parquet file")
    tables, contents, rows, held = [], [], 0, 0
    for path in files:
        content = path.read_bytes()
        held += len(content)
        check(rows, 1, held)
        table = read_parquet(path, content, check)
        for part in path.relative_to(folder).parts[:-1]:
            name, sign, value = part.partition("=")
            if sign:
                table = table.append_column(name, pa.array([value] * len(table), pa.string()))
        rows += len(table)
        tables.append(table)
        contents.append(content)
    try:
        whole = pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowException, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"{folder} holds Parquet files of different columns ({reason}); give the path of one file"
        ) from error
    check(len(whole), whole.num_columns, held)
    return whole, b"".join(contents)


def read_arrow(path: Path, content: bytes, check: Check) -> "pa.Table":
    """Read an Arrow file (Feather) or an Arrow stream.

    Raises
    ------
    DataError
        If it is damaged, or too large.
    """
    import pyarrow as pa

    try:
        source = pa.BufferReader(content)
        is_file = content[:6] == b"ARROW1"
        reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
        batches, rows, held = [], 0, 0
        for batch in (reader.get_batch(place) for place in range(reader.num_record_batches)) if is_file else reader:
            rows, held = rows + batch.num_rows, held + batch.nbytes
            check(rows, batch.num_columns, held)
            batches.append(batch)
        table = pa.Table.from_batches(batches, reader.schema)
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, OverflowError, TypeError, KeyError) as error:
        raise DataError(
            f"{path} is a damaged Arrow file ({' '.join(str(error).split())[:200]}); write it again"
        ) from error
    return _without_index(table)


def _texts(schema: "pa.Schema") -> list[str]:
    import pyarrow as pa

    return [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]


def _written_out(table: "pa.Table", schema: "pa.Schema") -> "pa.Table":
    """Say which columns of texts the file does not declare as categories: plain texts are judged by what they spell."""
    import pyarrow as pa

    texts = set(_texts(schema))
    columns = [
        column.cast(pa.string()) if name in texts and _is_short(column) else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    return pa.table(columns, names=table.column_names)


def _is_short(column: "pa.ChunkedArray") -> bool:
    """Whether texts can be written out: a long one that stands in many rows stays there once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return False
    longest = [pc.max(pc.utf8_length(chunk.dictionary)).as_py() or 0 for chunk in column.chunks]
    return max(longest, default=0) <= 100


def _without_index(table: "pa.Table") -> "pa.Table":
    kept = [place for place, name in enumerate(table.column_names) if not name.startswith("__index_level_")]
    return table.select(kept)


def _read_flat(file: Any, schema: "pa.Schema") -> "pa.Table":
    """Read the columns that hold one value a row; of lists and the like only the type is kept, for what is said of them."""
    import pyarrow as pa

    is_flat = [_holds_values(field.type) for field in schema]
    leaves = [file.schema.column(place).path for place in range(len(file.schema))]
    tops = [path.split(".")[0] for path in leaves]
    flat_names = {field.name for field, flat in zip(schema, is_flat, strict=True) if flat}
    n_rows = file.metadata.num_rows
    if all(is_flat):
        return _flattened(file.read(use_threads=False))
    wanted = [path for path, top in zip(leaves, tops, strict=True) if path in flat_names or top in flat_names]
    read = file.read(columns=wanted, use_threads=False)
    columns = [
        read.column(field.name) if flat else pa.chunked_array([pa.nulls(n_rows, field.type)])
        for field, flat in zip(schema, is_flat, strict=True)
    ]
    return _flattened(pa.table(columns, names=schema.names))


def _holds_values(kind: "pa.DataType", deep: int = 0) -> bool:
    """Whether a column holds one value a row, or records of such."""
    import pyarrow as pa

    if not pa.types.is_struct(kind):
        return not pa.types.is_nested(kind)
    return deep < _DEEPEST and all(_holds_values(kind.field(place).type, deep + 1) for place in range(kind.num_fields))


def _flattened(table: "pa.Table") -> "pa.Table":
    """Make columns of the parts of records, named `address.city`; of others nothing changes."""
    import pyarrow as pa

    for _ in range(_DEEPEST):
        if any(pa.types.is_struct(field.type) and _holds_values(field.type) for field in table.schema):
            table = table.flatten()
    return table
