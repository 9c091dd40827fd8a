"""What does a model take of a device? Cold start and peak memory of processes that only serve it, or its original."""

from typing import Any

from edge.building.trials import BUILD
from edge.context import Context
from edge.footprint.evidence import Footprint, figures, table
from edge.footprint.trials import ORIGINALS, SERVE, OriginalsRow, serve, serve_originals
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]

_PROCESSES = 6
"""The fewest of which the median has a 95 % interval."""


def plan(context: Context) -> list[Trial[Any]]:
    """Serve every candidate where that is asked for or has a budget, and every original beside the batches."""
    settings, families = context.settings, context.families
    built = {family.name: BUILD.of(family.name) for family in families}
    planned: list[Trial[Any]] = [
        SERVE.of(f.name).trial(
            serve, {"family": f, "processes": _PROCESSES}, exclusive=True, needs=(built[f.name],), cost=1.5
        )
        for f in families
        if settings.serving or settings.memory_mb is not None
    ]
    if settings.batches:
        every, seconds = {"families": families}, 1.5 * len(families)
        planned.append(
            ORIGINALS.trial(serve_originals, every, exclusive=True, needs=tuple(built.values()), cost=seconds)
        )
    return planned


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show file, memory and cold start of every candidate that was built."""
    originals = ORIGINALS.found(rows) or OriginalsRow({})
    there = [
        Footprint(family.label, built, SERVE.of(family.name).found(rows), originals.models.get(family.name))
        for family in context.families
        if (built := BUILD.of(family.name).found(rows)) is not None
    ]
    return Evidence({}, {}, figures(there), (table(there),))
