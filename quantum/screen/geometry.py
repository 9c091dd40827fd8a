"""How simple are labels for a kernel, and how far may one kernel be ahead of another? Huang et al. (2021), plain linear algebra.

Every kernel matrix is scaled to a trace of its number of rows, so that kernels are compared and not their units.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import eigh

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Complexity", "Spectrum", "complexity", "geometric_difference"]

_PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Of kernel ridge regression, for kernels whose trace is the number of rows."""
_JITTER = 0.1
"""Added to the classical kernel's diagonal in the geometric difference: without it, directions that it does not see at all make
it infinite."""


@dataclass(frozen=True)
class Spectrum:
    """A kernel matrix, scaled to a trace of n_rows, with its eigenvalues (n_rows,) and eigenvectors (columns of n_rows x n_rows)."""

    kernel: "NDArray[np.float64]"
    values: "NDArray[np.float64]"
    vectors: "NDArray[np.float64]"

    @classmethod
    def of(cls, kernel: "NDArray[np.float64]") -> "Spectrum":
        """Decompose a symmetric positive semidefinite matrix of shape (n_rows, n_rows)."""
        scaled = kernel * (len(kernel) / np.trace(kernel))
        values, vectors = eigh(scaled)
        return cls(scaled, np.maximum(values, 0.0), vectors)

    @property
    def dimension(self) -> float:
        """Effective number of dimensions, (sum of eigenvalues)^2 / sum of their squares.

        1 where all rows look alike to the kernel, n_rows where no two rows look alike. A kernel near either end has
        concentrated, and learns nothing (Thanasilp, Wang, Cerezo and Holmes 2024, Nature Communications 15, 5200).
        """
        return float(self.values.sum() ** 2 / (self.values**2).sum())


@dataclass(frozen=True)
class Complexity:
    """How simple the labels are for a kernel.

    Attributes
    ----------
    bound : float
        The sum of the two terms that bound the expected error of kernel ridge regression, at the penalty that makes it
        smallest; for standardised labels about 1 says that the kernel sees nothing in them.
    model : float
        Model complexity s: y' (K + penalty)^-1 K (K + penalty)^-1 y; small against the number of rows where labels are simple.
    """

    bound: float
    model: float


def complexity(spectrum: Spectrum, labels: "NDArray[np.float64]") -> Complexity:
    """Find how simple standardised labels are, by mean over the columns of `labels`, of shape (n_rows, n_columns).

    References
    ----------
    Huang et al. (2021), Nature Communications 12, 2631: the bound on the prediction error of a trained kernel with a penalty.
    """
    squares, n_rows = (spectrum.vectors.T @ labels) ** 2, len(labels)
    found = []
    for penalty in _PENALTIES:
        shrunk = spectrum.values + penalty
        training = (penalty / shrunk) ** 2 @ squares
        model = spectrum.values / shrunk**2 @ squares
        bound = np.sqrt(training / n_rows) + np.sqrt(model / n_rows)
        found.append(Complexity(float(bound.mean()), float(model.mean())))
    return min(found, key=lambda each: each.bound)


def geometric_difference(classical: Spectrum, quantum: Spectrum) -> float:
    """Give g = sqrt(largest eigenvalue of sqrt(Q) (C + jitter)^-1 sqrt(Q)).

    No labels are more than g^2 times as complex for the classical kernel C (with a little noise) as for the quantum kernel Q. It
    is at most of the order of sqrt(n_rows).

    References
    ----------
    Huang et al. (2021), equation 5.
    """
    roots = 1.0 / np.sqrt(classical.values + _JITTER)
    turned = (classical.vectors.T @ quantum.kernel @ classical.vectors) * roots[:, None] * roots
    top = len(turned) - 1
    return float(np.sqrt(max(eigh(turned, eigvals_only=True, subset_by_index=(top, top))[0], 0.0)))
