"""How does a data frame in memory become a `Dataset`? By way of Arrow, through the same checks as a file."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import csv

from lab.data.load import check
from lab.errors import DataError
from lab.protocol import Dataset, Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["from_arrays", "from_frame"]


def from_frame(
    frame: Any,
    target: str,
    *,
    name: str = "table",
    drop: Sequence[str] = (),
    task: str = "auto",
    by: str | None = None,
    time: str | None = None,
    independent: bool = False,
    weights: str | None = None,
    tasks: Sequence[Task] = ("classes", "number"),
) -> Dataset:
    """Check a data frame of pandas or polars, an Arrow table, or anything that speaks Arrow's stream protocol.

    Parameters
    ----------
    frame : object
        The table; an index of pandas is left out.
    target : str
        The column to predict.
    name : str
        What to call the table on screen.
    drop, task, by, time, independent, weights, tasks
        As in `lab.data.load.load`.

    Raises
    ------
    DataError
        If this is no table, or it cannot be used.
    """
    said: dict[str, Any] = {
        "drop": drop,
        "task": task,
        "by": by,
        "time": time,
        "independent": independent,
        "weights": weights,
    }
    said["tasks"] = tasks
    try:
        is_pandas = type(frame).__module__.partition(".")[0] == "pandas"
        table = pa.Table.from_pandas(frame, preserve_index=False) if is_pandas else pa.table(frame)
        table = table.replace_schema_metadata(None)
    except (TypeError, ValueError, AttributeError, pa.ArrowException) as error:
        raise DataError(
            f"{name} is a {type(frame).__name__} that Arrow cannot read ({' '.join(str(error).split())[:200]}); give a data "
            "frame of pandas or polars with one kind of values in a column, or the path of a file"
        ) from error
    return check(table, target, name=name, content=_text(table), **said)


def from_arrays(name: str, features: "pd.DataFrame", labels: "np.ndarray", **said: Any) -> Dataset:
    """Make a `Dataset` of generated columns and labels of shape (n_rows,), under the target's name `label`.

    `said` is what `lab.data.load.check` takes beside them: `by`, `time`, `independent`, `weights`.
    """
    table = pa.table({**{str(column): features[column].to_numpy() for column in features}, "label": labels})
    return check(table, "label", name=name, content=_text(table), **said)


def _text(table: pa.Table) -> bytes:
    """Give what the digest is taken of: the CSV text, or Arrow's own bytes where columns have no text."""
    written = io.BytesIO()
    try:
        csv.write_csv(table, written)
    except pa.ArrowInvalid:
        written = io.BytesIO()
        with pa.ipc.new_stream(written, table.schema) as stream:
            stream.write_table(table)
    return written.getvalue()
