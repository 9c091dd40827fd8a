"""How long does one prediction take? The finalists, timed in turns while nothing else runs."""

import gc
import pickle
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from interpretability.follow_up.finalists import fitted_on, folds_of
from interpretability.scale import answers, says_classes
from lab.learning.families import Family
from lab.protocol import Dataset, Row, Table

__all__ = ["file_table", "speed_table", "time_finalists"]

_ROUNDS, _CALLS, _BATCH = 5, 9, 500


def time_finalists(
    dataset: Dataset,
    *,
    seed: int,
    groups: Mapping[str, Sequence[Family]],
    folds: int,
    repeats: int,
    fold_seed: int,
    inputs: Mapping[str, Row],
) -> Row:
    """Time both finalists as they come from scikit-learn, in turns (A B A B): a trial's function that must run alone.

    Returns
    -------
    dict
        For each side: `family`, and for every round `one_ms` (median of calls with one row each, every call another row)
        and `batch_us` (a call with many rows, by row); `bytes` that the fitted model takes as Python stores it.
    """
    finalists = inputs["finalists"]
    train, test = folds_of(dataset, folds=folds, repeats=repeats, seed=fold_seed)[0]
    features = dataset.features.iloc[test]
    batch = features.iloc[np.arange(_BATCH) % len(features)]
    models: dict[str, Any] = {}
    found: dict[str, dict[str, Any]] = {}
    for side, families in groups.items():
        family = next(f for f in families if f.name == finalists[side])
        models[side] = fitted_on(family, dataset, train, finalists["parameters"][family.name][0], seed)
        size = len(pickle.dumps(models[side]))  # written to be counted, and never read
        found[side] = {"family": family.label, "one_ms": [], "batch_us": [], "bytes": size}
        answers(models[side], batch)  # warm
    for turn in range(_ROUNDS):
        for side, model in models.items():
            rows = [features.iloc[[(turn * _CALLS + call) % len(features)]] for call in range(_CALLS)]
            one, many = _round(model, rows, batch)
            found[side]["one_ms"].append(1e3 * one)
            found[side]["batch_us"].append(1e6 * many / len(batch))
    return found


def _round(model: Any, rows: Sequence[pd.DataFrame], batch: pd.DataFrame) -> tuple[float, float]:
    """Seconds of the median single call, and of the batch."""
    say = model.predict_proba if says_classes(model) else model.predict
    gc.collect()
    gc.disable()
    try:
        single = []
        for row in rows:
            start = time.perf_counter_ns()
            say(row)
            single.append(time.perf_counter_ns() - start)
        start = time.perf_counter_ns()
        say(batch)
        return float(np.median(single)) / 1e9, (time.perf_counter_ns() - start) / 1e9
    finally:
        gc.enable()


def file_table(row: Row, dataset: Dataset, name: str) -> Table:
    """Say what is in the file of the readable model; `row` is that of its reading."""
    export = row["export"]
    inputs = {
        "numbers": [column for column, kind in dataset.kinds.items() if kind != "category"],
        "texts": [column for column, kind in dataset.kinds.items() if kind == "category"],
    }
    lines: list[tuple[str, Any]] = [("model", row["label"]), ("bytes", f"{export['bytes']:,}")]
    lines += [(f"input {which!r}", ", ".join(columns)) for which, columns in inputs.items() if columns]
    if dataset.task == "number":
        lines.append(("output 'prediction'", dataset.target_name))
        device = ""
    else:
        lines.append(("output 'probabilities'", ", ".join(dataset.classes)))
        device = (
            " Ask how it does on a device with: "
            f"lab run edge {dataset.name} --target {dataset.target_name} --model {name}"
        )
    lines.append((f"largest difference of an answer over {export['rows']:,} rows", f"{export['difference']:.0e}"))
    caption = (
        f"{name} beside this report is the readable model in ONNX format, fitted on all rows, with all its preparation: missing "
        "numbers are NaN, missing texts are empty, booleans 0 or 1, dates days since 1970-01-01. It was held against the model on "
        f"rows of the table and on random ones.{device}"
    )
    return Table("The readable model as a file", caption, ("what", "value"), tuple(lines))


def speed_table(row: Row) -> Table:
    """Lay the times out."""
    rows: list[tuple[Any, ...]] = [
        (
            side["family"],
            float(np.median(side["one_ms"])),
            min(side["one_ms"]),
            max(side["one_ms"]),
            float(np.median(side["batch_us"])),
            side["bytes"] / 1e3,
        )
        for side in row.values()
    ]
    caption = (
        f"Medians of {_ROUNDS} rounds in turns on one thread, with the lowest and the highest round; {_CALLS} single rows and one "
        f"batch of {_BATCH:,} rows a round, scikit-learn's own prediction with all its preparation. "
        "Size: the fitted model with its preparation as Python stores it. For latency under a budget, ask lab run edge."
    )
    columns = ("model", "one row (ms)", "lowest", "highest", "a row in a batch (us)", "size (kB)")
    return Table("How long does a prediction take?", caption, columns, tuple(rows))
