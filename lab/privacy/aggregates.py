"""What may be shown of a column without telling of a person? Points that stand for at least 5 rows, as round as they can be.

No number that leaves the laboratory is one cell. A point between two groups of rows (a cut, the middle) is the number of the
fewest digits inside the span of six neighbouring rows, and no cell has it, unless at least 5 rows share the value itself. An
end of a range is the median of the outermost rows (5, or 1 % where that is more), moved outward to a multiple of 1, 2 or 5
times a power of ten, in steps of at most a tenth of the range. Of fewer than 5 rows nothing is said, and no range of fewer
than 10. Cuts of one column lie 5 rows apart, so that the difference of what is said on two sides of them stands for 5 rows too:
blocks of 5 rows that overlap would allow more cuts, but two neighbouring ones would differ by a single row.

The rule of five rows is that of statistical offices: Hundepool et al. (2012), Statistical Disclosure Control, section 4.2.
"""

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MIN_ROWS", "cut_points", "middle", "outer_range", "places", "quantile_points"]

MIN_ROWS = 5
"""Rows that a shown number must stand for at least."""
_EACH, _REACH = 9, 2  # rows from one cut to the next at least; a cut may lie so many rows to either side of its place
_MOST_CUTS = 255
_END_SHARE = 0.01
_DIGITS, _LARGEST_POWER = 17, 308  # of a double
_PAIRS_AT_ONCE = 1_000


def cut_points(values: "ArrayLike", *, at_most: int = _MOST_CUTS) -> "NDArray[np.float64]":
    """Find points at which a column may be divided: at least 5 rows lie between neighbours, below the first, above the last.

    Parameters
    ----------
    values : array-like of shape (n_rows,)
        The column; NaN is missing.
    at_most : int
        Points at most; of more, those are kept that divide the rows most evenly.

    Returns
    -------
    numpy.ndarray of shape (n_points,), float64
        Ascending; no row has one of these values.

    Examples
    --------
    >>> cut_points([0] * 6 + [1] * 7)
    array([0.5])
    >>> cut_points([*(30_011 + 977 * place for place in range(17)), 52_345, 9_876_543])
    array([40000.])
    >>> cut_points([1.0, 2.0, 3.0]).tolist()
    []
    """
    rows = _sorted(values)
    n = len(rows)
    if n < 2 * MIN_ROWS or at_most < 1:
        return np.zeros(0)
    step = max(_EACH, -(-n // (at_most + 1)))
    return _thinned(_points_near(np.arange(step, n, step), rows), rows, at_most)


def quantile_points(values: "ArrayLike", shares: Sequence[float]) -> "NDArray[np.float64]":
    """Find cut points near some quantiles, ascending and each once: shape (n_cuts,), at most one for each share.

    As with `cut_points`, at least 5 rows lie between neighbours, below the first and above the last, and no row has one of the
    values. `shares` lie between 0 and 1.

    >>> quantile_points(range(0, 1_000, 7), [0.25, 0.5, 0.75])
    array([250., 500., 750.])
    """
    rows = _sorted(values)
    n = len(rows)
    if n < 2 * MIN_ROWS:
        return np.zeros(0)
    cuts = _points_near(np.rint(np.multiply(shares, n)).astype(np.int64), rows)
    if not len(cuts):
        return cuts
    ranks = np.searchsorted(rows, cuts) / n
    return np.unique([cuts[np.abs(ranks - share).argmin()] for share in shares])


def middle(values: "ArrayLike") -> float | None:
    """Give the middle of a column of shape (n_rows,): the median where 5 rows share it, else a round one of the middle five.

    Returns
    -------
    float or None
        None where fewer than 5 rows have a value.

    Examples
    --------
    >>> middle([1, 2, 2, 2, 2, 2, 7]), middle([48_211, 50_117, 51_234, 53_777, 9_876_543]), middle([1, 2])
    (2.0, 52000.0, None)
    """
    rows = _sorted(values)
    n = len(rows)
    if n < MIN_ROWS:
        return None
    median = rows[(n - 1) // 2]
    if _held(median, rows) >= MIN_ROWS:
        return float(median)
    block = rows[(n - MIN_ROWS) // 2 : n - (n - MIN_ROWS) // 2]
    found = _roundest(block[1:2], block[-2:-1], rows)
    return float(found[0]) if len(found) else float(block.mean())


def outer_range(values: "ArrayLike", *, whole: bool = False) -> tuple[float, float] | None:
    """Give round ends between which nearly all values lie, shape (n_rows,); None where nothing can be said.

    Where `whole` is true, they are whole numbers.

    >>> outer_range([18, 19, 22, 25, 31, 38, 40, 44, 52, 61, 69, 74, 9_876_543], whole=True)
    (20.0, 70.0)
    >>> outer_range([3.0] * 50) is None
    True
    """
    rows = _sorted(values)
    n = len(rows)
    if n < 2 * MIN_ROWS:
        return None
    block = max(MIN_ROWS, int(_END_SHARE * n))
    with np.errstate(over="ignore"):
        low, high = float(np.median(rows[:block])), float(np.median(rows[-block:]))
    if not 0 < high - low < math.inf:  # of doubles near the largest the range is none
        return None
    power = math.floor(math.log10(high - low)) - 1
    unit = next(unit for unit in (5, 2, 1) if _decimal(unit, power) <= (high - low) / 10)
    if whole and power < 0:
        unit, power = 1, 0
    size = _decimal(unit, power)
    ends = _decimal(math.floor(low / size) * unit, power), _decimal(math.ceil(high / size) * unit, power)
    cells = [end == found and _held(end, rows) < MIN_ROWS for end, found in zip(ends, (low, high), strict=True)]
    return ends[0] - cells[0] * size, ends[1] + cells[1] * size


def places(values: "NDArray", cuts: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Say between which cut points each value lies, shape of the values: 0 below the first; NaN stays.

    A value on a cut belongs above it.
    """
    found = np.searchsorted(cuts, values, side="right").astype(np.float64)
    return np.where(np.isnan(values), np.nan, found)


def _sorted(values: "ArrayLike") -> "NDArray[np.float64]":
    numbers = np.asarray(values, dtype=np.float64).ravel()
    return np.sort(numbers[~np.isnan(numbers)])


def _held(value: float, rows: "NDArray[np.float64]") -> int:
    return int(np.searchsorted(rows, value, side="right") - np.searchsorted(rows, value))


def _points_near(wanted: "NDArray[np.int64]", rows: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Find cut points near some ranks of the sorted rows, and beside every value that 5 rows share, 5 rows apart."""
    n = len(rows)
    firsts = np.flatnonzero(np.diff(rows, prepend=-np.inf) > 0)  # where each different value begins
    lasts = np.append(firsts[1:], n)
    many = lasts - firsts >= MIN_ROWS
    wanted = np.concatenate([wanted, firsts[many], lasts[many]])
    ranks = np.unique(wanted[(wanted >= MIN_ROWS) & (wanted <= n - MIN_ROWS)])
    low, high = rows[np.maximum(ranks - 1 - _REACH, 0)], rows[np.minimum(ranks + _REACH, n - 1)]
    shared = many[np.searchsorted(firsts, np.stack([ranks - 1, ranks]), side="right") - 1]
    low, high = np.where(shared[0], rows[ranks - 1], low), np.where(shared[1], rows[ranks], high)
    return _with_enough_rows(np.unique(_roundest(low, high, rows)), rows)


def _roundest(
    low: "NDArray[np.float64]", high: "NDArray[np.float64]", rows: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    """Between each pair of ends the number of the fewest digits that no row has, nearest the middle; nothing if there is none."""
    there = low < high
    low, high = low[there], high[there]
    if not len(low):
        return np.zeros(0)
    top = math.ceil(math.log10(max(float(np.abs([low, high]).max()), 1e-300)))
    bottom = math.floor(math.log10(float((high - low).min()))) - 2
    powers = range(min(top, _LARGEST_POWER), max(bottom, top - _DIGITS, -_LARGEST_POWER) - 1, -1)
    parts = range(0, len(low), _PAIRS_AT_ONCE)
    found = [_first_inside(low[at : at + _PAIRS_AT_ONCE], high[at : at + _PAIRS_AT_ONCE], powers, rows) for at in parts]
    return np.concatenate(found)


def _first_inside(
    low: "NDArray[np.float64]", high: "NDArray[np.float64]", powers: range, rows: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    """Try the multiples of all powers of ten nearest the middle of each pair, and take the first inside that no row has."""
    tries = [(power, unit, shift) for power in powers for unit, shift in itertools.product((5, 1), (0, 1, -1))]
    if not tries:
        return np.zeros(0)
    is_small = np.array([power < 0 for power, _, _ in tries])[:, None]
    size = np.array([10.0**power for power, _, _ in tries])[:, None]
    inverse = np.array([10.0**-power for power, _, _ in tries])[:, None]
    unit, shift = (np.array([each[place] for each in tries])[:, None] for place in (1, 2))
    with np.errstate(over="ignore"):  # what is too large for a double lies inside nothing
        counts = unit * (np.rint((low + (high - low) / 2) / (unit * size)) + shift)
        tried = np.where(is_small, counts / inverse, counts * size)  # as a reader of decimals would round them
    fits = (low < tried) & (tried < high)
    fits[fits] = ~_is_in(tried[fits], rows)
    first, pairs = fits.argmax(axis=0), np.arange(len(low))  # a half is rounder than another digit, and comes first
    return tried[first, pairs][fits[first, pairs]]


def _decimal(count: int, power: int) -> float:
    return float(f"{count}e{power}")


def _is_in(numbers: "NDArray[np.float64]", rows: "NDArray[np.float64]") -> "NDArray[np.bool_]":
    at = np.minimum(np.searchsorted(rows, numbers), len(rows) - 1)
    return np.asarray(rows[at] == numbers)


def _with_enough_rows(cuts: "NDArray[np.float64]", rows: "NDArray[np.float64]") -> "NDArray[np.float64]":
    kept: list[int] = []
    below = np.searchsorted(rows, cuts)
    last = 0
    for place, rank in enumerate(below.tolist()):  # whole numbers of Python's own are far quicker to compare
        if rank - last >= MIN_ROWS and len(rows) - rank >= MIN_ROWS:
            kept.append(place)
            last = rank
    return cuts[kept]


def _thinned(cuts: "NDArray[np.float64]", rows: "NDArray[np.float64]", at_most: int) -> "NDArray[np.float64]":
    if len(cuts) <= at_most:
        return cuts
    ranks = np.searchsorted(rows, cuts)
    wanted = np.arange(1, at_most + 1) / (at_most + 1) * len(rows)
    return cuts[np.unique([np.abs(ranks - rank).argmin() for rank in wanted])]
