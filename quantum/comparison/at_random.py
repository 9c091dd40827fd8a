"""What would usual folds have said, which part rows that belong together? Both answers side by side, after --by and --time."""

from collections.abc import Sequence
from typing import Any

from lab.learning import at_random, comparison
from lab.protocol import Evidence, Rows, Trial
from quantum.context import Context

__all__ = ["evidence", "plan"]


def plan(context: Context) -> Sequence[Trial[Any]]:
    """Score both sides on folds at random."""
    settings = context.settings
    return at_random.plan(
        context.dataset,
        context.groups[:2],
        folds=settings.folds,
        seed=context.seed,
        metric=context.metric,
        candidates=settings.candidates,
    )


def evidence(context: Context, rows: Rows) -> Evidence:
    """Say what of the scores is recognition."""
    dataset, settings, sides = context.dataset, context.settings, context.groups[:2]
    found = comparison.compare(
        dataset, sides, rows, folds=settings.folds, repeats=context.looks.used(rows), metric=context.metric
    )
    return at_random.evidence(found, dataset, sides, rows)
