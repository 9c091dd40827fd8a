"""What does load do to the candidates? Misses, percentiles and the highest rate as estimates, tables and figures."""

from collections.abc import Mapping
from typing import Any

from edge.load.capacity import Capacity, highest_rate
from edge.load.rates import at_rate, calls_needed, limits_of
from edge.load.sweep import Loaded, LoadRun
from edge.settings import Settings
from lab.numbers import span
from lab.protocol import Estimate, Figure, Table
from lab.report import charts
from lab.wording import amount

__all__ = ["capacities", "caveats", "distribution_figure", "load_table", "misses", "misses_of", "rate_figure"]

_COLD = 1.5  # times the median back to back: worth a sentence
_LATE_WAKE_UP_US = 1_000.0  # a quiet machine wakes a process within some tens of microseconds
_MOST_CURVES = 3  # models whose hot curve is drawn beside the one at their rate


def misses(row: Loaded) -> Estimate | None:
    """Share of late answers under random arrivals at the user's rate, in percent; None without a rate."""
    found = next((run for run in row.runs if run.view == "rate"), None)
    return None if found is None else _percent(found.misses)


def least_misses(row: Loaded) -> Estimate | None:
    """Share of answers that would have been late on a quiet machine too, in percent; None where that is not known."""
    found = next((run for run in row.runs if run.view == "rate"), None)
    return None if found is None or found.least_misses is None else _percent(found.least_misses)


def misses_of(rows: Mapping[str, Loaded]) -> dict[str, Estimate]:
    """Give the shares of late answers of every model that was called at the user's rate, as the verdict reads them."""
    late = {f"{name}.misses": misses(row) for name, row in rows.items()}
    late |= {f"{name}.least_misses": least_misses(row) for name, row in rows.items()}
    return {name: found for name, found in late.items() if found is not None}


def _percent(share: Estimate) -> Estimate:
    return Estimate(100 * share.value, 100 * share.low, 100 * share.high, "%", share.confidence)


def capacities(rows: Mapping[str, Loaded], deadline_ms: float) -> dict[str, Capacity]:
    """Highest rate at which the p99 meets the deadline, by model; a model without measured percentiles is left out."""
    found = {}
    for name, row in rows.items():
        sweep = _sweep(row)
        if sweep:
            found[name] = highest_rate(sweep, deadline_ms)
    return found


def rate_figure(rows: Mapping[str, Loaded], labels: Mapping[str, str], deadline_ms: float) -> Figure | None:
    """Draw the p99 of the response time against the rate, with the deadline; None where no p99 could be measured."""
    curves = {labels[name]: [(rate, p99.value) for rate, p99 in _sweep(row)] for name, row in rows.items()}
    curves = {label: curve for label, curve in curves.items() if curve}
    if not curves:
        return None
    knees = [f"{labels[name]}: {found.words()}" for name, found in capacities(rows, deadline_ms).items()]
    caption = (
        "p99 response time, counted from the scheduled arrival, against the rate of randomly arriving calls. "
        f"Where a curve bends upwards, calls begin to queue; the dotted line is the deadline of {deadline_ms:g} ms. "
        f"Highest call rate within the deadline: {'; '.join(knees)}."
    )
    spec = charts.lines(
        curves,
        x="calls per second (log scale)",
        y="p99 (ms, log scale)",
        log_x=True,
        log_y=True,
        points=True,
        reference_y=deadline_ms,
    )
    return Figure("Response time against load", caption, spec)


def distribution_figure(rows: Mapping[str, Loaded], labels: Mapping[str, str], deadline_ms: float) -> Figure:
    """Draw how many calls are later than a time, back to back and at the rate that counts, with the deadline."""
    curves = {}
    for name, row in rows.items():
        for run in (_hot(row), _at_rate(row)):
            if run.view == "hot" and len(rows) > _MOST_CURVES:
                continue
            pairs = [(ms, 100 * (1 - share)) for ms, share in run.curve if run.calls * (1 - share) >= 1]
            how = "hot" if run.view == "hot" else f"{amount(run.rate, '')}/s"
            curves[f"{labels[name]}, {how}"] = pairs
    caption = (
        f"Percentage of calls that take longer than a given time; the dotted line is the deadline of {deadline_ms:g} ms. Back-to-back "
        "calls are timed from their start (service time); under load from the scheduled arrival (response time), which includes "
        "queueing, wake-up and cold caches."
    )
    spec = charts.lines(
        curves,
        x="response time (ms, log scale)",
        y="calls that take longer (%, log scale)",
        log_x=True,
        log_y=True,
        reference_x=deadline_ms,
    )
    return Figure("Latency: hot and under load", caption, spec)


def load_table(rows: Mapping[str, Loaded], labels: Mapping[str, str], deadline_ms: float) -> Table:
    """List every run of every model: percentiles, misses, and what waking up took."""
    listed = []
    for name, row in rows.items():
        for run in row.runs:
            share = run.misses
            percentiles = [cell for p in (run.p50, run.p90, run.p99, run.p99_9) for cell in _cells(p)]
            late = span(100 * share.low, 100 * share.high)
            wake = [us and round(us / 1e3, 4) for us in (run.wake_up_p50_us, run.wake_up_p99_us)]
            listed.append((
                labels[name], _view(run), round(run.rate, 1), round(100 * run.use, 1), run.calls, *percentiles,
                100 * share.value, late, *wake,
            ))  # fmt: skip
    columns = (
        "model", "arrivals", "calls per second", "utilisation (%)", "calls", "p50 (ms)", "interval", "p90 (ms)",
        "interval ", "p99 (ms)", "interval  ", "p99.9 (ms)", "interval   ", f"later than {deadline_ms:g} ms (%)",
        "interval    ", "wake-up p50 (ms)", "wake-up p99 (ms)",
    )  # fmt: skip
    caption = (
        "Response times from the scheduled arrival. A percentile with too few calls for a 95 % interval is left empty. "
        "Intervals count calls that queue behind one another as fewer. The wake-up is the time the operating system takes to "
        "wake a waiting process; it is part of the response time."
    )
    return Table("Load", caption, columns, tuple(listed))


def caveats(rows: Mapping[str, Loaded], labels: Mapping[str, str], settings: Settings) -> tuple[str, ...]:
    """Say what the calls at a rate can decide, which models answer more slowly when called rarely, and which cannot keep up."""
    found = [said] if (said := _too_few(settings)) else []
    woken = [run.wake_up_p99_us for row in rows.values() for run in row.runs if run.wake_up_p99_us is not None]
    if woken and max(woken) > _LATE_WAKE_UP_US:
        found.append(
            f"the operating system took up to {max(woken) / 1e3:.2g} ms (p99) to wake the waiting process: other programs kept the "
            "core busy and caused part of the late answers; close them and repeat the run"
        )
    for name, row in rows.items():
        hot, rare = _hot(row).p50, next(run for run in row.runs if run.view != "hot")
        if hot and rare.p50 and rare.p50.low > _COLD * hot.high:
            found.append(
                f"at {amount(rare.rate, '')} calls per second, the {labels[name]} answers in "
                f"{rare.p50.value:.3g} ms at the median, back to back in {hot.value:.3g} ms: wake-up and cold caches count"
            )
        at_rate = _at_rate(row)
        if at_rate.view == "rate" and at_rate.use >= 1:
            found.append(f"the {labels[name]} cannot keep up with {at_rate.rate:g} calls per second on one core")
    return tuple(found)


def _too_few(settings: Settings) -> str:
    """Say what calls at the user's rate can show, where that is less than is allowed, or they came at another rate."""
    if settings.rate is None:
        return ""
    offered, needed = at_rate(settings.rate, settings.load_seconds)[0], calls_needed(settings.max_misses)
    if needed is not None and offered.calls >= needed and offered.rate == settings.rate:
        return ""
    instead = (
        f"calls were offered at {offered.rate:g} a second in place of {settings.rate:g}, since each finds an idle model at "
        "either: what hours of sleep do to caches and memory was not measured; "
    )
    instead = instead if offered.rate != settings.rate else ""
    return f"{instead}{limits_of(settings.rate, settings.load_seconds, settings.max_misses)}"


def _hot(row: Loaded) -> LoadRun:
    return next(run for run in row.runs if run.view == "hot")


def _at_rate(row: Loaded) -> LoadRun:
    """Random arrivals at the user's rate; without one, at the lowest rate of the sweep."""
    open_loop = [run for run in row.runs if run.view != "hot"]
    return next((run for run in open_loop if run.view == "rate"), open_loop[0])


def _sweep(row: Loaded) -> list[tuple[float, Estimate]]:
    return [(run.rate, run.p99) for run in row.runs if run.view == "sweep" and run.p99]


def _view(run: LoadRun) -> str:
    if run.view == "hot":
        return "back to back (hot)"
    mine = "your rate" if run.instead_of is None else f"in place of your {run.instead_of:g}"
    return f"{run.pattern}, {amount(run.rate, '')} per second" + (f" ({mine})" if run.view == "rate" else "")


def _cells(found: Estimate | None) -> tuple[Any, str]:
    if found is None:
        return None, ""
    return found.value, span(found.low, found.high)
