"""Is a column an average of the target that hides it? Drawn to the overall mean, or taken over the other rows of a category.

Both are known ways to write a category as a number, and both hold the target of the very row. What gives them away is arithmetic,
which no accident repeats: which categories there were need not be known.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["is_leave_one_out", "is_smoothed"]

_FEWEST, _MOST = 8, 5_000
"""Different values of a smoothed average: with fewer nothing is sure, and more are not looked at."""
_BY_CHANCE = 1e-9
_MOST_DIGITS = 10
_LARGEST_CATEGORY = 10_000
_SIGMOIDS = ((20.0, 10.0), (1.0, 1.0))
"""Rows at which a category counts half, and how fast that grows: what widespread encoders take by default."""
_LAGS, _NEAR, _LIKELY, _COVERED, _MOST_SIZES = 10, 1e-6, 0.1, 0.5, 200
_FEWEST_ROWS = 6
"""Of smaller categories the rows of five folds may all be in different ones, so that means over the other folds are these too."""


@dataclass(frozen=True)
class _Values:
    """Different values of a column: how many rows have each, and the mean and variance of the score over these."""

    value: "NDArray[np.float64]"
    count: "NDArray[np.int64]"
    mean: "NDArray[np.float64]"
    variance: "NDArray[np.float64]"


def is_smoothed(values: "NDArray[np.float64]", score: "NDArray[np.float64]") -> bool:
    """Whether a column is the mean score of categories, each drawn to the overall mean the more the fewer rows it has.

    By a number of rows that the overall mean counts for, by the variance within the category (empirical Bayes), or by a sigmoid of
    its rows. Categories that are alike have one value: then so many rows have it as they have together.

    Parameters
    ----------
    values, score : array of shape (n_rows,)
        Without missing ones.

    References
    ----------
    Micci-Barreca (2001), ACM SIGKDD Explorations 3(1), 27-32.
    """
    codes, distinct = pd.factorize(values)
    if not _FEWEST < len(distinct) < min(len(values), _MOST) or np.ptp(score) == 0:
        return False
    count = np.bincount(codes)
    mean = np.bincount(codes, score) / count
    variance = np.bincount(codes, (score - mean[codes]) ** 2) / count
    overall = float(score.mean())
    of_classes = bool(np.isin(score, (0.0, 1.0)).all())
    for unit in (1.0, 100.0) if of_classes else (1.0,):
        found = _Values(distinct / unit, count, mean, variance)
        tells = (np.abs(found.value - overall) > 1e-9) & (np.abs(found.mean - overall) > 1e-9)
        if np.count_nonzero(tells) >= _FEWEST and _is_drawn(_some(found, tells), overall, unit, of_classes=of_classes):
            return True
    return False


def _some(found: _Values, rows: "NDArray[np.bool_]") -> _Values:
    return _Values(found.value[rows], found.count[rows], found.mean[rows], found.variance[rows])


def _is_drawn(found: _Values, overall: float, unit: float, *, of_classes: bool) -> bool:
    """Whether one way of drawing to the overall mean explains all values, nearer than chance allows."""
    drawn = (found.value - overall) / (found.mean - overall)
    if np.any((drawn <= 0) | (drawn > 1 + 1e-9)):
        return False
    near = _rounding(found.value * unit) / unit
    sizes = [
        _sizes(int(n), float(mean)) if of_classes else np.array([n])
        for n, mean in zip(found.count, found.mean, strict=True)
    ]
    spread = max(float(np.ptp(found.value)), 1e-300)
    if sum(np.log(min(len(each) * 2 * near / spread, 1.0)) for each in sizes) > np.log(_BY_CHANCE):
        return False
    for half, step in _SIGMOIDS:
        off = [
            np.abs(expit((size - half) / step) * (mean - overall) + overall - value).min()
            for size, mean, value in zip(sizes, found.mean, found.value, strict=True)
        ]
        if max(off) <= near:
            return True
    return any(_is_shrunk(found, drawn, sizes, overall, near, by) for by in (np.ones(len(drawn)), found.variance))


def _is_shrunk(
    found: _Values,
    drawn: "NDArray[np.float64]",
    sizes: "list[NDArray[np.int64]]",
    overall: float,
    near: float,
    by: "NDArray[np.float64]",
) -> bool:
    """Whether the own mean of a category of n rows weighs n / (n + rest x by), with one `rest` for all.

    It is looked for among those that the first value leaves possible, and told more exactly by all values together.
    """
    usable = by > 0
    place = int(
        np.argmax(np.where(usable, np.abs(found.mean - found.value), -1.0))
    )  # the one that says it most exactly
    if not usable[place]:
        return False
    shrinks = np.maximum(1 / drawn - 1, 0.0)  # rest x by / n
    for size in sizes[place]:
        rest = size * shrinks[place] / by[place]
        rows = np.array(
            [
                each[np.argmin(np.abs(each / (each + rest * of) - weight))]
                for each, of, weight in zip(sizes, by, drawn, strict=True)
            ]
        )
        apart = (found.mean - overall) * drawn**2 * by / rows  # how far a value moves with the rest
        rest = float(np.sum(apart**2 * rows * shrinks / np.where(usable, by, 1.0)) / np.sum(apart**2))
        said = overall + (found.mean - overall) * rows / (rows + rest * by)
        if np.abs(said - found.value).max() <= 1.5 * near:
            return True
    return False


def _sizes(count: int, mean: float) -> "NDArray[np.int64]":
    """Of how many rows a category may be of which there are `count` together, with whole numbers of rows of the class."""
    found = np.arange(1, min(count, _LARGEST_CATEGORY) + 1)
    found = found[count % found == 0]
    return np.asarray(found[np.abs(found * mean - np.round(found * mean)) < 1e-6])


def _rounding(values: "NDArray[np.float64]") -> float:
    """Half a unit of the last digit in which values are written."""
    digits = next((d for d in range(_MOST_DIGITS) if np.abs(np.round(values, d) - values).max() < 1e-12), _MOST_DIGITS)
    return float(0.51 * 10.0**-digits)


def is_leave_one_out(values: "NDArray[np.float64]", score: "NDArray[np.float64]") -> bool:
    """Whether a column is the mean score over the other rows of a category, for half of the rows at least.

    In a category of n rows whose scores add up to S, the mean of the others times n - 1, and the score, add up to S in every row. So
    rows are looked for of which exactly n lie on such a line, and whose scores do add up to S.

    Parameters
    ----------
    values, score : array of shape (n_rows,)
        Without missing ones.
    """
    if len(values) < 2 * _FEWEST or np.ptp(score) == 0 or np.ptp(values) == 0:
        return False
    ordered, scores, counted = _pairs(values, score)
    found: list[NDArray[np.int64]] = []
    likely = np.zeros(len(ordered), dtype=bool)
    for lag in range(1, _LAGS + 1):
        rise = ordered[lag:] - ordered[:-lag]
        with np.errstate(divide="ignore", invalid="ignore"):
            others = np.where(rise > 0, (scores[:-lag] - scores[lag:]) / rise, 0.0)
        whole = np.round(np.clip(others, 0, _LARGEST_CATEGORY))
        is_near = (whole >= _FEWEST_ROWS - 1) & (np.abs(others - whole) < _NEAR * np.maximum(whole, 1))
        likely[:-lag] |= is_near
        likely[lag:] |= is_near
        found.append(whole[is_near].astype(np.int64))
    if counted[likely].sum() < _LIKELY * len(values):
        return False
    sizes, often = np.unique(np.concatenate(found), return_counts=True)
    covered, categories = np.zeros(len(values), dtype=bool), 0
    spread = max(float(np.abs(values).max()), 1.0) * max(float(np.abs(score).max()), 1.0)
    for others in sizes[np.argsort(-often)][:_MOST_SIZES]:
        sums = values * others + score
        codes, _ = pd.factorize(np.round(sums / (_NEAR * spread)), use_na_sentinel=False)
        counts = np.bincount(codes)
        totals, lines = np.bincount(codes, score), np.bincount(codes, sums) / counts
        right = (counts == others + 1) & (np.abs(totals - lines) < 1e3 * _NEAR * spread)
        covered |= right[codes]
        categories += int(right.sum())
    return categories >= _FEWEST and float(covered.mean()) >= _COVERED


def _pairs(
    values: "NDArray[np.float64]", score: "NDArray[np.float64]"
) -> "tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]":
    """Give the different pairs of a value and a score, by value and then by score, and how many rows have each.

    It is asked of every column of numbers: where most values differ, pandas takes twice as long.
    """
    order = np.lexsort((score, values))
    ordered, scores = values[order], score[order]
    is_new = np.append(True, (ordered[1:] != ordered[:-1]) | (scores[1:] != scores[:-1]))
    first = np.flatnonzero(is_new)
    return ordered[first], scores[first], np.diff(np.append(first, len(order)))
