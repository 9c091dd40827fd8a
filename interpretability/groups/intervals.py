"""How sure is what is said of one group? Intervals of a score, a mean and a share that count units, not rows.

Rows that belong together (the visits of one customer) say less than as many that do not.
"""

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import stats as distributions

from lab import stats
from lab.learning.influence import Part, added_alone
from lab.protocol import Belonging

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Cells", "counted", "drawn_units", "of_mean", "of_score", "of_share"]

Cells: TypeAlias = tuple[float | None, float | None, float | None]
"""A value and the ends of its 95 % interval, as a table shows them; None where they cannot be said."""


def of_score(value: float, parts: tuple[Part, ...], units: "NDArray | None", *, least: float = 0.0) -> Cells:
    """Give a score of some rows its interval, from the means that it is a sum of (see `lab.learning.influence`).

    It reaches at least `least` to either side. `units` has shape (n_rows,).
    """
    try:
        spread = stats.row_spread(added_alone(parts, len(parts[0].values)), units=units)
    except ValueError:  # one kind of rows comes from a single unit
        return value, None, None
    half = max(spread.half_width(), least)
    return value, value - half, value + half


def of_mean(values: "NDArray", units: "NDArray | None") -> Cells:
    """Give the mean of values of shape (n_rows,) its interval."""
    return of_score(float(values.mean()), (Part(np.ones(len(values), dtype=bool), values),), units)


def of_share(events: "NDArray", of: "NDArray", units: "NDArray | None") -> Cells:
    """Give the share of rows with an event, in percent, its exact binomial interval; both of shape (n_rows,), bool.

    Where rows belong together, the interval is that of as many independent rows as would know the share equally well.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404-413; Korn and Graubard (1998), Survey Methodology 24, 193-201.
    """
    n_rows = int(of.sum())
    if not n_rows:
        return None, None, None
    happened = events[of].astype(np.float64)
    share, n_alone = float(happened.mean()), float(n_rows)
    if units is not None:
        n_alone = _as_if_alone(happened, units[of])
    low = distributions.beta.ppf(0.025, share * n_alone, n_alone - share * n_alone + 1) if share > 0 else 0.0
    high = distributions.beta.ppf(0.975, share * n_alone + 1, n_alone - share * n_alone) if share < 1 else 1.0
    return 100 * share, 100 * float(low), 100 * float(high)


def _as_if_alone(happened: "NDArray[np.float64]", units: "NDArray") -> float:
    """How many independent rows would know a share as well as these do: as many as there are units, where all agree."""
    n_units = len(np.unique(units))
    variance = happened.var()
    if n_units < 2 or variance == 0:
        return float(n_units)
    error = stats.row_spread(((happened - happened.mean()) / len(happened))[None], units=units).standard_error
    return float(min(variance / error**2, len(happened))) if error else float(len(happened))


def drawn_units(sums: "NDArray", rng: np.random.Generator, draws: int) -> "NDArray[np.float64]":
    """Bootstrap sums over units: units are drawn as often as there are, with replacement.

    Parameters
    ----------
    sums : numpy.ndarray of shape (n_units, n_sums)
    rng : numpy.random.Generator
    draws : int

    Returns
    -------
    numpy.ndarray of shape (draws, n_sums)
    """
    kinds, counts = np.unique(sums, axis=0, return_counts=True)
    return rng.multinomial(len(sums), counts / len(sums), draws) @ kinds


def counted(belonging: Belonging) -> str:
    """Say what intervals count where it is not rows, as the end of a sentence."""
    return f", which count each value of {belonging.by!r} once, however many rows it has" if belonging.by else ""
