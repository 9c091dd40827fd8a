"""What does an interval decide? On which side of a margin it lies, and how many rows would move it there.

Light on purpose: the faces of the labs import it.
"""

import math
from typing import Literal

from lab.protocol import Estimate

__all__ = ["rows_to_settle", "side_of_margin"]


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
    step = 10 ** max(int(math.log10(rows)) - 1, 0)
    return math.ceil(rows / step) * step
