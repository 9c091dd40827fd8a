"""What would change the edge verdict? Budgets at which the answer turns, and the work that would close what is open."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from edge.budget.decision import EQUALITY, GAIN, Item
from lab.wording import amount, longer_curves, source_of

__all__ = ["WORK", "budgets", "times_the_work", "would_settle"]

WORK = {"ms": "rounds (--rounds)", "%": "seconds of load (--load-seconds)"}
"""What an interval in this unit shrinks with; rows of the table in any other."""


def times_the_work(item: Item) -> int | None:
    """How many times the work would bring the limit outside the interval, which shrinks with the square root of it, at least 2.

    None where the estimate lies on the budget.
    """
    half, distance = (item.found.high - item.found.low) / 2, abs(item.found.value - item.allowed)
    return None if 10 * distance <= half else max(2, math.ceil((half / distance) ** 2))


def would_settle(short: Sequence[Item], facts: Mapping[str, Any], max_rows: int) -> tuple[str, ...]:
    """Say what would close each item of a candidate that is open; `max_rows` is how many rows a run uses at most."""
    in_table = facts["rows_in_table"]
    change = tuple(
        _would_settle(item, in_table=in_table, max_rows=max_rows)
        for item in short
        if not item.busy and item.size is None
    )
    if any(item.busy for item in short):
        change = ("a quiet machine: close other programs and repeat the run", *change)
    if any(item.size is not None for item in short):
        change = (*change, longer_curves(facts))
    return (*change, "a wider budget")


def _would_settle(item: Item, *, in_table: int, max_rows: int) -> str:
    what, times = WORK.get(item.found.unit, "rows"), times_the_work(item)
    if times is None:
        return f"for {item.name} no practical number of {what}: the estimate lies on the budget"
    source = (
        ""
        if item.found.unit in WORK
        else source_of(times * min(in_table, max_rows), in_table=in_table, max_rows=max_rows)
    )
    return f"about {times} times the {what}{source} for {item.name}, were it as estimated"


def budgets(limited: Sequence[Item], how: str) -> tuple[str, ...]:
    """Name the budgets at which the answer changes: the upper ends that are more than nothing as they are shown."""
    return tuple(
        f"a budget for {item.name} {how} {shown}"
        for item in limited
        if item.found.high > 0
        and item.name not in (*EQUALITY, GAIN)
        and (shown := amount(item.found.high, item.found.unit)) != amount(0.0, item.found.unit)
    )
