"""What does a model take of a device? File, peak memory and cold start, beside a process that serves by scikit-learn."""

from collections.abc import Mapping, Sequence
from typing import Any

from lab.learning.families import Family
from lab.protocol import Estimate, Figure, Row, Table
from lab.report import charts

__all__ = ["figures", "table"]

_RUNTIMES = ("ONNX Runtime", "scikit-learn")


def table(there: Sequence[Family], estimates: Mapping[str, Estimate], rows: Mapping[str, Row]) -> Table:
    """List file, graph, memory and cold start of every candidate, and memory and cold start of its original."""
    found = tuple(
        (
            family.label,
            estimates[f"{family.name}.size_mb"].value,
            rows[f"build-{family.name}"]["nodes"],
            *_cells(estimates, f"{family.name}.memory_mb"),
            *_cells(estimates, f"{family.name}.cold_start_s"),
            *_of_original(rows, family.name),
        )
        for family in there
    )
    columns = (
        "model", "file (MB)", "graph nodes", "peak memory (MB)", "interval", "cold start (s)", "interval ",
        "memory by scikit-learn (MB)", "cold start by scikit-learn (s)",
    )  # fmt: skip
    caption = (
        "Peak memory and time from process start to the first answer, medians over 6 fresh processes that only serve; "
        "by scikit-learn one process each, which reads a skops file, where the rows hold numbers only."
    )
    return Table("Footprint", caption, columns, found)


def figures(there: Sequence[Family], estimates: Mapping[str, Estimate], rows: Mapping[str, Row]) -> tuple[Figure, ...]:
    """Draw bars of file size, peak memory and cold start; the last two beside the original by scikit-learn."""
    sizes = [(family.label, 1e3 * estimates[f"{family.name}.size_mb"].value) for family in there]
    drawn = [
        Figure("Footprint: file", "Size of each candidate's file.", charts.bars(sizes, axis="file size (kB)")),
    ]
    for what, place, title, axis in (
        ("memory_mb", 0, "Footprint: memory", "peak memory of a process that only serves (MB)"),
        ("cold_start_s", 1, "Footprint: cold start", "process start to first answer (s)"),
    ):
        bars = []
        for family in there:
            exported = estimates.get(f"{family.name}.{what}")
            own = _of_original(rows, family.name)[place]
            bars += [(family.label, _RUNTIMES[0], exported.value)] if exported else []
            bars += [(family.label, _RUNTIMES[1], own)] if own is not None else []
        shown = [runtime for runtime in _RUNTIMES if any(runtime == bar[1] for bar in bars)]
        if bars:
            caption = _said(bars)
            drawn.append(Figure(title, caption, charts.grouped_bars(bars, axis=axis, groups=shown)))
    return tuple(drawn)


def _said(bars: Sequence[tuple[str, str, float]]) -> str:
    """Say what most of it is: the runtime, or the library that the original needs."""
    of = {runtime: [value for _, by, value in bars if by == runtime] for runtime in _RUNTIMES}
    if not of["scikit-learn"] or not of["ONNX Runtime"]:
        return "Fresh processes that only serve; medians."
    ratios = sorted(own / exported for own, exported in _pairs(bars))
    span = f"{ratios[0]:.2g} to {ratios[-1]:.2g}" if f"{ratios[0]:.2g}" != f"{ratios[-1]:.2g}" else f"{ratios[0]:.2g}"
    return f"Fresh processes that only serve; medians. The same model takes {span} times as much by scikit-learn."


def _pairs(bars: Sequence[tuple[str, str, float]]) -> list[tuple[float, float]]:
    by = {(label, runtime): value for label, runtime, value in bars}
    labels = dict.fromkeys(label for label, _, _ in bars)
    both = [tuple(by.get((label, runtime)) for runtime in reversed(_RUNTIMES)) for label in labels]
    return [(own, exported) for own, exported in both if own is not None and exported is not None]


def _of_original(rows: Mapping[str, Row], name: str) -> tuple[float | None, float | None]:
    """Peak memory (MB) and cold start (s) of the original by scikit-learn, as far as they were measured."""
    found = rows.get("serve-originals", {}).get(name)
    return (None, None) if found is None else (found["peak_mib"] * 2**20 / 1e6, found["cold_start_s"])


def _cells(estimates: Mapping[str, Estimate], key: str) -> tuple[Any, str]:
    found = estimates.get(key)
    return (None, "") if found is None else (found.value, f"{found.low:.3g} to {found.high:.3g}")
