"""Which raw numbers go left at a split of a scaled one? All up to one double, found by bisection.

Every step on a number's way (scaling with multipliers above 0, the cast to float32) never turns the order of two
numbers round, rounding included. So the raw numbers that go left are all up to a largest one, and because doubles are
ordered as the integers that share their bits, 64 halvings find it exactly: the folded split agrees with the original
on every double, not only on those that were tried.
"""

from typing import TYPE_CHECKING

import numpy as np

from lab.onnx_graphs.columns import Number

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["largest_going_left"]

_SIGN = np.int64(-(2**63))


def largest_going_left(column: Number, thresholds: "NDArray[np.float64]", *, float32: bool) -> "NDArray[np.float64]":
    """Find for each split the largest double whose prepared value is at most the threshold.

    Parameters
    ----------
    column : Number
        The steps on the number's way.
    thresholds : numpy.ndarray of shape (n_splits,)
        Splits of the model: left where the prepared value is at most this.
    float32 : bool
        Whether the model casts what it sees to float32 first, as scikit-learn's forests do.

    Returns
    -------
    numpy.ndarray of shape (n_splits,)
        Minus infinity where no finite double goes left.
    """
    low = np.full(thresholds.shape, _place(np.array([-np.inf]))[0])  # counts as going left, though nothing has to
    high = np.full(thresholds.shape, _place(np.array([np.inf]))[0])  # counts as going right
    for _ in range(64):
        middle = (low >> 1) + (high >> 1) + (low & high & 1)
        left = _seen(column, _double(middle), float32=float32) <= thresholds
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return _double(low)


def _seen(column: Number, raw: "NDArray[np.float64]", *, float32: bool) -> "NDArray[np.float64]":
    seen = column.through(raw)
    if not float32:
        return seen
    with np.errstate(over="ignore"):
        return seen.astype(np.float32).astype(np.float64)


def _place(values: "NDArray[np.float64]") -> "NDArray[np.int64]":
    """Give the place of doubles in their order."""
    bits = values.view(np.int64)
    return np.where(bits >= 0, bits, _SIGN - bits)


def _double(places: "NDArray[np.int64]") -> "NDArray[np.float64]":
    """Give the double at a place."""
    return np.where(places >= 0, places, _SIGN - places).view(np.float64)
