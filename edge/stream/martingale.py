"""Has the distribution of a signal changed? A conformal test martingale that rarely cries wolf, however long it runs.

Each value is ranked among all that came before it. As long as the stream is exchangeable with its history, these ranks
are independent and uniform (Vovk, Gammerman and Shafer 2022, Algorithmic Learning in a Random World, chapter 8), and
whoever bets against that cannot expect to win: the chance that the capital ever grows a hundredfold is 1 in 100
(Ville 1939). Here one gambler starts at every block of rows with an equal share of the capital and learns the
distribution of the ranks as he goes (a Dirichlet mixture); the one who began at the change gets rich first.

It is our own because the detectors of river (ADWIN, KSWIN, Page-Hinkley, DDM and its kin) bound the chance of a false
alarm at each look or not at all, and not over a whole stream; `tests/benchmarks/edge_drift.py` shows both side by side.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CUTS", "Path", "blocks_of", "capital", "ranks"]

RANK_BINS = 10
CUTS = (2, 5, 7, 8, 9)
_PRIOR = 0.5  # Krichevsky and Trofimov (1981)
_CHUNK = 4_096
_SMALLEST_BLOCK = 50
_MOST_BLOCKS = 1_000
_TOGETHER = 50  # blocks worked out at once


def ranks(
    history: "NDArray[np.int64]", stream: "NDArray[np.int64]", n_codes: int, *, seed: int
) -> "NDArray[np.float64]":
    """Rank every value of a stream among all values before it and itself, ties broken at random.

    Parameters
    ----------
    history, stream : array of shape (n,), int64
        Codes from 0 to `n_codes` - 1: places of bins that were fixed without looking at either.

    Returns
    -------
    array of shape (len(stream),)
        In [0, 1]; independent and uniform if history and stream together are exchangeable.
    """
    draws = np.random.default_rng(seed).random(len(stream))
    counts = np.bincount(history, minlength=n_codes).astype(np.int32)
    found = np.empty(len(stream))
    for first in range(0, len(stream), _CHUNK):
        codes = stream[first : first + _CHUNK]
        seen = np.zeros((len(codes), n_codes), dtype=np.int32)
        seen[np.arange(len(codes)), codes] = 1
        seen[0] += counts
        seen = seen.cumsum(axis=0, dtype=np.int32)
        equal = np.take_along_axis(seen, codes[:, None], axis=1)[:, 0]
        up_to = np.take_along_axis(seen.cumsum(axis=1, dtype=np.int32), codes[:, None], axis=1)[:, 0]
        before = up_to - equal
        found[first : first + _CHUNK] = (before + draws[first : first + _CHUNK] * equal) / (
            len(history) + first + 1 + np.arange(len(codes))
        )
        counts = seen[-1]
    return found


def blocks_of(n_rows: int) -> int:
    """Rows in a block: 50, or as many as make at most 1,000 blocks.

    >>> blocks_of(4_000), blocks_of(1_000_000)
    (50, 1000)
    """
    return max(_SMALLEST_BLOCK, -(-n_rows // _MOST_BLOCKS))


@dataclass(frozen=True, eq=False)
class Path:
    """How the capital went.

    Attributes
    ----------
    log_capital : array of shape (n_blocks,)
        Natural logarithm of the capital after each block; it begins with a capital of 1.
    alarm : int or None
        Block after which the capital first reached the threshold.
    start : tuple of int
        Blocks (most likely, earliest, latest) at whose beginning the change lies, as the gamblers' shares of the
        capital at the alarm tell: the earliest and latest bound 95 % of it.
    """

    log_capital: "NDArray[np.float64]"
    alarm: int | None = None
    start: tuple[int, int, int] = (0, 0, 0)


def capital(p_values: "NDArray[np.float64]", *, block: int, threshold: float, cuts: tuple[int, ...] = ()) -> Path:
    """Bet against uniform ranks until the capital reaches a threshold, or to the end.

    Parameters
    ----------
    p_values : array of shape (n,)
        What `ranks` returns.
    block : int
        Rows after which the capital is looked at, and a new gambler starts.
    threshold : float
        1 / threshold bounds the chance that an exchangeable stream ever reaches it.
    cuts : tuple of int
        For a signal of two or three values, whose ranks lie in as many parts: each gambler splits his capital evenly
        over bets that only tell ranks above from ranks below cut / 10. That is learned from far fewer rows than ten
        bins are.
    """
    places = np.minimum((p_values * RANK_BINS).astype(np.int64), RANK_BINS - 1)
    n_blocks = -(-len(places) // block)
    table = np.zeros((n_blocks, RANK_BINS), dtype=np.int64)
    np.add.at(table, (np.arange(len(places)) // block, places), 1)
    seen = np.vstack([np.zeros((1, RANK_BINS), dtype=np.int64), table.cumsum(axis=0)])
    numbers = np.arange(len(places) + 1)
    per_bin = gammaln(numbers + _PRIOR) - gammaln(_PRIOR)
    whole = gammaln(numbers + RANK_BINS * _PRIOR) - gammaln(RANK_BINS * _PRIOR) - numbers * math.log(RANK_BINS)
    paths = []
    for first in range(0, n_blocks, _TOGETHER):
        lasts = np.arange(first, min(first + _TOGETHER, n_blocks)) + 1
        starts = np.arange(lasts[-1])
        begun = starts[None, :] < lasts[:, None]
        since = np.where(begun[:, :, None], seen[lasts][:, None, :] - seen[starts][None, :, :], 0)
        # 0, the capital of 1, where not begun
        each = _two_sided(since, cuts, per_bin) if cuts else per_bin[since].sum(axis=2) - whole[since.sum(axis=2)]
        everyone = np.column_stack([each, np.full(len(lasts), _log(n_blocks - lasts[-1]))])
        paths.append(np.logaddexp.reduce(everyone, axis=1) - math.log(n_blocks))
        over = np.flatnonzero(paths[-1] >= math.log(threshold))
        if len(over):
            alarm = int(over[0])
            paths[-1] = paths[-1][: alarm + 1]
            return Path(np.concatenate(paths), first + alarm, _start(each[alarm, : first + alarm + 1]))
    return Path(np.concatenate(paths))


def _two_sided(
    since: "NDArray[np.int64]", cuts: tuple[int, ...], per_bin: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    """Logarithm of the capital of those who only tell ranks below a cut from those above, mean over the cuts."""
    total = since.sum(axis=2)
    both = gammaln(total + 2 * _PRIOR) - gammaln(2 * _PRIOR)
    bets = []
    for cut in cuts:
        below = since[:, :, :cut].sum(axis=2)
        above = total - below
        chance = below * math.log(cut / RANK_BINS) + above * math.log(1 - cut / RANK_BINS)
        bets.append(per_bin[below] + per_bin[above] - both - chance)
    return np.logaddexp.reduce(bets, axis=0) - math.log(len(cuts))


def _log(count: int) -> float:
    return math.log(count) if count else -math.inf


def _start(each: "NDArray[np.float64]") -> tuple[int, int, int]:
    """Where the change lies, by the gamblers' shares of the capital."""
    shares = np.exp(each - np.logaddexp.reduce(each)).cumsum()
    early, late = np.searchsorted(shares, [0.025, 0.975])
    return int(each.argmax()), int(early), int(min(late, len(each) - 1))
