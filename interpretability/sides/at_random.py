"""What would usual folds have said, which part rows that belong together? Both answers side by side, after --by and --time."""

from typing import Any

from interpretability.context import Context
from lab.learning import at_random
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[Any]]:
    """Score both sides on folds at random; nothing where only the verdict is wanted."""
    if not context.is_full:
        return []
    settings = context.settings
    return [
        *at_random.plan(
            context.dataset,
            (context.black, context.glass),
            folds=settings.folds,
            seed=context.seed,
            metric=context.metric,
            candidates=settings.candidates,
        )
    ]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Say what of the scores is recognition."""
    if not context.is_full:
        return Evidence()
    return at_random.evidence(context.compared(rows), context.dataset, (context.black, context.glass), rows)
