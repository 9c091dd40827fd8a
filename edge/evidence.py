"""What was found about the candidates? Accuracy, size, equality, latency and footprint as estimates, figures, tables."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edge import operation
from edge.findings import footprint, frontier, throughput
from edge.findings.budget_figure import budget_table, used_budgets
from edge.findings.latency import distribution_figure, harness_overhead, latencies_of, latency_figure, latency_table
from edge.findings.parity import parity_table
from edge.findings.remarks import remarks
from edge.given.family import is_given
from edge.timing.latency import spread
from edge.timing.quantiles import over_rounds
from edge.timing.trials import HARNESS
from lab import stats
from lab.learning import comparison, scoring
from lab.learning.families import Family
from lab.privacy.cells import without_cells
from lab.protocol import Dataset, Estimate, Evidence, Row

if TYPE_CHECKING:
    from edge.settings import Settings

__all__ = ["summarise"]

_ELSEWHERE = ("places", "browser")
_NOISY = 0.10
_MOST_OVERHEAD_US = 0.5


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
    latencies = latencies_of(timed, labels)
    medians = {name: over_rounds(times, 0.5) for name, times in timed.items()}
    smaller = frontier.variants(there, rows, settings)
    levels = frontier.level_table(there, rows)
    batched = {f.name: rows[f"batches-{f.name}"] for f in there if f"batches-{f.name}" in rows}
    harness = harness_overhead(timed)
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
            *used_budgets(there, labels, estimates, settings, metric.factor),
            latency_figure(latencies, settings),
            distribution_figure(timed, labels, settings),
            *(frontier.figures(smaller, settings) if smaller else ()),
            *footprint.figures(there, estimates, rows),
            *((throughput.figure(batched, labels),) if batched else ()),
            found.figure(
                "Accuracy of all models", f"{metric.label} on the same folds; bars are 95 % intervals of each mean."
            ),
            *at_work.figures,
        ),
        tables=(
            budget_table(there, estimates, settings, metric.factor),
            latency_table(timed, labels),
            *((frontier.table(smaller, settings),) if smaller else ()),
            parity_table(there, rows),
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


def _exact(value: float, unit: str) -> Estimate:
    return Estimate(float(value), float(value), float(value), unit)


def _caveats(
    families: Sequence[Family],
    there: Sequence[Family],
    timed: Mapping[str, np.ndarray],
    estimates: Mapping[str, Estimate],
    found: comparison.Comparison,
) -> tuple[str, ...]:
    caveats = [f"the {f.label} could not be exported and measured" for f in families if f not in there]
    noisy = {name: spread(times) for name, times in timed.items() if name != HARNESS and spread(times) > _NOISY}
    harness = harness_overhead(timed)
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
