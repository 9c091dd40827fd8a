"""How many rows a second, asked in batches? It explains, and decides nothing."""

from edge.building.trials import BUILD
from edge.context import Context
from edge.throughput.evidence import figure, table
from edge.throughput.trials import THROUGHPUT, ThroughputRow, in_batches
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[ThroughputRow]]:
    """Measure every candidate where that is asked for."""
    return [
        THROUGHPUT.of(family.name).trial(
            in_batches,
            {"family": family, "fold": context.fold},
            exclusive=True,
            needs=(BUILD.of(family.name),),
            cost=1.5,
        )
        for family in context.families
        if context.settings.batches
    ]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show rows per second against the size of a batch."""
    found = THROUGHPUT.all_found(rows)
    if not found:
        return Evidence({}, {}, (), ())
    return Evidence({}, {}, (figure(found, context.labels),), (table(found, context.labels),))
