"""Which models are candidates for the device, and what may a search cost? The lab's families.

On a large table the neural network stops early, as scikit-learn's boosting does by itself there: without, it goes on for
hundreds of epochs in which it only learns the noise.
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

__all__ = ["SEARCH_ROWS", "group", "set_parameters"]

SEARCH_ROWS = 2_000
"""Rows from which settings are compared with one another where there are more; the chosen one learns from all."""

_LARGE = 2_500
_OF_EACH_CLASS = 30  # rows that a sample of `SEARCH_ROWS` must hold, so that a tenth of them can decide when to stop


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


def _mlp(dataset: Dataset) -> Family:
    smallest = np.bincount(dataset.target).min() / dataset.n_rows
    if dataset.n_rows < _LARGE or smallest * SEARCH_ROWS < _OF_EACH_CLASS:
        return MLP
    return dataclasses.replace(MLP, build=_stopping_early)


def _stopping_early(features: pd.DataFrame, seed: int) -> Any:
    return MLP.build(features, seed).set_params(model__early_stopping=True)
