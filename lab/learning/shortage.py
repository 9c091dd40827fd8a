"""Are there enough independent rows for an interval? Rows of the rarest class, or rows that carry the spread of a number."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lab.belonging import equal_units
from lab.learning.counted import counted_by_stratum
from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Dataset
from lab.wording import count

__all__ = ["FEWEST_UNITS", "Shortage", "effective_units", "shortage"]

FEWEST_UNITS = 8
"""Independent rows below which no interval of a score is trusted: its coverage was measured down to so many."""


@dataclass(frozen=True)
class Shortage:
    """What is too little, and what a user can do about it; it always holds the verdict."""

    sentence: str
    way_out: str
    is_firm: ClassVar[bool] = True
    in_short: ClassVar[str] = "there are too few independent rows for an interval"

    @property
    def step(self) -> str:
        """What to do about it, as a whole sentence."""
        return f"Get {self.way_out}."

    @property
    def seen(self) -> str:
        """What was seen: the whole sentence."""
        return self.sentence


def shortage(dataset: Dataset) -> Shortage | None:
    """Say of what a table has too little for an interval; None where it has enough.

    Of classes the rarest counts, by the units that have rows of it. Of a number counts how many units its spread rests on: a
    score such as R² is a ratio of sums of squares, and where a few extreme rows make up the sums, it is known as badly as
    from so many rows (`tests/benchmarks/interval_coverage.py`, the cells with log-normal noise).
    """
    if dataset.classes:
        return _of_a_class(dataset)
    units = effective_units(dataset)
    if units >= FEWEST_UNITS:
        return None
    return Shortage(
        f"a few extreme rows make up most of the spread of {dataset.target_name!r}, so that it is known no better than from "
        f"{count(max(int(units), 1), 'independent row')}; an interval needs at least {FEWEST_UNITS}",
        f"more independent rows, or {dataset.target_name!r} on a scale without such extremes (its logarithm, say)",
    )


def effective_units(dataset: Dataset) -> float:
    """Count the equal units whose squared distances from the mean would add up as unevenly as these (see `equal_units`).

    The target must be a number; 0 where all rows have the same.
    """
    weights = dataset.belonging.weights
    distances = np.abs(dataset.target - np.average(dataset.target, weights=weights))
    if not (farthest := distances.max()):
        return 0.0
    squares = (distances / farthest) ** 2  # in shares: squares of large numbers are beyond a float
    squares = squares if weights is None else weights * squares
    if (units := dataset.belonging.units) is not None:
        _, codes = np.unique(units, return_inverse=True)
        squares = np.bincount(codes, squares)
    return equal_units(squares)


def _of_a_class(dataset: Dataset) -> Shortage | None:
    units = counted_by_stratum(dataset.target, dataset.belonging, len(dataset.classes))
    rarest = int(units.argmin())
    fewest = int(units[rarest])
    if fewest >= FEWEST_UNITS:
        return None
    weighed = dataset.belonging.weighted
    if weighed:
        return Shortage(
            f"the unequal weights in {weighed!r} leave the rarest class no more than {count(max(fewest, 1), 'row')} of equal weight "
            f"would, but an interval needs at least {FEWEST_UNITS}",
            "more rows of the rarest class, or less unequal weights",
        )
    which = f"class {dataset.classes[rarest]!r}" if fewest >= MIN_ROWS else "the rarest class"
    return Shortage(
        f"{which} has only {count(fewest, 'independent row')}, but an interval needs at least {FEWEST_UNITS}",
        f"at least {count(FEWEST_UNITS - fewest, 'more independent row')} of {which}",
    )
