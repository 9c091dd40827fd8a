"""How do rows become blocks of read columns, whatever comes? What is lost counts as missing, what is new is told once.

Rows wait until a block is full, so that nothing depends on how a source cut its stream into batches.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.cells import read_cells, read_labels
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
    """Rows in a row: whole blocks, or those that wait for one to be full.

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


class Inflow:
    """Reads the columns of batches and cuts them into blocks.

    Attributes
    ----------
    rows : int
        Rows taken so far.
    """

    def __init__(self, kinds: "Mapping[str, Kind]", *, known: Sequence[str] = ()) -> None:
        self._kinds = dict(kinds)
        self._known = {*kinds, *known}
        self.rows = 0
        self._told: list[str] = []
        self._unused: list[str] = []  # columns that were there from the first row on, and are not known
        self._waiting = self._read(Batch({}, 0), 0)

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
        whole = _together(self._waiting, self._read(batch, batch.n_rows))
        n_full = len(whole.keys) // BLOCK * BLOCK
        self._waiting = _part(whole, slice(n_full, None))
        if not n_full:
            return None, told
        full = _part(whole, slice(0, n_full))
        return full, told + list(self._other_types(full))

    def _read(self, batch: Batch, n_rows: int) -> Block:
        nothing = [None] * n_rows
        read = {name: read_cells(batch.columns.get(name, nothing), kind) for name, kind in self._kinds.items()}
        seconds = nothing if batch.seconds is None else batch.seconds
        return Block(
            batch.first,
            {name: values for name, (values, _) in read.items()},
            {name: unreadable for name, (_, unreadable) in read.items()},
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
        yield Happening("notice", row, sentence, {"notice": f"{what} column", "column": name})

    def state(self) -> dict[str, Any]:
        """Give all that it holds: of the rows, those that wait."""
        waiting = self._waiting
        return {"rows": self.rows, "told": list(self._told), "unused": list(self._unused), "first": waiting.first,
                "values": dict(waiting.values), "unreadable": dict(waiting.unreadable), "keys": list(waiting.keys),
                "labels": list(waiting.labels), "seconds": waiting.seconds}  # fmt: skip

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.rows, self._told, self._unused = state["rows"], list(state["told"]), list(state["unused"])
        parts = (state[name] for name in ("first", "values", "unreadable", "keys", "labels", "seconds"))
        self._waiting = Block(*parts)


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


def _together(one: Block, other: Block) -> Block:
    if not len(one.keys):
        return other
    return Block(
        one.first,
        {name: np.concatenate([values, other.values[name]]) for name, values in one.values.items()},
        {name: np.concatenate([flags, other.unreadable[name]]) for name, flags in one.unreadable.items()},
        [*one.keys, *other.keys],
        [*one.labels, *other.labels],
        np.concatenate([one.seconds, other.seconds]),
    )


def _part(block: Block, rows: slice) -> Block:
    return Block(
        block.first + rows.start,
        {name: values[rows] for name, values in block.values.items()},
        {name: flags[rows] for name, flags in block.unreadable.items()},
        block.keys[rows],
        block.labels[rows],
        block.seconds[rows],
    )
