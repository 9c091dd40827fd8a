"""What is read out of a device, and how are the known errors of the reading undone?

A probability cube has shape (n_rows, 2, ..., 2): axis 1 + q is the bit of qubit q. A confusion matrix A holds in entry
[said, was] how often a bit is read as `said` where it was `was`, so its columns sum to 1. Mitigation turns each value
of Z_q round by the inverse of A_q: exact on average where readout errors of qubits are independent, at the price of
more shot noise (Bravyi, Sheldon, Kandala, Mckay and Gambetta 2021, Physical Review A 103, 042605).
"""

import numpy as np
from numpy.typing import NDArray

from quantum.circuit import MEAN_Z, Circuit

__all__ = ["mean_values", "misread", "outcome_values"]

Floats = NDArray[np.float64]


def misread(probabilities: Floats, matrices: Floats) -> Floats:
    """Apply independent readout errors to probability cubes.

    >>> misread(np.array([[1.0, 0.0]]), np.array([[[0.9, 0.2], [0.1, 0.8]]]))
    array([[0.9, 0.1]])
    """
    found = probabilities
    for qubit, matrix in enumerate(matrices):
        found = np.moveaxis(np.tensordot(matrix, found, axes=(1, 1 + qubit)), 0, 1 + qubit)
    return found


def outcome_values(circuit: Circuit, matrices: Floats | None = None) -> Floats:
    """Give the value that each bit string counts for in each observable, shape (n_observables, 2, ..., 2).

    Without matrices +1 or -1 for a product of Z; with them the values whose mean over misread bits is the expectation.
    """
    n = circuit.n_qubits
    z = np.array([1.0, -1.0])
    single = [z if matrices is None else z @ np.linalg.inv(matrices[qubit]) for qubit in range(n)]
    along = [values.reshape([2 if axis == qubit else 1 for axis in range(n)]) for qubit, values in enumerate(single)]
    found = np.empty((circuit.n_observables, *[2] * n))
    for place, observable in enumerate(circuit.observables):
        if observable == MEAN_Z:
            found[place] = sum(along) / n
        else:
            product = np.ones([1] * n)
            for qubit in observable:
                product = product * along[int(qubit)]
            found[place] = product
    return found


def mean_values(probabilities: Floats, values: Floats) -> Floats:
    """Expectations of shape (n_rows, n_observables) from probabilities, or from shares of counts."""
    n_rows, n_observables = len(probabilities), len(values)
    return probabilities.reshape(n_rows, -1) @ values.reshape(n_observables, -1).T
