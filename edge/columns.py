"""Which columns of a table hold anything? Places and browsers do not all tell the same."""

from collections.abc import Sequence
from typing import Any

__all__ = ["without_empty"]


def without_empty(
    columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    """Leave out the columns in which nothing stands.

    >>> without_empty(("a", "b", "c"), [(1, None, ""), (2, "", 3)])
    (('a', 'c'), ((1, ''), (2, 3)))
    """
    filled = [place for place in range(len(columns)) if any(row[place] not in (None, "") for row in rows)]
    return tuple(columns[place] for place in filled), tuple(tuple(row[place] for place in filled) for row in rows)
