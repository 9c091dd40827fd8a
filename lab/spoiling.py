"""Does a trial learn from the rows that it is tested on? It runs again with those rows spoiled, and must learn the same."""

import contextlib
import dataclasses
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pandas as pd

from lab.data.strata import strata
from lab.learning import folds, splits
from lab.protocol import Dataset, Rows, Trial
from lab.work.workers import run_here

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LEARNED", "NO_MORE", "SAID", "check_spoiling", "folds_stay", "spoiled"]

LEARNED = ("inner_score", "inner", "parameters", "complexity")
"""Keys of a row that may depend on the training rows alone, whatever the trial."""
SAID = ("predictions",)
"""Keys of a row that may depend on the training rows and on the features of the test rows, never on their labels."""
NO_MORE: Mapping[str, Collection[str]] = MappingProxyType({})


def check_spoiling(
    plan: Sequence[Trial],
    dataset: Dataset,
    rows: Rows,
    *,
    learned: Mapping[str, Collection[str]] = NO_MORE,
) -> None:
    """Check that what a trial learns does not depend on the rows that it is tested on.

    One trial of each function that has a `lab.learning.folds.Fold` among its arguments is run again on two spoiled tables. With
    other labels in the test rows it must learn the same and say the same; with other features too it must learn the
    same. Learned are the keys of `LEARNED`, and those named for the function; said are those of `SAID`. Trials that must
    run alone are left out: they measure times.

    Parameters
    ----------
    plan : sequence of Trial
        The work.
    dataset : Dataset
        The table that `rows` come from.
    rows : mapping of str to row
        What the trials returned on it.
    learned : mapping of str to collection of str
        By the name of a trial's function, what is learned beyond `LEARNED`. A dot goes down: ``"int8.onnx"``.

    Raises
    ------
    AssertionError
        If a row changes where it may not; the message names trial and key.
    """
    seen = set()
    for trial in plan:
        fold = next((value for value in trial.arguments.values() if isinstance(value, folds.Fold)), None)
        if fold is None or trial.exclusive or trial.function in seen or trial.key not in rows:
            continue
        more = tuple(learned.get(trial.function.__name__, ()))
        for key in more:
            assert _at(rows[trial.key], key) is not None, (
                f"trial {trial.key!r} learned {key!r}, says the test, and its row lacks it"
            )
        if not any(_at(rows[trial.key], key) is not None for key in (*LEARNED, *SAID, *more)):
            continue
        seen.add(trial.function)
        _, test = folds.split(dataset, fold)
        for what, features, keys in (("labels", False, (*LEARNED, *SAID, *more)), ("rows", True, (*LEARNED, *more))):
            again = _run_spoiled(trial, spoiled(dataset, test, features=features), dataset, rows)
            for key in keys:
                before, after = _plain(_at(rows[trial.key], key)), _plain(_at(again, key))
                assert before == after, (
                    f"trial {trial.key!r}: {key!r} changes with the {what} of its test rows, which it may not learn from"
                )


def spoiled(dataset: Dataset, rows: "NDArray[np.int64]", *, features: bool) -> Dataset:
    """Give half of the named rows another label, and where `features` is true all of them other values in every column.

    `rows` are row numbers, shape (n_named,).
    Only half, drawn at random: a model of labels that are all exchanged scores as well as before. A class becomes the
    next one, the last one the first; a number goes as far beyond the target's range as it was inside. Numbers and dates
    become a million, booleans their opposite, texts one that was never seen.
    """
    target = dataset.target.copy()
    some = np.random.default_rng(0).permutation(rows)[: (len(rows) + 1) // 2]
    if dataset.classes:
        target[some] = (target[some] + 1) % len(dataset.classes)
    else:
        target[some] = 2 * target.max() - target[some] + 1
    frame = dataset.features.copy()
    for name, kind in dataset.kinds.items() if features else ():
        values = frame[name].to_numpy(copy=True)
        if kind == "category":
            values[rows] = "a text that was never seen"
        else:
            values[rows] = 1 - values[rows] if kind == "boolean" else 1e6
        frame[name] = pd.Series(values, index=frame.index, dtype=frame[name].dtype)
    return dataclasses.replace(dataset, features=frame, target=target)


@contextlib.contextmanager
def folds_stay(dataset: Dataset) -> Iterator[None]:
    """Make a context in which twins of a table have its folds: the labels, which are spoiled, decide them otherwise."""

    def strata_before(target: "NDArray", n_folds: int = 1) -> "NDArray[np.int64]":
        return strata(dataset.target if len(target) == dataset.n_rows else target, n_folds)

    with mock.patch.object(folds, "strata", strata_before), mock.patch.object(splits, "strata", strata_before):
        yield


def _run_spoiled(trial: Trial, twin: Dataset, dataset: Dataset, rows: Rows) -> Any:
    with folds_stay(dataset):
        outcome = run_here(trial, twin, {key: rows[key] for key in trial.needs})
    assert outcome.row is not None, f"trial {trial.key!r} fails on other test rows: {outcome.reason}"
    return outcome.row


def _at(row: Any, path: str) -> Any:
    for key in path.split("."):
        row = row.get(key) if isinstance(row, Mapping) else getattr(row, key, None)
    return row


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=_of_its_own)


def _of_its_own(value: Any) -> Any:
    return (
        dataclasses.asdict(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value.tolist()
    )
