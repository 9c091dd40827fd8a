"""What does an interval decide? On which side of a margin it lies, and how many rows would move it there.

Light on purpose: the faces of the labs import it.
"""

import math
from statistics import NormalDist
from typing import Literal

from lab.protocol import Estimate

__all__ = ["chance_below", "chances_of_sides", "rows_to_settle", "side_of_margin", "two_figures_up"]


def side_of_margin(difference: Estimate, margin: float) -> Literal["above", "below", "undecided"]:
    """Say on which side of the margin the whole interval lies.

    >>> side_of_margin(Estimate(3.0, 2.0, 4.0, "points"), 1.0)
    'above'
    >>> side_of_margin(Estimate(0.0, -0.5, 0.5, "points"), 1.0)
    'below'
    """
    if difference.low > margin:
        return "above"
    return "below" if difference.high < margin else "undecided"


def chance_below(found: Estimate, limit: float) -> float:
    """How likely it is that the truth is at most a limit, 0 to 1, were it spread as its interval says.

    It is a chance under three assumptions: nothing was known before (a flat prior), either half of the interval is half of a normal
    distribution, and what the interval leaves out (rows of another kind to come, another machine) does not happen. Of a number
    without a width it is 0 or 1.

    >>> round(chance_below(Estimate(0.0, -1.96, 1.96, ""), 1.96), 3), round(chance_below(Estimate(1.0, 0.0, 3.0, ""), 1.0), 3)
    (0.975, 0.5)
    >>> chance_below(Estimate(2.0, 2.0, 2.0, "MB"), 2.0), chance_below(Estimate(2.0, 2.0, 2.0, "MB"), 1.9)
    (1.0, 0.0)
    """
    width = found.high - found.value if limit >= found.value else found.value - found.low
    if width <= 0:
        return float(limit >= found.value)
    sigma = width / NormalDist().inv_cdf((1 + found.confidence) / 2)
    return NormalDist().cdf((limit - found.value) / sigma)


def chances_of_sides(difference: Estimate, margin: float) -> tuple[float, float, float]:
    """How likely a difference is below minus the margin, within it, and above it; as `chance_below` says, and they add up to 1.

    >>> [round(chance, 3) for chance in chances_of_sides(Estimate(0.0, -1.96, 1.96, "points"), 1.0)]
    [0.159, 0.683, 0.159]
    """
    below, above = chance_below(difference, -margin), 1 - chance_below(difference, margin)
    return below, max(1 - below - above, 0.0), above


def rows_to_settle(
    difference: Estimate, margin: float, n_rows: int, *, detectable: float, least_half: float = 0.0
) -> int | None:
    """About how many rows would settle the question in 8 of 10 runs, were the difference as estimated.

    Parameters
    ----------
    margin : float
        In the unit of the difference.
    n_rows : int
        On which it was estimated.
    detectable : float
        The distance from the margin that so many rows settle in 8 of 10 runs; it shrinks with the square root of the rows.
    least_half : float
        Half the narrowest interval that so many rows allow (the rule of three, say); it shrinks in proportion to the rows.

    Returns
    -------
    int or None
        Two figures, rounded up. None where the estimate lies so near the margin that it would take over 100 times the rows.
    """
    distance = abs(difference.value - margin)
    if distance * 10 <= detectable or distance * 100 <= least_half:
        return None
    rows = max(n_rows * (detectable / distance) ** 2, n_rows * least_half / distance, 1.0)
    return two_figures_up(rows)


def two_figures_up(number: float) -> int:
    """Round a number of at least 1 up to two figures: no more of it is known.

    >>> two_figures_up(43_128), two_figures_up(7.2), two_figures_up(1_000)
    (44000, 8, 1000)
    """
    step = 10 ** max(int(math.log10(number)) - 1, 0)
    return math.ceil(number / step) * step
