"""On which rows are the models trained and tested? The same repeated folds for every model of a run."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import RepeatedStratifiedKFold

from lab.data.strata import strata
from lab.errors import DataError
from lab.learning.splits import forward_folds, grouped_folds, units_by_stratum
from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Belonging, Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["INNER_FOLDS", "Fold", "all_folds", "require_rows", "require_rows_per_class", "split"]

INNER_FOLDS = 3
_ROWS_PER_FOLD = 10


def require_rows(dataset: Dataset, folds: int) -> None:
    """Raise DataError where the outer folds, and the inner folds nested in them, have too few rows of some kind."""
    if dataset.task == "classes":
        require_rows_per_class(dataset, folds)
        return
    if dataset.n_rows < _ROWS_PER_FOLD * folds:
        raise DataError(
            f"{dataset.name} has {dataset.n_rows} row(s) with a value in the target {dataset.target_name!r}, fewer than the "
            f"{_ROWS_PER_FOLD * folds} that {folds} folds need; add rows{_fewer_folds(dataset.n_rows, folds, _ROWS_PER_FOLD.__mul__)}"
        )
    _require_units(dataset, folds)
    _require_moments(dataset, folds)


def require_rows_per_class(dataset: Dataset, folds: int) -> None:
    """Raise DataError where a class is too small for the outer folds and the inner folds nested in them."""
    _require_units(dataset, folds)
    counts = units_by_stratum(dataset.target, dataset.belonging, len(dataset.classes))
    rarest = int(counts.argmin())
    rows = int(counts[rarest])
    needed = _rows_of_a_class(folds)
    if rows < needed:
        in_all = int(np.sum(dataset.target == rarest))
        which = (
            f"class {dataset.classes[rarest]!r}" if in_all >= MIN_ROWS else "the rarest class"
        )  # it may name a person
        what = f"{in_all} row(s)"
        if rows < in_all:
            by = dataset.belonging.by
            what += f" in only {rows} value(s) of {by!r}" if by else f", of which only {rows} are no copies of others"
        raise DataError(
            f"{dataset.name}: {which} of the target {dataset.target_name!r} has {what}, "
            f"fewer than the {needed} that {folds} folds need; add rows, merge classes{_as_number(dataset)}"
            f"{_fewer_folds(rows, folds, _rows_of_a_class)}"
        )
    _require_moments(dataset, folds)


def _rows_of_a_class(folds: int) -> int:
    """How many rows a class needs; of fewer folds more, since each leaves more of them out."""
    return max(folds, next(n for n in range(2, 1000) if _smallest_training(n, folds) >= INNER_FOLDS))


def _fewer_folds(rows: int, folds: int, needed: Callable[[int], int]) -> str:
    """Say which number of folds would do; nothing where none would."""
    enough = next((fewer for fewer in range(folds - 1, 1, -1) if needed(fewer) <= rows), None)
    return "" if enough is None else f", or lower --folds to {enough}"


def _as_number(dataset: Dataset) -> str:
    """Say that classes that are numbers may be predicted as one; nothing where they are words."""
    try:
        numbers = [float(label) for label in dataset.classes]
    except ValueError:
        return ""
    return ", predict it as a number (--task number, in the interpretability lab)" if len(numbers) > 2 else ""


def _require_units(dataset: Dataset, folds: int) -> None:
    """Raise DataError where there are fewer groups than the outer folds and the inner folds nested in them need."""
    units, by = dataset.belonging.units, dataset.belonging.by
    needed = folds * INNER_FOLDS
    if units is None or (n_units := len(np.unique(units))) >= needed:
        return
    which = (
        f"the column {by!r} has {n_units} different values" if by else f"only {n_units} rows are no copies of others"
    )
    raise DataError(
        f"{dataset.name}: {which}, fewer than the {needed} that {folds} folds and the {INNER_FOLDS} inside each need; "
        "lower --folds, add rows, or choose another column"
    )


def _require_moments(dataset: Dataset, folds: int) -> None:
    """Raise DataError where the rows cannot be parted forward in time with every class on both sides."""
    belonging = dataset.belonging
    if belonging.times is None:
        return
    moments = len(np.unique(belonging.times))
    if moments < 2 * (folds + 1):
        raise DataError(
            f"{dataset.name}: the time column {belonging.time!r} has {moments} different values, fewer than the "
            f"{2 * (folds + 1)} that {folds} folds forward in time need; lower --folds, or choose another column"
        )
    for fold in all_folds(folds, 1, 0):
        train, test = split(dataset, fold)
        for side, rows in (("train", train), ("test", test)):
            counts = (
                np.bincount(dataset.target[rows], minlength=len(dataset.classes)) if dataset.classes else [len(rows)]
            )
            fewest = int(np.min(counts))
            if fewest < (2 * INNER_FOLDS if side == "train" else 1):
                which = f"class {dataset.classes[int(np.argmin(counts))]!r}" if dataset.classes else "the table"
                raise DataError(
                    f"{dataset.name}: {which} has {fewest} row(s) to {side} on in fold {fold.index + 1} of {folds} forward in "
                    f"time by {belonging.time!r}; lower --folds, merge classes, or leave out --time"
                )


def _smallest_training(rows: int, folds: int) -> int:
    """Rows of a class that the innermost training part can count on."""
    outer = rows - -(-rows // folds)
    return outer - -(-outer // INNER_FOLDS)


@dataclass(frozen=True)
class Fold:
    """One of `folds` x `repeats` outer folds; `index` counts from 0, `seed` shuffles all of them alike.

    With `at_random` it parts rows that the user said belong together, or come one after the other: to show what that changes.
    """

    folds: int
    repeats: int
    seed: int
    index: int
    at_random: bool = False

    @property
    def repeat(self) -> int:
        """The repetition that it belongs to, from 0."""
        return self.index // self.folds

    def belonging(self, dataset: Dataset) -> Belonging:
        """What the fold, and the inner folds of its training rows, hold together."""
        return dataset.belonging.at_random if self.at_random else dataset.belonging


def all_folds(folds: int, repeats: int, seed: int, *, at_random: bool = False) -> list[Fold]:
    """List the outer folds of a run."""
    return [Fold(folds, repeats, seed, index, at_random) for index in range(folds * repeats)]


def split(dataset: Dataset, fold: Fold) -> "tuple[NDArray, NDArray]":
    """Row numbers of an outer fold: shapes (n_train,) and (n_test,).

    At random within the classes; whole units where rows belong together; forward in time where rows have times, where one
    hundredth of the moments is left out between training and testing and each repetition begins a little later.
    """
    belonging, place = fold.belonging(dataset), fold.index % fold.folds
    if belonging.times is not None:
        gap = len(np.unique(belonging.times)) // 100
        return forward_folds(belonging, fold.folds, later=fold.repeat / fold.repeats, gap=gap)[place]
    if belonging.units is not None:
        seed = fold.seed + 7_919 * fold.repeat
        return grouped_folds(dataset.target, belonging.units, fold.folds, seed)[place]
    splitter = RepeatedStratifiedKFold(n_splits=fold.folds, n_repeats=fold.repeats, random_state=fold.seed)
    splits = splitter.split(np.zeros(dataset.n_rows), strata(dataset.target, fold.folds))
    return next(itertools.islice(splits, fold.index, None))
