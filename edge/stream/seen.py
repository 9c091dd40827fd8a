"""What must the verdict know of a stream? Where it changed first, and what accuracy was lost there."""

import math
from typing import Any

from edge.stream.evidence import drifted_columns
from edge.stream.rows import StreamRow
from lab.protocol import Estimate

__all__ = ["loss_of", "seen_in"]


def loss_of(row: StreamRow) -> Estimate | None:
    """Accuracy that was lost at the first change, in points; estimated where no labels have come since; None where nothing is known.

    The interval is that of a difference of two shares (Newcombe 1998, method 10), from their own intervals.
    """
    before, after = row.before, _after(row)
    if before is None or after is None:
        return None
    lost = before.value - after.value
    low = lost - math.hypot(before.value - before.low, after.high - after.value)
    high = lost + math.hypot(before.high - before.value, after.value - after.low)
    return Estimate(100 * lost, 100 * low, 100 * high, "points")


def seen_in(row: StreamRow, label: str) -> dict[str, Any]:
    """Give what the verdict must know beside the loss, rows counted from 1; `first` is None where nothing changed."""
    starts = [found.start[0] for found in row.findings if found.start is not None]
    errors = row.errors.start
    first = errors[0] if errors is not None else min(starts, default=None)
    after = _after(row)
    return {
        "first": None if first is None else first + 1,
        "rows_after": 0 if first is None else row.n_rows - first,
        "before": None if row.before is None else row.before.value,
        "after": None if after is None else after.value,
        "is_alarm": row.errors.alarm is not None,
        "is_estimated": row.after is None and after is not None,
        "label": label,
        "columns": list(dict.fromkeys(name for _, name in drifted_columns(row))),
    }


def _after(row: StreamRow) -> Estimate | None:
    if row.after is not None:
        return row.after
    return None if row.is_withdrawn else row.expected
