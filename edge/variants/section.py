"""Which smaller models are worth their loss? They explain the verdict, and decide nothing."""

from typing import Any

from edge.building.trials import BUILD
from edge.context import Context
from edge.variants.evidence import figures, level_table, table, variants
from edge.variants.trials import TIME_VARIANTS, VARY, VariantTimesRow, time_variants, vary
from lab.learning.folds import split
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[Any]]:
    """Make the variants of every candidate where that is asked for, and time all of them in one trial."""
    settings, families = context.settings, context.families
    if not settings.variants:
        return []
    made = [
        VARY.of(family.name).trial(
            vary, {"family": family, "fold": context.fold}, needs=(BUILD.of(family.name),), cost=2.0
        )
        for family in families
    ]
    timing = {"families": families, "fold": context.fold, "rounds": settings.rounds}
    needs = tuple(VARY.of(family.name) for family in families)
    seconds = 0.1 * settings.rounds
    return [*made, TIME_VARIANTS.trial(time_variants, timing, exclusive=True, needs=needs, cost=seconds)]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show every variant with what it costs, and the levels of the runtime's optimisation."""
    timed = TIME_VARIANTS.found(rows) or VariantTimesRow({}, {})
    varied = {name: row.variants for name, row in VARY.all_found(rows).items()}
    _, test = split(context.dataset, context.fold)
    counts = context.dataset.belonging.weights_of(test)
    smaller = variants(varied, context.labels, timed.times, context.settings, counts)
    levels = level_table(context.labels, timed)
    return Evidence(
        {},
        {},
        figures(smaller, context.settings) if smaller else (),
        (
            *((table(smaller, context.settings),) if smaller else ()),
            *((levels,) if levels else ()),
        ),
    )
