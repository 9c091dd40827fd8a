"""How many rows are read at a time? Memory and time grow with rows times columns, of the context and of what is asked together."""

__all__ = ["MOST_ROWS", "rows_in_context", "rows_in_piece"]

MOST_ROWS = 5_000
"""Training rows that are read at most: answers to 1,000 rows of 10 columns take minutes of one core then."""
_MOST_CELLS, _FEWEST = 200_000, 500


def rows_in_context(n_columns: int) -> int:
    """Give how many training rows of so many columns are read at most.

    >>> rows_in_context(10), rows_in_context(400), rows_in_context(10_000)
    (5000, 500, 500)
    """
    return max(_FEWEST, min(MOST_ROWS, _MOST_CELLS // max(n_columns, 1)))


def rows_in_piece(n_columns: int, n_context: int) -> int:
    """Give how many rows are asked at a time, beside a context of so many.

    >>> rows_in_piece(10, 5_000), rows_in_piece(400, 1_000)
    (15000, 500)
    """
    return max(_FEWEST, _MOST_CELLS // max(n_columns, 1) - n_context)
