"""How does a row become plain, and plain values a row again? By the types that its trial names (`msgspec`)."""

from typing import Any, TypeVar

import msgspec

__all__ = ["typed"]

RowT = TypeVar("RowT")


def typed(plain: Any, row_type: type[RowT]) -> RowT:
    """Build a row of a type from what was stored: JSON values, with numpy arrays in their places.

    Parameters
    ----------
    plain : object
        As `lab.work.storage` reads it.
    row_type : type
        A dataclass, or dict for a row without a type of its own, which is given back as it is.

    Raises
    ------
    ValueError
        If a value is missing, or of another type than the row's.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Measured:
    ...     seconds: tuple[float, ...]
    >>> typed({"seconds": [1.5, 2]}, Measured)
    Measured(seconds=(1.5, 2.0))
    """
    if row_type is dict and isinstance(plain, row_type):
        return plain
    try:
        return msgspec.convert(plain, row_type)
    except msgspec.ValidationError as error:
        raise ValueError(f"a stored row is no {row_type.__name__}: {error}") from error
