"""What was found about the candidates? Accuracy, size, equality, latency and footprint as estimates, figures, tables."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edge import budget, budget_figure, footprint, frontier, operation, throughput
from edge.given import is_given
from edge.latency import spread
from edge.remarks import remarks
from edge.trials import HARNESS
from lab import charts, comparison, scoring, stats
from lab.cells import without_cells
from lab.families import Family
from lab.protocol import Dataset, Estimate, Evidence, Figure, Row, Table

if TYPE_CHECKING:
    from edge.lab import Settings

__all__ = ["summarise"]

_MS = 1e-6  # milliseconds in a nanosecond
_ELSEWHERE = ("places", "browser")
_NOISY = 0.10
_MOST_OVERHEAD_US = 0.5
_RUNTIMES = ("ONNX Runtime", "scikit-learn")
_QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999)


def summarise(
    dataset: Dataset, settings: "Settings", rows: Mapping[str, Row], group: comparison.Group, families: Sequence[Family]
) -> Evidence:
    """Gather the rows of the trials; a candidate that could not be built or timed is left out and named."""
    rows = {key: _quoting_nobody(row, dataset) if key in _ELSEWHERE else row for key, row in rows.items()}
    metric = scoring.primary_metric(settings.metric, dataset)
    found = comparison.compare(dataset, (group,), rows, folds=settings.folds, repeats=settings.repeats, metric=metric)
    timed = rows.get("time", {}).get("times", {})
    there = [f for f in families if _measured(f, rows, timed, found, needs_memory=settings.memory_mb is not None)]
    if settings.rate is not None:
        there = [family for family in there if f"load-{family.name}" in rows]
    confidence = 1 - 0.05 / len(families)  # the best of several candidates is chosen by these intervals (Bonferroni)
    estimates: dict[str, Estimate] = {}
    for family in there:
        built, served = rows[f"build-{family.name}"], rows.get(f"serve-{family.name}")
        estimates |= _of_candidate(family.name, built, served, timed[f"{family.name} onnx"])
        estimates[f"{family.name}.drop"] = found.difference(
            found.best["all"], found.families[family.name], confidence=confidence
        )
        estimates[f"{family.name}.score"] = found.mean(found.families[family.name])
    labels = {family.name: family.label for family in families}
    at_work = operation.evidence(settings, labels, rows)
    estimates |= at_work.estimates
    latencies = _latencies(timed, labels)
    medians = {name: over_rounds(times, 0.5) for name, times in timed.items()}
    smaller = frontier.variants(there, rows, settings)
    levels = frontier.level_table(there, rows)
    batched = {f.name: rows[f"batches-{f.name}"] for f in there if f"batches-{f.name}" in rows}
    harness = _harness(timed)
    estimates |= {"harness.p50_us": harness} if harness else {}
    return Evidence(
        estimates=estimates | {f"{name}.p99": value for name, (_, value) in latencies.items()},
        facts={
            "candidates": [family.name for family in there],
            "unmeasured": [family.name for family in families if family not in there],
            "labels": labels,
            "metric": metric.label,
            "factor": metric.factor,
            "core": rows.get("time", {}).get("core"),
            **at_work.facts,
        },
        figures=(
            *_used(there, labels, estimates, settings, metric.factor),
            _latency_figure(latencies, settings),
            _distribution(timed, labels, settings),
            *(frontier.figures(smaller, settings) if smaller else ()),
            *footprint.figures(there, estimates, rows),
            *((throughput.figure(batched, labels),) if batched else ()),
            found.figure(
                "Accuracy of all models", f"{metric.label} on the same folds; bars are 95 % intervals of each mean."
            ),
            *at_work.figures,
        ),
        tables=(
            _budget_table(there, estimates, settings, metric.factor),
            _latency_table(timed, labels),
            *((frontier.table(smaller, settings),) if smaller else ()),
            _parity_table(there, rows),
            footprint.table(there, estimates, rows),
            *((throughput.table(batched, labels),) if batched else ()),
            *((levels,) if levels else ()),
            *at_work.tables,
            found.table(dataset.target),
        ),
        caveats=(
            *at_work.caveats,
            *remarks(there, medians, rows),
            *_caveats(families, there, timed, estimates, found),
        ),
    )


def _quoting_nobody(found: Any, dataset: Dataset) -> Any:
    """Take cells of the table out of what a runtime elsewhere said when it failed."""
    if not isinstance(found, Mapping):
        return found
    return {
        key: without_cells(value, dataset)
        if key == "lost" and isinstance(value, str)
        else _quoting_nobody(value, dataset)
        for key, value in found.items()
    }


def _measured(
    family: Family,
    rows: Mapping[str, Row],
    timed: Mapping[str, np.ndarray],
    found: comparison.Comparison,
    *,
    needs_memory: bool,
) -> bool:
    name = family.name
    served = f"serve-{name}" in rows or not needs_memory
    return f"build-{name}" in rows and f"{name} onnx" in timed and name in found.families and served


def _of_candidate(name: str, built: Row, served: Row | None, times: np.ndarray) -> dict[str, Estimate]:
    worst = max(built["parity"].values(), key=lambda parity: parity["largest"])
    flips = sum(parity["flips"] for parity in built["parity"].values())
    estimates = {
        f"{name}.p99_ms": over_rounds(times, 0.99),
        f"{name}.size_mb": _exact(built["size_bytes"] / 1e6, "MB"),
        f"{name}.parity": _exact(worst["largest"], ""),
        f"{name}.flips": _exact(flips, "labels"),
    }
    if served is not None:
        memory = stats.quantile(np.array(served["peak_mib"]) * 2**20 / 1e6, 0.5, unit="MB")
        start = stats.quantile(served["cold_start_s"], 0.5, unit="s")
        if memory is not None and start is not None:
            estimates |= {f"{name}.memory_mb": memory, f"{name}.cold_start_s": start}
    return estimates


def over_rounds(times: np.ndarray, share: float) -> Estimate:
    """Quantile of the latency in milliseconds; times of shape (rounds, calls) are nanoseconds.

    The interval between order statistics takes calls as independent; where rounds differ (the machine drifts), the
    bootstrap of whole rounds is wider, and then it counts.

    Raises
    ------
    ValueError
        If there are too few calls for an interval.
    """
    (found,) = _several_over_rounds(times, (share,))
    if found is None:
        raise ValueError(f"{times.size} calls are too few for an interval of the {share:.1%} quantile")
    return found


def _several_over_rounds(times: np.ndarray, shares: Sequence[float]) -> list[Estimate | None]:
    """Give several quantiles from one bootstrap; None where there are too few calls for an interval."""
    plain = [stats.quantile(times.ravel() * _MS, share, unit="ms") for share in shares]
    draws = np.random.default_rng(0).integers(len(times), size=(500, len(times)))
    resampled = [np.quantile(times[rows], shares, method="inverted_cdf") * _MS for rows in draws]
    ends = np.quantile(resampled, [0.025, 0.975], axis=0).T
    return [
        found and Estimate(found.value, min(found.low, float(low)), max(found.high, float(high)), "ms")
        for found, (low, high) in zip(plain, ends, strict=True)
    ]


def _exact(value: float, unit: str) -> Estimate:
    return Estimate(float(value), float(value), float(value), unit)


def _name(alternative: str, labels: Mapping[str, str]) -> tuple[str, str]:
    """Split an alternative into (words for a reader, runtime)."""
    family, _, runtime = alternative.partition(" ")
    if alternative == HARNESS:
        return "no call (the harness itself)", "none"
    if not runtime:
        return "no model (identity)", _RUNTIMES[0]
    return labels[family], dict(zip(("onnx", "sklearn"), _RUNTIMES, strict=True))[runtime]


def _latencies(
    timed: Mapping[str, np.ndarray], labels: Mapping[str, str]
) -> dict[str, tuple[tuple[str, str], Estimate]]:
    found = {}
    for alternative, times in timed.items():
        if alternative == HARNESS:
            continue  # it answers nothing, and would stretch the axis
        if stats.quantile(times.ravel(), 0.99, unit="ns") is not None:  # a slow original is called too few times
            found[alternative] = (_name(alternative, labels), over_rounds(times, 0.99))
    return found


def _latency_figure(latencies: Mapping[str, tuple[tuple[str, str], Estimate]], settings: "Settings") -> Figure:
    rows = [(f"{label}, {runtime}", runtime, p99) for (label, runtime), p99 in latencies.values()]
    rows.sort(key=lambda row: row[2].value)
    caption = (
        "99 % of single calls end within this time (p99, batch 1, one thread, hot); bars are 95 % intervals, "
        f"the dotted line is the budget of {settings.p99_ms:g} ms. The identity model shows what the runtime costs without a model."
    )
    spec = charts.interval_plot(
        rows,
        axis="p99 latency (ms, log scale)",
        reference=settings.p99_ms,
        log=True,
        groups=[runtime for runtime in _RUNTIMES if any(runtime == row[1] for row in rows)],
    )
    return Figure("Latency of a single call", caption, spec)


def _harness(timed: Mapping[str, np.ndarray]) -> Estimate | None:
    """Median of what the harness itself adds to every call, in microseconds."""
    if HARNESS not in timed:
        return None
    found = over_rounds(timed[HARNESS], 0.5)
    return Estimate(1e3 * found.value, 1e3 * found.low, 1e3 * found.high, "us")


def _distribution(timed: Mapping[str, np.ndarray], labels: Mapping[str, str], settings: "Settings") -> Figure:
    curves = {}
    for alternative, times in timed.items():
        label, runtime = _name(alternative, labels)
        if runtime == _RUNTIMES[0]:
            values = np.quantile(times.ravel() * _MS, _QUANTILES)
            curves[label] = [(float(value), 100 * share) for value, share in zip(values, _QUANTILES, strict=True)]
    caption = (
        "How many of 100 calls end within a time, exported models; the steeper, the steadier. "
        f"The dotted line is the budget of {settings.p99_ms:g} ms."
    )
    spec = charts.lines(
        curves, x="latency (ms, log scale)", y="calls ended (%)", log_x=True, reference_x=settings.p99_ms
    )
    return Figure("Distribution of the latency", caption, spec)


def _used(
    there: Sequence[Family],
    labels: Mapping[str, str],
    estimates: Mapping[str, Estimate],
    settings: "Settings",
    factor: float,
) -> tuple[Figure, ...]:
    """Draw the budgets of the candidate that decides; nothing where none was measured."""
    if not there:
        return ()
    decision = budget.decide([family.name for family in there], estimates, settings, factor=factor)
    return (budget_figure.figure(decision, labels[decision.name]),)


def _budget_table(
    there: Sequence[Family], estimates: Mapping[str, Estimate], settings: "Settings", factor: float
) -> Table:
    rows = tuple(
        (
            family.label,
            item.name,
            item.found.value,
            item.found.low,
            item.found.high,
            item.allowed,
            item.found.unit,
            item.status,
        )
        for family in there
        for item in budget.items(family.name, estimates, settings, factor=factor)
    )
    columns = ("model", "item", "found", "low", "high", "allowed", "unit", "result")
    return Table("Budgets, item by item", "Judged by the end of the 95 % interval that counts.", columns, rows)


def _latency_table(timed: Mapping[str, np.ndarray], labels: Mapping[str, str]) -> Table:
    rows = []
    for alternative, times in timed.items():
        cells: list[Any] = []
        for found in _several_over_rounds(times, (0.5, 0.9, 0.99, 0.999)):
            cells += [found.value, f"{found.low:.3g} to {found.high:.3g}"] if found else [None, "too few calls"]
        rows.append((*_name(alternative, labels), *cells, int(times.size), f"{100 * spread(times):.0f} %"))
    columns = (
        "model", "runtime", "p50 (ms)", "interval", "p90 (ms)", "interval ", "p99 (ms)", "interval  ", "p99.9 (ms)",
        "interval   ", "calls", "rounds' spread",
    )  # fmt: skip
    caption = (
        "Service time of one call after another by the fastest call of the runtime (bound buffers; by names where rows hold "
        "texts), every call another row; 95 % intervals by order statistics, or by resampling whole rounds where that is wider."
    )
    harness = _harness(timed)
    if harness:
        caption += (
            f" The harness itself adds {harness.value:.2g} us to a call at the median ({harness.low:.2g} to "
            f"{harness.high:.2g}), measured by a call that does nothing in the same rounds; it is not subtracted."
        )
    return Table("Latency", caption, columns, tuple(rows))


def _parity_table(there: Sequence[Family], rows: Mapping[str, Row]) -> Table:
    found = tuple(
        (
            family.label,
            rows[f"build-{family.name}"]["form"],
            where,
            parity["rows"],
            parity["largest"],
            parity["noticeable"],
            parity["flips"],
        )
        for family in there
        for where, parity in rows[f"build-{family.name}"]["parity"].items()
    )
    columns = ("model", "form", "rows", "count", "largest difference", "rows beyond 1e-5", "flipped labels")
    caption = (
        "The exported model against the original, which sees float64 rows: probabilities and labels. "
        "The form is the leanest that no row of the training part told from the original."
    )
    return Table("Is the exported model the same model?", caption, columns, found)


def _caveats(
    families: Sequence[Family],
    there: Sequence[Family],
    timed: Mapping[str, np.ndarray],
    estimates: Mapping[str, Estimate],
    found: comparison.Comparison,
) -> tuple[str, ...]:
    caveats = [f"the {f.label} could not be exported and measured" for f in families if f not in there]
    noisy = {name: spread(times) for name, times in timed.items() if name != HARNESS and spread(times) > _NOISY}
    harness = _harness(timed)
    if harness and harness.low > _MOST_OVERHEAD_US:
        caveats.append(
            f"the harness itself adds {harness.value:.2g} us to a call at the median, more than the {_MOST_OVERHEAD_US:g} us "
            "that it should: the fastest models are slower here than they are"
        )
    if noisy:
        name, worst = max(noisy.items(), key=lambda pair: pair[1])
        caveats.append(
            f"the machine was noisy: the medians of the rounds differ by up to {100 * worst:.0f} % ({name}); "
            "close other programs and repeat the run"
        )
    if any(is_given(family) for family in families):
        caveats.append(
            "the given model was scored on rows that it may have been trained on: then its accuracy is flattered; "
            "give a table that it has not seen"
        )
    return (
        *caveats,
        *found.caveats(),
        "measured on the CPU of this machine, called back to back: a device has another CPU, and a model that is called "
        "rarely answers more slowly from cold caches",
    )
