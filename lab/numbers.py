"""How is a number written for a person? Three significant digits, no exponent, and one unit that suits all of a kind."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from typing import Any

__all__ = ["Unit", "bound", "number", "plain", "rough_share", "span", "unit_of"]

_LEAST = 1e-9  # what is less is not written out
_LADDERS = (
    {"ns": 1e-6, "µs": 1e-3, "ms": 1.0, "s": 1e3},
    {"bytes": 1e-6, "kB": 1e-3, "MB": 1.0, "GB": 1e3},
)
"""Units of one kind, the smallest first, in the one that is 1 (megabytes are 10^6 bytes)."""


@dataclass(frozen=True)
class Unit:
    """A unit and what a value has to be multiplied by to be in it."""

    name: str
    factor: float

    def of(self, value: float | None) -> float | None:
        """Give a value in this unit; None stays None."""
        return None if value is None else self.factor * value


def unit_of(values: Iterable[float | None], base: str) -> Unit:
    """Choose the unit for values that stand together: the largest in which the middle one of them is 1 or more.

    Parameters
    ----------
    values : iterable of float or None
        In `base`; those that are absent or not above zero do not count.
    base : str
        "ns", "µs", "ms", "s", "bytes", "kB", "MB" or "GB"; any other unit has no others of its kind and is kept.

    Examples
    --------
    >>> unit_of([0.0079, 0.011, 0.3, None], "ms"), unit_of([1500.0, 2600.0], "ms")
    (Unit(name='µs', factor=1000.0), Unit(name='s', factor=0.001))
    >>> unit_of([0.00253, 0.028], "MB"), unit_of([], "ms"), unit_of([3.0], "points")
    (Unit(name='kB', factor=1000.0), Unit(name='ms', factor=1.0), Unit(name='points', factor=1.0))
    """
    ladder = next((ladder for ladder in _LADDERS if base in ladder), None)
    there = sorted(value for value in values if value is not None and value > 0)
    if ladder is None or not there:
        return Unit(base, 1.0)
    middle = there[len(there) // 2] * ladder[base]
    name = next((name for name in reversed(ladder) if middle >= ladder[name]), next(iter(ladder)))
    return Unit(name, float(f"{ladder[base] / ladder[name]:.12g}"))


def span(low: float, high: float) -> str:
    """Write an interval, or a single number where both ends are written alike.

    >>> span(0.00716, 0.0112), span(1234.0, 1234.4), span(-0.0, 0.00001), span(0.9, 1.0)
    ('0.00716 to 0.0112', '1,230', '0 to 0.00001', '0.9 to 1')
    """
    first, last = (_without_zeros(number(float(f"{end:.3g}"))) for end in (low, high))
    return first if first == last else f"{first} to {last}"


def plain(value: float, digits: int) -> str:
    """Write a value with so many significant digits, those that are zeros at its end left out, and never an exponent.

    >>> plain(52_345.0, 4), plain(1.2e-7, 2), plain(0.5, 6), plain(1e6, 3)
    ('52,340', '0.00000012', '0.5', '1,000,000')
    """
    return f"{Decimal(f'{value:.{digits}g}'):,f}"


def bound(largest: float) -> str:
    """Say how large something is at most, in one digit, rounded up.

    >>> bound(1.2e-7), bound(0.031), bound(3e-12), bound(0.0)
    ('at most 0.0000002', 'at most 0.04', 'less than 0.000000001', 'nothing')
    """
    if largest == 0:
        return "nothing"
    if largest < _LEAST:
        return f"less than {_LEAST:.9f}"
    return f"at most {Context(prec=1, rounding=ROUND_CEILING).create_decimal(repr(float(largest))):,f}"


def rough_share(share: float) -> str:
    """Write a share as whole per cent; nothing where it is 0, and never 0 or 100 % of what is only near them.

    >>> rough_share(0.0), rough_share(0.004), rough_share(0.123), rough_share(0.999), rough_share(1.0)
    ('', '< 1 %', '12 %', '> 99 %', '100 %')
    """
    if share == 0:
        return ""
    if 0.99 < share < 1:
        return "> 99 %"
    return "< 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(value: Any) -> str:
    """Show a value as a person would write it: a measurement has three significant digits, thousands stand apart.

    A whole number is a count and keeps all its digits. There is no exponent: what is less than a thousand-millionth is said
    to be less.

    >>> number(0.98765), number(0.97), number(12345.6), number(3), number(None), number(1.2e-7), number(-0.0)
    ('0.988', '0.970', '12,300', '3', '', '0.000000120', '0')
    >>> number(1797.0), number(-999.96), number(99.98), number(-3e-12), number(1.5e17)
    ('1,797', '-1,000', '100', 'between -0.000000001 and 0', '150,000,000,000,000,000')
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if not math.isfinite(value):
        return str(value)
    if value == int(value):
        return f"{int(value):,}"
    if abs(value) < _LEAST:
        return f"less than {_LEAST:.9f}" if value > 0 else f"between -{_LEAST:.9f} and 0"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.{max(0, 2 - math.floor(math.log10(abs(rounded))))}f}"
