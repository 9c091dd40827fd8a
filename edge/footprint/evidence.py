"""What does a model take of a device? File, peak memory and cold start, beside a process that serves by scikit-learn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.building.trials import BuiltRow
from edge.footprint.trials import OriginalRow, ServedRow
from lab import stats
from lab.numbers import span, unit_of
from lab.protocol import Estimate, Figure, Table
from lab.report import charts

__all__ = ["Footprint", "cold_start", "figures", "memory", "table"]

_RUNTIMES = ("ONNX Runtime", "scikit-learn")


@dataclass(frozen=True, eq=False)
class Footprint:
    """A candidate by the words for a reader, its file, and what was measured of processes that serve it or its original."""

    label: str
    built: BuiltRow
    served: ServedRow | None = None
    original: OriginalRow | None = None

    @property
    def size_mb(self) -> float:
        """Megabytes (10^6 bytes) of the file."""
        return self.built.size_bytes / 1e6


def memory(served: ServedRow | None) -> Estimate | None:
    """Median of the peak memory in megabytes; None without processes, or with too few for an interval."""
    if served is None:
        return None
    return stats.quantile(np.array(served.peak_mib) * 2**20 / 1e6, 0.5, unit="MB")


def cold_start(served: ServedRow | None) -> Estimate | None:
    """Median of the seconds from the start of a process to its first answer; None as for `memory`."""
    if served is None:
        return None
    return stats.quantile(served.cold_start_s, 0.5, unit="s")


def table(there: Sequence[Footprint]) -> Table:
    """List file, graph, memory and cold start of every candidate, and memory and cold start of its original."""
    unit = unit_of((each.size_mb for each in there), "MB")
    found = tuple(
        (
            each.label,
            unit.of(each.size_mb),
            each.built.nodes,
            *_cells(memory(each.served)),
            *_cells(cold_start(each.served)),
            *_of_original(each.original),
        )
        for each in there
    )
    columns = (
        "model", f"file ({unit.name})", "graph nodes", "peak memory (MB)", "interval", "cold start (s)", "interval ",
        "memory with scikit-learn (MB)", "cold start with scikit-learn (s)",
    )  # fmt: skip
    caption = (
        "Peak memory and cold start (time from process start to the first answer), medians of 6 fresh processes that only serve; "
        "with scikit-learn, one process each that reads a skops file, only where all columns are numeric."
    )
    return Table("Footprint", caption, columns, found)


def figures(there: Sequence[Footprint]) -> tuple[Figure, ...]:
    """Draw bars of file size, peak memory and cold start; the last two beside the original by scikit-learn."""
    unit = unit_of((each.size_mb for each in there), "MB")
    sizes = [(each.label, unit.factor * each.size_mb) for each in there]
    drawn = [
        Figure(
            "Footprint: file",
            "Size of each candidate's model file.",
            charts.bars(sizes, axis=f"file size ({unit.name})"),
        ),
    ]
    for measured, place, title, axis in (
        (memory, 0, "Footprint: memory", "peak memory of a process that only serves (MB)"),
        (cold_start, 1, "Footprint: cold start", "process start to first answer (s)"),
    ):
        bars = []
        for each in there:
            exported = measured(each.served)
            own = _of_original(each.original)[place]
            bars += [(each.label, _RUNTIMES[0], exported.value)] if exported else []
            bars += [(each.label, _RUNTIMES[1], own)] if own is not None else []
        shown = [runtime for runtime in _RUNTIMES if any(runtime == bar[1] for bar in bars)]
        if bars:
            caption = _said(bars)
            drawn.append(Figure(title, caption, charts.grouped_bars(bars, axis=axis, groups=shown)))
    return tuple(drawn)


def _said(bars: Sequence[tuple[str, str, float]]) -> str:
    """Say what most of it is: the runtime, or the library that the original needs."""
    exported, own = (any(by == runtime for _, by, _ in bars) for runtime in _RUNTIMES)
    if not own or not exported:
        return "Fresh processes that only serve; medians."
    ratios = sorted(own / exported for own, exported in _pairs(bars))
    span = f"{ratios[0]:.2g} to {ratios[-1]:.2g}" if f"{ratios[0]:.2g}" != f"{ratios[-1]:.2g}" else f"{ratios[0]:.2g}"
    return f"Fresh processes that only serve; medians. The same model takes {span} times as much with scikit-learn."


def _pairs(bars: Sequence[tuple[str, str, float]]) -> list[tuple[float, float]]:
    by = {(label, runtime): value for label, runtime, value in bars}
    labels = dict.fromkeys(label for label, _, _ in bars)
    both = [tuple(by.get((label, runtime)) for runtime in reversed(_RUNTIMES)) for label in labels]
    return [(own, exported) for own, exported in both if own is not None and exported is not None]


def _of_original(found: OriginalRow | None) -> tuple[float | None, float | None]:
    """Peak memory (MB) and cold start (s) of the original by scikit-learn, as far as they were measured."""
    return (None, None) if found is None else (found.peak_mib * 2**20 / 1e6, found.cold_start_s)


def _cells(found: Estimate | None) -> tuple[Any, str]:
    return (None, "") if found is None else (found.value, span(found.low, found.high))
