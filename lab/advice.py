"""What would it take to know? The run, or the rows, that would settle an open question, as a step that somebody can take."""

from collections.abc import Mapping
from typing import Any

from lab.wording import count, duration, longer_curves

__all__ = ["to_settle"]


def to_settle(facts: Mapping[str, Any], *, max_rows: int) -> str:
    """Say in a sentence what would settle a comparison that is open; never more rows of a table than it has.

    Parameters
    ----------
    facts : mapping
        Those of a comparison: "rows_to_settle", "rows_in_table", and "settle_seconds" where known; of learning curves "size",
        "curve_fault", "curve_settles", "curve_reach", "curve_rows" and "curve_seconds", where the verdict is about that size.
    max_rows : int
        Rows that a run uses at most.

    Examples
    --------
    >>> to_settle({"rows_to_settle": 16_000, "rows_in_table": 20_000, "settle_seconds": 700.0}, max_rows=1_000)
    'To settle it, repeat the run with --max-rows 16000 (about 12 min on this machine).'
    >>> to_settle({"rows_to_settle": 16_000, "rows_in_table": 569}, max_rows=1_000)
    'To settle it, collect more rows: about 16,000 in all, where the table has 569.'
    >>> to_settle({"rows_to_settle": 500, "rows_in_table": 569}, max_rows=1_000)
    'To settle it, repeat the run with more work (--effort thorough): about 500 rows should do.'
    >>> to_settle({"rows_to_settle": None, "rows_in_table": 569}, max_rows=1_000)
    'Do not wait for more rows: the estimate lies so close to the margin that no practical number would settle it.'
    """
    if facts.get("size") is not None:
        return _by_curves(facts)
    rows, has = facts["rows_to_settle"], facts["rows_in_table"]
    if rows is None:
        return "Do not wait for more rows: the estimate lies so close to the margin that no practical number would settle it."
    if rows > has:
        return f"To settle it, collect more rows: about {rows:,} in all, where the table has {has:,}."
    if rows > max_rows:
        return f"To settle it, repeat the run with --max-rows {rows}{_time(facts.get('settle_seconds'))}."
    return f"To settle it, repeat the run with more work (--effort thorough): about {count(rows, 'row')} should do."


def _by_curves(facts: Mapping[str, Any]) -> str:
    rows = facts["curve_settles"]
    if facts["curve_fault"] is not None or rows is None:
        return f"What may tell more: {longer_curves(facts)}."
    seconds = facts.get("curve_seconds", {}).get(str(rows))
    if rows <= facts["curve_reach"]:
        return f"To settle it, repeat the run with --curve-rows {rows}{_time(seconds)}."
    return (
        f"To settle it, collect more rows: learning curves would have to reach about {rows:,}, and this table carries them to "
        f"{facts['curve_reach']:,}."
    )


def _time(seconds: float | None) -> str:
    return "" if seconds is None else f" (about {duration(seconds)} on this machine)"
