"""How many rows a second, against the size of a batch? The figure and the table."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edge.throughput.batches import ROUNDS
from edge.throughput.trials import ALL_THREADS, ONE_THREAD, SCIKIT_LEARN, ThroughputRow
from lab import stats
from lab.protocol import Estimate, Figure, Table
from lab.report import charts

__all__ = ["best_batch", "figure", "table"]


def best_batch(row: ThroughputRow, alternative: str) -> tuple[int, float]:
    """Give the size with the most rows per second, and how many (medians)."""
    medians = [float(np.median(rounds)) for rounds in row.rates[alternative]]
    place = int(np.argmax(medians))
    return row.batches[alternative][place], medians[place]


def figure(rows: Mapping[str, ThroughputRow], labels: Mapping[str, str]) -> Figure:
    """Draw rows per second against the size of a batch, both on log axes; one curve per exported model, one thread."""
    curves = {
        labels[name]: [
            (float(size), float(np.median(rounds)))
            for size, rounds in zip(row.batches[ONE_THREAD], row.rates[ONE_THREAD], strict=True)
        ]
        for name, row in rows.items()
    }
    said = "; ".join(
        f"{labels[name]} {_short(best_batch(row, ONE_THREAD)[1])} at {best_batch(row, ONE_THREAD)[0]:,}"
        for name, row in rows.items()
    )
    return Figure(
        "What is the throughput in batches?",
        f"Exported models on one thread, medians of {ROUNDS} rounds. Highest throughput (rows per second) and its batch size: {said}.",
        charts.lines(curves, x="rows in a batch (log scale)", y="rows per second (log scale)", log_x=True, log_y=True, points=True),
    )  # fmt: skip


def table(rows: Mapping[str, ThroughputRow], labels: Mapping[str, str]) -> Table:
    """List rows per second by model, runtime and size of the batch, with intervals."""
    cells: list[tuple[Any, ...]] = []
    for name, row in rows.items():
        for alternative, by_size in row.rates.items():
            for size, rounds in zip(row.batches[alternative], by_size, strict=True):
                speed = _estimate(rounds)
                threads = row.threads if alternative == ALL_THREADS else 1
                runtime = "scikit-learn" if alternative == SCIKIT_LEARN else "ONNX Runtime"
                cells.append(
                    (labels[name], runtime, threads, size, speed.value, f"{speed.low:,.0f} to {speed.high:,.0f}",
                     1e3 * size / speed.value)
                )  # fmt: skip
    columns = ("model", "runtime", "threads", "batch (rows)", "rows per second", "interval", "one batch takes (ms)")
    caption = (
        f"Medians of {ROUNDS} rounds in which the alternatives take turns, each batch with different rows; the interval runs from "
        "the slowest to the fastest round (96.9 %)."
    )
    return Table("Throughput by batch size", caption, columns, tuple(cells))


def _estimate(rounds: Sequence[float]) -> Estimate:
    found = stats.quantile(np.array(rounds), 0.5, unit="rows/s")
    if found is None:
        raise ValueError(f"{len(rounds)} rounds are too few for an interval of the median; it takes {ROUNDS}")
    return found


def _short(speed: float) -> str:
    return f"{speed / 1e6:.2g} million" if speed >= 1e6 else f"{float(f'{speed:.2g}'):,.0f}"
