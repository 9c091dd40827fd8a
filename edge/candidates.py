"""Which models are candidates for the device, and how is one kept? The lab's families; the fitted original as skops bytes.

On a large table the neural network stops early, as scikit-learn's boosting does there: with 13,333 rows of the
benchmark's table it then takes a fifth of the time and is no less accurate.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from edge.given import family_of
from lab.comparison import Group
from lab.families import BOOSTING, EXTRA_TREES, FOREST, LOGISTIC, MLP, Family
from lab.protocol import Dataset

__all__ = ["SEARCH_ROWS", "from_bytes", "group", "set_parameters", "to_bytes"]

SEARCH_ROWS = 2_000
"""Rows from which settings are compared with one another where there are more; the chosen one learns from all."""

_LARGE = 2_500
_OF_EACH_CLASS = 30  # rows that a sample of `SEARCH_ROWS` must hold, so that a tenth of them can decide when to stop
_OURS = (
    "builtins.object",
    "functools.partial",
    "lab.preparation.FillEmpty",
    "lab.preparation.FrequentOneHot",
    "numpy.dtype",
    "numpy.number",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils.validation.check_array",
)
"""Types in our own pipelines that skops leaves to its caller; reading them runs no code of the file."""


def group(dataset: Dataset, model: str | None) -> Group:
    """List all models that set the standard of accuracy, whether or not they are candidates for the device.

    Parameters
    ----------
    model : str, optional
        The path of a user's own model, which joins them.
    """
    known: tuple[Family, ...] = (LOGISTIC, FOREST, EXTRA_TREES, BOOSTING, _mlp(dataset))
    if model:
        known = (*known, family_of(model, dataset))
    return Group("all", "model", known)


def set_parameters(family: Family, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the parameters of a fold's row, as stored for a reader, back into what scikit-learn wants.

    >>> set_parameters(MLP, {"hidden_layer_sizes": [64, 32]})
    {'model__hidden_layer_sizes': (64, 32)}
    """
    return {
        name: tuple(shown[short]) if isinstance(shown[short], list) else shown[short]
        for name in family.space
        if (short := name.removeprefix("model__")) in shown
    }


def to_bytes(fitted: Any) -> np.ndarray:
    """Write a fitted pipeline of ours as skops bytes (uint8), which a row can hold."""
    from skops import io

    return np.frombuffer(io.dumps(fitted), dtype=np.uint8)


def from_bytes(content: np.ndarray) -> Any:
    """Read what `to_bytes` wrote."""
    from skops import io

    return io.loads(content.tobytes(), trusted=list(_OURS))


def _mlp(dataset: Dataset) -> Family:
    smallest = np.bincount(dataset.target).min() / dataset.n_rows
    if dataset.n_rows < _LARGE or smallest * SEARCH_ROWS < _OF_EACH_CLASS:
        return MLP
    return dataclasses.replace(MLP, build=_stopping_early)


def _stopping_early(features: pd.DataFrame, seed: int) -> Any:
    return MLP.build(features, seed).set_params(model__early_stopping=True)
