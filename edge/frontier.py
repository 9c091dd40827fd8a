"""Which smaller models are worth their loss? Every variant with its accuracy, size and latency, and the Pareto front."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.budget import Item, worst
from lab import charts, stats
from lab.protocol import Estimate, Figure, Row, Table

if TYPE_CHECKING:
    from edge.lab import Settings
    from lab.families import Family

__all__ = ["Variant", "cheapest", "figure", "front", "table", "variants"]


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


def variants(families: Sequence["Family"], rows: Mapping[str, Row], settings: "Settings") -> list[Variant]:
    """Gather the variants of all families, as far as they were timed."""
    from edge.evidence import over_rounds

    timed = rows.get("time-variants", {}).get("times", {})
    kept = [
        (family, name, found, timed[f"{family.name} {name}"])
        for family in families
        for name, found in rows.get(f"vary-{family.name}", {}).items()
        if f"{family.name} {name}" in timed
    ]
    if not kept:
        return []
    best = max((found["original_right"] for _, _, found, _ in kept), key=lambda right: float(np.mean(right)))
    made = []
    for family, name, found, times in kept:
        loss, size, p99 = _loss(best, found["right"]), found["size_bytes"] / 1e6, over_rounds(times, 0.99)
        items = (
            Item("latency (p99)", p99, settings.p99_ms),
            Item("file size", Estimate(size, size, size, "MB"), settings.size_mb),
            Item("accuracy loss", loss, 100 * settings.max_drop),
        )
        made.append(
            Variant(
                family.label,
                name,
                100 * float(np.mean(found["right"])),
                loss,
                size,
                p99,
                over_rounds(times, 0.5).value,
                found["flips"],
                found["neighbours"],
                worst(item.status for item in items),
            )
        )
    return made


def front(found: Sequence[Variant]) -> list[Variant]:
    """Keep the variants to which none is at least equal in accuracy and size and better in one; smallest first.

    >>> few = [_example(90, 1.0), _example(95, 2.0), _example(94, 3.0)]
    >>> [(v.accuracy, v.size_mb) for v in front(few)]
    [(90, 1.0), (95, 2.0)]
    """
    kept: list[Variant] = []
    for variant in sorted(found, key=lambda v: (v.size_mb, -v.accuracy)):
        if not kept or variant.accuracy > kept[-1].accuracy:
            kept.append(variant)
    return kept


def cheapest(found: Sequence[Variant]) -> Variant | None:
    """Take the smallest file that meets the budgets of latency, size and accuracy for certain; None where none does."""
    return min((v for v in found if v.status == "pass"), key=lambda v: v.size_mb, default=None)


def table(found: Sequence[Variant]) -> Table:
    """List all variants, the smallest first."""
    on_front = {(v.label, v.name) for v in front(found)}
    rows = tuple(
        (
            v.label, v.name, v.accuracy, v.loss.value, f"{v.loss.low:.2g} to {v.loss.high:.2g}", 1e3 * v.size_mb,
            1e3 * v.median_ms, 1e3 * v.latency.value, f"{1e3 * v.latency.low:.3g} to {1e3 * v.latency.high:.3g}", v.flips,
            v.neighbours, v.status, "yes" if (v.label, v.name) in on_front else "",
        )
        for v in sorted(found, key=lambda v: v.size_mb)
    )  # fmt: skip
    columns = (
        "model", "variant", "accuracy (points)", "loss (points)", "interval", "file (kB)", "p50 (us)", "p99 (us)",
        "interval ", "flipped labels", "moved by its batch", "result", "on the front",
    )  # fmt: skip
    return Table("Smaller models", f"{_said(found)} {_CAPTION}", columns, rows)


def figure(found: Sequence[Variant]) -> Figure:
    """Draw size against accuracy with the front."""
    series = {label: [(1e3 * v.size_mb, v.accuracy) for v in found if v.label == label] for label in _labels(found)}
    spec = charts.lines(
        {"Pareto front": [(1e3 * v.size_mb, v.accuracy) for v in front(found)]},
        x="file size (kB, log scale)",
        y="accuracy (points)",
        log_x=True,
        points=True,
    )
    values = [{"x": x, "y": y, "model": label} for label, points in series.items() for x, y in points]
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
                "legend": {"title": None, "orient": "top"},
            },
            "shape": {"field": "model", "type": "nominal", "legend": None},
        },
    }
    spec["layer"][0]["encoding"]["color"] = {"value": "#888"}
    del spec["layer"][0]["encoding"]["strokeDash"]
    spec["layer"].append(points)
    return Figure(
        "What does a smaller file cost?",
        f"{_said(found)} The grey line joins the Pareto front: nothing else is both smaller and more accurate.",
        spec,
    )


_CAPTION = (
    "Accuracy on the same test rows; loss against the most accurate original there, with its paired 95 % interval; "
    "'moved by its batch' is the largest change of a probability when a row is asked alone. Exploratory: these figures "
    "rest on one fold, and the verdict does not use them."
)


def _labels(found: Sequence[Variant]) -> list[str]:
    return list(dict.fromkeys(v.label for v in found))


def _said(found: Sequence[Variant]) -> str:
    best = cheapest(found)
    if best is None:
        return "No variant is shown to meet the budgets of latency, size and accuracy."
    return (
        f"The smallest that meets the budgets of latency, size and accuracy: {best.label}, {best.name} "
        f"({1e3 * best.size_mb:.3g} kB)."
    )


def _loss(best: np.ndarray, right: np.ndarray) -> Estimate:
    """Loss in points on the same rows; rows that agree to the last one leave up to 3 in n (the rule of three)."""
    found = stats.paired_difference(100.0 * best, 100.0 * right, test_fraction=0.0, unit="points")
    reach = 300 / len(right)
    return Estimate(found.value, min(found.low, found.value - reach), max(found.high, found.value + reach), "points")


def _example(accuracy: float, size_mb: float) -> Variant:
    nothing = Estimate(0.0, 0.0, 0.0, "")
    return Variant("", "", accuracy, nothing, size_mb, nothing, 0.0, 0, 0.0, "pass")
