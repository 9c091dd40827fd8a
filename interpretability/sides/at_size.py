"""What does readability cost with the whole table, or with the rows that will come? Learning curves of both sides."""

from typing import Any

from interpretability.context import Context
from lab.learning.more_rows import Question, two_sided
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan", "size"]

_TESTED_ROWS = 20_000
"""Most rows to score on: a support vector machine compares each of them with thousands that it has learned from."""


def plan(context: Context) -> list[Trial[Any]]:
    """Let every family of both sides learn from more and more rows; nothing where the rows that are used are what it is about."""
    return [*_question(context).trials((context.glass, context.black))]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Carry the difference of the sides on to the size that the verdict is about."""
    sides = {"best black box": context.black, "best readable model": context.glass}
    return two_sided(_question(context), sides, rows, name="loss_at_size", gap="loss", margin=context.margin)


def size(context: Context) -> int | None:
    """Number of rows that the verdict is about; None where it is about those that are used."""
    return _question(context).size


def _question(context: Context) -> Question:
    dataset, settings = context.dataset, context.settings
    return Question(dataset, settings, context.metric, context.seed, tested_rows=_TESTED_ROWS, cheap_go_on=True)
