"""Which model is handed over? Every candidate learns from all rows; the file of the one that decides is left in the folder.

Its evidence stands beside the budgets (`edge.budget.section`), which say which candidate that is.
"""

from edge.candidates import SEARCH_ROWS
from edge.context import Context
from edge.delivery.trials import DELIVER, DeliveredRow, deliver
from edge.given.family import is_given
from lab.learning.comparison import seed_of
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[DeliveredRow]]:
    """Let every candidate of ours learn from all rows, tuned with the budget that it has in a fold."""
    keys = {family.name: DELIVER.of(family.name) for family in context.families if not is_given(family)}
    searched = {
        "scorer": context.metric.scorer,
        "candidates": context.settings.candidates,
        "search_rows": SEARCH_ROWS,
    }
    return [
        keys[family.name].trial(
            deliver, {"family": family, **searched}, seed=seed_of(keys[family.name].name, context.seed)
        )
        for family in context.families
        if family.name in keys
    ]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Add nothing: the section of the budgets shows the candidate that decides."""
    del context, rows
    return Evidence()
