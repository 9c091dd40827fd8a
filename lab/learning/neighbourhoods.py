"""Do rows come in groups that no column names? Distances to the nearest rows have a gap where a group ends, and labels a step.

Where rows are independent, the distances to the nearest ones grow evenly: `rank` x log(next distance / distance) has the same
mean at every rank, the inverse of the dimension (Levina and Bickel 2004). Visits of a patient lie close together and far from those of
others, so that this mean is large at the rank at which the own group ends. If the labels also agree far more often
before that rank than after it, models recognise the group.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Neighbourhood", "neighbourhood"]

_FARTHEST, _LARGEST_GROUP = 60, 25
_ASKED = 1_000
_FEW_VALUES, _MOST_TIES = 20, 0.1


@dataclass(frozen=True)
class Neighbourhood:
    """What the nearest rows are like.

    Attributes
    ----------
    size : int
        Rows in a group, if there are groups: where the distances have their gap.
    gap : float
        How wide it is, relative to what is usual between farther ranks (1: there is none).
    step : float
        How much more often labels agree within the group than just beyond it, as a share; for numbers a correlation.
    sureness : float
        The step in standard errors.
    """

    size: int
    gap: float
    step: float
    sureness: float


def neighbourhood(dataset: Dataset, *, seed: int) -> Neighbourhood:
    """Look at the nearest rows of up to 1,000 rows; a table of fewer than 60 rows has no gap that could be told.

    Of copies, and of other rows that are known to belong together, only the first counts.
    """
    units = dataset.belonging.units
    once = np.arange(dataset.n_rows) if units is None else np.unique(units, return_index=True)[1]
    places = _places(dataset)[once]
    n_rows = len(places) if places.shape[1] else 0
    farthest = min(_FARTHEST, n_rows // 4)
    if farthest < 15:
        return Neighbourhood(1, 1.0, 0.0, 0.0)
    asked = np.random.default_rng(seed).permutation(n_rows)[: _ASKED if n_rows <= 100_000 else _ASKED // 4]
    nearest = NearestNeighbors(n_neighbors=farthest + 1, algorithm="brute").fit(places)
    distances, rows = nearest.kneighbors(places[asked])
    itself = rows == asked[:, None]
    itself[~itself.any(axis=1), -1] = True  # among many equal rows it may be none of them
    rows, distances = (x[~itself].reshape(len(asked), farthest) for x in (rows, distances))
    ranks = np.arange(1, farthest)
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = ranks * np.log(distances[:, 1:] / distances[:, :-1])
    if np.mean(distances[:, 1:] == distances[:, :-1]) > _MOST_TIES:
        return Neighbourhood(1, 1.0, 0.0, 0.0)
    growth[~np.isfinite(growth)] = 0.0
    mean = growth.mean(axis=0)
    small = min(_LARGEST_GROUP, farthest // 2)
    size = int(np.argmax(mean[:small])) + 1
    usual = float(np.median(mean[small:]))
    alike = _alike(dataset, once[asked], once[rows])
    steps = alike[:, :size].mean(axis=1) - alike[:, size : size + max(size, 10)].mean(axis=1)
    error = float(steps.std(ddof=1) / np.sqrt(len(steps)))
    gap = float(mean[size - 1]) / usual if usual > 0 else 1.0
    return Neighbourhood(size + 1, gap, float(steps.mean()), float(steps.mean()) / error if error else 0.0)


def _places(dataset: Dataset) -> "NDArray[np.float32]":
    """Give every row a place, by its numbers in standard deviations: shape (n_rows, n_numbers).

    Columns of few values are left out: they put independent rows into cells, which look like groups.
    """
    columns = [np.empty((dataset.n_rows, 0))]
    for name, kind in dataset.kinds.items():
        column = dataset.features[name]
        if kind == "category" or column[:: 1 + dataset.n_rows // 10_000].nunique() <= _FEW_VALUES:
            continue
        values = column.fillna(column.median()).to_numpy()
        columns.append(np.clip((values - values.mean()) / values.std(), -4, 4))
    return np.column_stack(columns).astype(np.float32)


def _alike(dataset: Dataset, asked: "NDArray", rows: "NDArray") -> "NDArray[np.float64]":
    """How alike the targets of rows and their neighbours are: shape (n_asked, n_neighbours)."""
    target = dataset.target
    if dataset.classes:
        return (target[rows] == target[asked][:, None]).astype(np.float64)
    ranks = pd.Series(target).rank().to_numpy()
    scores = (ranks - ranks.mean()) / ranks.std()
    return np.asarray(scores[rows] * scores[asked][:, None], dtype=np.float64)
