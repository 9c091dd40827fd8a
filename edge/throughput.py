"""How many rows a second, against the size of a batch? The exported model on one thread and on all, and its original.

At every size the alternatives take turns; a round is as many calls as fit into a few milliseconds, timed as one.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lab import charts, stats
from lab.protocol import Estimate, Figure, Row, Table

if TYPE_CHECKING:
    from edge.latency import Clock

__all__ = ["BATCHES", "ROUNDS", "best_batch", "figure", "measure_throughput", "table"]

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
ROUNDS = 6
"""The fewest with a distribution-free 95 % interval of the median: from the slowest to the fastest (1 - 2 / 2^6 = 96.9 %)."""
_ROUND_NS = 3_000_000
_MOST_CALLS = 1_000


def measure_throughput(
    alternatives: Mapping[str, Callable[[int, int], object]],
    *,
    batches: Sequence[int] = BATCHES,
    rounds: int = ROUNDS,
    clock: "Clock" = time.perf_counter_ns,
) -> dict[str, list[list[float]]]:
    """Time the alternatives at every size of a batch; `call(size, turn)` answers `size` rows, others at every turn.

    Returns
    -------
    dict of str to list
        By alternative, for every size: rows per second in each round.
    """
    found: dict[str, list[list[float]]] = {name: [] for name in alternatives}
    for size in batches:
        calls = {}
        for name, call in alternatives.items():
            call(size, 0)  # the first call of a size allocates
            fastest = min(_nanoseconds(call, size, turn, clock) for turn in range(1, 4))
            calls[name] = int(min(max(_ROUND_NS // max(fastest, 1), 1), _MOST_CALLS))
            found[name].append([])
        for turn in range(rounds):
            for name, call in alternatives.items():
                first = turn * calls[name]
                start = clock()
                for place in range(first, first + calls[name]):
                    call(size, place)
                seconds = max(clock() - start, 1) * 1e-9
                found[name][-1].append(size * calls[name] / seconds)
    return found


def _nanoseconds(call: Callable[[int, int], object], size: int, turn: int, clock: "Clock") -> int:
    start = clock()
    call(size, turn)
    return clock() - start


def best_batch(row: Row, alternative: str) -> tuple[int, float]:
    """Give the size with the most rows per second, and how many (medians)."""
    medians = [float(np.median(rounds)) for rounds in row["rates"][alternative]]
    place = int(np.argmax(medians))
    return row["batches"][alternative][place], medians[place]


def figure(rows: Mapping[str, Row], labels: Mapping[str, str]) -> Figure:
    """Draw rows per second against the size of a batch, both on log axes; one curve per exported model, one thread."""
    curves = {
        labels[name]: [
            (float(size), float(np.median(rounds)))
            for size, rounds in zip(row["batches"]["one thread"], row["rates"]["one thread"], strict=True)
        ]
        for name, row in rows.items()
    }
    said = "; ".join(
        f"{labels[name]} {_short(best_batch(row, 'one thread')[1])} at {best_batch(row, 'one thread')[0]:,}"
        for name, row in rows.items()
    )
    return Figure(
        "How many rows a second, asked in batches?",
        f"Exported models on one thread, medians of {ROUNDS} rounds. Most rows a second and the size of the batch: {said}.",
        charts.lines(curves, x="rows in a batch (log scale)", y="rows per second (log scale)", log_x=True, log_y=True, points=True),
    )  # fmt: skip


def table(rows: Mapping[str, Row], labels: Mapping[str, str]) -> Table:
    """List rows per second by model, runtime and size of the batch, with intervals."""
    cells: list[tuple[Any, ...]] = []
    for name, row in rows.items():
        for alternative, by_size in row["rates"].items():
            for size, rounds in zip(row["batches"][alternative], by_size, strict=True):
                rate = _estimate(rounds)
                threads = row["threads"] if alternative == "all threads" else 1
                runtime = "scikit-learn" if alternative == "scikit-learn" else "ONNX Runtime"
                cells.append(
                    (labels[name], runtime, threads, size, rate.value, f"{rate.low:,.0f} to {rate.high:,.0f}",
                     1e3 * size / rate.value)
                )  # fmt: skip
    columns = ("model", "runtime", "threads", "batch (rows)", "rows per second", "interval", "one batch takes (ms)")
    caption = (
        f"Medians of {ROUNDS} rounds in which the alternatives take turns, every batch of other rows; the interval goes from "
        "the slowest to the fastest round (96.9 %)."
    )
    return Table("Throughput by batch size", caption, columns, tuple(cells))


def _estimate(rounds: Sequence[float]) -> Estimate:
    found = stats.quantile(np.array(rounds), 0.5, unit="rows/s")
    if found is None:
        raise ValueError(f"{len(rounds)} rounds are too few for an interval of the median; it takes {ROUNDS}")
    return found


def _short(rate: float) -> str:
    return f"{rate / 1e6:.2g} million" if rate >= 1e6 else f"{float(f'{rate:.2g}'):,.0f}"
