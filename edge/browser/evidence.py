"""How does the model do in a browser? Its calls, its loading and its answers, beside this machine's own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from edge.browser.measure import BrowserTimes
from edge.browser.trials import BrowserModelRow, BrowserRow
from edge.columns import without_empty
from edge.timing.quantiles import over_rounds
from lab import stats
from lab.numbers import plain, span
from lab.protocol import Estimate, Figure, Table
from lab.report import charts

__all__ = ["browser_table", "caveats", "figure", "percentile"]

_NO_MODEL = "no model (identity)"
_WHERE = ("in the browser", "without it")
_ONE_LOAD = "one load"


def percentile(found: BrowserTimes, share: float) -> Estimate | None:
    """Quantile of a call in milliseconds; None where the calls are too few.

    The interval is `edge.timing.quantiles.over_rounds`', one step of the page's clock wider at each end: the clock is coarse
    against a small model, and a time may be wrong by as much.
    """
    times, step = found.times, found.clock_step_ms
    if stats.quantile(times.ravel(), share, unit="ns") is None:
        return None
    known = over_rounds(times, share)
    return Estimate(known.value, max(known.low - step, 0.0), known.high + step, "ms", known.confidence)


def browser_table(row: BrowserRow, labels: Mapping[str, str], here: Mapping[str, np.ndarray]) -> Table:
    """List every candidate, and the identity model.

    Parameters
    ----------
    here : mapping of str to array of shape (rounds, calls)
        Nanoseconds of calls on this machine's CPU without a browser, by the candidate's name and of the identity model.
    """
    listed: list[tuple[Any, ...]] = []
    for name, browsed in row.models.items():
        label, found = labels.get(name, _NO_MODEL), browsed.found
        if found is None:
            listed.append((label, *[None, ""] * 2, None, None, None, "", None, None, None, None, browsed.lost))
            continue
        half, tail = percentile(found, 0.5), percentile(found, 0.99)
        native = over_rounds(here[name], 0.5).value if name in here else None
        load = stats.quantile(found.loads_s, 0.5, unit="s")
        listed.append((
            label, *_cells(half), *_cells(tail), native, half.value / native if half and native else None,
            float(np.median(found.loads_s)), span(load.low, load.high) if load else _ONE_LOAD,
            found.model_bytes / 1e6, found.rows, found.largest, found.flips, "",
        ))  # fmt: skip
    columns = (
        "model", "p50 (ms)", "interval", "p99 (ms)", "interval ", "p50 without (ms)", "ratio of p50",
        "load (s)", "interval  ", "model (MB)", "rows compared", "largest difference", "flipped labels", "lost",
    )  # fmt: skip
    caption = (
        "Each model alone in a fresh headless browser: WebAssembly, one thread, batch size 1, a different row in every call. The "
        "95 % intervals of calls include one step of the page's clock; \"without\" is this machine's CPU without a browser. "
        f"Answers are compared with this machine's on test rows, on rows outside their range and on split thresholds.{_runtime(row)}"
    )
    return Table("In a browser", caption, *without_empty(columns, listed))


def figure(
    row: BrowserRow, labels: Mapping[str, str], here: Mapping[str, np.ndarray], budget_ms: float
) -> Figure | None:
    """Draw p99 of every model in the browser and without it; None where no model ran there.

    `here` is as for `browser_table`, arrays of shape (rounds, calls).
    """
    drawn = []
    for name, found in _measured(row).items():
        there = percentile(found, 0.99)
        if there is None:
            continue
        label = labels.get(name, _NO_MODEL)
        seen = replace(there, low=max(there.low, found.clock_step_ms / 10))  # an axis of logarithms has no 0
        drawn.append((f"{label}, browser", _WHERE[0], seen))
        if name in here:
            drawn.append((f"{label}, no browser", _WHERE[1], over_rounds(here[name], 0.99)))
    if not drawn:
        return None
    caption = (
        "99 % of single calls finish within this time (p99, batch size 1, one thread), in the browser and on this machine without it; "
        f"bars are 95 % intervals, the dotted line is the budget of {budget_ms:g} ms."
    )
    spec = charts.interval_plot(
        sorted(drawn, key=lambda line: line[2].value), axis="p99 latency (ms, log scale)", reference=budget_ms, log=True,
        groups=[where for where in _WHERE if any(where == line[1] for line in drawn)],
    )  # fmt: skip
    return Figure("Latency in a browser", caption, spec)


def caveats(row: BrowserRow, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Say what a browser adds, and what it does not show, a sentence each."""
    there = {name: found for name, found in _measured(row).items() if name in labels}
    said = []
    for name, found in there.items():
        if found.flips or found.largest > 1e-4:
            said.append(
                f"in the browser the {labels[name]} does not give the same answers: its probabilities differ by up to "
                f"{plain(found.largest, 2)} and {found.flips} of {found.rows} labels differ from this machine's"
            )
    if there:
        slowest = max(there, key=lambda name: float(np.median(there[name].loads_s)))
        seconds = float(np.median(there[slowest].loads_s))
        said.append(
            f"the browser ran on this machine, without a network: a page on another device first downloads the runtime "
            f"and the model, and the slowest to load, the {labels[slowest]}, took {seconds:.2g} s here"
        )
    return tuple(said)


def _runtime(row: BrowserRow) -> str:
    known = list(_measured(row).values())
    if not known:
        return ""
    start = stats.quantile([found.runtime_s for found in known], 0.5, unit="s")
    interval = f" ({start.low:.2g} to {start.high:.2g})" if start else ""
    middle = float(np.median([found.runtime_s for found in known]))
    return (
        f" {known[0].agent} with onnxruntime-web {row.version}: the runtime takes {known[0].runtime_bytes / 1e6:.1f} MB "
        f"uncompressed and {middle:.2g} s{interval} to start, once per page; the clock has steps of "
        f"{1e3 * max(found.clock_step_ms for found in known):.2g} µs."
    )


def _measured(row: BrowserRow) -> dict[str, BrowserModelRow]:
    return {name: browsed.found for name, browsed in row.models.items() if browsed.found is not None}


def _cells(found: Estimate | None) -> tuple[Any, str]:
    return (None, "") if found is None else (found.value, span(found.low, found.high))
