"""What would usual folds have said, which part rows that belong together? Both answers side by side, after --by and --time."""

from edge.accuracy.section import compared
from edge.candidates import SEARCH_ROWS
from edge.context import Context
from lab.learning import at_random
from lab.learning.outer import FoldRow
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[FoldRow]]:
    """Score every model on folds at random."""
    settings = context.settings
    return at_random.plan(
        context.dataset,
        (context.group,),
        folds=settings.folds,
        seed=context.seed,
        metric=context.metric,
        candidates=settings.candidates,
        search_rows=SEARCH_ROWS,
    )


def evidence(context: Context, rows: Rows) -> Evidence:
    """Say what of the best model's score is recognition."""
    return at_random.evidence(compared(context, rows), context.dataset, (context.group,), rows)
