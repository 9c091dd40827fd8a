"""Do rows lie exactly between two others of their class? Rows that were made to balance classes (SMOTE), before the table came here.

A made row is a mixture of two rows, and in each column by the same share: it lies on the straight line between them. Of numbers with
many digits no independent row does so by accident. Whoever tests on made rows tests on what is mixed of training rows.

Numbers in few digits lie on grids, on which some rows are between others by chance: how many that are is seen when one column is
shuffled within the classes, which leaves the grid and breaks the lines. Where one column is a fixed multiple of another in many rows,
these all lie on one line: a row with most of its neighbours on it is not counted.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["between"]

_FEWEST_ROWS, _ASKED, _NEIGHBOURS = 60, 400, 60
_OWN = 0.5
"""A column counts if so many of its values are there once: a made row has new ones."""
_FEWEST_COLUMNS, _MOST_COLUMNS = 2, 20
_STRAIGHT, _MOST_DIGITS = 1e-7, 12
"""Radians by which the two directions may miss opposite ones, beside what the last digit of the numbers allows."""
_ON_ONE_LINE, _FEW_ON_ONE_LINE = 0.1, 4
"""Where more of the neighbours are on one line, the columns lie on lines by themselves."""
_SHARE, _FAR_MORE, _FEWEST = 0.05, 5.0, 10


def between(dataset: Dataset, *, seed: int) -> float:
    """Share of the rows that lie between two of their class: 0 unless that is beyond chance; of large tables, of 400 rows.

    Of copies, and of other rows that are known to belong together, only the first counts. Nothing can be said of fewer than two
    columns of numbers that mostly differ, nor where the target is a number.
    """
    units = dataset.belonging.units
    once = np.arange(dataset.n_rows) if units is None else np.unique(units, return_index=True)[1]
    if len(once) < _FEWEST_ROWS or not dataset.classes:
        return 0.0
    rng = np.random.default_rng(seed)
    (places, near), classes = _places(dataset, once), dataset.target[once]
    if places.shape[1] < _FEWEST_COLUMNS:
        return 0.0
    asked = rng.permutation(len(once))[:_ASKED]
    found = _between(places, near, classes, asked)
    share = float(found.mean())
    if share < _SHARE or found.sum() < _FEWEST:
        return 0.0
    mixed = places.copy()
    for code in range(len(dataset.classes)):
        rows = np.flatnonzero(classes == code)
        mixed[rows, 0] = mixed[rng.permutation(rows), 0]
    return share if share > _FAR_MORE * float(_between(mixed, near, classes, asked).mean()) else 0.0


def _places(dataset: Dataset, rows: "NDArray[np.int64]") -> "tuple[NDArray[np.float64], float]":
    """Scale the numbers that mostly differ, without missing ones and without multiples of others: shape (n_rows, n_numbers).

    Also give how far a row may be from where it was before its numbers were written down.
    """
    kept: list[NDArray[np.float64]] = []
    near = 0.0
    for name, kind in dataset.kinds.items():
        values = dataset.features[name].to_numpy()[rows] if kind == "number" else np.empty(0)
        if kind != "number" or np.isnan(values).any() or len(kept) == _MOST_COLUMNS:
            continue
        alone = ~pd.Series(values).duplicated(keep=False).to_numpy()
        spread = float(values.std())
        if alone.mean() < _OWN or not 0 < spread < np.inf:
            continue
        scaled = (values - values.mean()) / spread
        if all(abs(float(np.mean(scaled * other))) < 1 - 1e-9 for other in kept):
            kept.append(scaled)
            near += (_last_digit(values) / spread) ** 2
    return (np.column_stack(kept) if kept else np.empty((len(rows), 0))), float(np.sqrt(near))


def _last_digit(values: "NDArray[np.float64]") -> float:
    """Half a unit of the last digit after the point in which values are written; 0 where these are all that there are."""
    for digits in range(_MOST_DIGITS):
        if np.abs(np.round(values, digits) - values).max() <= 1e-15 * np.abs(values).max():
            return float(0.5 * 10.0**-digits)
    return 0.0


def _between(
    places: "NDArray[np.float64]", near: float, classes: "NDArray[np.int64]", asked: "NDArray[np.int64]"
) -> "NDArray[np.bool_]":
    """Whether each of the rows asked about has two neighbours of its class in opposite directions."""
    found = np.zeros(len(asked), dtype=bool)
    for code in np.unique(classes[asked]):
        rows, here = np.flatnonzero(classes == code), np.flatnonzero(classes[asked] == code)
        n_neighbours = min(_NEIGHBOURS, len(rows) - 1)
        if n_neighbours < 2:
            continue
        search = NearestNeighbors(n_neighbors=n_neighbours + 1).fit(places[rows])
        nearest = rows[search.kneighbors(places[asked[here]], return_distance=False)]
        for place, row, others in zip(here, asked[here], nearest, strict=True):
            away = places[others[others != row]] - places[row]
            found[place] = _has_opposite(away[np.any(away != 0, axis=1)], near)
    return found


def _has_opposite(away: "NDArray[np.float64]", near: float) -> bool:
    """Whether two of the ways to other rows, shape (n, n_columns), are opposite, and few more lie on their line.

    Each end, and the row between them, may be `near` so far from where it was.
    """
    lengths = np.linalg.norm(away, axis=1)
    directions, misses = away / lengths[:, None], _STRAIGHT + 2 * near / lengths
    cosines = directions @ directions.T
    allowed = misses[:, None] + misses
    ones, others = np.nonzero(np.triu(cosines < -1 + allowed**2 / 2 + 1e-14))
    gaps = np.linalg.norm(directions[ones] + directions[others], axis=1)
    met = np.flatnonzero(gaps < allowed[ones, others])
    if not len(met):
        return False
    one = ones[met[np.argmin(gaps[met])]]
    on_line = np.count_nonzero(1 - np.abs(cosines[one]) < allowed[one] ** 2 / 2 + 1e-14)
    return bool(on_line <= max(_FEW_ON_ONE_LINE, _ON_ONE_LINE * len(away)))
