"""How long does one prediction take? The finalists, timed in turns while nothing else runs."""

import gc
import pickle
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from interpretability.context import Context
from interpretability.reading.read import READ, ModelFile
from interpretability.scale import answers, says_classes
from interpretability.settings import MODEL_FILE
from interpretability.sides.finalists import FINALISTS, fitted_on, folds_of
from lab.learning.families import Family
from lab.numbers import bound, unit_of
from lab.protocol import Dataset, Evidence, Key, Rows, Table, Trial

__all__ = ["SPEED", "Speed", "Speeds", "evidence", "file_table", "plan", "speed_table", "time_finalists"]

_ROUNDS, _CALLS, _BATCH = 5, 9, 500


@dataclass(frozen=True)
class Speed:
    """What a finalist's predictions take.

    Attributes
    ----------
    family : str
        Its label.
    one_ms : tuple of float
        For every round the median of calls with one row each, every call another row, in milliseconds.
    batch_us : tuple of float
        For every round a call with many rows, in microseconds a row.
    bytes : int
        What the fitted model takes as Python stores it.
    """

    family: str
    one_ms: tuple[float, ...]
    batch_us: tuple[float, ...]
    bytes: int


@dataclass(frozen=True)
class Speeds:
    """Both finalists, by side."""

    sides: Mapping[str, Speed]


SPEED = Key("speed", Speeds)


def plan(context: Context) -> list[Trial[Any]]:
    """Time the finalists with nothing else running."""
    if not context.is_full:
        return []
    arguments = {"groups": context.both, "folds": context.settings.folds, "repeats": context.settings.repeats}
    arguments |= {"fold_seed": context.seed}
    return [context.follow_up(SPEED, time_finalists, arguments, needs=(FINALISTS,), exclusive=True)]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show the times, and what is in the file of the readable model."""
    timed, read = SPEED.found(rows), READ.found(rows)
    tables: tuple[Table, ...] = () if timed is None else (speed_table(timed),)
    if read is not None and read.export is not None and read.label is not None:
        tables += (file_table(read.label, read.export, context.dataset, MODEL_FILE),)
    return Evidence(tables=tables)


def time_finalists(
    dataset: Dataset,
    *,
    seed: int,
    groups: Mapping[str, Sequence[Family]],
    folds: int,
    repeats: int,
    fold_seed: int,
    inputs: Rows,
) -> Speeds:
    """Time both finalists as they come from scikit-learn, in turns (A B A B): a trial's function that must run alone."""
    finalists = FINALISTS.needed(inputs)
    train, test = folds_of(dataset, folds=folds, repeats=repeats, seed=fold_seed)[0]
    features = dataset.features.iloc[test]
    batch = features.iloc[np.arange(_BATCH) % len(features)]
    models: dict[str, Any] = {}
    facts: dict[str, tuple[str, int]] = {}
    times: dict[str, list[tuple[float, float]]] = {}
    for side, families in groups.items():
        family = next(f for f in families if f.name == finalists.name_of(side))
        models[side] = fitted_on(family, dataset, train, finalists.parameters[family.name][0], seed)
        size = len(pickle.dumps(models[side]))  # written to be counted, and never read
        facts[side], times[side] = (family.label, size), []
        answers(models[side], batch)  # warm
    for turn in range(_ROUNDS):
        for side, model in models.items():
            rows = [features.iloc[[(turn * _CALLS + call) % len(features)]] for call in range(_CALLS)]
            one, many = _round(model, rows, batch)
            times[side].append((1e3 * one, 1e6 * many / len(batch)))
    return Speeds(
        {
            side: Speed(label, tuple(one for one, _ in times[side]), tuple(many for _, many in times[side]), size)
            for side, (label, size) in facts.items()
        }
    )


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


def file_table(label: str, export: ModelFile, dataset: Dataset, name: str) -> Table:
    """Say what is in the file of the readable model."""
    inputs = {
        "numbers": [column for column, kind in dataset.kinds.items() if kind != "category"],
        "texts": [column for column, kind in dataset.kinds.items() if kind == "category"],
    }
    lines: list[tuple[str, Any]] = [("model", label), ("bytes", f"{len(export.file):,}")]
    lines += [(f"input {which!r}", ", ".join(columns)) for which, columns in inputs.items() if columns]
    if dataset.task == "number":
        lines.append(("output 'prediction'", dataset.target_name))
        device = ""
    else:
        lines.append(("output 'probabilities'", ", ".join(dataset.classes)))
        device = (
            " To see how it performs on a device: "
            f"lab run edge {dataset.name} --target {dataset.target_name} --model {name}"
        )
    lines.append((f"largest difference in an answer over {export.rows:,} rows", bound(export.difference)))
    caption = (
        f"{name} beside this report is the readable model in ONNX format, fitted on all rows, including its preprocessing. Missing "
        "numbers are NaN, missing texts are empty, booleans 0 or 1, dates days since 1970-01-01. It was compared with the model "
        f"on rows of the table and on random ones.{device}"
    )
    return Table("The readable model as a file", caption, ("what", "value"), tuple(lines))


def speed_table(row: Speeds) -> Table:
    """Lay the times out."""
    clock = unit_of((each for side in row.sides.values() for each in side.one_ms), "ms")
    size = unit_of((side.bytes / 1e6 for side in row.sides.values()), "MB")
    rows: list[tuple[Any, ...]] = [
        (
            side.family,
            clock.of(float(np.median(side.one_ms))),
            clock.of(min(side.one_ms)),
            clock.of(max(side.one_ms)),
            clock.of(float(np.median(side.batch_us)) / 1e3),
            size.of(side.bytes / 1e6),
        )
        for side in row.sides.values()
    ]
    caption = (
        f"Medians of {_ROUNDS} rounds in which the models take turns on one thread, with the lowest and highest round; {_CALLS} "
        f"single rows and one batch of {_BATCH:,} rows per round, predicted by scikit-learn including preprocessing. "
        "Size: the fitted model and its preprocessing as pickled by Python. For latency against a budget, use lab run edge."
    )
    columns = (
        "model",
        f"one row ({clock.name})",
        "lowest",
        "highest",
        f"per row in a batch ({clock.name})",
        f"size ({size.name})",
    )
    return Table("How long does a prediction take?", caption, columns, tuple(rows))
