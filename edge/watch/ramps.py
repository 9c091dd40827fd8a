"""Did a change come at once, or bit by bit? How much better a ramp explains ranks than a jump that begins at the same place.

A jump has ranks of one distribution from its beginning on; a ramp mixes ever more of one into the uniform distribution, in
proportion to the rows since its beginning (to first order that is what a mean that moves at a constant rate does to ranks). Of both
the distribution is fitted: for the jump in one step, for the ramp by expectation and maximisation (Dempster, Laird and Rubin 1977).
"""

from typing import TYPE_CHECKING

import numpy as np

from edge.watch.betting import CHANCES_OF_KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ramp_over_jump"]

_STEPS = 8
_PRIOR = 1.0  # rows with uniform ranks that are added, so that nothing is held to be impossible


def ramp_over_jump(counts: "NDArray[np.int64]") -> "NDArray[np.float64]":
    """Compare a ramp with a jump, for every beginning.

    Parameters
    ----------
    counts : array of shape (n_pieces, N_KINDS)
        Ranks of each kind in consecutive pieces of a stream.

    Returns
    -------
    array of shape (n_pieces,)
        For a change that begins with each of the pieces: logarithm of the likelihood of all ranks from there on under the ramp that
        fits best, over that under the jump that fits best. 0 for the last piece.
    """
    found = np.zeros(len(counts))
    rows = counts.sum(axis=1)
    ends = rows.cumsum()
    middles = ends - rows / 2
    for first in range(len(counts) - 1):
        begin = ends[first] - rows[first]
        share = ((middles[first:] - begin) / (ends[-1] - begin))[:, None]
        found[first] = _ramp(counts[first:], share) - _jump(counts[first:].sum(axis=0))
    return found


def _jump(counts: "NDArray[np.int64]") -> float:
    ratio = _ratio(counts)
    return float(counts @ np.log(ratio))


def _ramp(counts: "NDArray[np.int64]", share: "NDArray[np.float64]") -> float:
    """Fit what is mixed in, of which each piece has a share in (0, 1), shape (n_pieces, 1)."""
    ratio = _ratio((counts * share).sum(axis=0))
    for _ in range(_STEPS):
        mixed_in = share * ratio
        ratio = _ratio((counts * (mixed_in / (1 - share + mixed_in))).sum(axis=0))
    return float((counts * np.log(1 - share + share * ratio)).sum())


def _ratio(counts: "NDArray[np.float64] | NDArray[np.int64]") -> "NDArray[np.float64]":
    """Give how often kinds occur over how often they do where ranks are uniform."""
    found: NDArray[np.float64] = (counts + _PRIOR * CHANCES_OF_KINDS) / (counts.sum() + _PRIOR) / CHANCES_OF_KINDS
    return found
