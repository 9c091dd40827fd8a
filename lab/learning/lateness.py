"""Was a column recorded when the outcome was known? Asked of dates that lie later, or are filled oftener, for one class.

A refund, the last contact, the day of closing: they stand in a table that was exported long after, and are empty or other when
a prediction is made. Three marks are looked for, each against the class for which it is strongest:

- a date is filled for one class and not for others (by half of the rows at least),
- a date lies later for one class, counted from another date of the row: an area under the ROC curve of 0.9 where neither date alone
  comes near it; a number to predict that is the time between two dates is the same,
- a date or a number is named after the end (`last_contact`, `calls_after_closing`), and orders the classes (0.9).

One date alone that lies later is none: it may as well be a trend, which is asked about as the order of the rows. Dates that span a
human life tell ages, not when a row was written. What `lab.data.leaks` has named before is not asked twice.
"""

import re
from collections.abc import Callable, Collection, Iterator
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["late_columns"]

_FEWEST = 20
"""Rows of a class, and of the others, from which anything is said."""
_FILLED = 0.5
_MOSTLY, _BETWEEN, _NAMED, _APART = 0.95, 0.9, 0.9, 0.1
_SAME_TIME, _NOT_ALONE = 0.99, 0.9
_LIFE, _MOST_DATES = 30 * 365.25, 12
_LATE = re.compile(
    r"(^|[_\W])(after|since[_\W]clos\w*|closed|closing|closure|cancel\w*|cancelled|ended|final|resolved|resolution|settle\w*|recover\w*|"
    r"refund\w*|outcome|last|latest|letzte\w*|zuletzt|nach|ende|abschluss|storno\w*|k[uü]ndigung\w*|derni[eè]re?|fin|cl[oô]ture|"
    r"apr[eè]s|[uú]ltim[oa]|despu[eé]s|cierre|dopo|ultim[oa])([_\W]|$)"
)
"""Words of names for what comes at the end, or after it."""


def late_columns(dataset: Dataset, without: Collection[str] = ()) -> dict[str, str]:
    """Say of each column that looks as if it was written after the outcome, how: what follows its name in a sentence.

    Parameters
    ----------
    dataset : Dataset
    without : collection of str
        Columns that are asked about already.
    """
    dates = [name for name, kind in dataset.kinds.items() if kind == "date" and name not in without][:_MOST_DATES]
    columns = {name: dataset.features[name].to_numpy(np.float64) for name in dates}
    found: dict[str, str] = {}
    ways: tuple[Callable[[], Iterator[tuple[str, str]]], ...] = (
        lambda: _filled(columns, dataset),
        lambda: _after_another(columns, dataset),
        lambda: _named(dataset, without),
    )
    for way in ways:
        for name, how in way():
            found.setdefault(name, how)
    return found


def _filled(columns: "dict[str, NDArray[np.float64]]", dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Find dates that nearly all rows of one class have, and few of the others; or the other way round."""
    for name, days in columns.items():
        there = ~np.isnan(days)
        for code, is_one in _each_class(dataset, np.ones(len(days), dtype=bool)):
            ours, theirs = float(there[is_one].mean()), float(there[~is_one].mean())
            if ours - theirs >= _FILLED:
                shares = f"{100 * ours:.0f} % of the rows of {dataset.classes[code]!r} and in {100 * theirs:.0f} % of the others"
                yield name, f"is filled in {shares}"
                break


def _after_another(columns: "dict[str, NDArray[np.float64]]", dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Find dates whose time from another date tells the outcome, and neither of them alone."""
    usable = {name: days for name, days in columns.items() if not _spans_a_life(days)}
    for (first, early), (name, late) in permutations(usable.items(), 2):
        passed = late - early
        known = passed[~np.isnan(passed)]
        if len(known) < 2 * _FEWEST or np.mean(known >= 0) < _MOSTLY or _spans_a_life(passed):
            continue
        if not dataset.classes:
            alone = max(abs(_rank_correlation(each, dataset.target)) for each in (early, late))
            if abs(_rank_correlation(passed, dataset.target)) >= _SAME_TIME and alone < _NOT_ALONE:
                yield name, f"less {first!r} puts the rows almost in the order of the target"
            continue
        code, area = _latest(passed, dataset)
        alone = max(_latest(each, dataset)[1] for each in (early, late))
        if area >= max(_BETWEEN, alone + _APART):
            yield name, f"lies longer after {first!r} in rows of {dataset.classes[code]!r} (ROC AUC {area:.2f})"


def _named(dataset: Dataset, without: Collection[str]) -> Iterator[tuple[str, str]]:
    """Find dates and numbers that are named after the end and order the classes."""
    for name, kind in dataset.kinds.items():
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold()
        if kind not in ("number", "date") or name in without or not _LATE.search(words):
            continue
        values = dataset.features[name].to_numpy(np.float64)
        if kind == "date" and _spans_a_life(values):
            continue
        code, area = _latest(values, dataset)
        if area >= _NAMED:
            how = "is later" if kind == "date" else "is higher"
            yield name, f"{how} in rows of {dataset.classes[code]!r} (ROC AUC {area:.2f})"


def _latest(values: "NDArray[np.float64]", dataset: Dataset) -> tuple[int, float]:
    """Give the class whose values are highest beside all others, and the area under its ROC curve, 0 to 1; 0 of too few rows."""
    known = ~np.isnan(values)
    ranks = rankdata(values[known])
    best = (0, 0.0)
    for code, is_one in _each_class(dataset, known):
        n, m = int(is_one.sum()), int((~is_one).sum())
        area = float((ranks[is_one].sum() - n * (n + 1) / 2) / (n * m))
        best = max(best, (code, area), key=lambda each: each[1])
    return best


def _each_class(dataset: Dataset, known: "NDArray[np.bool_]") -> "Iterator[tuple[int, NDArray[np.bool_]]]":
    """Give each class with the rows that are of it, among those that are known, where there are enough on both sides."""
    codes = dataset.target[known]
    for code in range(len(dataset.classes)):
        is_one = codes == code
        if min(int(is_one.sum()), int((~is_one).sum())) >= _FEWEST:
            yield code, is_one


def _rank_correlation(values: "NDArray[np.float64]", target: "NDArray[np.float64]") -> float:
    known = ~np.isnan(values)
    if min(len(np.unique(values[known])), len(np.unique(target[known]))) < 2:
        return 0.0
    return float(np.corrcoef(rankdata(values[known]), rankdata(target[known]))[0, 1])


def _spans_a_life(days: "NDArray[np.float64]") -> bool:
    """Whether the middle nine tenths of some dates, or of times between them, span 30 years or more."""
    known = days[~np.isnan(days)]
    low, high = np.quantile(known, [0.05, 0.95]) if len(known) else (0.0, 0.0)
    return bool(high - low >= _LIFE)
