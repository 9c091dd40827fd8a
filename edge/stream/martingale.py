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
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaln, gammaln, xlogy

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CUTS", "Counts", "Path", "blocks_of", "capital", "capital_on_rates", "ranks"]

RANK_BINS = 10
CUTS = (0.2, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Shares of the ranks at which bets divide them, for a signal of two or three usual values."""
_PRIOR = 0.5  # Krichevsky and Trofimov (1981)
_OTHER_TIME = 0.1
_CHUNK = 4_096
_SMALLEST_BLOCK = 50
_MOST_BLOCKS = 1_000
_TOGETHER = 50  # blocks worked out at once


def ranks(
    history: "NDArray[np.integer]", stream: "NDArray[np.integer]", n_codes: int, *, seed: int
) -> "NDArray[np.float64]":
    """Rank every value of a stream among all values before it and itself, ties broken at random.

    Parameters
    ----------
    history, stream : array of shape (n,), of integers
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


def capital(p_values: "NDArray[np.float64]", *, block: int, threshold: float, cuts: tuple[float, ...] = ()) -> Path:
    """Bet against uniform ranks until the capital reaches a threshold, or to the end.

    Parameters
    ----------
    p_values : array of shape (n,)
        What `ranks` returns.
    block : int
        Rows after which the capital is looked at, and a new gambler starts.
    threshold : float
        1 / threshold bounds the chance that an exchangeable stream ever reaches it.
    cuts : tuple of float
        For a signal of two or three values, whose ranks lie in as many parts: each gambler splits his capital evenly over
        bets that only tell ranks above a cut from those below it. That is learned from far fewer rows than ten bins are.
        Ascending, in (0, 1).
    """
    bounds = np.array(cuts) if cuts else np.arange(1, RANK_BINS) / RANK_BINS
    n_blocks = -(-len(p_values) // block)
    table = np.zeros((n_blocks, len(bounds) + 1), dtype=np.int64)
    np.add.at(table, (np.arange(len(p_values)) // block, np.searchsorted(bounds, p_values, side="right")), 1)
    seen = np.vstack([np.zeros((1, len(bounds) + 1), dtype=np.int64), table.cumsum(axis=0)])
    numbers = np.arange(len(p_values) + 1)
    per_bin = gammaln(numbers + _PRIOR) - gammaln(_PRIOR)
    whole = gammaln(numbers + RANK_BINS * _PRIOR) - gammaln(RANK_BINS * _PRIOR) - numbers * math.log(RANK_BINS)

    def each_of(lasts: "NDArray[np.int64]", starts: "NDArray[np.int64]") -> "NDArray[np.float64]":
        begun = starts[None, :] < lasts[:, None]
        since = np.where(begun[:, :, None], seen[lasts][:, None, :] - seen[starts][None, :, :], 0)
        if cuts:
            return _two_sided(since, cuts, per_bin)
        found: NDArray[np.float64] = per_bin[since].sum(axis=2) - whole[since.sum(axis=2)]
        return found

    return _followed(each_of, np.zeros(n_blocks + 1), threshold)


def _followed(
    each_of: Callable[["NDArray[np.int64]", "NDArray[np.int64]"], "NDArray[np.float64]"],
    waiting: "NDArray[np.float64]",
    threshold: float,
) -> Path:
    """Follow the capital of all gamblers to the threshold, or to the end.

    `each_of(lasts, starts)` gives the logarithm of what those who start after so many blocks have after others, shape
    (n_lasts, n_starts); `waiting`, of shape (n_blocks + 1,), what those have who have not begun by then.
    """
    n_blocks = len(waiting) - 1
    paths = []
    for first in range(0, n_blocks, _TOGETHER):
        lasts = np.arange(first, min(first + _TOGETHER, n_blocks)) + 1
        starts = np.arange(lasts[-1])
        begun = starts[None, :] < lasts[:, None]
        each = np.where(begun, each_of(lasts, starts), waiting[lasts][:, None])
        others = [_log(n_blocks - lasts[-1]) + waiting[last] for last in lasts]
        paths.append(_sum(np.vstack([each.T, others])) - math.log(n_blocks))
        over = np.flatnonzero(paths[-1] >= math.log(threshold))
        if len(over):
            alarm = int(over[0])
            paths[-1] = paths[-1][: alarm + 1]
            return Path(np.concatenate(paths), first + alarm, _start(each[alarm, : first + alarm + 1]))
    return Path(np.concatenate(paths))


@dataclass(frozen=True, eq=False)
class Counts:
    """How often some things happened in how many rows: each of shape (n_things,), but `in_blocks` (n_blocks, n_things).

    Attributes
    ----------
    training, history, in_blocks : arrays
        In the rows that fixed what the things are, in those before the stream, and in its blocks.
    rows : tuple of (int, int, array of shape (n_blocks,))
        Rows of the three.
    """

    training: "NDArray[np.int64]"
    history: "NDArray[np.int64]"
    in_blocks: "NDArray[np.int64]"
    rows: "tuple[int, int, NDArray[np.int64]]"


def capital_on_rates(counts: Counts, *, threshold: float) -> Path:
    """Bet that something happens more or less often from a block on, against the rate that fits all that was seen the best.

    One gambler for each thing and each block: he foretells the rows before the block by what was seen in training and since then
    (nine tenths of his capital) or since then alone, those after it by what he sees from there on (Krichevsky and Trofimov's
    rule), and is paid what his forecast is worth over the best single rate in hindsight. The capital is at most that over
    the true rate, whose expectation is 1: the chance that it ever reaches a threshold is at most 1 / threshold if the rows are
    exchangeable (Ramdas, Ruf, Larsson and Koolen 2022, Testing exchangeability: fork-convexity, supermartingales and
    e-processes). What is rare is told from far fewer rows than by ranks, which the events themselves make usual.
    """
    n_training, n_history, per_block = counts.rows
    events = counts.history + np.vstack([np.zeros_like(counts.history)[None], counts.in_blocks.cumsum(axis=0)])
    rows = n_history + np.concatenate([[0], per_block.cumsum()])[:, None]
    priors = [(counts.training + _PRIOR, n_training - counts.training + _PRIOR), (_PRIOR, _PRIOR)]
    foretold = [betaln(yes + events, no + rows - events) - betaln(yes, no) for yes, no in priors]
    # without the training rows too: they may be of another time
    before = np.logaddexp(foretold[0] + math.log1p(-_OTHER_TIME), foretold[1] + math.log(_OTHER_TIME))
    best = xlogy(events, events / np.maximum(rows, 1)) + xlogy(rows - events, 1 - events / np.maximum(rows, 1))
    half, one = (gammaln(np.arange(int(rows[-1, 0]) + 1) + prior) for prior in (_PRIOR, 2 * _PRIOR))
    half, one = half - gammaln(_PRIOR), one - gammaln(2 * _PRIOR)

    def each_of(lasts: "NDArray[np.int64]", starts: "NDArray[np.int64]") -> "NDArray[np.float64]":
        among = np.maximum(rows[lasts] - rows[starts].T, 0)  # who has not begun has seen nothing
        per_thing = []
        for thing, seen in enumerate(events.T):
            since = np.maximum(seen[lasts][:, None] - seen[starts], 0)
            per_thing.append(half[since] + half[among - since] + (before[starts, thing] - best[lasts, thing][:, None]))
        return _mean(np.stack(per_thing)) - one[among]

    return _followed(each_of, _mean((before - best).T), threshold)


def _mean(logarithms: "NDArray[np.float64]") -> "NDArray[np.float64]":
    return _sum(logarithms) - math.log(len(logarithms))


def _sum(logarithms: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Logarithm of the sum over the first axis: scipy's is three times slower on arrays as small as these."""
    largest = logarithms.max(axis=0)
    found: NDArray[np.float64] = np.log(np.exp(logarithms - largest).sum(axis=0)) + largest
    return found


def _two_sided(
    since: "NDArray[np.int64]", cuts: tuple[float, ...], per_bin: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    """Logarithm of the capital of those who only tell ranks below a cut from those above, mean over the cuts."""
    total = since.sum(axis=2)
    both = gammaln(total + 2 * _PRIOR) - gammaln(2 * _PRIOR)
    bets = []
    for place, cut in enumerate(cuts, start=1):
        below = since[:, :, :place].sum(axis=2)
        above = total - below
        chance = below * math.log(cut) + above * math.log1p(-cut)
        bets.append(per_bin[below] + per_bin[above] - both - chance)
    return _mean(np.stack(bets))


def _log(count: int) -> float:
    return math.log(count) if count else -math.inf


def _start(each: "NDArray[np.float64]") -> tuple[int, int, int]:
    """Where the change lies, by the gamblers' shares of the capital."""
    shares = np.exp(each - np.logaddexp.reduce(each)).cumsum()
    early, late = np.searchsorted(shares, [0.025, 0.975])
    return int(each.argmax()), int(early), int(min(late, len(each) - 1))
