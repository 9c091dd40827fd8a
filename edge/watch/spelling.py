"""How does a stream spell the values of a column? Plainly, until a block shows that it does otherwise: from then on as that block.

A table may be spelled in any way that the ground reads, and so may a stream: with decimal commas, thousands apart, signs for per
cent, days before months. That is no change of what it tells. A block decides, and blocks are cut by the number of the row, so that
nothing depends on how a source cut its stream.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.cells import ISO, LARGEST, Spelling, read_cells
from lab.reading.dates import dates_spelled
from lab.reading.missing import SPELLINGS
from lab.reading.numbers import spelled_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lab.protocol import Kind

__all__ = ["Reader", "held"]

_ENOUGH = 0.95
"""The share of the texts of a block that a spelling must read, as in a table."""
_LONGEST = 2**63


class Reader:
    """Reads the cells of a column of a stream.

    Attributes
    ----------
    spelling : Spelling or None
        None where texts are plain.
    """

    def __init__(self, kind: "Kind", keeps: Collection[str] = ()) -> None:
        self._kind, self._keeps = kind, frozenset(keeps)
        self.spelling: Spelling | None = None

    def read(self, cells: Sequence[Any], block: int) -> "tuple[NDArray[Any], NDArray[np.bool_], list[tuple[int, str]]]":
        """Read whole blocks of cells.

        Gives values and what is unreadable, shapes (n_cells,), as `read_cells` does, and at which cell which spelling begins.
        """
        values, unreadable = self._read(cells)
        found: list[tuple[int, str]] = []
        if self._kind == "category" or not unreadable.any():
            return values, unreadable, found
        for first in range(0, len(cells), block):
            part = slice(first, first + block)
            there = [cells[first + place] for place in np.flatnonzero(unreadable[part]).tolist()]
            odd = [cell.strip() for cell in there if type(cell) is str]
            spelled = _spelling_of(cells[part], self._kind, len(odd)) if _may_be_spelled(odd, self._kind) else None
            if spelled is None:
                continue
            self.spelling, words = spelled
            found.append((first, words))
            values[first:], unreadable[first:] = self._read(cells[first:])
        return values, unreadable, found

    def _read(self, cells: Sequence[Any]) -> "tuple[NDArray[Any], NDArray[np.bool_]]":
        return read_cells(cells, self._kind, self.spelling, keeps=self._keeps)

    def state(self) -> list[str | None] | None:
        """Give all that it holds."""
        found = self.spelling
        return None if found is None else [found.sign, found.unit, found.form]

    def resume(self, state: list[Any] | None) -> None:
        """Take it up again."""
        self.spelling = None if state is None else Spelling(*state)


def held(cells: Sequence[Any]) -> list[Any]:
    """Give cells that wait as a state can hold them: whole numbers of more than 64 bits as others, which reads alike."""
    return [_short(cell) if type(cell) is int else cell for cell in cells]


def _short(cell: int) -> int | float:
    if -_LONGEST <= cell < _LONGEST:
        return cell
    try:
        return float(cell)
    except OverflowError:
        return float("inf")


def _may_be_spelled(odd: Sequence[str], kind: "Kind") -> bool:
    """Whether any of the texts that cannot be read may be a value in another spelling: a quick look."""
    some = sorted({text for text in odd if any(sign.isdigit() for sign in text)})
    if kind == "date" or not some:
        return bool(some)
    found = spelled_numbers(some, np.ones(len(some), dtype=np.int64), usual=None)
    return bool(np.any(np.abs(found.values) <= LARGEST))


def _spelling_of(cells: Sequence[Any], kind: "Kind", n_odd: int) -> tuple[Spelling, str] | None:
    """Find how the texts among some cells are spelled, and say it; None where no spelling reads nearly all of them.

    It must read more of them than what is known so far, by which `n_odd` of them cannot be read.
    """
    texts = [text for cell in cells if type(cell) is str and (text := cell.strip()).casefold() not in SPELLINGS]
    fewest = max(_ENOUGH * len(texts), len(texts) - n_odd + 1)
    if kind == "date":
        dated = dates_spelled(texts, fewest=_ENOUGH)
        if dated is None or np.count_nonzero(~np.isnat(dated.values)) < fewest:
            return None
        order = (
            ", the day before the month"
            if dated.form.find("%d") < dated.form.find("%m")
            else ", the month before the day"
        )
        words = f"written as {dated.form}" if dated.form != ISO else f"by {ISO}"
        return Spelling(form=dated.form), f"dates, {words}{order if dated.is_ambiguous else ''}"
    distinct, counts = np.unique(texts, return_counts=True)
    found = spelled_numbers(distinct.tolist(), counts, usual=None)
    if counts[np.abs(found.values) <= LARGEST].sum() < fewest:
        return None
    return Spelling(found.sign, found.unit), f"numbers with {', '.join(found.how) or 'a decimal point'}"
