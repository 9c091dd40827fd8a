"""How long does a single call take? All candidates are timed in turn, with nothing else running."""

from edge.building.evidence import built_candidates
from edge.building.trials import BUILD
from edge.context import Context
from edge.timing.evidence import (
    distribution_figure,
    harness_overhead,
    latencies_of,
    latency_figure,
    latency_table,
)
from edge.timing.quantiles import over_rounds
from edge.timing.remarks import of_exported, of_machine
from edge.timing.trials import TIME, TimedRow, time_all
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[TimedRow]]:
    """Time all candidates in one trial, so that they take turns."""
    rounds = context.settings.rounds
    arguments = {"families": context.families, "fold": context.fold, "rounds": rounds}
    needs = tuple(BUILD.of(family.name) for family in context.families)
    return [TIME.trial(time_all, arguments, exclusive=True, needs=needs, cost=0.2 * rounds)]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show the latency of every alternative."""
    row = TIME.found(rows) or TimedRow({})
    settings, labels = context.settings, context.labels
    latencies = latencies_of(row.times, labels)
    harness = harness_overhead(row.times)
    medians = {name: over_rounds(times, 0.5) for name, times in row.times.items()}
    return Evidence(
        estimates={
            **({"harness.p50_us": harness} if harness else {}),
            **{f"{name}.p99": p99 for name, (_, p99) in latencies.items()},
        },
        facts={"core": row.core},
        figures=(latency_figure(latencies, settings), distribution_figure(row.times, labels, settings)),
        tables=(latency_table(row.times, labels),),
        caveats=(*of_exported(built_candidates(rows, labels), labels, medians), *of_machine(row.times, row.machine)),
    )
