"""How does a candidate become a file? Fit what was scored, export it, prove it equal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge import candidates
from edge.exporting import device, originals, parity
from edge.given.family import AsDeviceSees, GivenModel, export_given
from lab.learning.families import Family
from lab.learning.folds import Fold, split
from lab.learning.outer import fold_key
from lab.protocol import Dataset, Key, Rows

__all__ = ["BUILD", "BuiltRow", "build", "built_row"]

_TRIED = 2_000
"""Training rows on which the forms of an export are compared before one is taken; the test rows have the last word."""


@dataclass(frozen=True, eq=False)
class BuiltRow:
    """A candidate as a file for a device, and how far it is from its original.

    Attributes
    ----------
    onnx : numpy.ndarray of shape (size_bytes,), uint8
        The file.
    size_bytes, nodes : int
        Its size, and the nodes of its graph.
    form, promise : str
        As in `edge.exporting.device.Exported`.
    holds_rows : bool
        Whether rows of its training data stand in the file.
    parameters : mapping
        What the search of that fold set.
    parity : mapping of str to Parity
        By kind of rows.
    original : numpy.ndarray of uint8, or None
        The fitted pipeline as skops bytes, which a given model lacks.
    takes_unknown : bool
        Whether it has an answer for texts that it does not know.
    """

    onnx: np.ndarray
    size_bytes: int
    nodes: int
    form: str
    promise: str
    holds_rows: bool
    parameters: Mapping[str, Any]
    parity: Mapping[str, parity.Parity]
    original: np.ndarray | None = None
    takes_unknown: bool = True


BUILD = Key("build", BuiltRow)


def build(dataset: Dataset, *, seed: int, family: Family, fold: Fold, inputs: Rows) -> BuiltRow:
    """Fit what a fold's trial has tuned and scored, export it, and compare it with the original on the test rows.

    `seed` and `inputs` are those of that trial: the candidate is the very model that was scored there.
    """
    train, _ = split(dataset, fold)
    parameters = fold_key(family, fold.index).needed(inputs).parameters
    tuned = family.build(dataset.features.iloc[train], seed).set_params(**candidates.set_parameters(family, parameters))
    given = isinstance(tuned, GivenModel)
    if given:
        tuned.fit(dataset.features, dataset.target)  # it takes note of the classes
    model = AsDeviceSees(tuned, dataset) if given else device.fit_for_device(tuned, dataset, train)
    forms = export_given(tuned, dataset) if given else device.to_files(model, dataset)
    chosen = parity.leanest_equal(model, forms, dataset, device.device_rows_at(dataset, train[:_TRIED]), seed=seed)
    holds = device.holds_rows(tuned.estimator() if given and tuned.intake.kind == "skops" else model)
    return built_row(
        model, chosen, dataset, fold, seed=seed, parameters=parameters, holds_rows=holds, keeps_original=not given
    )


def built_row(
    model: Any,
    chosen: device.Exported,
    dataset: Dataset,
    fold: Fold,
    *,
    seed: int,
    parameters: Mapping[str, Any],
    holds_rows: bool,
    keeps_original: bool = True,
) -> BuiltRow:
    """Compare a file with its original on the test rows of a fold, and put together what is known of it."""
    _, test = split(dataset, fold)
    exported = chosen.content
    unseen = device.device_rows_at(dataset, test)
    takes_unknown = getattr(model, "takes_unknown", True)  # what is our own does
    compared = {
        "test rows": unseen,
        "beyond their range": parity.beyond_range(dataset, unseen, seed=seed, takes_unknown=takes_unknown),
        "on split thresholds": parity.at_thresholds(exported, dataset, unseen, seed=seed),
    }
    return BuiltRow(
        onnx=np.frombuffer(exported, dtype=np.uint8),
        size_bytes=len(exported),
        nodes=_count_nodes(exported),
        form=chosen.form,
        promise=chosen.promise,
        holds_rows=holds_rows,
        parameters=parameters,
        parity={
            where: parity.compare(model, exported, dataset, rows)
            for where, rows in compared.items()
            if rows is not None
        },
        original=originals.to_bytes(model) if keeps_original else None,
        takes_unknown=takes_unknown,
    )


def _count_nodes(exported: bytes) -> int:
    import onnx

    return len(onnx.load_from_string(exported).graph.node)
