"""How long does one prediction take? The finalists, timed in turns while nothing else runs."""

import gc
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from interpretability.finalists import fitted_on, folds_of
from interpretability.scale import answers
from lab.families import Family
from lab.protocol import Dataset, Row, Table

__all__ = ["speed_table", "time_finalists"]

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
        and `batch_us` (a call with many rows, by row).
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
        found[side] = {"family": family.label, "one_ms": [], "batch_us": []}
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
    say = model.predict_proba if hasattr(model, "predict_proba") else model.predict
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


def speed_table(row: Row, export: Row | None) -> Table:
    """Lay the times out; the export's size and its equality stand beside them."""
    rows: list[tuple[Any, ...]] = [
        (
            side["family"],
            float(np.median(side["one_ms"])),
            min(side["one_ms"]),
            max(side["one_ms"]),
            float(np.median(side["batch_us"])),
        )
        for side in row.values()
    ]
    caption = (
        f"Medians of {_ROUNDS} rounds in turns on one thread, with the lowest and the highest round; {_CALLS} single rows and one "
        f"batch of {_BATCH:,} rows a round, scikit-learn's own prediction with all its preparation. "
        "For latency under a budget, ask lab run edge."
    )
    if export is not None:
        caption += (
            f" The readable model was written as an ONNX file of {export['bytes']:,} bytes; on random states its "
            f"answers differ from the model's by {export['difference']:.0e} at most."
        )
    columns = ("model", "one row (ms)", "lowest", "highest", "a row in a batch (us)")
    return Table("How long does a prediction take?", caption, columns, tuple(rows))
