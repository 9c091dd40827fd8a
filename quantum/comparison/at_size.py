"""Is the quantum side better with the whole table, or with the rows that will come? Learning curves of both sides.

Circuits are simulated, so that both sides learn from few rows: far from them the curves mostly leave it open.
"""

from collections.abc import Sequence
from typing import Any

from lab.learning.more_rows import Question, two_sided
from lab.protocol import Evidence, Rows, Trial
from quantum.context import Context

__all__ = ["evidence", "plan", "size"]

_TESTED_ROWS = 4_000
"""Most rows to score on: a quantum kernel compares each of them with all rows that it has learned from."""


def plan(context: Context) -> Sequence[Trial[Any]]:
    """Let every model of both sides learn from more and more rows; nothing where the rows that are used are what it is about."""
    return _question(context).trials(context.groups[:2])


def evidence(context: Context, rows: Rows) -> Evidence:
    """Carry the advantage on to the size that the verdict is about."""
    quantum, classical, _ = context.groups
    sides = {"best quantum model": quantum, "best classical model": classical}
    return two_sided(_question(context), sides, rows, name="advantage_at_size", gap="advantage", margin=context.margin)


def size(context: Context) -> int | None:
    """Number of rows that the verdict is about; None where it is about those that are used."""
    return _question(context).size


def _question(context: Context) -> Question:
    return Question(context.dataset, context.settings, context.metric, context.seed, tested_rows=_TESTED_ROWS)
