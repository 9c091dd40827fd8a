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
        "families": context.single or context.learned,
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
            timeline_figure(row, _label(row, context), settings.label_delay),
            drift_figure(row, settings.false_alarms),
        ),
        tables=(drift_table(row),),
        caveats=_SINGLE if context.blends else (),
    )


_SINGLE = ("the stream meets the best single model: averages of models are not among those that it is trained from",)


def _label(row: StreamRow, context: Context) -> str:
    return {family.name: family.label for family in context.group.families}[row.family]
