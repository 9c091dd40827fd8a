"""How is a Parquet file read? Some rows at a time, from any row on."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lab.errors import DataError
from lab.watching.protocol import Cell
from lab.watching.sources.source import Piece, Place

__all__ = ["ParquetFile"]

_AT_ONCE = 8_192


class ParquetFile:
    """A Parquet file, which is whole: its end is the end.

    Parameters
    ----------
    path : Path

    Raises
    ------
    DataError
        If it cannot be read.
    """

    repeats = True
    promise = ""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.identity = f"parquet {path.resolve()}"
        self._path = path
        try:
            self._file = pq.ParquetFile(path)
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path.name} cannot be read as Parquet ({' '.join(str(error).split())})") from error
        self._at = 0
        self._batches: Iterator[pa.RecordBatch] | None = None
        self._there: list[pa.RecordBatch] = []

    def read(self, most: int, patience_s: float) -> Piece:
        """Read at most so many rows."""
        del patience_s  # what there is is there
        if self._batches is None:
            self._batches = self._from(self._at)
        while sum(batch.num_rows for batch in self._there) < most:
            try:
                self._there.append(next(self._batches))
            except StopIteration:
                break
            except (OSError, pa.ArrowException) as error:
                self._batches = iter(())
                said = f"{self.name} is damaged after row {self._at:,} ({' '.join(str(error).split())}); the rest is left out"
                return Piece(told=(said,))
        if not self._there:
            return Piece(dict.fromkeys(self._file.schema_arrow.names, ()), ended=True)
        table = pa.Table.from_batches(self._there)
        self._there = table[most:].to_batches()
        self._at += min(most, table.num_rows)
        rows = table[:most]
        return Piece({name: _cells(rows.column(name)) for name in rows.column_names})

    def place(self) -> Place:
        """Say how many rows were read, and of which file."""
        found = self._path.stat()
        return {"row": self._at, "size": found.st_size}

    def seek(self, place: Place) -> tuple[str, ...]:
        """Go on after so many rows."""
        if self._path.stat().st_size != place["size"]:
            return (
                f"{self.name} is another file than before, and is read from its beginning; rows between the two may be lost",
            )
        self._at = place["row"]
        return ()

    def kept(self) -> None:
        """Nothing has to be done: the file keeps its rows."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _from(self, row: int) -> Iterator[pa.RecordBatch]:
        """Read on from a row, without reading the groups before it."""
        groups = list(range(self._file.num_row_groups))
        while groups and row >= (n_rows := self._file.metadata.row_group(groups[0]).num_rows):
            row -= n_rows
            del groups[0]
        for batch in self._file.iter_batches(_AT_ONCE, row_groups=groups) if groups else ():
            skipped = min(row, batch.num_rows)
            row -= skipped
            if skipped < batch.num_rows:
                yield batch[skipped:]


def _cells(column: pa.ChunkedArray) -> Sequence[Cell]:
    """Give a column as cells: dates as texts, and what is neither text nor number as its JSON."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if (pa.types.is_floating(kind) or pa.types.is_integer(kind)) and not column.null_count:
        plain: list[Cell] = column.to_numpy().tolist()
        return plain
    if pa.types.is_decimal(kind):
        column = column.cast(pa.float64())
    values: list[Any] = column.to_pylist()
    if pa.types.is_temporal(kind):
        return [
            None if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
            for value in values
        ]
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        return [None if value is None else json.dumps(value, default=str) for value in values]
    return values
