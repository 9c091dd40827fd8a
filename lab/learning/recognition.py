"""How much of a score is recognising rows that belong together? The same plain model, tested with and without their kin in training.

A forest is scored twice on the same rows: on folds at random, where other rows of a customer may be among those it learned
from, and on folds that keep them together. What it loses is what it had by recognition, and new customers will not give.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from lab.learning.splits import grouped_folds, k_folds
from lab.protocol import ALONE, Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MOST_ROWS", "Recognition", "recognition"]

_FOLDS, _TREES = 3, 40
_FLOOR = 1e-3  # errors below it, as a share of what a constant leaves, are as good as none
MOST_ROWS = 1_500
"""Rows on which it is measured."""


@dataclass(frozen=True)
class Recognition:
    """What a plain model explains of the target, as a share of what a constant leaves (1 is all, 0 nothing, below 0 it misleads).

    Attributes
    ----------
    known : float
        On rows whose kin it may have learned from.
    new : float
        On rows whose kin it has not seen.
    sureness : float
        The difference in standard errors over the units: of the errors, or of their logarithms where that is surer, since in some
        stretches of time a model goes further astray than in others.
    """

    known: float
    new: float
    sureness: float

    @property
    def growth(self) -> float:
        """How many times as large the squared error is for new rows."""
        return (1 - self.new) / max(1 - self.known, _FLOOR)

    @property
    def share(self) -> float:
        """What was recognition."""
        return self.known - self.new


def recognition(dataset: Dataset, units: "NDArray[np.int64]", *, seed: int) -> Recognition:
    """Measure it for units of rows, codes of shape (n_rows,), -1 for rows to leave out; of large tables on 1,500 rows in whole units.

    Of copies and other rows that are known to belong together only the first counts.
    """
    rows = _whole_units(units, seed)
    if len(np.unique(units[rows])) < _FOLDS:
        return Recognition(0.0, 0.0, 0.0)
    if dataset.belonging.units is not None:
        rows = rows[np.unique(dataset.belonging.units[rows], return_index=True)[1]]
    features, target, kin = _numbers(dataset.features.iloc[rows]), dataset.target[rows], units[rows]
    n_classes = len(dataset.classes)
    wanted = target[:, None].astype(np.float64) if n_classes == 0 else np.eye(n_classes)[target]
    left = float(np.mean(np.sum((wanted - wanted.mean(axis=0)) ** 2, axis=1)))
    if left == 0:
        return Recognition(0.0, 0.0, 0.0)
    folds = k_folds(target, ALONE, _FOLDS, seed), grouped_folds(target, kin, _FOLDS, seed)
    known, new = (_errors(features, target, wanted, parted, seed) for parted in folds)
    _, codes = np.unique(kin, return_inverse=True)
    sureness = max(_sureness(new, known, codes), _sureness_of_logarithms(new / left, known / left, codes))
    return Recognition(1 - float(known.mean()) / left, 1 - float(new.mean()) / left, sureness)


def _sureness(new: "NDArray[np.float64]", known: "NDArray[np.float64]", units: "NDArray[np.int64]") -> float:
    lost = new - known
    error = float(np.sqrt(np.sum(np.bincount(units, lost - lost.mean()) ** 2)))
    return float(lost.sum()) / error if error else 0.0


def _sureness_of_logarithms(
    new: "NDArray[np.float64]", known: "NDArray[np.float64]", units: "NDArray[np.int64]"
) -> float:
    sizes = np.bincount(units)
    growth = np.diff([np.log(np.bincount(units, each) / sizes + _FLOOR) for each in (known, new)], axis=0)[0]
    error = float(growth.std(ddof=1) / np.sqrt(len(growth)))
    return float(growth.mean()) / error if error else 0.0


def _whole_units(units: "NDArray[np.int64]", seed: int) -> "NDArray[np.int64]":
    considered = np.flatnonzero(units >= 0)
    codes, counts = np.unique(units[considered], return_counts=True)
    if len(considered) <= MOST_ROWS:
        return considered
    order = np.random.default_rng(seed).permutation(len(codes))
    taken = order[np.cumsum(counts[order]) <= MOST_ROWS]
    return np.flatnonzero(np.isin(units, codes[taken]))


def _numbers(features: pd.DataFrame) -> "NDArray[np.float64]":
    """Write every column as numbers, missing ones as the column's median, categories as codes."""
    columns = []
    for name in features:
        column = features[name]
        if column.dtype == object:
            columns.append(pd.factorize(column)[0].astype(np.float64))
        else:
            columns.append(column.fillna(column.median() if column.notna().any() else 0.0).to_numpy())
    return np.column_stack(columns)


def _errors(
    features: "NDArray", target: "NDArray", wanted: "NDArray", folds: "list[tuple[NDArray, NDArray]]", seed: int
) -> "NDArray[np.float64]":
    """Squared distance of the out-of-fold prediction of each row from the truth: shape (n_rows,)."""
    found = np.empty(len(target))
    for train, test in folds:
        if target.dtype.kind == "f":
            said = (
                ExtraTreesRegressor(_TREES, random_state=seed)
                .fit(features[train], target[train])
                .predict(features[test])[:, None]
            )
        else:
            model = ExtraTreesClassifier(_TREES, random_state=seed).fit(features[train], target[train])
            said = np.zeros((len(test), wanted.shape[1]))
            said[:, model.classes_] = model.predict_proba(features[test])
        found[test] = np.sum((said - wanted[test]) ** 2, axis=1)
    return found
