"""What happens after deployment? The rows come in time order, and the second half is watched for drift."""

from edge.context import Context
from edge.stream.evidence import drift_figure, drift_table, sentence, timeline_figure
from edge.stream.trials import STREAM, StreamRow, replay
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[StreamRow]]:
    """Replay the stream where that is asked for."""
    settings = context.settings
    arguments = {
        "families": context.families,
        "scorer": context.metric.scorer,
        "candidates": settings.candidates,
        "false_alarms": settings.false_alarms,
        "label_delay": settings.label_delay,
    }
    return [STREAM.trial(replay, arguments, seed=context.seed, cost=10)] if settings.stream else []


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show what changed, when, and whether accuracy suffered; the budgets' section says it before all other caveats."""
    row, settings = STREAM.found(rows), context.settings
    if row is None:
        return Evidence({}, {}, (), ())
    return Evidence(
        estimates={},
        facts={"stream": sentence(row, settings.false_alarms)},
        figures=(
            timeline_figure(row, context.labels[row.family], settings.label_delay),
            drift_figure(row, settings.false_alarms),
        ),
        tables=(drift_table(row),),
    )
