"""Which rows of a table are copies of others? Equal in all columns, or in all but one, where that is no accident."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["copies_of", "joined"]

_BY_CHANCE = 0.01
"""Rows are copies where so few others would be equal by chance."""
_SAME = 1e-6
"""Numbers are equal that are as near as that, in standard deviations: a copy through another program loses the last digits."""
_DISTINCT, _AGREED = 5, 0.5
"""Fewer distinct rows than one in so many are the settings of a plan, not copies, unless their targets agree as well."""
_FAR_MORE, _MOST_MORE = 3, 2
"""Copies are so many times more than the pairs of rows that would be as equal by chance."""
_SOME_ROWS, _FEWEST_PAIRS = 5_000, 20
_CELLS, _FEWEST_ASKED, _MOST_ASKED = 200_000_000, 20, 500


def copies_of(features: pd.DataFrame, target: "NDArray | None" = None) -> "tuple[NDArray[np.int64], int]":
    """Find rows that are equal in all columns, or in all but one, where that is no accident.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_rows, n_columns)
    target : numpy.ndarray of shape (n_rows,), optional
        Without it, rows that repeat more than 5 times on average are no copies.

    Returns
    -------
    codes : numpy.ndarray of shape (n_rows,)
        Rows of one code are copies of one another.
    n_copies : int
        Rows beyond the first of each code.

    Notes
    -----
    Equal rows are expected where columns have few values, or follow from one another (a street lies in one city). The chance that
    another row is equal is the product of the columns' shares of the row's values; of a column that follows from a finer one, it
    is how often other rows that agree in that one agree in this. Rows are copies where so many fewer than one would be equal by it.
    """
    n_rows, n_columns = features.shape
    hashes, chances = _hashed(features)
    places = np.arange(n_columns)
    halves = [_sum(hashes, places[side::2]) for side in (0, 1)]
    # rows that are equal in all columns but one are equal in one half of them
    candidates = np.flatnonzero(np.any([_repeats(half) for half in halves], axis=0))
    alone = np.arange(n_rows)
    if len(candidates) < 2:
        return alone, 0
    some, likely = hashes[:, candidates], chances[:, candidates]
    whole = some.sum(axis=0, dtype=np.uint64)
    parts = [whole, *(whole - some[place] for place in places if n_columns >= 3)]
    likely = np.maximum(likely, _log_chance_of_agreeing(hashes, halves, chances)[:, None])
    chance = likely.sum(axis=0, dtype=np.float64)
    missing = [chance, *(chance - likely[place] for place in places if n_columns >= 3)]
    copied = [_equal(part, left, n_rows) for part, left in zip(parts, missing, strict=True)]
    linked = [each for each in copied if each is not None]
    if not linked:
        return alone, 0
    codes = alone.copy()
    codes[candidates] = candidates[_first_of(joined(*linked))]
    n_distinct = len(np.unique(codes))
    if n_distinct * _DISTINCT < n_rows and (target is None or _agreement(codes, target) < _AGREED):
        return alone, 0
    if n_rows - n_distinct < _FAR_MORE * _expected_pairs(hashes):
        return alone, 0
    return codes, n_rows - n_distinct


def _hashed(features: pd.DataFrame) -> "tuple[NDArray[np.uint64], NDArray[np.float32]]":
    """Hash every cell, and give the logarithm of its value's share of the column: both of shape (n_columns, n_rows)."""
    n_rows, n_columns = features.shape
    hashes, chances = np.empty((n_columns, n_rows), dtype=np.uint64), np.empty((n_columns, n_rows), dtype=np.float32)
    for place, column in enumerate(features):
        codes, levels = pd.factorize(_coarse(features[column].to_numpy()), use_na_sentinel=False)
        chances[place] = np.log(np.bincount(codes, minlength=len(levels)) / n_rows)[codes]
        hashes[place] = pd.util.hash_array(codes.astype(np.uint64) + np.uint64(place << 40))
    return hashes, chances


def _coarse(values: "NDArray") -> "NDArray":
    """Drop what is beyond a millionth of the spread of numbers: what half of them, or all where these are equal, lie within."""
    if values.dtype.kind != "f":
        return values
    known = values[:: 1 + len(values) // _SOME_ROWS]
    known = known[~np.isnan(known)]
    if len(known) == 0:
        return values
    low, high = np.quantile(known, [0.25, 0.75])
    spread = (high - low) or np.ptp(known)
    return np.round(values / (_SAME * spread)) if spread > 0 and np.isfinite(spread / _SAME) else values


def _log_chance_of_agreeing(
    hashes: "NDArray[np.uint64]", halves: "list[NDArray[np.uint64]]", chances: "NDArray[np.float32]"
) -> "NDArray[np.float64]":
    """Give for each column the logarithm of how often rows that agree in a finer column agree in it: shape (n_columns,).

    Only rows are counted that differ from all others in two columns or more: copies agree in everything, and say nothing of that.
    """
    whole = halves[0] + halves[1]
    kept = np.arange(len(whole))
    for without in (np.zeros_like(whole), *(hashes if len(hashes) >= 3 else ())):
        kept = kept[np.sort(np.unique((whole - without)[kept], return_index=True)[1])]
    if len(kept) > _SOME_ROWS:
        kept = np.sort(np.random.default_rng(0).choice(kept, _SOME_ROWS, replace=False))
    codes = [pd.factorize(row[kept])[0] for row in hashes]
    finest_first = np.argsort(chances.mean(axis=1), kind="stable")
    found = np.full(len(hashes), -np.inf)
    for rank, place in enumerate(finest_first):
        for finer in finest_first[:rank]:
            both = codes[finer] * (codes[place].max() + 1) + codes[place]
            alike = _pairs(codes[finer])
            if alike >= _FEWEST_PAIRS:
                found[place] = max(found[place], np.log(max(_pairs(pd.factorize(both)[0]), 0.5) / alike))
    return found


def _pairs(codes: "NDArray[np.int64]") -> float:
    """How many pairs of rows have the same code."""
    counts = np.bincount(codes).astype(np.float64)
    return float(np.sum(counts * (counts - 1)) / 2)


def _expected_pairs(hashes: "NDArray[np.uint64]") -> float:
    """Say how many pairs of rows differ in one column or none, at most, judged by those that differ in two and in three.

    Whether two rows differ in a column is a trial; of independent trials, the chances of 0, 1, 2, ... successes are
    log-concave (Newton's inequality), so that each is at most (next) squared / (next but one).
    """
    n_columns, n_rows = hashes.shape
    if n_columns < 3:
        return 0.0
    n_asked = min(n_rows, max(_FEWEST_ASKED, min(_MOST_ASKED, _CELLS // (n_rows * n_columns))))
    counts = np.zeros(n_columns + 1)
    for row in np.random.default_rng(0).choice(n_rows, n_asked, replace=False):
        counts += np.bincount(np.sum(hashes != hashes[:, [row]], axis=0), minlength=n_columns + 1)
    more = min(counts[2] / max(counts[3], _FEWEST_PAIRS), _MOST_MORE)
    return float(counts[2] * (more + more**2)) * n_rows / (2 * n_asked)


def _agreement(codes: "NDArray[np.int64]", target: "NDArray") -> float:
    """How many of the rows have the same target as the first of their code, 0 as by chance and 1 if all have."""
    first = _first_of(codes)
    others = first != np.arange(len(codes))
    expected = float(np.sum((np.unique(target, return_counts=True)[1] / len(target)) ** 2))
    return (float(np.mean(target[others] == target[first][others])) - expected) / (1 - expected)


def _sum(hashes: "NDArray[np.uint64]", places: "NDArray[np.int64]") -> "NDArray[np.uint64]":
    total = np.zeros(hashes.shape[1], dtype=np.uint64)
    for place in places:
        total += hashes[place]
    return total


def _repeats(hashes: "NDArray[np.uint64]") -> "NDArray[np.bool_]":
    """Whether each hash is there more than once."""
    order = np.sort(hashes)
    twice = np.unique(order[1:][order[1:] == order[:-1]])
    return np.isin(hashes, twice)


def _equal(hashes: "NDArray[np.uint64]", log_chance: "NDArray", n_rows: int) -> "NDArray[np.int64] | None":
    """Give rows of equal hashes one code where that is no accident, all others stand alone; None where there are none.

    `n_rows` are those of the table, of which these may be some.
    """
    codes, distinct = pd.factorize(hashes)
    if len(distinct) == len(hashes):
        return None
    is_copy = log_chance + np.log(n_rows) < np.log(_BY_CHANCE)
    found = np.where(is_copy, _first_of(codes), np.arange(len(hashes)))
    return found if (found != np.arange(len(hashes))).any() else None


def joined(*codes: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Join what any of several codings, each of shape (n_rows,), holds together."""
    if len(codes) == 1:
        return codes[0]
    n_rows = len(codes[0])
    edges: Sequence[NDArray] = [_first_of(each) for each in codes]
    ends = np.concatenate(edges)
    starts = np.tile(np.arange(n_rows), len(edges))
    graph = coo_array((np.ones(len(ends), dtype=bool), (starts, ends)), shape=(n_rows, n_rows))
    found = connected_components(graph, directed=False)[1]
    return np.asarray(found, dtype=np.int64)


def _first_of(codes: "NDArray[np.int64]") -> "NDArray[np.int64]":
    places, distinct = pd.factorize(codes)
    first = np.full(len(distinct), len(codes))
    np.minimum.at(first, places, np.arange(len(codes)))
    return first[places]
