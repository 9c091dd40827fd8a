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


def rows_to_settle(difference: Estimate, margin: float, n_rows: int, *, detectable: float) -> int | None:
    """About how many rows would settle the question in 8 of 10 runs, were the difference as estimated.

    `detectable` is the distance from the margin that `n_rows` settle in 8 of 10 runs; it shrinks with the square root
    of the rows. None where the estimate lies so near the margin that it would take over 100 times the rows.
    """
    distance = abs(difference.value - margin)
    if distance * 10 <= detectable:
        return None
    rows = max(n_rows * (detectable / distance) ** 2, 1.0)
    step = 10 ** max(int(math.log10(rows)) - 1, 0)
    return math.ceil(rows / step) * step
