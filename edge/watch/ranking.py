"""How does each value rank among all that came before it? Exactly, from counts of codes alone.

As long as a stream is exchangeable with its history, the rank of each value among those before it and itself, ties broken at
random, is uniform, and the ranks are independent (Vovk, Gammerman and Shafer 2022, Algorithmic Learning in a Random World,
chapter 8). A value counts by the place it is put in, and places are fixed before the history is looked at: counts by place are
all that must be kept. Values are ranked twice: by size, and by how rare their place is, the rarest first. With seasons a value is
ranked among those of its own season alone; that is uniform as well if those are exchangeable.

Random numbers follow from the seed and the number of the row (Philox, a counter: Salmon et al. 2011), whatever came between.
"""

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Ranking", "Shape"]

_BITS = 50


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
        self.counts = np.concatenate([shape.history for shape in shapes], axis=1).astype(np.int64)
        self._width = -(-2 * self.n_signals // 4) * 4  # a counter gives four numbers at a time
        self._key = np.array([seed, stream], dtype=np.uint64)
        self._drawn, self._next = np.random.Generator(np.random.Philox(key=self._key)), 0

    def ranks(
        self, codes: "NDArray[np.int64]", first: int, seasons: "NDArray[np.int64] | None" = None
    ) -> "NDArray[np.float64]":
        """Rank the rows of a block, and count them among those that came before the next.

        Parameters
        ----------
        codes : array of shape (n_rows, n_signals)
            At most 250 rows.
        first : int
            Number of the first row.
        seasons : array of shape (n_rows,), optional

        Returns
        -------
        array of shape (n_rows, 2 n_signals)
            By size for all signals, then by rarity for all.
        """
        draws = self._draws(first, len(codes))
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
        beside = _Beside(places, len(known))
        by_size, by_rarity = _below(known), _below(known.take(self._by_rarity))
        rarer = _below(beside.bits.take(self._by_rarity, axis=1))
        before = by_size.take(self._starts)
        of_all = np.add.reduceat(known, self._starts) + np.arange(1, len(codes) + 1)[:, None]
        rare = self._rarity.take(places) + self._starts
        equal = known.take(places) + beside.earlier(beside.bits, places) + 1  # a row is its own equal
        found = draws * np.hstack([equal, equal])
        by_either = found[:, : self.n_signals], found[:, self.n_signals :]
        by_either[0][...] += by_size.take(places) - before + beside.earlier(_below(beside.bits), places, self._starts)
        by_either[1][...] += by_rarity.take(rare) - before + beside.earlier(rarer, rare, self._starts)
        for each in by_either:
            each /= of_all
        self.counts[season] += beside.counts
        return found

    def _draws(self, first: int, n_rows: int) -> "NDArray[np.float64]":
        """Give the random numbers of some rows, shape (n_rows, 2 n_signals): whatever was drawn before."""
        if first != self._next:
            self._drawn = np.random.Generator(np.random.Philox(key=self._key).advance(first * self._width // 4))
        self._next = first + n_rows
        return self._drawn.random((n_rows, self._width))[:, : 2 * self.n_signals]

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        return {"counts": self.counts}

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.counts = state["counts"]


class _Beside:
    """Which rows of a block are at which place: a bit for each row, 50 to a number, so that those before a row are counted at once.

    Attributes
    ----------
    bits : array of shape (n_numbers, n_places)
    counts : array of shape (n_places,)
    """

    def __init__(self, places: "NDArray[np.int64]", n_places: int) -> None:
        number, bit, self._before = _numbered(*places.shape)
        at = (places + n_places * number).ravel()
        sums = np.bincount(at, bit, len(self._before) * n_places)  # exact: below 2 ** 53
        self.bits = sums.astype(np.int64).reshape(-1, n_places)
        self.counts = _added(np.bitwise_count(self.bits))

    def earlier(
        self, bits: "NDArray[np.int64]", at: "NDArray[np.int64]", since: "NDArray[np.int64] | None" = None
    ) -> "NDArray[np.uint8]":
        """Count the rows before each one: shape (n_rows, n_signals).

        Parameters
        ----------
        bits : array of shape (n_numbers, n_places)
            The rows at each place, or at all places before it.
        at : array of shape (n_rows, n_signals)
            The place of each row that is meant.
        since : array of shape (n_signals,), optional
            Places whose rows do not count.
        """
        found = bits.take(at, axis=1, mode="clip")
        if since is not None:
            found -= bits.take(since, axis=1)[:, None]
        found &= self._before
        return _added(np.bitwise_count(found))


@functools.lru_cache(maxsize=256)
def _numbered(n_rows: int, n_signals: int) -> "tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]":
    """Give the number of each row, shape (n_rows, 1), its bit for each signal, and the bits before it by number, row and signal."""
    rows = np.arange(n_rows)
    before = np.clip(rows - _BITS * np.arange(-(-n_rows // _BITS))[:, None], 0, _BITS)
    bits_before = np.repeat((np.left_shift(1, before) - 1)[:, :, None], n_signals, axis=2)
    return (rows // _BITS)[:, None], np.repeat(np.left_shift(1, rows % _BITS), n_signals), bits_before


def _added(counts: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """Add up counts of bits over the first axis: as much faster than `sum` as it is short."""
    return functools.reduce(np.add, counts)


def _below(counts: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Count what lies before each place, over all places in a row (the last axis)."""
    found: NDArray[np.int64] = counts.cumsum(axis=-1) - counts
    return found
