"""How long does a single call take? Figures and tables of the latency of every alternative."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from edge.settings import Settings
from edge.timing.latency import spread_of_rounds
from edge.timing.quantiles import MILLISECONDS, over_rounds, several_over_rounds
from edge.timing.trials import HARNESS, exported
from lab import stats
from lab.numbers import Unit, number, span, unit_of
from lab.protocol import Estimate, Figure, Table
from lab.report import charts

__all__ = ["distribution_figure", "harness_overhead", "latencies_of", "latency_figure", "latency_table"]

_RUNTIMES = ("ONNX Runtime", "scikit-learn")
_QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999)


def _name(alternative: str, labels: Mapping[str, str]) -> tuple[str, str]:
    """Split an alternative into (words for a reader, runtime)."""
    family, _, runtime = alternative.partition(" ")
    if alternative == HARNESS:
        return "no call (the harness itself)", "none"
    if not runtime:
        return "no model (identity)", _RUNTIMES[0]
    return labels[family], _RUNTIMES[0] if alternative == exported(family) else _RUNTIMES[1]


def latencies_of(
    timed: Mapping[str, np.ndarray], labels: Mapping[str, str]
) -> dict[str, tuple[tuple[str, str], Estimate]]:
    """Give the p99 latency (ms) of every alternative with enough calls, and its words and runtime for a reader.

    `timed` holds nanoseconds of shape (rounds, calls) by alternative, here and below.
    """
    found = {}
    for alternative, times in timed.items():
        if alternative == HARNESS:
            continue  # it answers nothing, and would stretch the axis
        if stats.quantile(times.ravel(), 0.99, unit="ns") is not None:  # a slow original is called too few times
            found[alternative] = (_name(alternative, labels), over_rounds(times, 0.99))
    return found


def latency_figure(latencies: Mapping[str, tuple[tuple[str, str], Estimate]], settings: Settings) -> Figure:
    """Draw the p99 latency of every alternative against the budget."""
    unit = unit_of((p99.value for _, p99 in latencies.values()), "ms")
    rows = [(f"{label}, {runtime}", runtime, _in(unit, p99)) for (label, runtime), p99 in latencies.values()]
    rows.sort(key=lambda row: row[2].value)
    caption = (
        "99 % of single calls finish within this time (p99, batch size 1, one thread, hot); bars are 95 % intervals, "
        f"the dotted line is the budget of {settings.p99_ms:g} ms. The identity model shows the cost of the runtime alone."
    )
    spec = charts.interval_plot(
        rows,
        axis=f"p99 latency ({unit.name}, log scale)",
        reference=unit.factor * settings.p99_ms,
        log=True,
        groups=[runtime for runtime in _RUNTIMES if any(runtime == row[1] for row in rows)],
    )
    return Figure("Latency of a single call", caption, spec)


def harness_overhead(timed: Mapping[str, np.ndarray]) -> Estimate | None:
    """Median of what the harness itself adds to every call, in microseconds; times of shape (rounds, calls)."""
    if HARNESS not in timed:
        return None
    found = over_rounds(timed[HARNESS], 0.5)
    return Estimate(1e3 * found.value, 1e3 * found.low, 1e3 * found.high, "us")


def _in(unit: Unit, found: Estimate) -> Estimate:
    return Estimate(
        unit.factor * found.value, unit.factor * found.low, unit.factor * found.high, unit.name, found.confidence
    )


def distribution_figure(timed: Mapping[str, np.ndarray], labels: Mapping[str, str], settings: Settings) -> Figure:
    """Draw the share of calls that end within a time, for the exported models; times of shape (rounds, calls)."""
    curves = {}
    unit = unit_of((float(np.median(times)) * MILLISECONDS for times in timed.values()), "ms")
    for alternative, times in timed.items():
        label, runtime = _name(alternative, labels)
        if runtime == _RUNTIMES[0]:
            values = np.quantile(times.ravel() * MILLISECONDS * unit.factor, _QUANTILES)
            curves[label] = [(float(value), 100 * share) for value, share in zip(values, _QUANTILES, strict=True)]
    caption = (
        "Percentage of calls that finish within a given time, exported models; a steeper curve is a steadier one. "
        f"The dotted line is the budget of {settings.p99_ms:g} ms."
    )
    spec = charts.lines(
        curves,
        x=f"latency ({unit.name}, log scale)",
        y="calls finished (%)",
        log_x=True,
        reference_x=unit.factor * settings.p99_ms,
    )
    return Figure("Distribution of the latency", caption, spec)


def latency_table(timed: Mapping[str, np.ndarray], labels: Mapping[str, str]) -> Table:
    """List p50 to p99.9 of every alternative with their intervals; times of shape (rounds, calls)."""
    rows = []
    unit = unit_of((float(np.median(times)) * MILLISECONDS for times in timed.values()), "ms")
    for alternative, times in timed.items():
        cells: list[Any] = []
        for one in several_over_rounds(times, (0.5, 0.9, 0.99, 0.999)):
            found = one and _in(unit, one)
            cells += [found.value, span(found.low, found.high)] if found else [None, "too few calls"]
        rows.append((*_name(alternative, labels), *cells, int(times.size), f"{100 * spread_of_rounds(times):.0f} %"))
    columns = (
        "model", "runtime", f"p50 ({unit.name})", "interval", f"p90 ({unit.name})", "interval ", f"p99 ({unit.name})", "interval  ",
        f"p99.9 ({unit.name})", "interval   ", "calls", "rounds' spread",
    )  # fmt: skip
    caption = (
        "Service time of calls made back to back, by the runtime's fastest interface (bound buffers; named inputs where rows "
        "contain text), a different row in every call; 95 % intervals from order statistics, or from resampling rounds where wider."
    )
    harness = harness_overhead(timed)
    if harness:
        caption += (
            f" The harness itself adds {number(harness.value)} µs to a call at the median ({span(harness.low, harness.high)}), "
            "measured by a call that does nothing in the same rounds; it is not subtracted."
        )
    return Table("Latency", caption, columns, tuple(rows))
