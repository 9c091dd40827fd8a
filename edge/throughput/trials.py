"""What work is done in batches? Every candidate on one thread and on all, and its original, at many sizes of a batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.building.trials import BUILD
from edge.exporting import device, originals
from edge.session import OUTPUT, session
from edge.throughput.batches import BATCHES, measure_throughput
from lab.host.machine import n_cores
from lab.learning.folds import Fold, split
from lab.learning.outer import Named
from lab.protocol import Dataset, Key, Rows

__all__ = ["ALL_THREADS", "ONE_THREAD", "SCIKIT_LEARN", "THROUGHPUT", "ThroughputRow", "in_batches"]

ONE_THREAD, ALL_THREADS, SCIKIT_LEARN = "one thread", "all threads", "scikit-learn"
"""Names of the alternatives: the exported model twice, and its original."""


@dataclass(frozen=True)
class ThroughputRow:
    """Rows per second of a candidate.

    Attributes
    ----------
    batches : mapping of str to tuple of int
        Sizes of a batch, by alternative.
    threads : int
        How many all are.
    rates : mapping of str to tuple of tuple of float
        By alternative, for each of its sizes: rows per second in each round.
    """

    batches: Mapping[str, tuple[int, ...]]
    threads: int
    rates: Mapping[str, tuple[tuple[float, ...], ...]]


THROUGHPUT = Key("batches", ThroughputRow)


def in_batches(dataset: Dataset, *, seed: int, family: Named, fold: Fold, inputs: Rows) -> ThroughputRow:
    """Measure rows per second by size of the batch: the exported model on one thread and on all, and its original."""
    del seed  # nothing is drawn
    built = BUILD.of(family.name).needed(inputs)
    _, test = split(dataset, fold)
    rows = np.resize(test, BATCHES[-1] + len(test))  # a small table is gone through again and again
    table = device.device_rows_at(dataset, rows)
    content = built.onnx.tobytes()
    alternatives = {ONE_THREAD: _batched(session(content), dataset, table, len(test))}
    if n_cores() > 1:
        alternatives[ALL_THREADS] = _batched(session(content, threads=0), dataset, table, len(test))
    rates = measure_throughput(alternatives)
    batches: dict[str, tuple[int, ...]] = dict.fromkeys(alternatives, BATCHES)
    if built.original is not None:
        original = originals.from_bytes(built.original)
        own = {
            SCIKIT_LEARN: lambda size, turn: original.predict_proba(
                table[(start := size * turn % len(test)) : start + size]
            )
        }
        sparse = BATCHES[::2]  # it is slower by so much that every other size shows it
        rates |= measure_throughput(own, batches=sparse)
        batches[SCIKIT_LEARN] = sparse
    found = {name: tuple(map(tuple, by_size)) for name, by_size in rates.items()}
    return ThroughputRow(batches, n_cores(), found)


def _batched(ready: Any, dataset: Dataset, table: Any, n_rows: int) -> Callable[[int, int], object]:
    """Answer `size` rows, at every turn from another one on."""
    fed, run, names = device.feeds(dataset, table, ready), ready.run, [OUTPUT]

    def call(size: int, turn: int) -> object:
        start = size * turn % n_rows
        return run(names, {name: matrix[start : start + size] for name, matrix in fed.items()})

    return call
