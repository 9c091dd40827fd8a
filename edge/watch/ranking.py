"""How does each value rank among all that came before it? Exactly, from counts of codes alone.

As long as a stream is exchangeable with its history, the rank of each value among those before it and itself, ties broken at
random, is uniform, and the ranks are independent (Vovk, Gammerman and Shafer 2022, Algorithmic Learning in a Random World,
chapter 8). A value counts by the place it is put in, and places are fixed before the history is looked at: counts by place are
all that must be kept. Values are ranked twice: by size, and by how rare their place is, the rarest first. With seasons a value is
ranked among those of its own season alone; that is uniform as well if those are exchangeable.

Random numbers follow from the seed and the number of the row (Philox, a counter: Salmon et al. 2011), whatever came between.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Ranking", "Shape"]


@dataclass(frozen=True, eq=False)
class Shape:
    """The places of a signal.

    Attributes
    ----------
    history : array of shape (n_seasons, n_codes)
        Rows of the history by season and place.
    rarity : array of shape (n_codes,)
        Rank of each place by how rare it is, 0 the rarest; known without looking at the history.
    """

    history: "NDArray[np.int64]"
    rarity: "NDArray[np.int64]"


class Ranking:
    """Counts of places for some signals whose rows come together, and the ranks that follow.

    Attributes
    ----------
    counts : array of shape (n_seasons, n_codes of all signals)
    """

    def __init__(self, shapes: "Sequence[Shape]", *, seed: int, stream: int) -> None:
        sizes = [len(shape.rarity) for shape in shapes]
        self.n_signals = len(shapes)
        self._starts = np.cumsum([0, *sizes[:-1]])
        self._rarity = np.concatenate([shape.rarity for shape in shapes])
        rare_first = [first + np.argsort(shape.rarity) for first, shape in zip(self._starts, shapes, strict=True)]
        self._by_rarity = np.concatenate(rare_first)
        self._packed = np.zeros((sum(sizes), max(sizes)), dtype=np.int32)
        for first, shape in zip(self._starts, shapes, strict=True):
            end = first + len(shape.rarity)
            self._packed[first:end, : len(shape.rarity)] = _comparisons(shape.rarity)
        self._columns = max(sizes) * np.arange(self.n_signals)
        self.counts = np.concatenate([shape.history for shape in shapes], axis=1).astype(np.int64)
        self._width = -(-2 * self.n_signals // 4) * 4  # a counter gives four numbers at a time
        self._key = np.array([seed, stream], dtype=np.uint64)

    def ranks(
        self, codes: "NDArray[np.int64]", first: int, seasons: "NDArray[np.int64] | None" = None
    ) -> "NDArray[np.float64]":
        """Rank the rows of a block, and count them among those that came before the next.

        Parameters
        ----------
        codes : array of shape (n_rows, n_signals)
            At most 255 rows.
        first : int
            Number of the first row.
        seasons : array of shape (n_rows,), optional

        Returns
        -------
        array of shape (n_rows, 2 n_signals)
            By size for all signals, then by rarity for all.
        """
        source = np.random.Philox(key=self._key).advance(first * self._width // 4)
        draws = np.random.Generator(source).random((len(codes), self._width))[:, : 2 * self.n_signals]
        if seasons is None:
            return self._in_season(0, codes, draws)
        found = np.empty((len(codes), 2 * self.n_signals))
        for season in np.unique(seasons):
            rows = np.flatnonzero(seasons == season)
            found[rows] = self._in_season(season, codes[rows], draws[rows])
        return found

    def _in_season(
        self, season: int, codes: "NDArray[np.int64]", draws: "NDArray[np.float64]"
    ) -> "NDArray[np.float64]":
        known = self.counts[season]
        places = codes + self._starts
        compared = self._packed[places].reshape(len(codes), -1)
        for row, above in zip(compared[1:], compared, strict=False):  # far quicker than cumsum along this axis
            row += above
        earlier = np.take_along_axis(compared, codes + self._columns, axis=1)  # the row itself is its own equal
        by_size, by_rarity = _below(known), _below(known[self._by_rarity])
        before = by_size[self._starts]
        equal = known[places] + (earlier >> 8 & 255)
        of_all = np.add.reduceat(known, self._starts) + np.arange(1, len(codes) + 1)[:, None]
        smaller = by_size[places] - before + (earlier & 255)
        rarer = by_rarity[self._rarity[places] + self._starts] - before + (earlier >> 16)
        self.counts[season] += np.bincount(places.ravel(), minlength=len(known))
        return (np.hstack([smaller, rarer]) + draws * np.hstack([equal, equal])) / np.hstack([of_all, of_all])

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        return {"counts": self.counts}

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.counts = state["counts"]


def _comparisons(rarity: "NDArray[np.int64]") -> "NDArray[np.int32]":
    """Whether a place is smaller than, equal to, and rarer than another: 1, 256 and 65,536 added up, shape (n_codes, n_codes)."""
    place = np.arange(len(rarity))
    smaller, equal = place[:, None] < place, place[:, None] == place
    return (smaller + 256 * equal + 65_536 * (rarity[:, None] < rarity)).astype(np.int32)


def _below(counts: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Count what lies before each place, over all places in a row."""
    found: NDArray[np.int64] = counts.cumsum() - counts
    return found
