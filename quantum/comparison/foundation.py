"""Which checkpoint took part as a tabular foundation model on the classical side?"""

from typing import Any

from lab.learning.folds import all_folds
from lab.learning.foundation.evidence import evidence_of
from lab.protocol import Evidence, Rows, Trial
from quantum.context import Context

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[Any]]:
    """Nothing of its own: it is scored as every other family."""
    del context
    return []


def evidence(context: Context, rows: Rows) -> Evidence:
    """Say which file it was, its licence, and how many rows it read."""
    del rows
    settings = context.settings
    return evidence_of(
        context.checkpoint, context.dataset, all_folds(settings.folds, settings.repeats, context.seed)[: settings.folds]
    )
