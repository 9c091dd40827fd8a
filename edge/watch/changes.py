"""What changed of a signal, and how large is it? In the column's own units; what is said stands for at least 5 rows on either side.

Of all that may have changed (the mean, the spread, the share of a category, of what is missing, of what cannot be read, of values
beyond the known ones) that is said which moved most, each measured in its own deviations: a mean in standard deviations, a
spread by its logarithm, a share by the difference of arcsines (Cohen 1988). A changed spread is thus never told as a mean. What
chance moves as far is not named: of such a change it is said that the values lie elsewhere, or that they do so at some times.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from edge.watch.places import MISSING, UNREADABLE
from lab.numbers import plain
from lab.privacy.aggregates import MIN_ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.watch.profile import Column

__all__ = ["described", "described_codes", "described_place", "is_of_the_source"]

_DIGITS = 4
_SURE = 3.5  # standard errors: of some 30 moves of nothing, the largest is below that
_NOTHING = ""
_AT_TIMES = (
    "at some hours or days it holds other values than it held there before; over all of them it is much the same"
)
_ELSEWHERE = "its values lie elsewhere, with no clear move of one share, the mean or the spread"


@dataclass(frozen=True)
class _Move:
    """Something that moved: how far, how far by chance (a standard error), in words, and whether the source is the likely reason."""

    size: float
    error: float
    words: str
    is_of_source: bool = False


def described(column: "Column", before: "NDArray[np.float64]", since: "NDArray[np.float64]") -> str:
    """Say what changed of a column; `before` and `since` as in `edge.watch.group.Change`. Empty where too few rows tell."""
    found = _largest(column, before, since)
    if found is not None:
        return found.words
    if min(before[: column.places.n_codes].sum(), since[: column.places.n_codes].sum()) < MIN_ROWS:
        return _NOTHING
    return _AT_TIMES if len(column.history) > 1 else _ELSEWHERE


def is_of_the_source(column: "Column", before: "NDArray[np.float64]", since: "NDArray[np.float64]") -> bool:
    """Whether what moved most is what is missing or cannot be read: the source of the rows, and not what they tell of."""
    found = _largest(column, before, since)
    return found is not None and found.is_of_source


def described_codes(names: Sequence[str], before: "NDArray[np.float64]", since: "NDArray[np.float64]") -> str:
    """Say of which of some named places the share moved most; counts by place, shape (n_places + sums,)."""
    moves = [_share(name, place, before, since, len(names)) for place, name in enumerate(names)]
    found = _surest(move for move in moves if move is not None)
    return _NOTHING if found is None else found.words


def described_place(name: str, place: int, before: "NDArray[np.float64]", since: "NDArray[np.float64]") -> str:
    """Say how the share of the last of some places moved, whose number is `place`; empty where chance moves it as far."""
    move = _share(name, place, before, since, place + 1)
    return _NOTHING if move is None or _surest([move]) is None else move.words


def _surest(moves: "Iterable[_Move]") -> _Move | None:
    """Give the largest move that is beyond chance; None where none is."""
    sure = (move for move in moves if move.size > _SURE * move.error)
    return max(sure, key=lambda move: move.size, default=None)


def _largest(column: "Column", before: "NDArray[np.float64]", since: "NDArray[np.float64]") -> _Move | None:
    return _surest(_moves(column, before, since))


def _moves(column: "Column", before: "NDArray[np.float64]", since: "NDArray[np.float64]") -> "Iterator[_Move]":
    n_codes = column.places.n_codes
    named = {n_codes + MISSING: "missing values", n_codes + UNREADABLE: "values that cannot be read"}
    if column.places.is_text:
        named |= {place: repr(name) for place, name in enumerate(column.places.categories)}
        named[len(column.places.categories)] = "texts that the reference hardly has"
    for place, name in named.items():
        move = _share(name, place, before, since, n_codes)
        if move is not None:
            yield replace(move, is_of_source=place >= n_codes + MISSING)
    if column.mean is not None and column.deviation is not None:
        yield from _moments(column, before[n_codes:], since[n_codes:])


def _share(
    name: str, place: int, before: "NDArray[np.float64]", since: "NDArray[np.float64]", n_places: int
) -> _Move | None:
    rows = before[:n_places].sum(), since[:n_places].sum()
    if min(rows) < MIN_ROWS:
        return None
    was, now = float(before[place] / rows[0]), float(since[place] / rows[1])
    size = 2 * abs(math.asin(math.sqrt(was)) - math.asin(math.sqrt(now)))
    return (
        _Move(size, _error(*rows), f"share of {name} {_percent(was)} before, {_percent(now)} since") if size else None
    )


def _error(before: float, since: float) -> float:
    """Give the standard error of a difference of two arcsines of shares, or of two means in deviations, by their rows."""
    return math.sqrt(1 / before + 1 / since)


def _moments(column: "Column", before: "NDArray[np.float64]", since: "NDArray[np.float64]") -> "Iterator[_Move]":
    """Say how mean and standard deviation moved, from rows, sums and sums of squares in deviations from the reference's mean."""
    if min(before[0], since[0]) < MIN_ROWS or column.mean is None or column.deviation is None:
        return
    unit = column.deviation or 1.0
    means = [float(sums[1] / sums[0]) for sums in (before, since)]
    spreads = [
        math.sqrt(max(float(sums[2] / sums[0]) - mean * mean, 0.0))
        for sums, mean in zip((before, since), means, strict=True)
    ]
    if not all(map(math.isfinite, [*means, *spreads])):
        return
    error = _error(float(before[0]), float(since[0]))  # of a spread too, where its kurtosis is 5
    was, now = (plain(column.mean + unit * mean, _DIGITS) for mean in means)
    if column.kind == "boolean":
        yield _Move(abs(means[1] - means[0]), error, f"share of true {_percent(column.mean + unit * means[0])} before, "
                                                     f"{_percent(column.mean + unit * means[1])} since")  # fmt: skip
        return
    yield _Move(abs(means[1] - means[0]) / max(spreads[0], 1e-9), error, f"mean {was} before, {now} since")
    narrow, wide = (max(spread, 1e-9) for spread in spreads)
    said = " and ".join(
        f"{plain(unit * spread, _DIGITS)} {when}" for spread, when in zip(spreads, ("before,", "since"), strict=True)
    )
    yield _Move(
        abs(math.log(wide / narrow)),
        error,
        f"standard deviation {said.replace(', and', ',')} (mean {was} before, {now} since)",
    )


def _percent(share: float) -> str:
    return f"{plain(100 * share, 3)} %"
