"""Which timings are taken? All candidates together, their variants, batches, and processes that only serve."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from edge.exporting import device
from edge.given.family import is_given, original_of
from edge.session import LEVELS, OUTPUT, session
from edge.timing import batches as batch_timing
from edge.timing import latency, originals, serving
from edge.timing.calls import bound_call
from lab.host.machine import n_cores
from lab.learning.families import Family
from lab.learning.folds import Fold, split
from lab.protocol import Dataset, Row

__all__ = [
    "AS_EXPORTED",
    "HARNESS",
    "device_rows_at",
    "in_batches",
    "peak_mib_of",
    "serve",
    "serve_originals",
    "time_all",
    "time_variants",
]


AS_EXPORTED = "as exported"


HARNESS = "harness"
"""Name of the call that does nothing, timed in the same loop: what the harness itself adds to every call."""


_SECONDS_A_ROUND = 0.02


_VARIANT_CALLS = 100  # a round: dozens of files take turns, and their p99 needs 380 calls in all


_LEVEL = "level of "


def time_variants(
    dataset: Dataset, *, seed: int, families: tuple[Family, ...], fold: Fold, rounds: int, inputs: Mapping[str, Row]
) -> Row:
    """Time all variants, and the candidates at every level of the runtime's optimisation, in interleaved rounds.

    Returns
    -------
    dict
        `times` by `family variant`, and `levels` by `family level`: arrays of shape (rounds, calls) in nanoseconds.
    """
    del seed  # nothing is drawn
    _, test = split(dataset, fold)
    rows = [device_rows_at(dataset, test[i : i + 1]) for i in range(min(len(test), 500))]
    alternatives = {}
    for family in families:
        for name, found in inputs[f"vary-{family.name}"].items():
            levels = LEVELS if name == AS_EXPORTED else {}
            content = found["onnx"].tobytes()
            ready = session(content)
            fed = [device.feeds(dataset, row, ready) for row in rows]
            alternatives[f"{family.name} {name}"] = bound_call(ready, fed)
            for level in levels:
                alternatives[f"{_LEVEL}{family.name} {level}"] = bound_call(session(content, level=level), fed)
    alternatives = {name: dataclasses.replace(found, calls=_VARIANT_CALLS) for name, found in alternatives.items()}
    with latency.on_one_core():
        times = latency.measure(alternatives, rounds=rounds)
    of_levels = {name.removeprefix(_LEVEL): found for name, found in times.items() if name.startswith(_LEVEL)}
    return {"times": {name: found for name, found in times.items() if not name.startswith(_LEVEL)}, "levels": of_levels}


def time_all(
    dataset: Dataset,
    *,
    seed: int,
    families: tuple[Family, ...],
    fold: Fold,
    rounds: int,
    inputs: Mapping[str, Row],
) -> Row:
    """Time every exported candidate, its original in scikit-learn, an identity model, and a call that does nothing.

    Returns
    -------
    dict
        `times`: arrays of shape (rounds, calls) in nanoseconds by alternative; `core`: where it ran.
    """
    del seed  # nothing is drawn
    _, test = split(dataset, fold)
    rows = [device_rows_at(dataset, test[i : i + 1]) for i in range(min(len(test), 500))]
    width = len(device.device_columns(dataset)[0]) or 1
    nothing = [{"numbers": np.full((1, width), place, np.float32)} for place in range(len(rows))]
    alternatives = {
        HARNESS: latency.Alternative(lambda place: None, len(rows), 200),
        "identity": bound_call(session(device.identity_model(width)), nothing),
    }
    for family in families:
        built = inputs[f"build-{family.name}"]
        ready = session(built["onnx"].tobytes())
        alternatives[f"{family.name} onnx"] = bound_call(ready, [device.feeds(dataset, row, ready) for row in rows])
        if is_given(family):
            given = original_of(family, dataset, rows)
            if given is not None:
                alternatives[f"{family.name} sklearn"] = _original(*given)
            continue
        alternatives[f"{family.name} sklearn"] = _original(originals.from_bytes(built["original"]), rows)
    with latency.on_one_core() as core:
        times = latency.measure(alternatives, rounds=rounds)
    return {"times": times, "core": core}


def serve(dataset: Dataset, *, seed: int, family: Family, processes: int, inputs: Mapping[str, Row]) -> Row:
    """Measure cold start (seconds) and peak memory (MiB) of processes that only serve the exported model."""
    del seed
    model = inputs[f"build-{family.name}"]["onnx"].tobytes()
    row = device.feeds(dataset, device_rows_at(dataset, np.array([0])), session(model))
    seconds, mebibytes = serving.serve_in_fresh_processes(model, row, processes=processes)
    return {"cold_start_s": seconds, "peak_mib": mebibytes}


def serve_originals(dataset: Dataset, *, seed: int, families: tuple[Family, ...], inputs: Mapping[str, Row]) -> Row:
    """Measure one process that serves each original by scikit-learn: `cold_start_s` and `peak_mib` by family."""
    del seed
    row = device_rows_at(dataset, np.array([0]))
    found = {}
    for family in families:
        built = inputs[f"build-{family.name}"]
        if "original" not in built or isinstance(row, pd.DataFrame):
            continue
        content = built["original"].tobytes()
        seconds, mebibytes = serving.serve_in_fresh_processes(
            content, {"rows": row}, processes=1, module="edge.timing.originals"
        )
        found[family.name] = {"cold_start_s": seconds[0], "peak_mib": mebibytes[0]}
    return found


def in_batches(dataset: Dataset, *, seed: int, family: Family, fold: Fold, inputs: Mapping[str, Row]) -> Row:
    """Measure rows per second by size of the batch: the exported model on one thread and on all, and its original.

    Returns
    -------
    dict
        `batches` (sizes, by alternative), `threads` (how many all are), and `rates` as `throughput.measure_throughput`
        returns them.
    """
    del seed  # nothing is drawn
    built = inputs[f"build-{family.name}"]
    _, test = split(dataset, fold)
    rows = np.resize(test, batch_timing.BATCHES[-1] + len(test))  # a small table is gone through again and again
    table = device_rows_at(dataset, rows)
    content = built["onnx"].tobytes()
    alternatives = {"one thread": _batched(session(content), dataset, table, len(test))}
    if n_cores() > 1:
        alternatives["all threads"] = _batched(session(content, threads=0), dataset, table, len(test))
    rates = batch_timing.measure_throughput(alternatives)
    batches: dict[str, tuple[int, ...]] = dict.fromkeys(alternatives, batch_timing.BATCHES)
    if "original" in built:
        original = originals.from_bytes(built["original"])
        own = {
            "scikit-learn": lambda size, turn: original.predict_proba(
                table[(start := size * turn % len(test)) : start + size]
            )
        }
        sparse = batch_timing.BATCHES[::2]  # it is slower by so much that every other size shows it
        rates |= batch_timing.measure_throughput(own, batches=sparse)
        batches["scikit-learn"] = sparse
    return {"batches": batches, "threads": n_cores(), "rates": rates}


def _batched(ready: Any, dataset: Dataset, table: Any, n_rows: int) -> Callable[[int, int], object]:
    """Answer `size` rows, at every turn from another one on."""
    fed, run, names = device.feeds(dataset, table, ready), ready.run, [OUTPUT]

    def call(size: int, turn: int) -> object:
        start = size * turn % n_rows
        return run(names, {name: matrix[start : start + size] for name, matrix in fed.items()})

    return call


def peak_mib_of(dataset: Dataset, content: bytes) -> float:
    """Measure the peak memory (MiB) of one process that serves the file."""
    row = device.feeds(dataset, device_rows_at(dataset, np.array([0])), session(content))
    return serving.serve_in_fresh_processes(content, row, processes=1)[1][0]


def _original(fitted: Any, rows: list[Any]) -> latency.Alternative:
    start = time.perf_counter()
    for row in rows[:3]:
        fitted.predict_proba(row)
    each = (time.perf_counter() - start) / 3
    calls = min(20, max(2, round(_SECONDS_A_ROUND / each)))  # scikit-learn's forests take up to 10 ms a row
    return latency.Alternative(lambda i: fitted.predict_proba(rows[i]), len(rows), calls)


def device_rows_at(dataset: Dataset, rows: np.ndarray) -> Any:
    """Give rows of the table as a device gets them."""
    table = device.device_rows(dataset)
    return table.iloc[rows] if isinstance(table, pd.DataFrame) else table[rows]
