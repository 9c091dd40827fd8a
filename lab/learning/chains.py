"""Do values of one column stand in another column of other rows? Windows that overlap, and rows that are others mirrored.

Windows of one series share values: what is the price of yesterday in one row is that of the day before in the next. Shuffled, they
look like rows of their own, but a model that has learned from the windows on both sides of a row knows most of what lies between.
The shared values say which row follows which, whatever the order of the file. Images and their mirror images, or pairs written down
once in each order, are linked in the same way, to few others each.
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

__all__ = ["Chains", "chains"]

_FEWEST_ROWS, _ASKED, _MOST_COLUMNS = 60, 300, 100
_LINKED = 0.5
"""Of independent columns, however coarse, at most 37 of 100 rows have a value that stands once in each of two columns."""
_STRETCHES, _FEWEST_GROUPS = 30, 25


@dataclass(frozen=True, eq=False)
class Chains:
    """What links rows.

    Attributes
    ----------
    one, other : str
        The columns: a value of `one` stands in `other` of another row.
    linked : float
        The share of rows of which that is so, above one half.
    units : numpy.ndarray of shape (n_rows,)
        Codes of stretches of the chain, in its order; or of groups of linked rows where there are many small ones.
    is_ordered : bool
        Whether they are stretches.
    side_by_side : numpy.ndarray of shape (n_rows,), or None
        Codes of stretches that all chains go through beside one another; None where there is but one, or they are no stretches.
    """

    one: str
    other: str
    linked: float
    units: "NDArray[np.int64]"
    is_ordered: bool
    side_by_side: "NDArray[np.int64] | None" = None


def chains(dataset: Dataset, *, seed: int) -> Chains | None:
    """Find the two columns of numbers, the target among them, that link most rows; None where none link half of them.

    Of copies, and of other rows that are known to belong together, only the first counts.
    """
    units = dataset.belonging.units
    once = np.arange(dataset.n_rows) if units is None else np.unique(units, return_index=True)[1]
    if len(once) < _FEWEST_ROWS:
        return None
    columns = _columns_of_own_values(dataset, once)
    found = _most_linked(list(columns.values()), seed)
    if found is None:
        return None
    one, other, _ = found
    names = list(columns)
    starts, ends = _links(columns[names[one]], columns[names[other]])
    if len(starts) < _LINKED * len(once):
        return None
    codes, beside = _parts(starts, ends, len(once))
    whole, aside = (
        each if each is None or units is None else _spread(each, once, units)
        for each in (codes, None if beside is None or np.array_equal(codes, beside) else beside)
    )
    assert whole is not None
    return Chains(names[one], names[other], len(starts) / len(once), whole, beside is not None, aside)


def _columns_of_own_values(dataset: Dataset, rows: "NDArray[np.int64]") -> "dict[str, NDArray[np.float64]]":
    """Take the numbers of which half of the rows have one that stands only once; missing is what stands more often."""
    numbers = {name: dataset.features[name].to_numpy() for name, kind in dataset.kinds.items() if kind == "number"}
    if not dataset.classes:
        numbers[dataset.target_name] = dataset.target
    found: dict[str, NDArray[np.float64]] = {}
    for name, values in numbers.items():
        own = values[rows].copy()
        own[pd.Series(own).duplicated(keep=False).to_numpy()] = np.nan
        if np.count_nonzero(~np.isnan(own)) >= _LINKED * len(rows) and len(found) < _MOST_COLUMNS:
            found[name] = own
    return found


def _most_linked(columns: "list[NDArray[np.float64]]", seed: int) -> tuple[int, int, float] | None:
    """Ask some rows whose values stand in another row of which other column; the pair of columns for which that is so most often."""
    if len(columns) < 2:
        return None
    table = np.stack(columns)
    asked = np.random.default_rng(seed).permutation(table.shape[1])[:_ASKED]
    wanted, best = table[:, asked], (0, 0, 0.0)
    for place, column in enumerate(columns):
        shares = np.mean(np.isin(wanted, column[~np.isnan(column)]) & (wanted != column[asked]), axis=1)
        shares[place] = 0.0
        if shares.max() > best[2]:
            best = (int(shares.argmax()), place, float(shares.max()))
    return best if best[2] > _LINKED else None


def _links(one: "NDArray[np.float64]", other: "NDArray[np.float64]") -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """Pair each row with the other row that has its value of the one column in the other."""
    has = np.flatnonzero(~np.isnan(one))
    known = np.flatnonzero(~np.isnan(other))
    order = known[np.argsort(other[known], kind="stable")]
    places = np.minimum(np.searchsorted(other[order], one[has]), len(order) - 1)
    ends = order[places]
    met = (other[ends] == one[has]) & (ends != has)
    return has[met], ends[met]


def _parts(
    starts: "NDArray[np.int64]", ends: "NDArray[np.int64]", n_rows: int
) -> "tuple[NDArray[np.int64], NDArray[np.int64] | None]":
    """Cut chains into stretches, one chain after the other, and all beside one another; or keep many small groups as they are.

    Windows of 24 steps that know nothing between their ends make 24 chains of one series: what is near in time stands in all of them.
    """
    graph = coo_array((np.ones(len(starts), dtype=bool), (starts, ends)), shape=(n_rows, n_rows))
    n_groups, codes = connected_components(graph, directed=False)
    sizes = np.bincount(codes)
    if n_groups >= _FEWEST_GROUPS and sizes.max() * _FEWEST_GROUPS <= n_rows:
        return codes.astype(np.int64), None
    follows = np.full(n_rows, -1)
    follows[starts] = ends  # every row is followed by one at most, and follows one at most: values stand once
    first = np.setdiff1d(np.arange(n_rows), ends)
    order: list[int] = []
    lengths: list[int] = []
    seen = np.zeros(n_rows, dtype=bool)
    for begin in (*first.tolist(), *starts.tolist()):  # a circle has no first row
        row, before = begin, len(order)
        while row >= 0 and not seen[row]:
            seen[row] = True
            order.append(row)
            row = int(follows[row])
        lengths += [len(order) - before] if len(order) > before else []
    stretches, beside = np.empty((2, n_rows), dtype=np.int64)
    stretches[order] = np.arange(n_rows) * _STRETCHES // n_rows
    beside[order] = np.concatenate([np.arange(length) * _STRETCHES // length for length in lengths])
    return stretches, beside


def _spread(codes: "NDArray[np.int64]", once: "NDArray[np.int64]", units: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Give all rows of a unit the code of the one that counts."""
    of_unit = np.empty(units.max() + 1, dtype=np.int64)
    of_unit[units[once]] = codes
    return of_unit[units]
