"""Which smaller models are worth their loss? Every variant with its accuracy, size and latency, and the Pareto front."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.budget.decision import Item, worst
from edge.session import LEVELS
from edge.settings import Settings
from edge.timing.quantiles import over_rounds
from edge.variants.trials import VariantRow, VariantTimesRow, named
from lab import stats
from lab.belonging import equal_units
from lab.numbers import Unit, span, unit_of
from lab.protocol import Estimate, Figure, Table
from lab.report import charts
from lab.wording import amount

__all__ = ["Variant", "cheapest", "figures", "front", "level_table", "table", "variants"]


@dataclass(frozen=True)
class Variant:
    """A file that could be deployed, and what it costs; accuracy and its loss are in points on the same test rows."""

    label: str
    name: str
    accuracy: float
    loss: Estimate
    size_mb: float
    latency: Estimate
    median_ms: float
    flips: int
    neighbours: float
    status: str
    memory_mb: float = 0.0


def variants(
    varied: Mapping[str, Mapping[str, VariantRow]],
    labels: Mapping[str, str],
    timed: Mapping[str, np.ndarray],
    settings: Settings,
    weights: np.ndarray | None = None,
) -> list[Variant]:
    """Gather the variants of all families, as far as they were timed.

    Parameters
    ----------
    varied, labels : mapping
        By the candidate's name.
    timed : mapping of str to numpy.ndarray
        As in `VariantTimesRow.times`: of shape (rounds, calls), in nanoseconds.
    weights : numpy.ndarray of shape (n_rows,), optional
        For how much each test row counts; all alike without it.
    """
    kept = [
        (family, name, found, timed[named(family, name)])
        for family, each in varied.items()
        for name, found in each.items()
        if named(family, name) in timed
    ]
    if not kept:
        return []
    best = max((found.original_right for _, _, found, _ in kept), key=lambda right: np.average(right, weights=weights))
    made = []
    for family, name, found, times in kept:
        loss, size, p99 = _loss(best, found.right, weights), found.size_bytes / 1e6, over_rounds(times, 0.99)
        memory = found.peak_mib * 2**20 / 1e6
        items = [
            Item("latency (p99)", p99, settings.p99_ms),
            Item("file size", Estimate(size, size, size, "MB"), settings.size_mb),
            Item("accuracy loss", loss, 100 * settings.max_drop),
        ]
        if settings.memory_mb is not None:
            items.append(Item("peak memory", Estimate(memory, memory, memory, "MB"), settings.memory_mb))
        made.append(
            Variant(
                labels[family],
                name,
                100 * float(np.average(found.right, weights=weights)),
                loss,
                size,
                p99,
                over_rounds(times, 0.5).value,
                found.flips,
                found.neighbours,
                worst(item.status for item in items),
                memory,
            )
        )
    return made


def front(found: Sequence[Variant], *, memory: bool = False) -> list[Variant]:
    """Keep the variants that no other beats in accuracy, size and latency, and in memory where that counts; smallest first.

    One beats another if it is nowhere worse and somewhere better. Medians of the latency within 5 % of one another,
    and peaks of the memory, count as equal: that far two measurements of the same file differ.

    >>> few = [_example(90, 1.0), _example(95, 2.0), _example(94, 3.0)]
    >>> [(v.accuracy, v.size_mb) for v in front(few)]
    [(90, 1.0), (95, 2.0)]
    """
    kept = [v for v in found if not any(_beats(w, v, memory=memory) for w in found)]
    return sorted(kept, key=lambda v: (v.size_mb, -v.accuracy))


def _beats(a: Variant, b: Variant, *, memory: bool) -> bool:
    pairs = [(a.median_ms, b.median_ms)] + ([(a.memory_mb, b.memory_mb)] if memory else [])
    nowhere_worse = a.accuracy >= b.accuracy and a.size_mb <= b.size_mb and all(x <= _EQUAL * y for x, y in pairs)
    somewhere_better = a.accuracy > b.accuracy or a.size_mb < b.size_mb or any(_EQUAL * x < y for x, y in pairs)
    return nowhere_worse and somewhere_better


def _line(found: Sequence[Variant], cost: Callable[[Variant], float]) -> list[Variant]:
    """Keep the variants to which none is at least equal in accuracy and one cost and better in one; cheapest first."""
    kept: list[Variant] = []
    for variant in sorted(found, key=lambda v: (cost(v), -v.accuracy)):
        if not kept or variant.accuracy > kept[-1].accuracy:
            kept.append(variant)
    return kept


def cheapest(found: Sequence[Variant]) -> Variant | None:
    """Take the smallest file that meets every budget of a variant for certain; None where none does."""
    return min((v for v in found if v.status == "pass"), key=lambda v: v.size_mb, default=None)


def table(found: Sequence[Variant], settings: Settings) -> Table:
    """List all variants, the smallest first."""
    size, time = _units(found)
    on_front = {(v.label, v.name) for v in front(found, memory=settings.memory_mb is not None)}
    rows = tuple(
        (
            v.label, v.name, v.accuracy, v.loss.value, span(v.loss.low, v.loss.high), size.of(v.size_mb),
            time.of(v.median_ms), time.of(v.latency.value), _span(v.latency, time),
            v.memory_mb, v.flips, v.neighbours, v.status, "yes" if (v.label, v.name) in on_front else "",
        )
        for v in sorted(found, key=lambda v: v.size_mb)
    )  # fmt: skip
    columns = (
        "model", "variant", "accuracy (points)", "loss (points)", "interval", f"file ({size.name})", f"p50 ({time.name})",
        f"p99 ({time.name})", "interval ", "peak memory (MB)", "flipped labels", "moved by its batch", "result", "on the Pareto front",
    )  # fmt: skip
    return Table("Smaller models", f"{_said(found, settings)} {_CAPTION}", columns, rows)


def figures(found: Sequence[Variant], settings: Settings) -> tuple[Figure, Figure]:
    """Draw size, and latency, against accuracy, each with its front and its budget."""
    said = _said(found, settings)
    mb, ms = _units(found)
    size = _figure(
        found, lambda v: mb.factor * v.size_mb, f"file size ({mb.name}, log scale)", mb.factor * settings.size_mb
    )
    speed = _figure(
        found, lambda v: ms.factor * v.latency.value, f"p99 latency ({ms.name}, log scale)", ms.factor * settings.p99_ms
    )
    line = "The grey line joins the Pareto front: nothing else is both"
    return (
        Figure("What does a smaller file cost?", f"{said} {line} smaller and more accurate.", size),
        Figure(
            "What does a faster answer cost?", f"Batch size 1, one thread, hot. {line} faster and more accurate.", speed
        ),
    )


def _figure(found: Sequence[Variant], cost: Callable[[Variant], float], axis: str, budget: float) -> dict[str, Any]:
    series = {label: [(cost(v), v.accuracy) for v in found if v.label == label] for label in _labels(found)}
    costs = [cost(v) for v in found]
    near = min(costs) / 3 <= budget <= 3 * max(costs)  # a budget far away would press all points into a corner
    spec = charts.lines(
        {"Pareto front": [(cost(v), v.accuracy) for v in _line(found, cost)]},
        x=axis,
        y="accuracy (points)",
        log_x=True,
        reference_x=budget if near else None,
    )
    values = [{"x": x, "y": y, "model": label} for label, points in series.items() for x, y in points]
    legend = {"title": None, "orient": "top"}
    colours = {"domain": list(series), "range": [charts.COLOURS[i % len(charts.COLOURS)] for i in range(len(series))]}
    points: dict[str, Any] = {
        "data": {"values": values},
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "scale": {"type": "log"}},
            "y": {"field": "y", "type": "quantitative", "scale": {"zero": False}},
            "color": {
                "field": "model",
                "type": "nominal",
                "scale": colours,
                "legend": legend,
            },
            "shape": {"field": "model", "type": "nominal", "scale": {"domain": list(series)}, "legend": legend},
        },
    }
    spec["layer"][0]["encoding"]["color"] = {"value": "#888"}
    del spec["layer"][0]["encoding"]["strokeDash"]
    spec["layer"].append(points)
    return spec


def level_table(labels: Mapping[str, str], row: VariantTimesRow) -> Table | None:
    """List the latency of the candidates at every level of the runtime's optimisation; None where it was not measured."""
    timed = [
        (label, level, over_rounds(times, 0.5), over_rounds(times, 0.99))
        for family, label in labels.items()
        for level in LEVELS
        if (times := row.levels.get(named(family, level))) is not None
    ]
    unit = unit_of((p50.value for _, _, p50, _ in timed), "ms")
    found = [
        (label, level, unit.of(p50.value), _span(p50, unit), unit.of(p99.value), _span(p99, unit))
        for label, level, p50, p99 in timed
    ]
    columns = ("model", "level", f"p50 ({unit.name})", "interval", f"p99 ({unit.name})", "interval ")
    caption = (
        "The same file, loaded at each level of ONNX Runtime's graph optimisation; 'all' is its default, used for every "
        "other figure. Graphs as lean as these leave it little to optimise."
    )
    return Table("Levels of graph optimisation", caption, columns, tuple(found)) if found else None


_EQUAL = 1.05
_CAPTION = (
    "Accuracy on the same test rows; loss against the most accurate original there, with its paired 95 % interval; peak "
    "memory of one process that only serves; 'moved by its batch' is the largest change in a probability when a row is "
    "predicted alone. float16 stores a network's weights in half the bytes and computes in float32; the runtime has no float16 "
    "trees. Exploratory: these figures rest on one fold, and the verdict does not use them."
)


def _units(found: Sequence[Variant]) -> tuple[Unit, Unit]:
    """Give the units for sizes and for times, the same in the table and in the pictures."""
    return unit_of((v.size_mb for v in found), "MB"), unit_of((v.median_ms for v in found), "ms")


def _span(found: Estimate, unit: Unit) -> str:
    return span(unit.factor * found.low, unit.factor * found.high)


def _labels(found: Sequence[Variant]) -> list[str]:
    return list(dict.fromkeys(v.label for v in found))


def _said(found: Sequence[Variant], settings: Settings) -> str:
    best = cheapest(found)
    budgets = "latency, size, memory and accuracy" if settings.memory_mb is not None else "latency, size and accuracy"
    if best is None:
        return f"No variant is shown to meet the budgets of {budgets}."
    return (
        f"The smallest that meets the budgets of {budgets}: {best.label}, {best.name} ({amount(best.size_mb, 'MB')})."
    )


def _loss(best: np.ndarray, right: np.ndarray, weights: np.ndarray | None) -> Estimate:
    """Loss in points on the same rows; rows that agree to the last one leave up to 3 in n (the rule of three)."""
    if weights is None:
        found = stats.paired_difference(100.0 * best, 100.0 * right, test_fraction=0.0, unit="points")
    else:
        lost, shares = 100.0 * (best - right), weights / weights.sum()
        mean = float(shares @ lost)
        found = stats.estimate_of(mean, stats.row_spread([shares * (lost - mean)]), unit="points")
    reach = 300 / (len(right) if weights is None else equal_units(weights))
    return Estimate(found.value, min(found.low, found.value - reach), max(found.high, found.value + reach), "points")


def _example(accuracy: float, size_mb: float) -> Variant:
    nothing = Estimate(0.0, 0.0, 0.0, "")
    return Variant("", "", accuracy, nothing, size_mb, nothing, 0.0, 0, 0.0, "pass")
