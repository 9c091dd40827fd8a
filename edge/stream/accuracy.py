"""How accurate is a model in the windows of a stream? Counted where labels have come, and estimated where they have not."""

from typing import TYPE_CHECKING

import numpy as np

from edge.watch.expecting import shares_right
from lab.protocol import Estimate
from lab.stats import rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.watch.profile import Answered

__all__ = ["estimated_accuracy", "rolling_accuracy", "window_of"]

_WINDOWS = 20
_SMALLEST_WINDOW = 100


def rolling_accuracy(right: "NDArray[np.bool_]", *, window: int) -> list[tuple[int, Estimate]]:
    """Share of right answers (`right` has shape (n_rows,)) in consecutive whole windows.

    Gives for each the last row of the window, and the share with its exact interval.
    """
    starts = range(0, len(right) - window + 1, window)
    return [(first + window - 1, rate(int(right[first : first + window].sum()), window)) for first in starts]


def estimated_accuracy(steps: "NDArray[np.int64]", known: "Answered", *, seed: int) -> list[tuple[int, float]]:
    """Estimate the share of right answers in the same windows before any label is known, see `edge.watch.expecting`.

    `steps` are those of the confidence of each answer (`edge.watch.profiling.confidence_step`), shape (n_rows,).
    """
    expected = shares_right(known, seed)[0][steps]
    window = window_of(len(steps))
    starts = range(0, len(expected) - window + 1, window)
    return [(first + window - 1, float(expected[first : first + window].mean())) for first in starts]


def window_of(n_rows: int) -> int:
    """Rows in a window: 20 windows, but at least 100 rows each.

    >>> window_of(1_000), window_of(20_000)
    (100, 1000)
    """
    return max(min(_SMALLEST_WINDOW, n_rows), n_rows // _WINDOWS)
