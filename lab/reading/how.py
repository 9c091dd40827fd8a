"""How does a user want a file to be read? What is not said is found out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lab.errors import DataError, nearest
from lab.reading.kinds import KINDS, Kind

__all__ = ["How", "declared_kinds"]


@dataclass(frozen=True)
class How:
    """What the user says of a file.

    Attributes
    ----------
    encoding : str
        Of a text, as Python names it.
    sheet, table : str
        Of a workbook, of a database.
    header : bool, optional
        Whether the first row of a text has the names of the columns.
    kinds : mapping of str to (kind, format)
        What columns are, by name (see `declared_kinds`).
    missing : sequence of str
        What else is missing, in every column.
    """

    encoding: str = ""
    sheet: str = ""
    table: str = ""
    header: bool | None = None
    kinds: Mapping[str, tuple[Kind, str]] = field(default_factory=dict)
    missing: Sequence[str] = ()


def declared_kinds(words: Sequence[str]) -> dict[str, tuple[Kind, str]]:
    """Take what a user says of columns apart, such as `zip=category` or `visited=date:%d/%m/%Y`.

    Raises
    ------
    DataError
        If a word is none of these.

    Examples
    --------
    >>> declared_kinds(["zip=category", "visited=date:%d/%m/%Y"])
    {'zip': ('category', ''), 'visited': ('date', '%d/%m/%Y')}
    """
    found: dict[str, tuple[Kind, str]] = {}
    for word in words:
        name, sign, said = word.rpartition("=") if ":" not in word.rpartition("=")[0] else word.partition("=")
        kind, _, form = said.partition(":")
        if not sign or not name:
            raise DataError(
                f"--as {word!r} says no kind; write the column and its kind, as zip=category or visited=date:%d/%m/%Y"
            )
        if kind not in KINDS:
            raise DataError(f"--as {word!r}: a column is no {kind!r}; {nearest(kind, KINDS, label='kinds')}")
        if form and (kind != "date" or "%" not in form):
            raise DataError(f"--as {word!r}: only dates have a format, such as visited=date:%d/%m/%Y")
        found[name] = (kind, form)  # type: ignore[assignment]  # it is one of KINDS
    return found
