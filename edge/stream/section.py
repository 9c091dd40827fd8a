"""What happens after deployment? The rows come in time order, and the second half is watched for drift."""

from edge.context import Context
from edge.stream.evidence import drift_figure, drift_table, in_short, sentence, timeline_figure
from edge.stream.rows import STREAM, StreamRow
from edge.stream.seen import loss_of, seen_in
from edge.stream.trials import replay
from edge.stream.verdict import IN_SHORT, LOSS, SEEN
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
        "train_rows": settings.max_rows,
    }
    return [STREAM.trial(replay, arguments, seed=context.seed, cost=10)] if settings.stream else []


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show what changed, when, and whether accuracy suffered; the budgets' section says it before all other caveats."""
    row, settings = STREAM.found(rows), context.settings
    if row is None:
        return Evidence({}, {}, (), ())
    loss = loss_of(row)
    return Evidence(
        estimates={} if loss is None else {LOSS: loss},
        facts={
            "stream": sentence(row, settings.false_alarms),
            IN_SHORT: in_short(row),
            SEEN: seen_in(row, _label(row, context)),
        },
        figures=(
            timeline_figure(row, _label(row, context), settings.label_delay),
            drift_figure(row, settings.false_alarms),
        ),
        tables=(drift_table(row, context.dataset),),
        caveats=_SINGLE if context.blends else (),
    )


_SINGLE = ("the stream meets the best single model: averages of models are not among those that it is trained from",)


def _label(row: StreamRow, context: Context) -> str:
    return {family.name: family.label for family in context.group.families}[row.family]
