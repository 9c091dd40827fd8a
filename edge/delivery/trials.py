"""What does a candidate become that is handed over? Tuned on all rows, learned from all rows, a file that explains itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np

from edge.delivery.card import with_card, with_frequent_texts
from edge.exporting import device, originals, parity
from edge.watch.profile import ENTRY, Answered
from edge.watch.profiling import answered_by, profile_of
from lab.learning.families import Family
from lab.learning.outer import FoldRow
from lab.learning.tuning import tune_on_all
from lab.protocol import Dataset, Key, Rows

__all__ = ["DELIVER", "DeliveredRow", "deliver", "delivered_row"]

_TRIED, _COMPARED = 2_000, 5_000
"""Rows on which the forms of the export are compared before one is taken, and on which it is then held against the original."""


@dataclass(frozen=True, eq=False)
class DeliveredRow:
    """A candidate that learned from all rows, as a file, and how far it is from its original.

    Attributes
    ----------
    onnx : numpy.ndarray of shape (size_bytes,), uint8
        The file, with the metadata of `edge.delivery.card`.
    n_rows : int
        Rows that it learned from.
    form : str
        As in `edge.exporting.device.Exported`.
    splits_rows : bool
        Whether its numbers lie between values of single rows, as the thresholds of trees do.
    parameters : mapping
        What the search set.
    parity : mapping of str to Parity
        By kind of rows.
    weights : mapping of str to float
        By the labels of its members, where it is an average of models; else empty.
    original : numpy.ndarray of uint8, or None
        The fitted pipeline as skops bytes, where an average needs it.
    """

    onnx: np.ndarray
    n_rows: int
    form: str
    splits_rows: bool
    parameters: Mapping[str, Any]
    parity: Mapping[str, parity.Parity]
    weights: Mapping[str, float] = field(default_factory=dict)
    original: np.ndarray | None = None


DELIVER = Key("deliver", DeliveredRow)


def deliver(
    dataset: Dataset,
    *,
    seed: int,
    family: Family,
    scorer: str,
    candidates: int,
    search_rows: int | None = None,
    keeps_original: bool = False,
    inputs: Rows | None = None,
) -> DeliveredRow:
    """Tune a family on all rows as it is tuned in a fold, let the chosen setting learn from all of them, and export it.

    `inputs` is the row of the family on an outer fold: how it answers rows that it has not learned from.
    """
    every = np.arange(dataset.n_rows)
    model = family.build(dataset.features, seed)
    parameters: dict[str, Any] = {}
    if candidates > 1 and family.space:
        found = tune_on_all(family, dataset, scorer=scorer, candidates=candidates, seed=seed, search_rows=search_rows)
        parameters = found.parameters
    chosen = with_frequent_texts(model.set_params(**parameters), dataset, every)
    fitted = device.fit_for_device(chosen, dataset, every)
    some = device.device_rows_at(dataset, every[:_TRIED])
    form = parity.leanest_equal(fitted, device.to_files(fitted, dataset), dataset, some, seed=seed)
    shown = {name.removeprefix("model__"): _plain(value) for name, value in parameters.items()}
    about = {"model": family.label, "parameters": shown}
    row = delivered_row(fitted, form, dataset, about, seed=seed, scored=inputs)
    return replace(row, original=originals.to_bytes(fitted)) if keeps_original else row


def delivered_row(
    fitted: Any,
    form: device.Exported,
    dataset: Dataset,
    about: Mapping[str, Any],
    *,
    seed: int,
    scored: Rows | None = None,
) -> DeliveredRow:
    """Write what a file is about into it, and compare it with its fitted original on rows of the table and beyond.

    `scored` are rows of outer folds: what they say of the answers goes into the profile by which the model is watched.
    """
    profile = profile_of(dataset, seed=seed, answered=_answered(dataset, scored or {}))
    said = {**about, "rows": dataset.n_rows, ENTRY: msgspec.to_builtins(profile)}
    content = with_card(form.content, dataset, fitted, said)
    spread = np.unique(np.linspace(0, dataset.n_rows - 1, min(dataset.n_rows, _COMPARED)).astype(np.int64))
    rows = device.device_rows_at(dataset, spread)
    compared = {
        "rows of the table": rows,
        "beyond their range": parity.beyond_range(dataset, rows, seed=seed),
        "on split thresholds": parity.at_thresholds(content, dataset, rows, seed=seed),
    }
    return DeliveredRow(
        onnx=np.frombuffer(content, dtype=np.uint8),
        n_rows=dataset.n_rows,
        form=form.form,
        splits_rows=compared["on split thresholds"] is not None,
        parameters=about["parameters"],
        parity={
            where: parity.compare(fitted, content, dataset, each)
            for where, each in compared.items()
            if each is not None
        },
        weights=about.get("weights", {}),
    )


def _answered(dataset: Dataset, scored: Rows) -> Answered | None:
    """Count the answers to rows of outer folds; None where there are none."""
    folds = [row for row in scored.values() if isinstance(row, FoldRow)]
    if not folds:
        return None
    rows = np.concatenate([fold.test_rows for fold in folds])
    return answered_by(np.concatenate([fold.predictions for fold in folds]), dataset.target[rows])


def _plain(value: Any) -> Any:
    """Turn a drawn parameter into what JSON knows."""
    return value.item() if isinstance(value, np.generic) else list(value) if isinstance(value, tuple) else value
