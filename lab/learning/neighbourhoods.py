"""Do rows come in groups that no column names? Distances to the nearest rows have a gap where a group ends, and targets a step.

Where rows are independent, log(distance to the next rank / distance) has the mean 1 / (rank x dimension) (Levina and Bickel
2004): times rank and dimension it is 1 at every rank, and grows slowly towards the rim of the table. Visits of a patient lie
close together and far from those of others, so that this growth is large at the ranks at which the own group ends, and falls
again beyond. If the targets also agree far more within the group than beyond it, models recognise the group.

Columns count by their ranks, as the numbers of a normal distribution would stand in them, and equal values are parted at random:
long tails and single extremes make no groups then, nor do the cells of columns with few values.

A mixture of a few clouds, whose rows are independent, looks the same as a few groups: nobody can tell these apart by the columns
alone, so that fewer than 25 groups are never suspected.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtri
from sklearn.neighbors import NearestNeighbors

from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Neighbourhood", "neighbourhood"]

_FEWEST_ROWS, _FEWEST_GROUPS = 60, 25
_FARTHEST, _WIDER = 600, 1.2
_ASKED, _MANY_ROWS, _LARGEST_SHARE_OF_A_ROW = 1_000, 20_000, 6
_FEW_VALUES, _FEWEST_VALUES, _ENOUGH, _MOST_COLUMNS, _SAMPLE = 20, 4, 4, 100, 10_000
_MORE_CELLS = 100


@dataclass(frozen=True)
class Neighbourhood:
    """What the nearest rows are like.

    Attributes
    ----------
    size : int
        Rows in a group, if there are groups: where the distances have their gap.
    gap : float
        How fast distances grow there, relative to where they grow slowest beyond (1: there is no gap).
    step : float
        How much more the targets agree within the group than beyond it: a difference of correlations.
    sureness : float
        The step in standard errors.
    """

    size: int
    gap: float
    step: float
    sureness: float


_NONE = Neighbourhood(1, 1.0, 0.0, 0.0)


def neighbourhood(dataset: Dataset, *, seed: int) -> Neighbourhood:
    """Look at up to 600 nearest rows of up to 1,000 rows; a table of fewer than 60 rows has no gap that could be told.

    Of copies, and of other rows that are known to belong together, only the first counts.
    """
    rng = np.random.default_rng(seed)
    units = dataset.belonging.units
    once = np.arange(dataset.n_rows) if units is None else np.unique(units, return_index=True)[1]
    places = _places(dataset, once, rng)
    n_rows, n_columns = places.shape
    if n_rows < _FEWEST_ROWS or n_columns < 2:
        return _NONE
    farthest = min(_FARTHEST, n_rows // 4)
    asked = rng.permutation(n_rows)[: _ASKED if n_rows <= _MANY_ROWS else _ASKED // 4]
    nearest = NearestNeighbors(n_neighbors=farthest + 1, algorithm="brute").fit(places)
    distances, rows = (found[:, 1:] for found in nearest.kneighbors(places[asked]))  # the nearest is the row itself
    ends, growth = _growth(distances)
    size, gap = _widest(ends, growth, n_rows)
    if size == 0:
        return _NONE
    alike = _alike(dataset, once[asked], once[rows])
    steps = alike[:, : max(size // 2, 1)].mean(axis=1) - alike[:, 2 * size : max(4 * size, 2 * size + 10)].mean(axis=1)
    error = float(steps.std(ddof=1) / np.sqrt(len(steps)))
    return Neighbourhood(size + 1, gap, float(steps.mean()), float(steps.mean()) / error if error else 0.0)


def _places(dataset: Dataset, rows: "NDArray[np.int64]", rng: np.random.Generator) -> "NDArray[np.float32]":
    """Give every row a place, by the ranks of its numbers: shape (n_rows, n_numbers).

    Columns of few values are left out where there are others: what they say is little beside the chance that parts their ties.
    """
    by_many, by_few, cells = [], [], 1.0
    for name, kind in dataset.kinds.items():
        if kind == "category":
            continue
        n_values = dataset.features[name].iloc[:: 1 + dataset.n_rows // _SAMPLE].nunique()
        if n_values > _FEW_VALUES:
            by_many.append(name)
        elif n_values >= _FEWEST_VALUES:
            by_few.append(name)
            cells *= n_values
    names = by_many if len(by_many) >= _ENOUGH else [*by_many, *by_few]
    most = _MOST_COLUMNS if len(rows) <= _MANY_ROWS else 12
    chosen = names if len(names) <= most else [names[place] for place in rng.permutation(len(names))[:most]]
    apart = 0.5 if len(by_many) == 0 and cells > _MORE_CELLS * len(rows) else 1.0
    columns = [np.empty((len(rows), 0), dtype=np.float32)]
    columns += [_normal(dataset.features[name].to_numpy()[rows], apart, rng)[:, None] for name in chosen]
    return np.concatenate(columns, axis=1)


def _normal(values: "NDArray[np.float64]", apart: float, rng: np.random.Generator) -> "NDArray[np.float32]":
    """Turn numbers into those of a normal distribution by their ranks among up to 10,000 of them, ties parted at random.

    A missing number is as a tie of all others. Ties take up the share `apart` of their ranks: with 1 the cells of columns with
    few values touch one another. Where most cells are empty, half is enough, and hides less of a group.
    """
    known = values[~np.isnan(values)]
    sample = np.sort(known if len(known) <= _SAMPLE else rng.choice(known, _SAMPLE, replace=False))
    low, high = np.searchsorted(sample, values, "left"), np.searchsorted(sample, values, "right")
    low[np.isnan(values)], high[np.isnan(values)] = 0, len(sample)
    within = 0.5 + apart * (rng.random(len(values)) - 0.5)
    ranks = (low + within * np.maximum(high - low, 1)) / (len(sample) + 1)
    return np.asarray(ndtri(np.clip(ranks, 1e-4, 1 - 1e-4)), dtype=np.float32)


def _growth(distances: "NDArray") -> "tuple[NDArray[np.int64], NDArray[np.float64]]":
    """How fast distances grow over stretches of ranks, as multiples of one per rank: ends of the stretches, (n_asked, n_stretches)."""
    n_ranks = distances.shape[1]
    ends = [1]
    while ends[-1] < n_ranks:
        ends.append(min(max(ends[-1] + 1, int(ends[-1] * _WIDER)), n_ranks))
    places = np.array(ends) - 1
    logs = np.log(np.maximum(distances[:, places], 1e-6))
    expected = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, n_ranks + 1))])[places]
    return places[1:], np.diff(logs, axis=1) / np.diff(expected)


def _widest(ends: "NDArray[np.int64]", growth: "NDArray", n_rows: int) -> tuple[int, float]:
    """Find the stretch whose growth exceeds most what comes beyond it: its end and by how much; 0 where there is none.

    A row counts by no more than six times the usual growth: a few rows that lie apart are no groups.
    """
    mean = growth.mean(axis=0)
    size, gap = 0, 1.0
    for place in range(len(ends) - 2):
        usual = float(mean[place + 1 :].min())
        if ends[place] * _FEWEST_GROUPS > n_rows or usual <= 0:
            break
        found = float(np.minimum(growth[:, place], _LARGEST_SHARE_OF_A_ROW * usual).mean()) / usual
        if found > gap:
            size, gap = int(ends[place]), found
    return size, gap


def _alike(dataset: Dataset, asked: "NDArray", rows: "NDArray") -> "NDArray[np.float64]":
    """How alike the targets of rows and their neighbours are, 0 where by chance: shape (n_asked, n_neighbours)."""
    target = dataset.target
    if dataset.classes:
        shares = np.bincount(target, minlength=len(dataset.classes)) / len(target)
        left = float(np.sum(shares * (1 - shares)))
        # of centred indicators of the classes, the product is: equal - share of one - share of the other + sum of squares
        same = (target[rows] == target[asked][:, None]).astype(np.float64)
        return (same - shares[target[rows]] - shares[target[asked]][:, None] + np.sum(shares**2)) / left
    ranks = pd.Series(target).rank().to_numpy()
    scores = ndtri((ranks - 0.5) / len(target))
    scores = (scores - scores.mean()) / scores.std()
    return np.asarray(scores[rows] * scores[asked][:, None], dtype=np.float64)
