"""Where does an axis begin and end, and where are its ticks? At round numbers, around all that is shown."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Axis", "axis_for"]

_PARTS = 5  # about so many steps
_SAME, _NOTHING = 1e-9, 1e-200  # shares of a value, and values, between which no axis tells a difference


@dataclass(frozen=True)
class Axis:
    """Ends of an axis, and the distance of its ticks; on a logarithmic one the ends are powers of ten."""

    low: float
    high: float
    step: float
    is_log: bool = False

    def share(self, value: float) -> float:
        """Say how far along the axis a value is, from 0 to 1; what lies beyond is at its end.

        >>> Axis(-2.0, 2.0, 1.0).share(1.0), Axis(1.0, 100.0, 10.0, is_log=True).share(10.0), Axis(0.0, 1.0, 0.2).share(7.0)
        (0.75, 0.5, 1.0)
        """
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.is_log:
            low, high, at = math.log10(low), math.log10(high), math.log10(at)
        return (at - low) / (high - low)


def axis_for(values: Sequence[float], *, is_log: bool = False, room: float = 0.0) -> Axis:
    """Choose an axis for values; all of them above 0 where it is logarithmic.

    Parameters
    ----------
    room : float
        What must be left at least beyond the outermost values, as a share of the span; none beyond a 0.

    Examples
    --------
    >>> axis_for([-7.2, 2.1]), axis_for([0.02, 30.0], is_log=True)
    (Axis(low=-8.0, high=4.0, step=2.0, is_log=False), Axis(low=0.01, high=100.0, step=10.0, is_log=True))
    >>> axis_for([0.0, 100.0]), axis_for([0.0, 100.0], room=0.05), axis_for([5.0, 5.0])  # doctest: +NORMALIZE_WHITESPACE
    (Axis(low=0.0, high=100.0, step=20.0, is_log=False), Axis(low=0.0, high=120.0, step=20.0, is_log=False),
     Axis(low=4.0, high=6.0, step=0.5, is_log=False))
    """
    low, high = min(values), max(values)
    if is_log:
        bottom, top = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return Axis(10.0**bottom, 10.0 ** max(top, bottom + 1), 10.0, is_log=True)
    largest = max(abs(low), abs(high))
    if high - low <= _SAME * largest or largest < _NOTHING:
        half = 0.2 * largest if largest >= _NOTHING else 1.0
        low, high = low - half, high + half
    span = high - low
    step = _round_step(span / _PARTS)
    bottom = math.floor(_exact((low - room * span * (low != 0)) / step))
    top = math.ceil(_exact((high + room * span * (high != 0)) / step))
    return Axis(_exact(bottom * step), _exact(top * step), step)


def _round_step(least: float) -> float:
    """Give the smallest of 1, 2, 5 times a power of ten that is not below a number."""
    power = 10.0 ** math.floor(math.log10(least))
    return _exact(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9)))


def _exact(value: float) -> float:
    """Drop what the arithmetic of doubles adds to a round number."""
    return float(f"{value:.12g}")
