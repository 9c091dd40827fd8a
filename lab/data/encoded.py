"""Was a column computed from the target? Averages of the target written beside each row, and cells filled in with those of a class.

Both are made in preparing a table, and both hold the target of the very row that is to be predicted: what a model learns from
them it will not find in a new row.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from lab.data.averaged import is_leave_one_out, is_smoothed
from lab.protocol import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["encoded_target"]

_FIRST, _RELATED = 10_000, 0.05
"""A column of averages goes with the target, be it little, in the first rows too; others are left alone soon."""
_FEWEST_AVERAGES, _EXACT = 8, 0.1
"""So many different averages on one line, each nearer to it than a tenth of its standard error, are no accident."""
_FEWEST_ALIKE, _BY_CHANCE, _OWN_VALUES = 5, 1e-9, 0.3


def encoded_target(values: "NDArray", kind: Kind, target: "NDArray", n_classes: int) -> str | None:
    """Say how a column was made from the target; None where it was not.

    Parameters
    ----------
    values : array of shape (n_rows,)
        The column, as in `Dataset.features`.
    kind : Kind
        Its kind.
    target : array of shape (n_rows,)
        Codes of classes, or (`n_classes` is 0) numbers.

    Notes
    -----
    Averages: a category is replaced by the mean of the target over its rows, or by the log-odds of it, in any unit. Whatever the
    categories were, the mean of the target over the rows of one value then is that value, without any error of sampling. Averages
    that are drawn to the overall one, or leave out the row itself, are told by `lab.data.averaged`.
    """
    if kind != "number" or len(values) < 2 * _FEWEST_AVERAGES:
        return None
    present = ~np.isnan(values)
    if any(_is_average(values[present], each[present]) for each in _scores(target, n_classes)):
        return "its values are averages of the target over the rows that share them, so that each row's own target is in it (leakage)"
    for each in _scores(target, n_classes):
        if _is_related(values[present], each[present]) and is_smoothed(values[present], each[present]):
            return (
                "its values are averages of the target over the rows of a category, drawn to the overall average, so that each row's "
                "own target is in it (leakage)"
            )
        if is_leave_one_out(values[present], each[present]):
            return (
                "its values are averages of the target over the other rows of a category, which with that category tell each row's "
                "own target (leakage)"
            )
    if n_classes and _is_filled_by_class(values[present], target[present], n_classes):
        return (
            "in each class the same number stands in many rows and in no other class, as if missing ones had been filled in with the "
            "average of their class (leakage)"
        )
    return None


def _scores(target: "NDArray", n_classes: int) -> "Iterator[NDArray[np.float64]]":
    """Give what averages may be of: the numbers, or for each class whether a row is of it (for two classes, of one of them)."""
    if n_classes == 0:
        yield target
    for code in range(1 if n_classes == 2 else 0, n_classes):
        yield (target == code).astype(np.float64)


def _is_average(values: "NDArray[np.float64]", score: "NDArray[np.float64]") -> bool:
    """Whether the mean scores of the rows of one value lie on a line, or their log-odds do, nearer than chance allows."""
    if not _is_related(values, score):
        return False
    codes, distinct = pd.factorize(values)
    if not _FEWEST_AVERAGES <= len(distinct) < len(values):
        return False
    counts = np.bincount(codes)
    means = np.bincount(codes, score) / counts
    within = np.sqrt(np.mean((score - means[codes]) ** 2) * len(values) / (len(values) - len(distinct)))
    if within <= 1e-9 * score.std():
        return False
    errors = within / np.sqrt(counts)
    if _on_a_line(distinct, means, errors, means):
        return True
    inner = (means > 0) & (means < 1)
    is_share = bool(np.all((means >= 0) & (means <= 1)))
    return is_share and _on_a_line(distinct[inner], logit(means[inner]), errors[inner], means[inner], back=expit)


def _is_related(values: "NDArray[np.float64]", score: "NDArray[np.float64]") -> bool:
    return abs(_correlation(values[:_FIRST], score[:_FIRST])) >= _RELATED


def _on_a_line(
    values: "NDArray", levels: "NDArray", errors: "NDArray", means: "NDArray", back: "np.ufunc | None" = None
) -> bool:
    """Whether values are a line of the levels; how far they are from it is measured on the scale of the means."""
    if len(values) < _FEWEST_AVERAGES or np.ptp(levels) == 0:
        return False
    slope, start = np.polyfit(values, levels, 1)
    said = start + slope * values
    said = said if back is None else back(said)
    return bool(np.max(np.abs(said - means) / errors) < _EXACT)


def _correlation(one: "NDArray[np.float64]", other: "NDArray[np.float64]") -> float:
    spreads = one.std() * other.std()
    return float(np.mean((one - one.mean()) * (other - other.mean())) / spreads) if 0 < spreads < np.inf else 0.0


def _is_filled_by_class(values: "NDArray[np.float64]", codes: "NDArray[np.int64]", n_classes: int) -> bool:
    """Whether nearly all values are their rows' own, but for one in each class that many of its rows share, and no other row has."""
    places, distinct = pd.factorize(values[:_FIRST])
    counts = np.bincount(places)
    if np.count_nonzero(counts == 1) < _OWN_VALUES * min(len(values), _FIRST):
        return False
    often = np.flatnonzero(counts >= _FEWEST_ALIKE)
    if len(often) != n_classes:
        return False
    shares = np.bincount(codes, minlength=n_classes) / len(codes)
    chance, met = 0.0, set()
    for place in often:
        of = np.unique(codes[values == distinct[place]])
        if len(of) == 1:
            met.add(int(of[0]))
            chance += counts[place] * np.log(shares[of[0]])
    return len(met) == n_classes and chance < np.log(_BY_CHANCE)
