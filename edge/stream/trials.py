"""What work is done on a stream? A model is trained on the first rows, exported, and meets the rest in time order."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from edge.exporting import device
from edge.given.family import is_given
from edge.session import OUTPUT, session
from edge.stream import accuracy
from edge.stream.answers import Answers, share, share_known
from edge.stream.changes import change
from edge.stream.rows import STREAM, SignalRow, StreamRow
from edge.stream.training import best_exported, rows_to_learn
from edge.stream.watched import Finding, watched
from edge.watch.signals import ERRORS
from lab.errors import DataError, SettingsError
from lab.learning.families import Family
from lab.protocol import Dataset

__all__ = [
    "STREAM",
    "SignalRow",
    "StreamRow",
    "in_time_order",
    "parts",
    "replay",
    "require_stream",
    "whole_in_order",
]

_TRAIN, _HISTORY = 0.35, 0.5  # of the rows: where training ends; where the history ends and the stream begins
_FEWEST = 400
_BATCH = 256


def parts(n_rows: int) -> tuple[int, int]:
    """Rows at which training ends, and at which the stream begins; those between are the history.

    >>> parts(1_000)
    (350, 500)
    """
    return int(_TRAIN * n_rows), int(_HISTORY * n_rows)


def in_time_order(dataset: Dataset) -> Dataset:
    """Put the rows of a table with a time column in its order, ties as they stand; another table is in order already."""
    times = dataset.belonging.times
    if times is None or np.all(np.diff(times) >= 0):
        return dataset
    order = np.argsort(times, kind="stable")
    features, target = dataset.features.iloc[order].reset_index(drop=True), dataset.target[order]
    return replace(dataset, features=features, target=target, belonging=dataset.belonging.of(order))


def require_stream(dataset: Dataset, label_delay: int) -> None:
    """Raise DataError where the rows cannot be replayed in time order, SettingsError where no label would come in time."""
    dataset = whole_in_order(dataset)
    if dataset.n_rows < _FEWEST:
        raise DataError(
            f"{dataset.name} has {dataset.n_rows} rows; --stream needs at least {_FEWEST}, half of them to train on"
        )
    train, _ = parts(dataset.n_rows)
    counts = np.bincount(dataset.target[:train], minlength=len(dataset.classes))
    if counts.min() < 3:
        name = dataset.classes[int(counts.argmin())]
        raise DataError(
            f"{dataset.name}: class {name!r} has {counts.min()} row(s) among the first {train:,}, on which --stream trains; "
            "it needs 3: check that the rows are in time order, or run without --stream"
        )

    _, begin = parts(dataset.n_rows)
    stream = dataset.n_rows - begin
    most = stream - accuracy.window_of(stream)
    if label_delay > most:
        raise SettingsError(
            f"label_delay is {label_delay:,}; the stream of {dataset.name} has {stream:,} rows, of which one window needs its labels: "
            f"it must be at most {most:,}"
        )


def whole_in_order(dataset: Dataset) -> Dataset:
    """Give all rows of the table in time order, whether the run uses them all or a sample: a stream is never sampled."""
    return in_time_order(dataset.whole or dataset)


def replay(
    dataset: Dataset,
    *,
    seed: int,
    families: tuple[Family, ...],
    scorer: str,
    candidates: int,
    false_alarms: float,
    label_delay: int,
    train_rows: int,
) -> StreamRow:
    """Train the best of the families on the first 35 % of the rows, and watch the second half; rows are in time order.

    What the model says of the stream is compared with what it said of the rows between the two, which it has not seen. Where
    the table has a time column its rows are put in its order first. All rows of the table are read, whatever sample the run
    uses; of the first part at most about `train_rows`, drawn at random, are learned from.
    """
    whole = whole_in_order(dataset)
    train, begin = parts(whole.n_rows)
    rows = rows_to_learn(whole.target[:train], train_rows, seed=seed)
    asked = _of_the_model(whole, dataset, rows, is_fixed=any(is_given(family) for family in families))
    best, content = best_exported(asked, rows, families, scorer=scorer, candidates=candidates, seed=seed)
    ready = session(content)

    start = time.process_time()
    probabilities = _predict(ready, asked, train)
    answers = Answers(probabilities, whole.target[train:], begin - train, label_delay)
    findings = watched(whole, answers, train=train, begin=begin, false_alarms=false_alarms, seed=seed)
    known = answers.of_stream(seed)
    seconds = time.process_time() - start

    began = {(found.is_column, found.name): found.start[0] for found in findings if found.start is not None}
    first = began.get((False, ERRORS), min(began.values(), default=None))
    split = None if first is None else first - begin
    promised, kept = answers.promised_and_kept(split, seed) if label_delay else (None, None)
    return StreamRow(
        family=best.name,
        train=train,
        begin=begin,
        learned=None if is_given(best) else len(rows),
        n_rows=whole.n_rows,
        findings=tuple(_listed(found, whole, train) for found in findings),
        accuracy=tuple((begin + row, found) for row, found in known.accuracy),
        estimated=tuple((begin + row, share) for row, share in known.estimated),
        history_accuracy=share(answers.before),
        stream_accuracy=share(answers.right),
        before=None if split is None else share_known(np.concatenate([answers.before, answers.right[:split]])),
        after=None if split is None else share_known(answers.right[split:]),
        waiting=label_delay,
        expected=known.expected,
        promised=promised,
        kept=kept,
        dates=tuple(name for name, kind in whole.kinds.items() if kind == "date"),
        rows_per_second=(whole.n_rows - train) / max(seconds, 1e-9),
    )


def _of_the_model(whole: Dataset, dataset: Dataset, rows: np.ndarray, *, is_fixed: bool) -> Dataset:
    """Give the columns that a model takes: those that the run uses, but for those that are empty in all rows to learn from.

    A model that came from a file takes what it takes (`is_fixed`).
    """
    used = list(dataset.kinds)
    filled = [name for name in used if is_fixed or whole.features[name].iloc[rows].notna().any()] or used
    return replace(whole, features=whole.features[filled], kinds={name: dataset.kinds[name] for name in filled})


def _predict(ready: Any, dataset: Dataset, train: int) -> np.ndarray:
    """Predict the rows after training in time order, in batches as a device gets them."""
    table = device.device_rows(dataset)
    found = []
    for first in range(train, dataset.n_rows, _BATCH):
        rows = table.iloc[first : first + _BATCH] if isinstance(table, pd.DataFrame) else table[first : first + _BATCH]
        found.append(ready.run([OUTPUT], device.feeds(dataset, rows, ready))[0])
    return np.concatenate(found)


def _listed(found: Finding, whole: Dataset, train: int) -> SignalRow:
    row = SignalRow(found.name, found.is_column, found.evidence, found.looks, found.alarm, found.start)
    if found.start is None or not found.is_column:
        return row
    values, first = whole.features[found.name], found.start[0]
    return replace(row, change=change(values.iloc[train:first], values.iloc[first:]))
