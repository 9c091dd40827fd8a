"""What is a source of rows? It gives rows in their order, says where it stands, and can be set to where it stood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from lab.watching.protocol import Cell

__all__ = ["NOTHING", "Piece", "Place", "Source", "Unread"]

Place = Mapping[str, Any]
"""Where a source stands, as plain values that a state file keeps."""


@dataclass(frozen=True)
class Unread:
    """A row that does not parse: after how many rows of its piece it stands, and why."""

    after: int
    reason: str


@dataclass(frozen=True)
class Piece:
    """What was read at one time.

    Attributes
    ----------
    columns : mapping of str to sequence
        Cells by column, all of one length; a text file's cells are texts, and an empty one is None. A header without rows gives
        its columns without cells.
    unread : tuple of Unread
        Rows that do not parse and are left out, in their order.
    told : tuple of str
        What became of the source, a sentence each: it was cut, changed for another, lost, found again.
    ended : bool
        Nothing will come any more.
    widens : bool
        Whether rows may have columns that none had before, as objects of JSON may.
    header_again : bool
        Whether a line that named the columns again followed its rows.
    """

    columns: Mapping[str, Sequence[Cell]] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    told: tuple[str, ...] = ()
    ended: bool = False
    widens: bool = False
    header_again: bool = False

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()), ()))

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing: no row, none that does not parse, no header that comes again, and nothing told."""
        return not (self.n_rows or self.unread or self.told or self.header_again)


NOTHING = Piece()


class Source(Protocol):
    """Gives rows, never more than it is asked for; what has not been asked for waits where it is."""

    @property
    def name(self) -> str:
        """What a person calls it."""
        ...

    @property
    def identity(self) -> str:
        """What its places belong to: that of another source is not taken up."""
        ...

    @property
    def repeats(self) -> bool:
        """Whether rows can be read again from a place; standard input cannot."""
        ...

    @property
    def promise(self) -> str:
        """What of it may be lost nonetheless, in a sentence; empty where nothing may."""
        ...

    def read(self, most: int, patience_s: float) -> Piece:
        """Read at most so many rows.

        It waits no longer than `patience_s` seconds, and only while there is none. As many are given as are there, so that the
        same rows are cut in the same way when they are read again.
        """
        ...

    def place(self) -> Place:
        """Say where it stands after all that was read."""
        ...

    def seek(self, place: Place) -> tuple[str, ...]:
        """Go to a place before the first reading; gives a sentence for each thing that has changed since.

        Raises
        ------
        lab.errors.InputError
            If the place is not one of this source.
        """
        ...

    def kept(self) -> None:
        """Take note that its place is on disk, so that what was read need not be given again."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
