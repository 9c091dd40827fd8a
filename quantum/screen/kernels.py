"""Which kernels does the screen compare? Two kinds of quantum kernels at three bandwidths, and classical ones."""

from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
from sklearn.utils import check_random_state

from quantum.circuit import Circuit
from quantum.models.inputs import ToQubits
from quantum.models.kernel_classifier import bloch_vectors, fidelity_kernel, projected_kernel
from quantum.simulator.calls import states

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["classical_kernels", "quantum_kernels"]

_BANDWIDTHS = (0.5, 1.0, 2.0)
_WIDTHS = (0.1, 0.3, 1.0, 3.0)
"""Of the Gaussian, times scikit-learn's gamma="scale"."""
_LAYERS = 2


def quantum_kernels(rows: "NDArray[np.float64]", n_qubits: int, seed: int) -> "dict[str, NDArray[np.float64]]":
    """Give matrices of shape (n_rows, n_rows) by their names; the circuit is that of the lab's quantum kernel."""
    angles = ToQubits(n_qubits).fit_transform(rows)
    circuit = Circuit(n_qubits, _LAYERS, rotation="Rot", entangler="CZ")
    turns = check_random_state(seed).uniform(-np.pi, np.pi, circuit.angles_shape)
    found = {}
    for bandwidth in _BANDWIDTHS:
        seen = states(circuit, turns, np.full(circuit.scalings_shape, bandwidth), angles, n_threads=1)
        found[f"fidelity, bandwidth {bandwidth:g}"] = fidelity_kernel(seen, seen)
        found[f"projected, bandwidth {bandwidth:g}"] = projected_kernel(seen, seen, _width(bloch_vectors(seen)))
    return found


def _width(seen: "NDArray[np.float64]") -> float:
    """One over the median squared distance of two rows."""
    squared = (seen**2).sum(axis=1)[:, None] + (seen**2).sum(axis=1) - 2.0 * seen @ seen.T
    median = float(np.median(squared[np.triu_indices(len(seen), 1)]))
    return 1.0 / median if median > 0.0 else 1.0


def classical_kernels(rows: "NDArray[np.float64]") -> "dict[str, NDArray[np.float64]]":
    """Give matrices of shape (n_rows, n_rows) by their names, on all columns."""
    spread = rows.shape[1] * float(rows.var())
    scale = 1.0 / spread if spread > 0.0 else 1.0
    gaussians = {f"Gaussian, gamma {width * scale:.2g}": rbf_kernel(rows, gamma=width * scale) for width in _WIDTHS}
    return {"linear": linear_kernel(rows) + 1.0, **gaussians}
