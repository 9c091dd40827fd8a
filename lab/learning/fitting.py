"""How is a model fitted where rows belong together, or count differently? What it keeps aside to stop or calibrate respects it too.

scikit-learn's estimators keep rows aside at random. A copy, or another visit of the same customer, on the other side would
tell a network to train on, and a calibration that the model is surer than it is.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.utils.validation import has_fit_parameter

from lab.learning.splits import k_folds
from lab.protocol import Belonging, Dataset
from lab.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    from lab.learning.families import Family

__all__ = ["fit_together", "takes_weights", "unweighted"]

_KEPT_ASIDE = 7
"""One fold of so many tells a boosting machine when to stop: the 15 % that it takes by itself."""


def fit_together(model: Any, features: "pd.DataFrame", target: "NDArray", belonging: Belonging, *, seed: int) -> Any:
    """Fit a pipeline whose last step is called `model`, and give it back; `belonging` is that of these rows.

    `features` has shape (n_rows, n_columns), `target` (n_rows,).

    A calibration gets folds, and the bags of an explainable boosting machine rows to stop by, that hold together what belongs
    together; a network and a gradient boosting that cannot be told so learn to their end.

    Where rows have weights, a model that takes some learns by them (see `takes_weights`).
    """
    more: dict[str, Any] = {}
    if belonging.weights is not None and takes_weights(model):
        more["model__sample_weight"] = belonging.weights
    if belonging.is_plain:
        return model.fit(features, target, **more)
    known = model.get_params()
    if known.get("model__early_stopping") in (True, "auto"):
        model.set_params(model__early_stopping=False)
    if isinstance(folds := known.get("model__cv"), int):
        whole = dataclasses.replace(
            belonging, times=None
        )  # each row is predicted once: folds forward in time leave some out
        model.set_params(model__cv=k_folds(target, whole, _at_most(folds, belonging), seed))
    if "model__outer_bags" in known:
        more["model__bags"] = _bags(target, belonging, known["model__outer_bags"], seed)
    return model.fit(features, target, **more)


def takes_weights(model: Any) -> bool:
    """Whether the last step of a pipeline, or the regressor inside it, learns more of rows that count for more."""
    last = model[-1]
    return bool(
        has_fit_parameter(last.regressor if isinstance(last, TransformedTargetRegressor) else last, "sample_weight")
    )


def unweighted(families: "Iterable[Family]", dataset: Dataset, *, seed: int) -> str:
    """Say, as the end of a sentence, which families take no weights, where rows have some; empty where all do."""
    if not dataset.belonging.weighted:
        return ""
    names = [family.label for family in families if not takes_weights(family.build(dataset.features, seed))]
    return f"no weights are taken by, and all rows count alike in what is learned by: {listed(names)}" if names else ""


def _bags(target: "NDArray", belonging: Belonging, count: int, seed: int) -> "NDArray[np.int8]":
    """Say for each bag which rows are learned from (1) and which tell when to stop (-1): shape (n_rows, count).

    Rows of a single unit are all learned from: none of them could tell.
    """
    bags = np.ones((count, len(target)), dtype=np.int8)
    folds = _at_most(_KEPT_ASIDE, belonging)
    parted: list[tuple[NDArray, NDArray]] = []
    while folds > 1 and len(parted) < count:
        parted += k_folds(target, belonging, folds, seed + len(parted))
    for bag, (learned, kept) in zip(bags, parted, strict=False):
        bag[:] = 0
        bag[learned], bag[kept] = 1, -1
    return bags.T


def _at_most(folds: int, belonging: Belonging) -> int:
    """No more folds than units."""
    return folds if belonging.units is None else min(folds, len(np.unique(belonging.units)))
