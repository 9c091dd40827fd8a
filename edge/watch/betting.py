"""What has a gambler won who bets that ranks are not uniform? His capital follows from how many ranks fell where.

He splits his money: half goes to one who learns how often each tenth of the ranks occurs (a Dirichlet mixture), half evenly
to those who each watch one set of ranks (a lower tail, or both tails) and learn how often it is hit. Each is paid what his
forecast was worth over that of uniform ranks, so that each one's capital, and any mean of them, is a martingale if ranks are
independent and uniform. The rule of learning is that of Krichevsky and Trofimov (1981).

What must be kept is a tally: how often each tenth occurred, how often each set was hit and missed, and the number of ranks.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CHANCES_OF_KINDS", "N_KINDS", "N_TALLY", "kinds_of", "log_capital", "tally"]

_LOWER = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999)
_BOTH = (0.05, 0.2)
_TENTHS, _SETS = 10, len(_LOWER) + len(_BOTH)
_FINE = 1_000  # every set ends at a multiple of 1 / 1,000
_TABLE = 1 << 15
N_TALLY = _TENTHS + 2 * _SETS + 1
"""Length of a tally."""


def _columns() -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Give what each thousandth of the ranks adds to a tally, shape (1,000, N_TALLY), and the chance of each set."""
    middles = (np.arange(_FINE) + 0.5) / _FINE
    tenths = [(middles * _TENTHS).astype(int) == place for place in range(_TENTHS)]
    hit = [middles < cut for cut in _LOWER] + [(middles < tail) | (middles > 1 - tail) for tail in _BOTH]
    columns = [*tenths, *hit, *(~each for each in hit), np.ones(_FINE, dtype=bool)]
    return np.array(columns, dtype=np.float64).T, np.array([*_LOWER, *(2 * tail for tail in _BOTH)])


_ADDED, _CHANCES = _columns()
_KINDS, _KIND_OF = np.unique(_ADDED, axis=0, return_inverse=True)
N_KINDS = len(_KINDS)
"""Kinds of ranks: those of one kind hit the same tenth and the same sets."""
CHANCES_OF_KINDS = np.bincount(_KIND_OF.ravel(), minlength=N_KINDS) / _FINE
"""How often each occurs where ranks are uniform."""


def _paid() -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """What each one's capital adds up of: logarithms of gamma functions (n_bets, N_TALLY - 1), and a tally (n_bets, N_TALLY)."""
    learned, linear = np.zeros((1 + _SETS, N_TALLY - 1)), np.zeros((1 + _SETS, N_TALLY))
    learned[0, :_TENTHS], linear[0, -1] = 1, np.log(_TENTHS)
    for place, chance in enumerate(_CHANCES):
        hit, missed = _TENTHS + place, _TENTHS + _SETS + place
        learned[1 + place, [hit, missed]] = 1
        linear[1 + place, hit], linear[1 + place, missed] = -np.log(chance), -np.log1p(-chance)
    return learned, linear


_LEARNED, _LINEAR = _paid()
_WEIGHTS = np.log(np.append(0.5, np.full(_SETS, 0.5 / _SETS)))[:, None]
_HALF, _ONE, _TEN_HALVES = (gammaln(np.arange(_TABLE) + prior) - gammaln(prior) for prior in (0.5, 1.0, _TENTHS / 2))


def kinds_of(ranks: "NDArray[np.float64]") -> "NDArray[np.int64]":
    """Count ranks, in [0, 1], of shape (n_rows, n_sides), by the tenths and sets that they hit: shape (n_sides, N_KINDS)."""
    n_sides = ranks.shape[1]
    kinds = _KIND_OF.take((ranks * _FINE).astype(np.int64), mode="clip") + N_KINDS * np.arange(n_sides)
    return np.bincount(kinds.ravel(), minlength=n_sides * N_KINDS).reshape(n_sides, N_KINDS)


def tally(kinds: "NDArray[np.integer]") -> "NDArray[np.float64]":
    """Tally such counts, shape (..., N_KINDS, n_sides): shape (..., N_TALLY, n_sides), whole numbers."""
    found: NDArray[np.float64] = np.matmul(_KINDS.T, kinds.astype(np.float64))
    return found


def log_capital(tallies: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Give the logarithm of the capital of one who began with 1 and saw what a tally says.

    Parameters
    ----------
    tallies : array of shape (n_gamblers, N_TALLY, n_sides)

    Returns
    -------
    array of shape (n_gamblers, n_sides)
        0 where nothing was seen.
    """
    whole = tallies.astype(np.intp)
    each = np.matmul(_LEARNED, _log_gamma(_HALF, whole[:, :-1], 0.5))
    each += np.matmul(_LINEAR, tallies)
    each[:, 0] -= _log_gamma(_TEN_HALVES, whole[:, -1], _TENTHS / 2)
    each[:, 1:] -= _log_gamma(_ONE, whole[:, -1], 1.0)[:, None]
    each += _WEIGHTS
    largest = each.max(axis=1)
    each -= largest[:, None]
    found: NDArray[np.float64] = np.log(np.exp(each, out=each).sum(axis=1)) + largest
    return found


def _log_gamma(table: "NDArray[np.float64]", counts: "NDArray[np.intp]", prior: float) -> "NDArray[np.float64]":
    """Look up log gamma(counts + prior) - log gamma(prior), and compute it where the table ends."""
    if not counts.size or counts.max() < _TABLE:
        return table.take(counts, mode="clip")  # which is quicker than to look whether each is there
    found: NDArray[np.float64] = gammaln(counts + prior) - gammaln(prior)
    return found
