"""How is a model fitted where rows belong together? The rows that it keeps aside, to stop early or to calibrate, respect it too.

scikit-learn's estimators keep rows aside at random. A copy, or another visit of the same customer, on the other side would
tell a network to train on, and a calibration that the model is surer than it is.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from lab.learning.splits import k_folds
from lab.protocol import Belonging

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["fit_together"]

_KEPT_ASIDE = 7
"""One fold of so many tells a boosting machine when to stop: the 15 % that it takes by itself."""


def fit_together(model: Any, features: "pd.DataFrame", target: "NDArray", belonging: Belonging, *, seed: int) -> Any:
    """Fit a pipeline whose last step is called `model`, and give it back; `belonging` is that of these rows.

    `features` has shape (n_rows, n_columns), `target` (n_rows,).

    A calibration gets folds, and the bags of an explainable boosting machine rows to stop by, that hold together what belongs
    together; a network and a gradient boosting that cannot be told so learn to their end.
    """
    if belonging.is_plain:
        return model.fit(features, target)
    known, more = model.get_params(), {}
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
