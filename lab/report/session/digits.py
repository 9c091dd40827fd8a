"""How does a panel write a number? As the page's script does, to the digit."""

from decimal import ROUND_HALF_UP, Context, Decimal

__all__ = ["three"]

_THREE = Context(prec=3, rounding=ROUND_HALF_UP)


def three(value: float) -> str:
    """Write a number with three significant digits, thousands apart, without an exponent; a whole one from 100 on as it is rounded.

    A number in the middle of two is rounded away from zero, as browsers do.

    >>> three(0.81234), three(34_598.4), three(3.0), three(1.125), three(0.0), three(-0.00012345)
    ('0.812', '34,600', '3.00', '1.13', '0', '-0.000123')
    """
    rounded = _THREE.create_decimal(Decimal(value))
    if rounded == 0:
        return "0"
    return f"{rounded:,.{max(0, 2 - rounded.adjusted())}f}"
