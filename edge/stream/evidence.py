"""What did the stream show? When drift began, in which columns, and whether accuracy suffered."""

from typing import Any

from edge.naming import model_named
from edge.stream.changes import Change
from edge.stream.rows import StreamRow
from lab.first_screen import in_a_row
from lab.protocol import Dataset, Estimate, Figure, Table
from lab.report import charts
from lab.wording import count

__all__ = [
    "DETECTED_AT",
    "drift_figure",
    "drift_table",
    "drifted_columns",
    "in_short",
    "sentence",
    "shown_names",
    "timeline_figure",
]

DETECTED_AT = "detected at row"
"""The column of the table of changes that the controls read."""

_ALARM = "alarm"
_WITHOUT_TARGET = "had no value in the target"  # as the note on such rows says
_MOST_CURVES, _MOST_NAMED = 6, 3
_FLOOR = -5.0  # of the picture


def sentence(row: StreamRow, false_alarms: float) -> str:
    """Say when it began, where, and whether accuracy suffered."""
    suffered = _suffered(row)
    if row.expected is not None:
        suffered += f"; {_late(row, row.expected)}"
    return f"{_seen(row)}; {suffered}; the probability of any false alarm over the whole stream is at most {100 * false_alarms:g} %"


def in_short(row: StreamRow) -> str:
    """Say the same in two or three short sentences, for the first screen; how sure it is, `sentence` says further down."""
    said = [_seen_in_short(row), _accuracy_in_short(row)]
    if row.expected is not None:
        last = f"the last {row.waiting:,} rows, whose labels are still to come"
        nothing = f"Nothing is estimated for {last}."
        said.append(nothing if row.is_withdrawn else f"For {last}, {100 * row.expected.value:.1f} % is estimated.")
    return in_a_row(said)


def _seen_in_short(row: StreamRow) -> str:
    drifted = drifted_columns(row)
    if not drifted:
        return "No column drifted in the stream."
    names = ", ".join(name for _, name in drifted[:_MOST_NAMED])
    more = len(drifted) - _MOST_NAMED
    others = f" and {more} more" if more > 0 else ""
    return f"{count(len(drifted), 'column')} drifted ({names}{others}), first near row {_first(row)[0] + 1:,}."


def _accuracy_in_short(row: StreamRow) -> str:
    before, after = row.before, row.after
    if before is None:
        return f"Accuracy was {_percent(row.history_accuracy)} before the stream and {_percent(row.stream_accuracy)} in it."
    if after is None:
        return f"Accuracy was {_percent(before)} before the first change; no labels have come since."
    noticed = "" if row.errors.alarm is None else f", noticed at row {row.errors.alarm + 1:,}"
    return f"Accuracy was {_percent(before)} before the change and {_percent(after)} after it{noticed}."


def _late(row: StreamRow, expected: Estimate) -> str:
    """Say what is expected of the rows whose labels have not come, or why nothing is, and how far such estimates were off."""
    last = f"the last {row.waiting:,} rows, whose labels are still to come"
    missed = _missed(row)
    off = (
        f"; where labels are known, such estimates were off by {sum(missed) / len(missed):.1f} points on average"
        if missed
        else ""
    )
    if row.is_withdrawn and row.promised is not None and row.kept is not None:
        return (
            f"nothing is estimated for {last}: where labels have come, {_percent(row.promised)} was estimated, and "
            f"{_percent(row.kept)} was found{off}"
        )
    return f"for {last}, it is estimated at {_percent(expected)}{off}"


def shown_names(row: StreamRow) -> list[str]:
    """Name the signals for a reader, each once: a column that is called as the alarm, or as a signal of the model, says so."""
    taken = {_ALARM, *(found.signal for found in row.findings if not found.column)}
    names: list[str] = []
    for found in row.findings:
        name = found.signal
        while found.column and name in taken:
            name = f"column {name!r}"
        taken |= {name}
        names.append(name)
    return names


def drifted_columns(row: StreamRow) -> list[tuple[int, str]]:
    """List the columns that drifted, the one that was noticed first at the front: (first row of the change, from 0; name)."""
    raised = [
        (f.alarm, f.start[0], f.signal)
        for f in row.findings
        if f.column and f.alarm is not None and f.start is not None
    ]
    return [(start, name) for _, start, name in sorted(raised, key=lambda found: found[0])]


def _seen(row: StreamRow) -> str:
    """Say which columns drifted, and from where on."""
    drifted = drifted_columns(row)
    if not drifted:
        return "no column drifted in the stream"
    first = _first(row)
    names = ", ".join(name for _, name in drifted[:_MOST_CURVES])
    more = len(drifted) - _MOST_CURVES
    return (
        f"in the stream {count(len(drifted), 'column')} drifted ({names}{f' and {more} more' if more > 0 else ''}), "
        f"first near row {first[0] + 1:,} (95 % of the evidence: {first[1] + 1:,} to {first[2] + 1:,})"
    )


def _first(row: StreamRow) -> tuple[int, int, int]:
    """Give where the first change of a column began; one there must be."""
    starts = [found.start for found in row.findings if found.column and found.start is not None]
    return min(starts, key=lambda start: start[0])


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
    last = max((place for place, _ in row.accuracy), default=0) if row.is_withdrawn else row.n_rows
    curves = {
        "accuracy, labels known": [(place + 1, 100 * share.value) for place, share in row.accuracy],
        "lower end of its 95 % interval": [(place + 1, 100 * share.low) for place, share in row.accuracy],
        "estimated before labels arrive (CBPE)": [
            (place + 1, 100 * share) for place, share in row.estimated if place <= last
        ],
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
    if row.is_withdrawn:
        late += " It was wrong where labels came, and is not carried on beyond them."
    caption = (
        f"Accuracy of {model_named(label)} in windows of the stream; {_learned(row)}. "
        "The estimate (confidence-based performance estimation, CBPE) needs no labels: it sees a change in the columns, not in how "
        "they relate to the target." + late + (" The dotted line is where the first change began." if starts else "")
    )
    spec = charts.lines(curves, x="row", y="accuracy (%)", reference_x=min(starts) if starts else None)
    return Figure("Accuracy after deployment", caption, spec)


def _learned(row: StreamRow) -> str:
    """Say which rows the model learned from."""
    if row.learned is None:
        return f"it came from a file, and which rows it learned from is not known; the first {row.train:,} rows say what is usual"
    if row.learned < row.train:
        return f"it was trained on {row.learned:,} of the first {row.train:,} rows, drawn at random"
    return f"it was trained on the first {row.train:,} rows"


def drift_figure(row: StreamRow, false_alarms: float) -> Figure:
    """Draw the evidence against "nothing has changed" over the stream, for the signals with the most of it."""
    named = zip(row.findings, shown_names(row), strict=True)
    strongest = sorted(named, key=lambda f: (f[0].alarm is None, f[0].alarm or 0, -max(f[0].evidence)))
    curves: dict[str, list[tuple[float, float]]] = {}
    for found, name in strongest[: _MOST_CURVES - 1]:
        path = zip(found.looks, found.evidence, strict=True)
        curves[name] = [(int(place) + 1, max(float(value), _FLOOR)) for place, value in path]
    ends = [
        min(x for curve in curves.values() for x, _ in curve),
        max(x for curve in curves.values() for x, _ in curve),
    ]
    curves[_ALARM] = [(end, 0.0) for end in ends]
    caption = (
        "Evidence that a signal is no longer distributed as before (a betting score; one step up is ten times the evidence); an "
        f"alarm is raised at 0, where the curve ends. The probability of any false alarm on any of the {len(row.findings)} "
        f"signals over the whole stream is at most {100 * false_alarms:g} %, if the rows are exchangeable."
    )
    return Figure("Drift", caption, charts.lines(curves, x="row", y="evidence relative to the alarm (powers of 10)"))


def drift_table(row: StreamRow, dataset: Dataset) -> Table:
    """List every signal: whether and when it changed, how soon that was noticed, and what the change was."""
    listed: list[tuple[Any, ...]] = []
    for found, name in zip(row.findings, shown_names(row), strict=True):
        start = found.start
        if found.alarm is None or start is None:
            listed.append((name, "no change detected", None, "", None, "", None, None))
            continue
        change = found.change or Change("", None, None)
        listed.append((
            name, "changed", start[0] + 1, f"{start[1] + 1:,} to {start[2] + 1:,}", found.alarm + 1,
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
    unknown = (
        "which the model did not learn from" if row.learned is not None else "which the model may have learned from"
    )
    caption = (
        f"The first {row.begin:,} rows are the reference for the stream after them; for what the model says, those from "
        f"{row.train + 1:,} on, {unknown}. {_rows_are(row, dataset)}{_not_watched(row, dataset)} Prediction and monitoring handled "
        f"{row.rows_per_second:,.0f} rows per second on one core."
    )
    return Table("What changed in the stream, and when?", caption, columns, tuple(listed))


def _rows_are(row: StreamRow, dataset: Dataset) -> str:
    """Say what the numbers of rows count."""
    order = f"in the order of {dataset.belonging.time!r}" if dataset.belonging.time else "as they stand in it"
    lost = any(_WITHOUT_TARGET in note for note in dataset.notes)
    but = "; rows without a value in the target are left out and not counted" if lost else ""
    return f"Rows are numbered from 1 among all {row.n_rows:,} of the table, {order}{but}."


def _not_watched(row: StreamRow, dataset: Dataset) -> str:
    dates = (
        f" Of dates only missing values are monitored, because dates always advance: {', '.join(row.dates)}."
        if row.dates
        else ""
    )
    left_out = ", ".join((dataset.whole or dataset).left_out)
    return dates + (f" Not monitored, because the table leaves them out: {left_out}." if left_out else "")


def _missed(row: StreamRow) -> list[float]:
    """How far the estimate was from the accuracy, in points, window by window where labels have come."""
    estimated = dict(row.estimated)
    return [100 * abs(estimated[place] - share.value) for place, share in row.accuracy if place in estimated]


def _percent(found: Estimate) -> str:
    return f"{100 * found.value:.1f} % ({100 * found.low:.1f} to {100 * found.high:.1f})"
