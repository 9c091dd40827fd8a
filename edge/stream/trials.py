"""What work is done on a stream? A model is trained on the first rows, exported, and meets the rest in time order."""

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from edge.candidates import SEARCH_ROWS
from edge.exporting import device, parity
from edge.given.family import AsDeviceSees, GivenModel, export_given
from edge.session import OUTPUT, session
from edge.stream import monitor
from edge.stream.martingale import blocks_of
from lab.errors import DataError, SettingsError
from lab.learning.families import Family
from lab.learning.tuning import tune
from lab.protocol import Dataset, Estimate, Key
from lab.stats import rate

__all__ = ["STREAM", "SignalRow", "StreamRow", "in_time_order", "parts", "replay", "require_stream"]

_TRAIN, _HISTORY = 0.35, 0.5  # of the rows: where training ends; where the history ends and the stream begins
_FEWEST = 400
_BATCH = 256
_TRIED = 2_000  # training rows on which the forms of an export are compared
_PREDICTED, _CONFIDENCE, _ERRORS = "predicted class", "confidence of the predictions", "errors"


@dataclass(frozen=True, eq=False)
class SignalRow:
    """What came of watching a signal; rows count from 0, from the beginning of the table.

    Attributes
    ----------
    signal : str
        Its name.
    column : bool
        Whether it is a column of the table, or else something of the model.
    evidence : numpy.ndarray of shape (n_blocks,)
        As in `edge.stream.monitor.Finding`.
    late : int
        Rows after which it is known.
    block : int
        Rows between two looks.
    alarm : int or None
        Row after which the alarm was raised.
    start : tuple of int, or None
        First row of the change: (most likely, earliest, latest).
    change : Change or None
        What changed of a column.
    """

    signal: str
    column: bool
    evidence: np.ndarray
    late: int
    block: int
    alarm: int | None = None
    start: tuple[int, int, int] | None = None
    change: monitor.Change | None = None


@dataclass(frozen=True)
class StreamRow:
    """What happened to a model on a stream; rows count from 0.

    Attributes
    ----------
    family : str
        Name of the family that was best on the training rows.
    train, begin : int
        Rows at which training ends, and at which the stream begins.
    findings : tuple of SignalRow
        All signals, the errors last.
    accuracy : tuple of (int, Estimate)
        Last row and accuracy of each window, where all labels have come.
    estimated : tuple of (int, float)
        The same of all windows, estimated before labels come.
    history_accuracy, stream_accuracy : Estimate
        Accuracy on the history and on the stream.
    before, after : Estimate or None
        Accuracy before and after the errors changed, or else the first signal; None without a change or labels.
    waiting : int
        How many of the last rows have labels that have not come when the stream ends.
    expected : Estimate or None
        Accuracy of those; None where there are none.
    unwatched : tuple of str
        Columns that are not watched.
    rows_per_second : float
        Of predicting and watching, on one core.
    """

    family: str
    train: int
    begin: int
    findings: tuple[SignalRow, ...]
    accuracy: tuple[tuple[int, Estimate], ...]
    estimated: tuple[tuple[int, float], ...]
    history_accuracy: Estimate
    stream_accuracy: Estimate
    before: Estimate | None
    after: Estimate | None
    waiting: int
    expected: Estimate | None
    unwatched: tuple[str, ...]
    rows_per_second: float

    @property
    def errors(self) -> SignalRow:
        """What came of watching the errors."""
        return self.findings[-1]


STREAM = Key("stream", StreamRow)


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
    if dataset.n_rows < _FEWEST:
        raise DataError(
            f"{dataset.name} has {dataset.n_rows} rows; --stream needs at least {_FEWEST}, half of them to train on"
        )
    dataset = in_time_order(dataset)
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
    most = stream - monitor.window_of(stream)
    if label_delay > most:
        raise SettingsError(
            f"label_delay is {label_delay:,}; the stream of {dataset.name} has {stream:,} rows, of which one window needs its labels: "
            f"it must be at most {most:,}"
        )


def replay(
    dataset: Dataset,
    *,
    seed: int,
    families: tuple[Family, ...],
    scorer: str,
    candidates: int,
    false_alarms: float,
    label_delay: int,
) -> StreamRow:
    """Train the best of the families on the first 35 % of the rows, and watch the second half; rows are in time order.

    Rows between the two are the history that the stream is compared with; the model has not seen them. Where the table has a time
    column its rows are put in its order first.
    """
    dataset = in_time_order(dataset)
    train, begin = parts(dataset.n_rows)
    known = dataset.features.iloc[:train]
    best, content = _best_exported(dataset, train, families, scorer=scorer, candidates=candidates, seed=seed)
    ready = session(content)
    watched = [name for name, kind in dataset.kinds.items() if kind != "date"]
    bins = {name: monitor.bins_of(known[name]) for name in watched}

    start = time.process_time()
    probabilities = _predict(ready, dataset, train)
    labels, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = labels[: len(labels) - label_delay] == dataset.target[train : dataset.n_rows - label_delay]
    later, n_history = dataset.features.iloc[train:], begin - train
    signals = [_signal(name, bins[name].codes(later[name]), bins[name], n_history) for name in watched]
    signals += _of_model(labels, confidence, right, len(dataset.classes), n_history)
    findings = monitor.watch(signals, false_alarms=false_alarms, seed=seed)
    window = monitor.window_of(dataset.n_rows - begin)
    accuracy = monitor.rolling_accuracy(right[n_history:], window=window)
    history = confidence[:n_history], right[:n_history]
    estimated = monitor.estimated_accuracy(confidence[n_history:], *history)
    seconds = time.process_time() - start
    expected = monitor.expected_accuracy(confidence[len(right) :], *history, seed=seed) if label_delay else None

    listed = [_listed(found, dataset, train, begin, label_delay) for found in findings]
    began = [found.start[0] for found in findings if found.start is not None]
    errors = findings[-1].start
    split = errors[0] if errors is not None else min(began, default=None)
    return StreamRow(
        family=best.name,
        train=train,
        begin=begin,
        findings=tuple(listed),
        accuracy=tuple((begin + row, found) for row, found in accuracy),
        estimated=tuple((begin + row, share) for row, share in estimated),
        history_accuracy=_share(right[:n_history]),
        stream_accuracy=_share(right[n_history:]),
        before=None if split is None else _share_known(right[: n_history + split]),
        after=None if split is None else _share_known(right[n_history + split :]),
        waiting=label_delay,
        expected=expected,
        unwatched=tuple(name for name in dataset.kinds if name not in watched),
        rows_per_second=(dataset.n_rows - train) / max(seconds, 1e-9),
    )


def _best_exported(
    dataset: Dataset, train: int, families: tuple[Family, ...], *, scorer: str, candidates: int, seed: int
) -> tuple[Family, bytes]:
    """Tune all families on the first `train` rows; gives the one with the best inner score, and its file for a device."""
    known, target = dataset.features.iloc[:train], dataset.target[:train]
    kin = dataset.belonging.of(np.arange(train))
    tuned = [
        tune(f, known, target, scorer=scorer, candidates=candidates, seed=seed, search_rows=SEARCH_ROWS, belonging=kin)
        for f in families
    ]
    best = max(range(len(families)), key=lambda place: tuned[place].inner_score)
    model, table = tuned[best].model, device.device_rows(dataset)
    if isinstance(model, GivenModel):
        fitted, forms = AsDeviceSees(model, dataset), export_given(model, dataset)
    else:
        fitted = device.fit_for_device(model, dataset, np.arange(train))
        forms = device.to_files(fitted, dataset)
    exported = parity.leanest_equal(fitted, forms, dataset, table[: min(train, _TRIED)], seed=seed)
    return families[best], exported.content


def _predict(ready: Any, dataset: Dataset, train: int) -> np.ndarray:
    """Predict the rows after training in time order, in batches as a device gets them."""
    table = device.device_rows(dataset)
    found = []
    for first in range(train, dataset.n_rows, _BATCH):
        rows = table.iloc[first : first + _BATCH] if isinstance(table, pd.DataFrame) else table[first : first + _BATCH]
        found.append(ready.run([OUTPUT], device.feeds(dataset, rows, ready))[0])
    return np.concatenate(found)


def _signal(name: str, codes: np.ndarray, bins: monitor.Bins, n_history: int) -> monitor.Signal:
    return monitor.Signal(name, codes[:n_history], codes[n_history:], bins.n_codes)


def _of_model(
    labels: np.ndarray, confidence: np.ndarray, right: np.ndarray, n_classes: int, n_history: int
) -> list[monitor.Signal]:
    twentieths = np.minimum((confidence * 20).astype(np.int64), 19)
    coded = [(_PREDICTED, labels, n_classes), (_CONFIDENCE, twentieths, 20), (_ERRORS, (~right).astype(np.int64), 2)]
    return [monitor.Signal(name, codes[:n_history], codes[n_history:], count) for name, codes, count in coded]


def _listed(found: monitor.Finding, dataset: Dataset, train: int, begin: int, label_delay: int) -> SignalRow:
    column = found.name in dataset.kinds
    late = label_delay if found.name == _ERRORS else 0
    block = blocks_of(dataset.n_rows - begin - late)
    row = SignalRow(found.name, column, found.evidence, late, block)
    if found.alarm is None or found.start is None:
        return row
    likely, early, last = (begin + part for part in found.start)
    row = replace(row, alarm=begin + found.alarm + late, start=(likely, early, last))
    if not column:
        return row
    values = dataset.features[found.name]
    return replace(row, change=monitor.change(values.iloc[train:likely], values.iloc[likely:]))


def _share(right: np.ndarray) -> Estimate:
    return rate(int(right.sum()), len(right))


def _share_known(right: np.ndarray) -> Estimate | None:
    return _share(right) if len(right) else None
