"""Has a source the columns that are watched? Of a header that is known before the first row; of objects, after rows enough.

An object may lack what the next one has, so that nothing is refused for what the first of them hold: how many are there at first
depends on time alone.
"""

from collections.abc import Sequence

from lab.errors import DataError, nearest
from lab.watching.order import Order
from lab.watching.protocol import Happening
from lab.watching.sources.source import Piece

__all__ = ["ENOUGH", "Columns"]

ENOUGH = 1_000
"""Rows after which a column that none of them has is told."""
_MOST_NAMED = 12


class Columns:
    """The columns of one source.

    Parameters
    ----------
    source : str
        What the source is called.
    model : sequence of str
        Columns of the model, of which one at least must be there.
    named : sequence of str
        Columns that the user named, all of which must be there.
    order : Order
        Counts what is missing.
    """

    def __init__(self, source: str, model: Sequence[str], named: Sequence[str], order: Order) -> None:
        self._source, self._model, self._named, self._order = source, tuple(model), tuple(named), order
        self._seen: Sequence[str] = ()
        self._widens = False

    @property
    def are_known(self) -> bool:
        """Whether the source has named any column."""
        return bool(self._seen)

    def check(self, piece: Piece, first: int) -> list[Happening]:
        """Look at the columns of a piece, before which so many rows came; gives what is to be told.

        Raises
        ------
        DataError
            If a header has no column of the model, or lacks one that the user named, before the first row.
        """
        if not piece.columns:
            return []
        self._seen, self._widens = tuple(piece.columns), piece.widens
        if piece.widens:
            rows = first + piece.n_rows
            return self._without(rows) if rows >= ENOUGH else []
        lacking = [name for name in self._named if name not in piece.columns]
        if not first:
            if not self._has_one():
                raise DataError(f"{self._source} has {self._of_the_model()}")
            if lacking:
                near = nearest(lacking[0], self._seen, label="columns")
                raise DataError(f"{self._source} has no column {lacking[0]!r}; {near}")
        return self._order.lost(lacking, first) if piece.n_rows else []

    def ended(self, rows: int) -> list[Happening]:
        """Look at what objects had when the last has come.

        Raises
        ------
        DataError
            If none had a column of the model.
        """
        if not (self._widens and self._seen):
            return []
        if not self._has_one():
            raise DataError(f"{self._source} has {self._of_the_model()}")
        return self._without(rows)

    def _without(self, rows: int) -> list[Happening]:
        told = []
        if not self._has_one():
            told += self._order.never("a column of the model", rows, self._of_the_model())
        for name in self._named:
            if name not in self._seen:
                near = nearest(name, self._seen, label="columns")
                told += self._order.never(repr(name), rows, f"no column {name!r}; {near}; the watch goes on without it")
        return told

    def _has_one(self) -> bool:
        return not set(self._model).isdisjoint(self._seen)

    def _of_the_model(self) -> str:
        columns, names = (", ".join(each[:_MOST_NAMED]) for each in (self._seen, self._model))
        return f"no column of the model; it has {columns}, and the model knows {names}"
