"""Do rows come in groups that share most of their cells? Near copies, and what a customer keeps in columns of few values.

Whether two independent rows differ in a column is a trial. Of independent trials the chances of 0, 1, 2, ... successes are log-concave
(Newton's inequality), so that pairs of rows that differ in few columns are rarer than those that differ in one more can explain.
Where there are far more of them, rows come in groups: the pairs of a group lie apart at the low end. Distances between rows of
numbers are looked at elsewhere (`lab.learning.neighbourhoods`); here a column only says whether two rows agree.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Profiles", "profiles"]

_FEWEST_COLUMNS, _FEWEST_GROUPS = 5, 25
_REPEATED = 0.5
"""A column counts if the values of so many of its rows are there more than once."""
_FAR_MORE, _FEWEST_PAIRS = 3, 20
_FEWEST_KIN = 0.5
"""Rows that a row shares its profile with, on average: fewer are accidents."""
_ASKED, _FEWEST_ASKED, _CELLS = 1_000, 50, 1_000_000_000


@dataclass(frozen=True, eq=False)
class Profiles:
    """Groups of rows that share most of their cells.

    Attributes
    ----------
    size : int
        Rows in a group on average, at least 2.
    differ : int
        Columns in which rows of a group differ at most.
    rows : numpy.ndarray of shape (n_found,)
        Row numbers of the rows asked about and of those like them, ascending.
    units : numpy.ndarray of shape (n_found,)
        Codes of their groups.
    """

    size: int
    differ: int
    rows: "NDArray[np.int64]"
    units: "NDArray[np.int64]"


def profiles(dataset: Dataset, *, seed: int) -> Profiles | None:
    """Look for groups of up to a 25th of the rows around up to 1,000 of them; None where there are none.

    Of copies, and of other rows that are known to belong together, only the first counts.
    """
    units = dataset.belonging.units
    once = np.arange(dataset.n_rows) if units is None else np.sort(np.unique(units, return_index=True)[1])
    cells = _cells(dataset, once)
    n_columns, n_rows = cells.shape
    if n_columns < _FEWEST_COLUMNS or n_rows < 2 * _FEWEST_GROUPS:
        return None
    most = min(_ASKED, max(_FEWEST_ASKED, _CELLS // cells.size))
    asked = np.random.default_rng(seed).permutation(n_rows)[:most]
    near = [np.sum(cells != cells[:, [row]], axis=0, dtype=np.int32) for row in asked]
    counts = np.sum([np.bincount(each, minlength=n_columns + 1) for each in near], axis=0)
    counts[0] -= len(asked)  # each row with itself
    differ = _end_of_groups(counts)
    kin = counts[: differ + 1].sum() / len(asked)
    if differ < 0 or not _FEWEST_KIN <= kin <= n_rows / _FEWEST_GROUPS:
        return None
    pairs = [np.flatnonzero(each <= differ) for each in near]
    ends = np.concatenate(pairs)
    starts = np.repeat(asked, [len(each) for each in pairs])
    graph = coo_array((np.ones(len(ends), dtype=bool), (starts, ends)), shape=(n_rows, n_rows))
    codes = connected_components(graph, directed=False)[1]
    found = np.unique(ends)
    if len(np.unique(codes[found])) < _FEWEST_GROUPS:
        return None
    return Profiles(round(kin) + 1, differ, once[found], codes[found].astype(np.int64))


def _cells(dataset: Dataset, rows: "NDArray[np.int64]") -> "NDArray[np.int32]":
    """Code the values of the columns that may be shared: shape (n_columns, n_rows); a missing one is a value of its own."""
    found = []
    for name, kind in dataset.kinds.items():
        codes, values = pd.factorize(dataset.features[name].to_numpy()[rows], use_na_sentinel=False)
        counts = np.bincount(codes, minlength=len(values))
        if kind != "date" and np.mean(counts[codes] > 1) >= _REPEATED:
            found.append(codes.astype(np.int32))
    return np.array(found, dtype=np.int32).reshape(len(found), len(rows))


def _end_of_groups(counts: "NDArray[np.int64]") -> int:
    """Find in how many columns rows of a group differ at most; -1 where there are no groups.

    `counts` are pairs of rows by the number of columns in which they differ, shape (n_columns + 1,). Going down from any two
    neighbouring counts they fall at least as fast as between these two, if rows are independent. Groups end where the pairs exceed
    three times what that allows by most.
    """
    some = np.maximum(counts, _FEWEST_PAIRS).astype(np.float64)
    ratios = some[:-1] / some[1:]
    end, most = -1, 0.0
    for place in range(len(counts) - 2):
        above = np.arange(place + 1, len(ratios))
        above = above[ratios[above] < 1]
        bounds = some[above] * ratios[above] ** (above - place) / (1 - ratios[above])
        more = float(counts[: place + 1].sum() - _FAR_MORE * max(bounds.min(initial=np.inf), _FEWEST_PAIRS))
        if more > most:
            end, most = place, more
    return end
