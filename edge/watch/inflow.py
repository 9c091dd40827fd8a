"""How do rows become blocks of read columns, whatever comes? What is lost counts as missing, what is new is told once.

Rows wait until a block is full, so that nothing depends on how a source cut its stream into batches.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.cells import read_labels
from edge.watch.spelling import Reader, held
from lab.watching.protocol import Batch, Happening
from lab.wording import listed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lab.protocol import Kind

__all__ = ["BLOCK", "Block", "Inflow"]

BLOCK = 100
"""Rows between two looks."""
_MOST_TOLD = 100
_MOST_NAMED = 5
_OTHER_TYPE = 0.9  # of the cells of a block


@dataclass(frozen=True, eq=False)
class Block:
    """Rows in a row: whole blocks.

    Attributes
    ----------
    first : int
        Number of the first.
    values, unreadable : mapping of str to array of shape (n_rows,)
        As `edge.watch.cells.read_cells` gives them, by column.
    keys, labels : sequence
        Of each row, None where there is none.
    seconds : array of shape (n_rows,)
        NaN where it is not told.
    """

    first: int
    values: "Mapping[str, NDArray[Any]]"
    unreadable: "Mapping[str, NDArray[np.bool_]]"
    keys: Sequence[str | None]
    labels: Sequence[Any]
    seconds: "NDArray[np.float64]"


@dataclass(frozen=True, eq=False)
class _Unread:
    """Rows in a row as they came: those that wait for a block to be full, and those of a batch after them; as in `Block`."""

    first: int
    cells: Mapping[str, Sequence[Any]]
    keys: Sequence[str | None]
    labels: Sequence[Any]
    seconds: "NDArray[np.float64]"


class Inflow:
    """Reads the columns of batches and cuts them into blocks.

    Parameters
    ----------
    keeps : mapping of str to collection of str
        Categories of columns, which are taken as they are.

    Attributes
    ----------
    rows : int
        Rows taken so far.
    """

    def __init__(
        self,
        kinds: "Mapping[str, Kind]",
        *,
        known: Sequence[str] = (),
        keeps: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._kinds = dict(kinds)
        self._readers = {name: Reader(kind, (keeps or {}).get(name, ())) for name, kind in kinds.items()}
        self._known = {*kinds, *known}
        self.rows = 0
        self._told: list[str] = []
        self._unused: list[str] = []  # columns that were there from the first row on, and are not known
        self._waiting = self._unread(Batch({}, 0), 0)

    @property
    def waiting(self) -> int:
        """How many rows wait for a block to be full."""
        return len(self._waiting.keys)

    def unlabelled(self) -> dict[str, int]:
        """Give the rows that wait and came without their label, by key: of several with one key the last."""
        waiting = self._waiting
        rows = zip(waiting.keys, read_labels(waiting.labels), strict=True)
        return {key: waiting.first + place for place, (key, label) in enumerate(rows) if key and label is None}

    def take(self, batch: Batch) -> tuple[Block | None, list[Happening]]:
        """Take a batch; gives the rows of all blocks that are full, and what is to be told of its columns.

        Raises
        ------
        ValueError
            If its rows do not follow those that were taken, or its columns differ in length.
        """
        if batch.first != self.rows:
            raise ValueError(f"the batch begins with row {batch.first}, and {self.rows} rows were taken")
        if any(len(cells) != batch.n_rows for cells in batch.columns.values()):
            raise ValueError("the columns of the batch differ in length")
        if not batch.n_rows:
            return None, []
        told = list(self._schema(batch))
        self.rows += batch.n_rows
        whole = _together(self._waiting, self._unread(batch, batch.n_rows))
        n_full = len(whole.keys) // BLOCK * BLOCK
        self._waiting = _part(whole, slice(n_full, None))
        if not n_full:
            return None, told
        full, said = self._read(_part(whole, slice(0, n_full)))
        return full, [*told, *said, *self._other_types(full)]

    def _read(self, rows: _Unread) -> tuple[Block, list[Happening]]:
        """Read whole blocks; tells how columns are spelled that are not plain."""
        values, unreadable = {}, {}
        told: list[Happening] = []
        for name, reader in self._readers.items():
            values[name], unreadable[name], found = reader.read(rows.cells[name], BLOCK)
            for place, words in found:
                said = f"The column {name!r} is read as {words}."
                told += self._once(f"spelling ({words})", name, rows.first + place, said)
        return Block(rows.first, values, unreadable, rows.keys, rows.labels, rows.seconds), told

    def _unread(self, batch: Batch, n_rows: int) -> _Unread:
        nothing = [None] * n_rows
        seconds = nothing if batch.seconds is None else batch.seconds
        return _Unread(
            batch.first,
            {name: batch.columns.get(name, nothing) for name in self._kinds},
            nothing if batch.keys is None else list(batch.keys),
            nothing if batch.labels is None else list(batch.labels),
            np.array(seconds, dtype=np.float64),
        )

    def _schema(self, batch: Batch) -> Iterator[Happening]:
        if self.rows == 0:
            self._unused = [name for name in batch.columns if name not in self._known]
            if self._unused:
                facts = {"notice": "unused columns", "columns": list(self._unused)}
                yield Happening("notice", batch.first, _not_used(self._unused), facts)
        for name in batch.columns:
            if name not in self._known and name not in self._unused:
                yield from self._once(
                    "new", name, batch.first, f"A new column {name!r} came; the model does not know it."
                )
        for name in self._kinds:
            if name not in batch.columns:
                yield from self._once(
                    "lost", name, batch.first, f"The column {name!r} is lost; its values count as missing."
                )

    def _other_types(self, rows: Block) -> Iterator[Happening]:
        for name, flags in rows.unreadable.items():
            if not flags.any():
                continue
            of_block = flags.reshape(-1, BLOCK).sum(axis=1)
            for block in np.flatnonzero(of_block >= _OTHER_TYPE * BLOCK)[:1].tolist():
                said = f"The column {name!r} no longer holds what it did ({self._kinds[name]}); what cannot be read is counted apart."
                yield from self._once("type", name, rows.first + BLOCK * block, said)

    def _once(self, what: str, name: str, row: int, sentence: str) -> Iterator[Happening]:
        if f"{what} {name}" in self._told or len(self._told) >= _MOST_TOLD:
            return
        self._told.append(f"{what} {name}")
        yield Happening("notice", row, sentence, {"notice": f"{what.partition(' (')[0]} column", "column": name})

    def state(self) -> dict[str, Any]:
        """Give all that it holds: of the rows, those that wait."""
        waiting = self._waiting
        return {"rows": self.rows, "told": list(self._told), "unused": list(self._unused), "first": waiting.first,
                "cells": {name: held(cells) for name, cells in waiting.cells.items()},
                "spelled": {name: reader.state() for name, reader in self._readers.items() if reader.spelling is not None},
                "keys": list(waiting.keys), "labels": list(waiting.labels), "seconds": waiting.seconds}  # fmt: skip

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.rows, self._told, self._unused = state["rows"], list(state["told"]), list(state["unused"])
        self._waiting = _Unread(*(state[name] for name in ("first", "cells", "keys", "labels", "seconds")))
        for name, reader in self._readers.items():
            reader.resume(state["spelled"].get(name))


def _not_used(names: Sequence[str]) -> str:
    """Say which columns of a stream are not those of the model: they may have been in its table, and left out.

    >>> _not_used(["id"])
    "The stream has a column that the model does not use: 'id'; it is not watched."
    >>> _not_used([f"c{place}" for place in range(9)])
    "The stream has columns that the model does not use: 'c0', 'c1', 'c2', 'c3', 'c4' and 4 more; they are not watched."
    """
    shown = [repr(name) for name in names[:_MOST_NAMED]]
    more = len(names) - len(shown)
    listing = f"{', '.join(shown)} and {more} more" if more else listed(shown)
    have, they = ("a column", "it is") if len(names) == 1 else ("columns", "they are")
    return f"The stream has {have} that the model does not use: {listing}; {they} not watched."


def _together(one: _Unread, other: _Unread) -> _Unread:
    if not len(one.keys):
        return other
    return _Unread(
        one.first,
        {name: [*cells, *other.cells[name]] for name, cells in one.cells.items()},
        [*one.keys, *other.keys],
        [*one.labels, *other.labels],
        np.concatenate([one.seconds, other.seconds]),
    )


def _part(block: _Unread, rows: slice) -> _Unread:
    return _Unread(
        block.first + rows.start,
        {name: cells[rows] for name, cells in block.cells.items()},
        block.keys[rows],
        block.labels[rows],
        block.seconds[rows],
    )
