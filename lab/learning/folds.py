"""On which rows are the models trained and tested? The same repeated stratified folds for every model of a run."""

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import RepeatedStratifiedKFold

from lab.data.strata import strata
from lab.errors import DataError
from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["INNER_FOLDS", "Fold", "all_folds", "require_rows", "require_rows_per_class", "split"]

INNER_FOLDS = 3
_ROWS_PER_FOLD = 10


def require_rows(dataset: Dataset, folds: int) -> None:
    """Raise DataError where the outer folds, and the inner folds nested in them, have too few rows of some kind."""
    if dataset.task == "classes":
        require_rows_per_class(dataset, folds)
    elif dataset.n_rows < _ROWS_PER_FOLD * folds:
        raise DataError(
            f"{dataset.name} has {dataset.n_rows} row(s) with a value in the target {dataset.target_name!r}, fewer than the "
            f"{_ROWS_PER_FOLD * folds} that {folds} folds need; add rows, or lower --folds"
        )


def require_rows_per_class(dataset: Dataset, folds: int) -> None:
    """Raise DataError where a class is too small for the outer folds and the inner folds nested in them."""
    counts = np.bincount(dataset.target, minlength=len(dataset.classes))
    rarest = int(counts.argmin())
    rows = int(counts[rarest])
    needed = max(folds, next(n for n in range(2, 1000) if _smallest_training(n, folds) >= INNER_FOLDS))
    if rows < needed:
        which = f"class {dataset.classes[rarest]!r}" if rows >= MIN_ROWS else "the rarest class"  # it may name a person
        raise DataError(
            f"{dataset.name}: {which} of the target {dataset.target_name!r} has {rows} row(s), "
            f"fewer than the {needed} that {folds} folds need; add rows, merge classes, or lower --folds"
        )


def _smallest_training(rows: int, folds: int) -> int:
    """Rows of a class that the innermost training part can count on."""
    outer = rows - -(-rows // folds)
    return outer - -(-outer // INNER_FOLDS)


@dataclass(frozen=True)
class Fold:
    """One of `folds` x `repeats` outer folds; `index` counts from 0, `seed` shuffles all of them alike."""

    folds: int
    repeats: int
    seed: int
    index: int


def all_folds(folds: int, repeats: int, seed: int) -> list[Fold]:
    """List the outer folds of a run."""
    return [Fold(folds, repeats, seed, index) for index in range(folds * repeats)]


def split(dataset: Dataset, fold: Fold) -> "tuple[NDArray, NDArray]":
    """Row numbers of an outer fold: shapes (n_train,) and (n_test,)."""
    splitter = RepeatedStratifiedKFold(n_splits=fold.folds, n_repeats=fold.repeats, random_state=fold.seed)
    splits = splitter.split(np.zeros(dataset.n_rows), strata(dataset.target, fold.folds))
    return next(itertools.islice(splits, fold.index, None))
