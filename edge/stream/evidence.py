"""What did the stream show? When drift began, in which columns, and whether accuracy suffered."""

from typing import Any

from edge.stream.monitor import Change
from edge.stream.trials import StreamRow
from lab.protocol import Estimate, Figure, Table
from lab.report import charts

__all__ = ["DETECTED_AT", "drift_figure", "drift_table", "sentence", "timeline_figure"]

DETECTED_AT = "detected at row"
"""The column of the table of changes that the controls read."""

_MOST_CURVES = 6
_FLOOR = -5.0  # of the picture


def sentence(row: StreamRow, false_alarms: float) -> str:
    """Say when it began, where, and whether accuracy suffered."""
    suffered = _suffered(row)
    if row.expected is not None:
        last = f"{row.waiting:,} rows, whose labels are still to come"
        suffered += f"; for the last {last}, it is estimated at {_percent(row.expected)}"
        missed = _missed(row)
        if missed:
            suffered += f"; where labels are known, such estimates were off by {sum(missed) / len(missed):.1f} points on average"
    return f"{_seen(row)}; {suffered}; the probability of any false alarm over the whole stream is at most {100 * false_alarms:g} %"


def _seen(row: StreamRow) -> str:
    """Say which columns drifted, and from where on."""
    columns = [(found.alarm, found.start, found.signal) for found in row.findings if found.column]
    drifted = [(alarm, start, name) for alarm, start, name in columns if alarm is not None and start is not None]
    if not drifted:
        return "no column drifted in the stream"
    first = min((start for _, start, _ in drifted), key=lambda start: start[0])
    names = ", ".join(name for _, _, name in sorted(drifted, key=lambda found: found[0])[:_MOST_CURVES])
    more = len(drifted) - _MOST_CURVES
    return (
        f"in the stream {len(drifted)} column(s) drifted ({names}{f' and {more} more' if more > 0 else ''}), "
        f"first near row {first[0] + 1:,} (95 % of the evidence: {first[1] + 1:,} to {first[2] + 1:,})"
    )


def _suffered(row: StreamRow) -> str:
    """Say what became of the accuracy."""
    errors = row.errors
    if errors.alarm is not None and errors.start is not None and row.before is not None and row.after is not None:
        better = row.after.value > row.before.value
        return (
            f"accuracy {'rose' if better else 'fell'} from {_percent(row.before)} to {_percent(row.after)} near row "
            f"{errors.start[0] + 1:,} (detected at row {errors.alarm + 1:,})"
        )
    if row.before is not None and row.after is None:
        return f"no labels have arrived for rows after the first change (accuracy before it: {_percent(row.before)})"
    if row.before is not None and row.after is not None:
        return (
            f"accuracy was {_percent(row.before)} before the first change and {_percent(row.after)} after it, which by "
            "itself raised no alarm"
        )
    before, during = _percent(row.history_accuracy), _percent(row.stream_accuracy)
    return f"no change in accuracy was detected ({before} before the stream, {during} in it)"


def timeline_figure(row: StreamRow, label: str, label_delay: int) -> Figure:
    """Draw accuracy over the stream, estimated and known, with the row at which the first drift began."""
    curves = {
        "accuracy, labels known": [(place + 1, 100 * share.value) for place, share in row.accuracy],
        "lower end of its 95 % interval": [(place + 1, 100 * share.low) for place, share in row.accuracy],
        "estimated before labels arrive (CBPE)": [(place + 1, 100 * share) for place, share in row.estimated],
    }
    starts = [found.start[0] + 1 for found in row.findings if found.start]
    late = (
        f" Labels arrive {label_delay:,} rows late: those of the last rows had not arrived when the stream ended."
        if label_delay
        else ""
    )
    missed = _missed(row)
    if missed:
        late += (
            f" Where labels are known the estimate is off by {sum(missed) / len(missed):.1f} points on average, "
            f"{max(missed):.1f} at most."
        )
    caption = (
        f"Accuracy of the {label} in windows of the stream; it was trained on the first {row.train:,} rows. "
        "The estimate (confidence-based performance estimation, CBPE) needs no labels: it sees a change in the columns, not in how "
        "they relate to the target." + late + (" The dotted line is where the first change began." if starts else "")
    )
    spec = charts.lines(curves, x="row", y="accuracy (%)", reference_x=min(starts) if starts else None)
    return Figure("Accuracy after deployment", caption, spec)


def drift_figure(row: StreamRow, false_alarms: float) -> Figure:
    """Draw the evidence against "nothing has changed" over the stream, for the signals with the most of it."""
    strongest = sorted(row.findings, key=lambda f: (f.alarm is None, f.alarm or 0, -max(f.evidence)))
    curves: dict[str, list[tuple[float, float]]] = {}
    for found in strongest[: _MOST_CURVES - 1]:
        path = enumerate(found.evidence, start=1)
        first = row.begin + found.late
        curves[found.signal] = [(first + turn * found.block, max(float(value), _FLOOR)) for turn, value in path]
    ends = [
        min(x for curve in curves.values() for x, _ in curve),
        max(x for curve in curves.values() for x, _ in curve),
    ]
    curves["alarm"] = [(end, 0.0) for end in ends]
    caption = (
        "Evidence that a signal is no longer distributed as before (a betting score; one step up is ten times the evidence); an "
        f"alarm is raised at 0, where the curve ends. The probability of any false alarm on any of the {len(row.findings)} "
        f"signals over the whole stream is at most {100 * false_alarms:g} %, if the rows are exchangeable."
    )
    return Figure("Drift", caption, charts.lines(curves, x="row", y="evidence relative to the alarm (powers of 10)"))


def drift_table(row: StreamRow) -> Table:
    """List every signal: whether and when it changed, how soon that was noticed, and what the change was."""
    listed: list[tuple[Any, ...]] = []
    for found in row.findings:
        start = found.start
        if found.alarm is None or start is None:
            listed.append((found.signal, "no change detected", None, "", None, "", None, None))
            continue
        change = found.change or Change("", None, None)
        listed.append((
            found.signal, "changed", start[0] + 1, f"{start[1] + 1:,} to {start[2] + 1:,}", found.alarm + 1,
            change.of, change.before, change.after,
        ))  # fmt: skip
    columns = (
        "signal",
        "result",
        "began near row",
        "95 % of the evidence",
        DETECTED_AT,
        "what changed",
        "before",
        "after",
    )
    unwatched = f" Not monitored, because dates always advance: {', '.join(row.unwatched)}." if row.unwatched else ""
    caption = (
        f"Rows {row.train + 1:,} to {row.begin:,}, which the model did not learn from, are the reference for the stream "
        f"after them.{unwatched} Prediction and monitoring handled {row.rows_per_second:,.0f} rows per second on one core."
    )
    return Table("What changed in the stream, and when?", caption, columns, tuple(listed))


def _missed(row: StreamRow) -> list[float]:
    """How far the estimate was from the accuracy, in points, window by window where labels have come."""
    estimated = dict(row.estimated)
    return [100 * abs(estimated[place] - share.value) for place, share in row.accuracy if place in estimated]


def _percent(found: Estimate) -> str:
    return f"{100 * found.value:.1f} % ({100 * found.low:.1f} to {100 * found.high:.1f})"
