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

__all__ = ["Recognition", "explained", "recognition", "strongest"]

_FOLDS, _TREES = 3, 40
_MOST_ROWS, _ROWS_OF_A_UNIT = 1_500, 20


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
        The difference in standard errors over the units.
    """

    known: float
    new: float
    sureness: float

    @property
    def share(self) -> float:
        """What was recognition."""
        return self.known - self.new


def recognition(
    dataset: Dataset,
    units: "NDArray[np.int64]",
    *,
    seed: int,
    features: pd.DataFrame | None = None,
    parts: "NDArray[np.int64] | None" = None,
) -> Recognition:
    """Measure it for units of rows; of large tables on 1,500 rows of some units.

    Parameters
    ----------
    dataset : Dataset
        Of copies in it, and other rows that are known to belong together, only one counts.
    units : numpy.ndarray of shape (n_rows,)
        Their codes.
    seed : int
    features : pandas.DataFrame of shape (n_rows, n_columns), optional
        What the model may look at; all features of the table by default.
    parts : numpy.ndarray of shape (n_rows,), optional
        Larger units, at least 3: each is predicted by models of the others. By default units are parted at random.
    """
    rows = _some_units(units, seed)
    if dataset.belonging.units is not None:
        mixed = np.random.default_rng(seed).permutation(
            rows
        )  # the first of all copies stand at the beginning of a file
        rows = np.sort(mixed[np.unique(dataset.belonging.units[mixed], return_index=True)[1]])
    numbers, target, kin = (
        _numbers((dataset.features if features is None else features).iloc[rows]),
        dataset.target[rows],
        units[rows],
    )
    n_classes = len(dataset.classes)
    wanted = target[:, None].astype(np.float64) if n_classes == 0 else np.eye(n_classes)[target]
    left = float(np.mean(np.sum((wanted - wanted.mean(axis=0)) ** 2, axis=1)))
    if left == 0 or (parts is not None and len(np.unique(parts[rows])) < 2):
        return Recognition(0.0, 0.0, 0.0)
    apart = grouped_folds(target, kin, _FOLDS, seed) if parts is None else _each(parts[rows])
    folds = k_folds(target, ALONE, _FOLDS, seed), apart
    known, new = (_errors(numbers, target, wanted, parted, seed) for parted in folds)
    lost = new - known
    _, codes = np.unique(kin, return_inverse=True)
    deviation = np.bincount(codes, lost - lost.mean())
    error = float(np.sqrt(np.sum(deviation**2)))
    sureness = float(lost.sum()) / error if error else 0.0
    return Recognition(1 - float(known.mean()) / left, 1 - float(new.mean()) / left, sureness)


def explained(dataset: Dataset, features: pd.DataFrame, *, seed: int) -> float:
    """Measure what the plain model explains of the target by some features, of shape (n_rows, n_columns), as a share.

    1 is all, 0 nothing; on folds that keep together what belongs together, of large tables on 1,500 rows.
    """
    rows = _some_units(np.arange(dataset.n_rows), seed)
    numbers, target = _numbers(features.iloc[rows]), dataset.target[rows]
    n_classes = len(dataset.classes)
    wanted = target[:, None].astype(np.float64) if n_classes == 0 else np.eye(n_classes)[target]
    left = float(np.mean(np.sum((wanted - wanted.mean(axis=0)) ** 2, axis=1)))
    if left == 0:
        return 0.0
    errors = _errors(numbers, target, wanted, k_folds(target, dataset.belonging.of(rows), _FOLDS, seed), seed)
    return 1 - float(errors.mean()) / left


def strongest(dataset: Dataset, *, seed: int) -> str:
    """Name the feature by which the trees of the plain model reduce the impurity most."""
    rows = _some_units(np.arange(dataset.n_rows), seed)
    trees = ExtraTreesClassifier if dataset.classes else ExtraTreesRegressor
    model = trees(_TREES, random_state=seed).fit(_numbers(dataset.features.iloc[rows]), dataset.target[rows])
    return str(dataset.features.columns[int(np.argmax(model.feature_importances_))])


def _some_units(units: "NDArray[np.int64]", seed: int) -> "NDArray[np.int64]":
    """Draw units at random until they have 1,500 rows; of large ones an equal number of rows, so that many units are seen."""
    if len(units) <= _MOST_ROWS:
        return np.arange(len(units))
    shuffled = np.random.default_rng(seed).permutation(len(units))
    codes, distinct = pd.factorize(units[shuffled])  # in the order in which they are first met: large ones come early
    codes = np.random.default_rng(seed).permutation(len(distinct))[codes]
    order = np.argsort(codes, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(codes))[:-1]])
    place = np.arange(len(units)) - starts[codes[order]]
    few = order[place < max(_ROWS_OF_A_UNIT, _MOST_ROWS // len(distinct))]
    return np.sort(shuffled[few[:_MOST_ROWS]])


def _each(parts: "NDArray[np.int64]") -> "list[tuple[NDArray, NDArray]]":
    return [(np.flatnonzero(parts != part), np.flatnonzero(parts == part)) for part in np.unique(parts)]


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
