"""How large is the difference of two ways to learn at another number of rows? Learning curves, and where they lead.

A side's expected score at n rows is its score at the largest size that was tried, less a gain times the shape of a curve.
Shapes are drawn from four families, and every draw is weighed by how well it explains the scores: all that fit alike stay
in, and their disagreement is part of the interval (Bayesian model averaging). Both sides learn from the same rows and are
scored on the same others, so that what they share falls out of the difference. A random walk in the number of doublings
stands for what no family says.

POW4 and MMF4 fit learning curves best, and about 15 % of curves are ill-behaved (LCDB 1.1: arXiv 2505.15657): where scores
fall with more rows, or a side has hardly begun to learn, nothing can be said. `tests/benchmarks/learning_curves.py` counts
how often the intervals hold the truth, on pairs of curves with which no constant of this module was chosen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from lab.protocol import Estimate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["FEWEST_SIZES", "Extrapolation", "extrapolate", "rows_to_settle"]

FEWEST_SIZES = 4
_DRAWS, _EACH, _KEPT = 6_000, 4, 4_000
_POWER, _PLACE = (0.05, 1.5), (0.2, 5.0)  # of the power laws; of their offsets, in smallest and in largest sizes
_MMF_POWER, _EXP_POWER = (0.4, 2.5), (0.2, 1.0)
_ALIKE = 0.3  # share of the draws in which both sides have one shape
_WALK = (0.003, 0.6)  # standard deviation of the walk for each doubling, in gains seen
_GAIN, _APART = 1.2, (0.2, 3.0)  # prior scales of a gain, and of how far the sides end apart, in gains seen
_CERTAIN = 0.995  # one-sided confidence that scores fall, or that they lie above the floor
_BEGUN = 0.1  # share of the way from the floor to the best score: below it a curve may still be about to rise
_BEFORE = 0.7  # share of what a side has learned that it had at the middle size, where it is not about to
_SEEN = 0.002  # share of that way: a smaller fall does not matter


@dataclass(frozen=True, eq=False)
class _Shapes:
    """Draws of the shapes of both sides' curves; the arrays have shape (n_draws, 2)."""

    family: "NDArray[np.int64]"
    power: "NDArray[np.float64]"
    place: "NDArray[np.float64]"
    smallest: int
    largest: int

    def missing(self, rows: float) -> "NDArray[np.float64]":
        """Say what a side still lacks at n rows: 1 at the smallest size, 0 at the largest, below 0 beyond."""
        first, last = self._curve(self.smallest), self._curve(self.largest)
        here = np.zeros_like(last) if math.isinf(rows) else self._curve(rows)
        return (here - last) / np.maximum(first - last, 1e-300)

    def _curve(self, rows: float) -> "NDArray[np.float64]":
        """POW3, POW4, MMF4 and an exponential without level and gain; all fall to 0."""
        power, place = self.power, self.place
        laws = (rows**-power, (rows + place) ** -power, 1 / (1 + (rows / place) ** power))
        return np.select([self.family == law for law in range(3)], laws, np.exp(-((rows / place) ** power)))

    def taken(self, which: "NDArray[np.int64]") -> "_Shapes":
        """Give some of the draws."""
        return _Shapes(self.family[which], self.power[which], self.place[which], self.smallest, self.largest)


@dataclass(frozen=True, eq=False)
class Extrapolation:
    """Where a pair of learning curves leads.

    Attributes
    ----------
    largest : int
        Training rows of the largest size that was tried.
    fault : str or None
        Why nothing can be said beyond it, as the end of a sentence.
    """

    largest: int
    fault: str | None
    _linear: (
        "NDArray[np.float64]"  # (n_draws, 4): level at the largest size and gain up to it, of the first and second side
    )
    _shapes: _Shapes
    _walk: "NDArray[np.float64]"  # (n_draws,): standard deviation of a side's walk for each doubling
    _steps: "NDArray[np.float64]"  # (n_draws,): standard normal

    def differences(self, rows: int) -> "NDArray[np.float64]":
        """Draws of the expected difference, first minus second, after learning from so many rows; shape (n_draws,)."""
        missing = self._shapes.missing(rows)
        sides = self._linear[:, [0, 2]] - self._linear[:, [1, 3]] * missing
        doublings = abs(math.log2(rows / self.largest))
        return sides[:, 0] - sides[:, 1] + self._steps * self._walk * math.sqrt(2 * doublings)

    def rises(self, rows: int, side: int) -> "NDArray[np.float64]":
        """Draws of what the expected score of a side (0 or 1) rises by from the largest size tried to this one; shape (n_draws,)."""
        rise = -self._linear[:, 2 * side + 1] * self._shapes.missing(rows)[:, side]
        return rise + self._steps * self._walk * math.sqrt(abs(math.log2(rows / self.largest)))

    def step(self) -> float:
        """Variance that the walk of both sides adds to the difference with each doubling of the rows."""
        return 2 * float(np.mean(self._walk**2))

    def at(self, rows: int, *, unit: str = "", confidence: float = 0.95) -> Estimate:
        """Expected difference, first minus second, after learning from so many rows, and its interval."""
        tail = (1 - confidence) / 2
        low, middle, high = np.quantile(self.differences(rows), [tail, 0.5, 1 - tail])
        return Estimate(float(middle), float(low), float(high), unit, confidence)


def extrapolate(
    sizes: Sequence[int],
    first: "ArrayLike",
    second: "ArrayLike",
    *,
    names: tuple[str, str] = ("the first side", "the second side"),
    best: float = math.inf,
    floor: float = -math.inf,
    seed: int = 0,
) -> Extrapolation:
    """Fit the learning curves of two ways to learn that were scored side by side.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of training rows, ascending; at least four.
    first, second : array-like of shape (n_repeats, n_sizes)
        Scores of both sides, higher is better. In a repetition both learn from the same nested samples and are scored on the
        same test rows; repetitions differ in their test rows. At least two.
    names : tuple of str
        What to call the sides in a fault.
    best, floor : float
        The best score that there is (1 for an AUC), and that of a constant model.
    seed : int
        Of the draws: the same arguments give the same result.

    Raises
    ------
    ValueError
        If there are too few sizes or repetitions, shapes differ, sizes do not rise, or a score is missing.
    """
    rows = np.asarray(sizes, dtype=np.int64)
    scores = np.stack([np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)])
    _check(rows, scores)
    means, (noise, degrees) = scores.mean(axis=1), _noise(rows, scores)
    fault = _fault(means, noise, degrees, best, floor, names)
    unit = max(float(np.max(means[:, -1] - means[:, 0])), math.sqrt(float(np.diag(noise).max())), 1e-9)
    rng = np.random.default_rng(seed)
    shapes = _drawn_shapes(rng, rows)
    walk, apart = unit * _even(rng, _WALK, _DRAWS), unit * _even(rng, _APART, _DRAWS)
    noises = (degrees / rng.chisquare(degrees, _DRAWS))[:, None, None] * noise
    back = np.log2(rows[-1] / rows)
    walked = (walk**2)[:, None, None] * np.kron(np.eye(2), np.minimum.outer(back, back))
    linear, weights = _explained(rng, shapes, rows, means, noises + walked, apart, unit)
    ends = linear[..., [0, 2]] - linear[..., [1, 3]] * shapes.missing(math.inf)[:, None]
    possible = (linear[..., [1, 3]] >= 0).all(axis=2) & (ends <= best).all(axis=2)
    allowed = weights[:, None] * possible
    if not allowed.any():
        fault = fault or "no learning curve that rises explains the scores"
        allowed = weights[:, None] * np.ones_like(allowed)
    kept = _resampled(rng, allowed)
    chosen, draws = linear.reshape(-1, 4)[kept], kept // _EACH
    steps = rng.normal(size=len(kept))
    return Extrapolation(int(rows[-1]), fault, chosen, shapes.taken(draws), walk[draws], steps)


def rows_to_settle(
    curves: Extrapolation, margin: float, *, size: int, standard_error: float, power: float = 0.8
) -> int | None:
    """About how far learning curves would have to be measured to settle on which side of the margin the difference lies.

    Were the difference at n rows known, what is left open at `size` would be the part of the draws there that those at n rows
    do not explain, and what the walk may add in between. The curves settle the question where the 95 % interval that this
    leaves lies on one side of the margin, in the given share of the draws.

    Parameters
    ----------
    margin : float
        In the unit of the scores, for first minus second.
    size : int
        Training rows that the question is about; more than the largest size that was tried.
    standard_error : float
        Of a difference that is measured.
    power : float

    Returns
    -------
    int or None
        Training rows, two figures, rounded up. None where even curves up to `size` would leave it open, or nothing can be said.

    Raises
    ------
    ValueError
        If `size` was tried.
    """
    if size <= curves.largest:
        raise ValueError(f"curves up to {curves.largest} rows need no more for {size}")
    if curves.fault is not None:
        return None
    then = curves.differences(size)
    distance = np.abs(then - margin)
    for n in np.unique(np.geomspace(curves.largest, size, 40).round().astype(np.int64))[1:]:
        now = curves.differences(int(n))
        shared = np.cov(now, then)
        slope = shared[0, 1] / max(shared[0, 0], 1e-300)
        unexplained = max(shared[1, 1] - slope * shared[0, 1], 0.0)
        left = math.sqrt(unexplained + curves.step() * math.log2(size / n) + (slope * standard_error) ** 2)
        if np.mean(stats.norm.cdf(distance / left - stats.norm.ppf(0.975))) >= power:
            step = 10 ** max(int(math.log10(n)) - 1, 0)
            return min(math.ceil(n / step) * step, size)
    return None


def _check(rows: "NDArray[np.int64]", scores: "NDArray[np.float64]") -> None:
    n_sizes = len(rows)
    if scores.ndim != 3 or scores.shape[1] < 2 or scores.shape[2] != n_sizes or n_sizes < FEWEST_SIZES:
        raise ValueError(
            f"scores of shape {scores.shape[1:]} at {n_sizes} sizes; at least 2 x {FEWEST_SIZES} are needed"
        )
    if (np.diff(rows) <= 0).any() or rows[0] < 1:
        raise ValueError("sizes must rise")
    if not np.isfinite(scores).all():
        raise ValueError("a score is missing")


def _noise(rows: "NDArray[np.int64]", scores: "NDArray[np.float64]") -> "tuple[NDArray[np.float64], int]":
    """Estimate the covariance of the mean scores, the first side's sizes before the second's, and its degrees of freedom.

    In a repetition all scores share test rows; beside that, the two sides of a size share training rows, and the noise
    changes with a power of the size.
    """
    _, repeats, n_sizes = scores.shape
    by_size, by_repeat = scores.mean(axis=1, keepdims=True), scores.mean(axis=2, keepdims=True)
    rest = scores - by_size - by_repeat + scores.mean(axis=(1, 2), keepdims=True)
    degrees = (repeats - 1) * (n_sizes - 1)
    place = np.log(rows) - np.log(rows).mean()
    spread = np.log((rest**2).mean(axis=(0, 1)) + 1e-18)
    slope = float(np.clip((place * spread).sum() / (place**2).sum(), -2, 0))
    size = np.exp(slope * place / 2)
    one = np.einsum("ars,brs->ab", rest / size, rest / size) / degrees + 1e-16 * np.eye(2)
    shared = np.cov(scores.mean(axis=2)) - one * float((size**2).mean()) / n_sizes
    values, vectors = np.linalg.eigh(shared)
    shared = (vectors * np.maximum(values, 0)) @ vectors.T
    return (np.kron(one, np.diag(size**2)) + np.kron(shared, np.ones((n_sizes, n_sizes)))) / repeats, degrees


def _fault(
    means: "NDArray[np.float64]",
    noise: "NDArray[np.float64]",
    degrees: int,
    best: float,
    floor: float,
    names: tuple[str, str],
) -> str | None:
    """Find what makes curves ill-behaved: a side that hardly scores above the floor, or falls with more rows.

    A weak signal that was there before is one; a side that begins to rise from the floor may rise by any amount.
    """
    n_sizes, sure = means.shape[1], float(stats.t.ppf(_CERTAIN, degrees))
    way = best - floor if math.isfinite(best - floor) else 0.0
    for side, name in enumerate(names):
        part = slice(side * n_sizes, (side + 1) * n_sizes)
        covariance, scores = noise[part, part], means[side]
        learned, before = scores[-1] - floor, scores[(n_sizes - 1) // 2] - floor
        rises = learned < _BEGUN * way and before < _BEFORE * learned
        if learned < sure * math.sqrt(covariance[-1, -1]) or rises:
            return f"{name} has hardly begun to learn at these sizes"
        variance = np.diag(covariance)
        errors = np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0))
        falls = np.triu(scores[:, None] - scores, 1)
        if (falls > np.maximum(sure * errors, _SEEN * way)).any():
            return f"the scores of {name} fall with more rows"
    return None


def _drawn_shapes(rng: np.random.Generator, rows: "NDArray[np.int64]") -> _Shapes:
    """Draw shapes from the prior: families alike, parameters evenly on a logarithmic scale."""
    both = (_DRAWS, 2)
    family = rng.integers(0, 4, both)
    law, mmf, exponential = (_even(rng, limits, both) for limits in (_POWER, _MMF_POWER, _EXP_POWER))
    power = np.select([family < 2, family == 2], [law, mmf], exponential)
    place = _even(rng, (_PLACE[0] * rows[0], _PLACE[1] * rows[-1]), both)
    alike = rng.random(_DRAWS) < _ALIKE
    for values in (family, power, place):
        values[alike, 1] = values[alike, 0]
    return _Shapes(family, power, place, int(rows[0]), int(rows[-1]))


def _even(rng: np.random.Generator, limits: tuple[float, float], size: int | tuple[int, int]) -> "NDArray[np.float64]":
    """Draw evenly on a logarithmic scale."""
    low, high = limits
    return np.exp(rng.uniform(math.log(low), math.log(high), size))


def _explained(
    rng: np.random.Generator,
    shapes: _Shapes,
    rows: "NDArray[np.int64]",
    means: "NDArray[np.float64]",
    covariance: "NDArray[np.float64]",
    apart: "NDArray[np.float64]",
    unit: float,
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Draw levels and gains given each draw of shapes, and weigh the draw by its marginal likelihood.

    Given the shapes all is linear and Gaussian, so that both are exact. That the sides end about `apart` from one another is
    a further observation, whose own prior probability is divided out.

    Returns
    -------
    linear : numpy.ndarray of shape (n_draws, _EACH, 4)
    weights : numpy.ndarray of shape (n_draws,)
    """
    n_sizes = len(rows)
    missing = np.stack([shapes.missing(n) for n in rows], axis=1)  # (n_draws, n_sizes, 2)
    design = np.zeros((_DRAWS, 2 * n_sizes + 1, 4))
    for side in (0, 1):
        part = slice(side * n_sizes, (side + 1) * n_sizes)
        design[:, part, 2 * side] = 1
        design[:, part, 2 * side + 1] = -missing[:, :, side]
    ends = shapes.missing(math.inf)
    design[:, -1] = np.stack([np.ones(_DRAWS), -ends[:, 0], -np.ones(_DRAWS), ends[:, 1]], axis=1)
    whole = np.zeros((_DRAWS, 2 * n_sizes + 1, 2 * n_sizes + 1))
    whole[:, :-1, :-1] = covariance
    whole[:, -1, -1] = apart**2
    centre = np.array([means[0, -1], 0.0, means[1, -1], 0.0])
    scale = np.array([10 * unit, _GAIN * unit] * 2)  # prior standard deviations
    seen = np.append(means.ravel(), 0.0) - np.append(np.repeat(centre[[0, 2]], n_sizes), centre[0] - centre[2])
    factor = np.linalg.cholesky(whole + 1e-12 * unit**2 * np.eye(2 * n_sizes + 1))
    white = np.linalg.solve(factor, design * scale)
    rest = np.linalg.solve(factor, np.broadcast_to(seen[:, None], (_DRAWS, len(seen), 1)))[..., 0]
    posterior = np.linalg.cholesky(np.swapaxes(white, 1, 2) @ white + np.eye(4))
    middle = np.linalg.solve(posterior, np.einsum("dij,di->dj", white, rest)[..., None])
    noise = rng.normal(size=(_DRAWS, 4, _EACH))
    linear = np.swapaxes(np.linalg.solve(np.swapaxes(posterior, 1, 2), middle + noise), 1, 2) * scale + centre
    prior = ((design[:, -1] * scale) ** 2).sum(axis=1) + apart**2
    evidence = (
        (middle[..., 0] ** 2).sum(axis=1) / 2
        - (rest**2).sum(axis=1) / 2
        + np.log(prior) / 2
        + seen[-1] ** 2 / (2 * prior)
    )
    for triangle in (factor, posterior):
        evidence -= np.log(np.diagonal(triangle, axis1=1, axis2=2)).sum(axis=1)
    return linear, np.exp(evidence - evidence.max())


def _resampled(rng: np.random.Generator, weights: "NDArray[np.float64]") -> "NDArray[np.int64]":
    """Choose flat places in proportion to their weights (systematic resampling), shape (_KEPT,)."""
    upto = np.cumsum(weights)
    ticks = (rng.random() + np.arange(_KEPT)) / _KEPT * upto[-1]
    return rng.permutation(np.minimum(np.searchsorted(upto, ticks), weights.size - 1))
