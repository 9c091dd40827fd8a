"""Which formula is this circuit? The exact sum of products of waves that a trained circuit computes.

A feature x loaded L times with scalings s enters only as waves of the frequencies k1 s1 + ... + kL sL with each k in
-1, 0, 1. The circuit is therefore a sum of products, one wave a qubit: at most 3^(n L) terms, found exactly from as many
values of the circuit on a grid, one qubit's axis after the other (Schreiber, Eisert and Meyer 2023, PRL 131, 100803).
"""

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quantum.circuit import Circuit
from quantum.simulator.calls import expectations

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MAX_TERMS", "Formula", "formula_of", "n_terms"]

MAX_TERMS = 100_000
"""Above this many terms a formula is no help to anybody."""
_SAME = 1e-6
"""Frequencies closer than this are one."""


@dataclass(frozen=True)
class Formula:
    """A sum of products of waves.

    Attributes
    ----------
    frequencies : tuple of arrays
        For each qubit its non-negative frequencies, radians per unit of the feature.
    coefficients : ndarray of shape (2 f_0 - 1, 2 f_1 - 1, ...)
        One for each choice of a wave a qubit: 1, then cosines, then sines of the positive frequencies.
    """

    frequencies: tuple["NDArray[np.float64]", ...]
    coefficients: "NDArray[np.float64]"

    @property
    def n_terms(self) -> int:
        """Number of products."""
        return self.coefficients.size

    def values(self, features: "ArrayLike") -> "NDArray[np.float64]":
        """Evaluate rows of shape (n_samples, n_qubits): shape (n_samples,)."""
        rows = np.asarray(features, dtype=np.float64)
        found = np.broadcast_to(self.coefficients, (len(rows), *self.coefficients.shape))
        for q, frequencies in enumerate(self.frequencies):
            waves = _waves(frequencies, rows[:, q])
            found = np.einsum("nw,nw...->n...", waves, found)
        return np.asarray(found)

    def largest(self, count: int) -> list[tuple[float, str]]:
        """Give the largest terms: coefficient and product in words, x1 being the first qubit's angle."""
        order = np.argsort(-np.abs(self.coefficients), axis=None, kind="stable")[:count]
        found = []
        for place in order:
            index = np.unravel_index(place, self.coefficients.shape)
            words = [
                _words(f, int(i), q + 1) for q, (f, i) in enumerate(zip(self.frequencies, index, strict=True)) if i
            ]
            found.append((float(self.coefficients[index]), " ".join(words) or "1"))
        return found


def n_terms(circuit: Circuit) -> int:
    """Terms that a formula of the circuit has at most, if no frequencies coincide."""
    return int(3 ** (circuit.n_qubits * circuit.n_encoding_layers))


def formula_of(circuit: Circuit, angles: "ArrayLike", scalings: "ArrayLike") -> Formula:
    """Find the formula of the circuit's first observable.

    Parameters
    ----------
    circuit : Circuit
    angles, scalings : array-like of shapes `circuit.angles_shape`, `circuit.scalings_shape`

    Raises
    ------
    ValueError
        If it has more than `MAX_TERMS` terms.
    """
    factors = np.asarray(scalings, dtype=np.float64)
    frequencies = tuple(_frequencies(factors[:, q]) for q in range(circuit.n_qubits))
    sizes = [2 * len(each) - 1 for each in frequencies]
    if np.prod(sizes, dtype=float) > MAX_TERMS:
        raise ValueError(f"the formula has {np.prod(sizes, dtype=float):.3g} terms; at most {MAX_TERMS:,} are written")
    grids = [_points(each, size) for each, size in zip(frequencies, sizes, strict=True)]
    rows = np.array(list(itertools.product(*grids)))
    found = expectations(circuit, angles, scalings, rows, precision="float64", n_threads=1)[:, 0]
    coefficients = np.asarray(found, dtype=np.float64).reshape([len(grid) for grid in grids])
    for q, (each, grid) in enumerate(zip(frequencies, grids, strict=True)):
        solve = np.linalg.pinv(_waves(each, grid))
        coefficients = np.moveaxis(np.tensordot(solve, coefficients, axes=(1, q)), 0, q)
    return Formula(frequencies, coefficients)


def _frequencies(factors: "NDArray") -> "NDArray[np.float64]":
    """List the distinct non-negative sums of -1, 0 or 1 times each factor, 0 first."""
    sums = np.zeros(1)
    for factor in factors:
        sums = (sums[:, None] + factor * np.array([-1.0, 0.0, 1.0])).ravel()
    ordered = np.sort(np.abs(sums))
    return ordered[np.concatenate([[True], np.diff(ordered) > _SAME])] if len(ordered) else ordered


def _points(frequencies: "NDArray", size: int) -> "NDArray[np.float64]":
    """Choose as many points as there are waves, over one period of the smallest gap, so that waves differ most."""
    if size == 1:
        return np.zeros(1)
    gap = float(np.diff(frequencies).min())
    period = 2 * np.pi / gap
    return np.linspace(0.0, period, size, endpoint=False)


def _waves(frequencies: "NDArray", points: "NDArray") -> "NDArray[np.float64]":
    """Values of 1, the cosines and the sines at points: shape (n_points, n_waves)."""
    phases = np.multiply.outer(points, frequencies[1:])
    return np.hstack([np.ones((len(points), 1)), np.cos(phases), np.sin(phases)])


def _words(frequencies: "NDArray", wave: int, number: int) -> str:
    half = len(frequencies) - 1
    name, place = ("cos", wave) if wave <= half else ("sin", wave - half)
    return f"{name}({frequencies[place]:.3g} x{number})"
