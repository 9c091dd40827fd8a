"""How large may a table be, and what must it have? The limits hold for every kind of file."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from lab.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MAX_BYTES", "MAX_CELLS", "MAX_COLUMNS", "MAX_NAME", "MAX_ROWS", "check_shape", "check_size"]

MAX_COLUMNS, MAX_NAME = 1_000, 500
MAX_ROWS, MAX_CELLS, MAX_BYTES = 10_000_000, 100_000_000, 1 << 30  # a row costs about 100 bytes on its way, a cell 20


def check_size(name: str) -> Callable[[int, int, int], None]:
    """Give a check of rows, columns and unpacked bytes, for what says them before it is read; it raises DataError."""

    def check(n_rows: int, n_columns: int, n_bytes: int) -> None:
        _check_columns(name, n_columns)
        _check_rows(name, n_rows, n_columns)
        if n_bytes > MAX_BYTES:
            raise DataError(
                f"{name} says that it holds {n_bytes:,} bytes once unpacked; at most {MAX_BYTES:,} are read: take a sample of "
                "the rows, or leave out its long texts"
            )

    return check


def check_shape(name: str, table: "pa.Table") -> None:
    """Raise DataError where a table has no rows, too many of them, one column, or too many."""
    if table.num_rows == 0:
        raise DataError(f"{name} has a header and no rows; add rows")
    if table.num_columns < 2:
        raise DataError(
            f"{name} has one column ({', '.join(table.column_names)!r}); it needs a target and at least one other column"
        )
    _check_columns(name, table.num_columns)
    _check_rows(name, table.num_rows, table.num_columns)


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
