"""How are rows parted into training and testing? At random, or so that rows that belong together stay so, or forward in time.

The one place where a table is parted for a comparison or a search: whoever splits rows otherwise would learn from copies,
from other visits of the same customer, or from the future.
"""

import warnings
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from lab.data.strata import strata
from lab.protocol import Belonging

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["forward_folds", "grouped_folds", "k_folds", "units_by_stratum"]

Splits: TypeAlias = "list[tuple[NDArray[np.int64], NDArray[np.int64]]]"
_FEW_UNITS = 2_000  # up to so many, units of different sizes are balanced one by one


def k_folds(target: "NDArray", belonging: Belonging, folds: int, seed: int) -> Splits:
    """Part rows into folds, stratified by the target: row numbers of the training and the test part of each.

    Parameters
    ----------
    target : array of shape (n_rows,)
        Codes of classes, or numbers.
    belonging : Belonging
        Of these rows.
    folds : int
        At least 2.
    seed : int
        Shuffles the rows; without effect on folds forward in time.

    Returns
    -------
    list of (array, array)
        Forward in time, blocks that lack a class on either side are left out, so that there may be fewer than `folds`;
        where all of them do, the rows are parted without regard to time.
    """
    if belonging.times is not None and (whole := _with_all_classes(forward_folds(belonging, folds), target)):
        return whole
    if belonging.units is not None:
        return grouped_folds(target, belonging.units, folds, seed)
    return _parted(StratifiedKFold(folds, shuffle=True, random_state=seed), strata(target, folds))


def _parted(
    splitter: StratifiedKFold | StratifiedGroupKFold, alike: "NDArray", units: "NDArray | None" = None
) -> Splits:
    """Split rows; a class of fewer rows than folds is missing from some of them, which the library would tell the user's terminal."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class in y has only")
        return list(splitter.split(np.zeros(len(alike)), alike, units))


def grouped_folds(target: "NDArray", units: "NDArray", folds: int, seed: int) -> Splits:
    """Part units, shape (n_rows,), into folds that hold the classes (or strata) in proportion as well as whole units allow."""
    alike = strata(target, folds)
    codes, first = np.unique(units, return_index=True)
    if len(codes) <= _FEW_UNITS:
        return _parted(StratifiedGroupKFold(folds, shuffle=True, random_state=seed), alike, units)
    kinds = alike[first]  # of many units each is a small part of its fold: the first row speaks for it
    parted = _parted(StratifiedKFold(folds, shuffle=True, random_state=seed), kinds)
    fold_of = np.empty(codes[-1] + 1, dtype=np.int64)
    for place, (_, tested) in enumerate(parted):
        fold_of[codes[tested]] = place
    places = fold_of[units]
    return [(np.flatnonzero(places != place), np.flatnonzero(places == place)) for place in range(folds)]


def forward_folds(belonging: Belonging, folds: int, *, later: float = 0.0, gap: int = 0) -> Splits:
    """Part rows forward in time: each test block comes after all rows that its model learned from (forward chaining).

    The rows are cut at moments, never between rows of the same one. Rows of a unit that is tested are not learned from.

    Parameters
    ----------
    belonging : Belonging
        With times.
    folds : int
        Number of test blocks; they hold about as many rows each as the part before the first of them.
    later : float
        How much later than usual the first block begins, in blocks, from 0 to below 1: other repetitions test other blocks.
    gap : int
        Moments left out between training and testing.

    Raises
    ------
    ValueError
        If the rows have no times.

    References
    ----------
    Bergmeir and Benitez (2012), Information Sciences 191, 192-213; Roberts et al. (2017), Ecography 40, 913-929.
    """
    times = belonging.times
    if times is None:
        raise ValueError("folds forward in time need rows with times")
    order = np.sort(times)
    start = (1 + later) / (folds + 1 + later)
    shares = np.linspace(start, 1, folds + 1)[:-1]
    edges = [int(order[min(int(share * len(order)), len(order) - 1)]) for share in shares]
    ends = [*edges[1:], int(order[-1]) + 1]
    found = []
    for begin, end in zip(edges, ends, strict=True):
        tested = (times >= begin) & (times < end)
        learned = times < begin - gap
        if belonging.units is not None:
            learned &= ~np.isin(belonging.units, belonging.units[tested])
        found.append((np.flatnonzero(learned), np.flatnonzero(tested)))
    return found


def _with_all_classes(splits: Splits, target: "NDArray") -> Splits:
    """Leave out the folds in which a part is empty or lacks one of the classes of the table."""
    if target.dtype.kind == "f":
        return [(train, test) for train, test in splits if min(len(train), len(test)) >= 2]
    known = len(np.unique(target))
    return [pair for pair in splits if all(len(np.unique(target[rows])) == known for rows in pair)]


def units_by_stratum(target: "NDArray", belonging: Belonging, n_strata: int) -> "NDArray[np.int64]":
    """Count the independent units that have rows of each class: shape (n_strata,); rows, where each stands alone."""
    if belonging.units is None:
        return np.bincount(target, minlength=n_strata)
    pairs = np.unique(np.stack([target, belonging.units]), axis=1)
    return np.bincount(pairs[0], minlength=n_strata)
