"""How is a date written that models take as a number, in days since 1970-01-01?"""

import math
from collections.abc import Sequence

import numpy as np

__all__ = ["as_dates", "day", "first_day"]

_FEWEST_DAYS = 10  # of a range in which whole days tell places apart


def day(days: float) -> str:
    """Name the day in which a moment lies.

    >>> day(20000.5), day(-1.0)
    ('2024-10-04', '1969-12-31')
    """
    return str(np.datetime64(math.floor(days), "D"))


def first_day(days: float) -> str:
    """Name the first day that begins then or later: of whole days, it is the first one above a cut.

    >>> first_day(20000.5), first_day(20000.0)
    ('2024-10-05', '2024-10-04')
    """
    return day(math.ceil(days))


def as_dates(places: Sequence[float]) -> list[str]:
    """Write places of an axis of dates: as days (see `first_day`), or to the minute (UTC) where they span fewer than ten.

    >>> as_dates([19000.5, 20000.5]), as_dates([20000.5, 20000.75])
    (['2022-01-09', '2024-10-05'], ['2024-10-04T12:00Z', '2024-10-04T18:00Z'])
    """
    if max(places) - min(places) >= _FEWEST_DAYS:
        return [first_day(place) for place in places]
    return [f"{np.datetime64(math.ceil(1440 * place), 'm')}Z" for place in places]
