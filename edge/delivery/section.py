"""Which model is handed over? Every candidate learns from all rows; the file of the one that decides is left in the folder.

Its evidence stands beside the budgets (`edge.budget.section`), which say which candidate that is.
"""

from typing import Any

from edge.candidates import SEARCH_ROWS
from edge.context import Context
from edge.delivery.ensemble import deliver_ensemble
from edge.delivery.trials import DELIVER, DeliveredRow, deliver
from edge.given.family import is_given
from lab.learning.blending import Blend
from lab.learning.outer import fold_key
from lab.learning.planning import seed_of
from lab.protocol import Evidence, Key, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[DeliveredRow]]:
    """Let every candidate of ours learn from all rows, tuned with the budget that it has in a fold; averages of what has learned."""
    keys = {family.name: DELIVER.of(family.name) for family in context.learned if not is_given(family)}
    searched = {
        "scorer": context.metric.scorer,
        "candidates": context.settings.candidates,
        "search_rows": SEARCH_ROWS,
        **({"keeps_original": True} if context.blends else {}),
    }
    return [
        keys[family.name].trial(
            deliver,
            {"family": family, **searched},
            seed=seed_of(keys[family.name].name, context.seed),
            needs=(fold_key(family, context.fold.index),),
        )
        for family in context.learned
        if family.name in keys
    ] + [_ensemble(blend, context) for blend in context.blends]


def _ensemble(blend: Blend, context: Context) -> Trial[DeliveredRow]:
    key, members = DELIVER.of(blend.name), context.group.blended
    needs: tuple[Key[Any], ...] = (
        fold_key(blend, context.fold.index),
        *(DELIVER.of(family.name) for family in members),
    )
    arguments = {"blend": blend, "members": members, "fold": context.fold}
    return key.trial(deliver_ensemble, arguments, seed=seed_of(key.name, context.seed), needs=needs, cost=0.3)


def evidence(context: Context, rows: Rows) -> Evidence:
    """Add nothing: the section of the budgets shows the candidate that decides."""
    del context, rows
    return Evidence()
