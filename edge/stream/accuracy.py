"""How accurate is a model in a stream? Counted where labels have come, and estimated from its confidence where they have not."""

from typing import TYPE_CHECKING

import numpy as np

from lab.protocol import Estimate
from lab.stats import rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["estimated_accuracy", "expected_accuracy", "rolling_accuracy", "window_of"]

_WINDOWS = 20
_SMALLEST_WINDOW = 100
_DRAWS = 200


def rolling_accuracy(right: "NDArray[np.bool_]", *, window: int) -> list[tuple[int, Estimate]]:
    """Share of right answers (`right` has shape (n_rows,)) in consecutive whole windows.

    Gives for each the last row of the window, and the share with its exact interval.
    """
    starts = range(0, len(right) - window + 1, window)
    return [(first + window - 1, rate(int(right[first : first + window].sum()), window)) for first in starts]


def estimated_accuracy(
    confidence: "NDArray[np.float64]", known_confidence: "NDArray[np.float64]", known_right: "NDArray[np.bool_]"
) -> list[tuple[int, float]]:
    """Estimate the share of right answers in the same windows before any label is known.

    How often the model is right at a confidence is learned on rows whose labels are known (isotonic regression), and
    taken to hold on: the estimate sees a change of the columns, but not one of what they mean for the target.

    Parameters
    ----------
    confidence, known_confidence : arrays of shape (n,)
        Probability of the predicted class, in the stream and on known rows.
    """
    from sklearn.isotonic import IsotonicRegression

    known = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(known_confidence, known_right)
    expected = known.predict(confidence)
    window = window_of(len(confidence))
    starts = range(0, len(expected) - window + 1, window)
    return [(first + window - 1, float(expected[first : first + window].mean())) for first in starts]


def expected_accuracy(
    confidence: "NDArray[np.float64]",
    known_confidence: "NDArray[np.float64]",
    known_right: "NDArray[np.bool_]",
    *,
    seed: int,
) -> Estimate:
    """Estimate the share of right answers among rows whose labels have not come, as `estimated_accuracy` does.

    The 95 % interval counts what is not known of how often the model is right at a confidence (the known rows drawn
    anew, 200 times) and the chance in so many answers. It does not count that the columns may mean something else now.
    `confidence` has the shape (n_waiting,), the other two (n_known,).
    """
    from sklearn.isotonic import IsotonicRegression

    def expected(rows: "NDArray[np.int64]") -> "NDArray[np.float64]":
        fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(
            known_confidence[rows], known_right[rows]
        )
        shares: NDArray[np.float64] = fitted.predict(confidence)
        return shares

    rng = np.random.default_rng(seed)
    value = float(expected(np.arange(len(known_right))).mean())
    drawn = []
    for _ in range(_DRAWS):
        shares = expected(rng.integers(len(known_right), size=len(known_right)))
        drawn.append(float((rng.random(len(shares)) < shares).mean()))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value, min(float(low), value), max(float(high), value), "share")


def window_of(n_rows: int) -> int:
    """Rows in a window: 20 windows, but at least 100 rows each.

    >>> window_of(1_000), window_of(20_000)
    (100, 1000)
    """
    return max(min(_SMALLEST_WINDOW, n_rows), n_rows // _WINDOWS)
