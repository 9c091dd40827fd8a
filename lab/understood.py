"""What was in a table when it was read? Its rows, and each of its columns in a line, as far as that may be shown."""

from dataclasses import dataclass

__all__ = ["Contents", "Seen"]


@dataclass(frozen=True)
class Seen:
    """A column.

    Attributes
    ----------
    name : str
    kind : str
        number, category, date or boolean; the type of what is none of these.
    missing : float
        The share of rows without a value, from 0 to 1.
    values : str
        Round ends between which nearly all numbers lie, or the most frequent values, as far as 5 rows or more have them.
    """

    name: str
    kind: str
    missing: float
    values: str


@dataclass(frozen=True)
class Contents:
    """A table as it was read, before rows without a target were left out: how many rows it has, and its columns in order."""

    rows: int
    columns: tuple[Seen, ...]
