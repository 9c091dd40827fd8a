"""What is the highest rate that still meets the deadline? Interpolated between measured rates, never beyond them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lab.protocol import Estimate

__all__ = ["Capacity", "highest_rate"]


@dataclass(frozen=True)
class Capacity:
    """The highest rate in calls per second, with its interval.

    Attributes
    ----------
    rate : float
        Where the curve crosses the deadline; the last measured rate where it does not, 0 where it is over from the
        first one.
    low, high : float
        Where the ends of the percentile's interval cross it; `high` is infinite where the lower end never does.
    bound : {"", "at least", "below"}
        Whether the crossing lies outside the measured rates, and where.
    """

    rate: float
    low: float
    high: float
    bound: str = ""

    def words(self) -> str:
        """Say it.

        >>> Capacity(1234.0, 1100.0, 1300.0).words()
        '1,230 calls per second (95 % interval 1,100 to 1,300)'
        >>> Capacity(5000.0, 4000.0, math.inf, "at least").words()
        'at least 5,000 calls per second (the highest rate with enough calls)'
        """
        if self.bound == "at least":
            return f"at least {_three(self.rate)} calls per second (the highest rate with enough calls)"
        if self.bound == "below":
            return f"below {_three(self.high)} calls per second (the lowest rate with enough calls)"
        high = "more than was measured" if math.isinf(self.high) else _three(self.high)
        return f"{_three(self.rate)} calls per second (95 % interval {_three(self.low)} to {high})"


def _three(rate: float) -> str:
    """Three significant digits.

    >>> _three(1234.5), _three(0.5)
    ('1,230', '0.5')
    """
    if rate >= 1_000:
        return f"{round(rate, 2 - math.floor(math.log10(rate))):,.0f}"
    return f"{rate:.3g}"


def highest_rate(sweep: Sequence[tuple[float, Estimate]], deadline: float) -> Capacity:
    """Find where the percentile of the response time first crosses the deadline.

    Parameters
    ----------
    sweep : sequence of (rate, Estimate)
        Calls per second, ascending, and the percentile of the response time at that rate.
    deadline : float
        In the unit of the estimates.

    Raises
    ------
    ValueError
        If nothing was measured.
    """
    if not sweep:
        raise ValueError("no call rate was measured long enough for a percentile")
    rates = [rate for rate, _ in sweep]
    middle = _crossing(rates, [found.value for _, found in sweep], deadline)
    low = _crossing(rates, [found.high for _, found in sweep], deadline)
    high = _crossing(rates, [found.low for _, found in sweep], deadline)
    if math.isinf(middle):
        return Capacity(rates[-1], min(low, rates[-1]), math.inf, "at least")
    if middle == 0:
        return Capacity(0.0, 0.0, high if 0 < high < math.inf else rates[0], "below")
    return Capacity(middle, low, high)


def _crossing(rates: Sequence[float], values: Sequence[float], deadline: float) -> float:
    """Rate at which the values first exceed the deadline, by the logarithm of the value; 0 or infinity where outside."""
    for place, value in enumerate(values):
        if value > deadline:
            if place == 0:
                return 0.0
            before = math.log(values[place - 1])
            part = (math.log(deadline) - before) / (math.log(value) - before)
            return rates[place - 1] + part * (rates[place] - rates[place - 1])
    return math.inf
