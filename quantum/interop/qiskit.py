"""How does Qiskit write this circuit? For transpiling to a device, for noise, and as an independent judge.

Qiskit's bit strings and state indices are little-endian: its qubit 0 is the *least* significant bit. Gates
here keep their numbers (qubit q stays qubit q), so only states and bit strings need turning round: index i of
`quantum.simulator.calls.states` is index ``reversed bits of i`` in Qiskit, see `to_our_order`.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantum.circuit import MEAN_Z, Circuit

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp


def to_qiskit(
    circuit: Circuit, angles: ArrayLike, features: ArrayLike | None = None, scalings: ArrayLike | None = None
) -> "QuantumCircuit":
    """Write the circuit for Qiskit, without measurements.

    Parameters
    ----------
    circuit : Circuit
    angles : array-like of shape `circuit.angles_shape`
    features : array-like of shape (n_qubits,), optional
        One sample. Without it the features stay open as the parameter vector ``x``, so that the circuit can
        be transpiled once and then bound to many samples with ``assign_parameters``.
    scalings : array-like of shape `circuit.scalings_shape`, optional

    Examples
    --------
    >>> open_circuit = to_qiskit(Circuit(n_qubits=2, n_layers=1), np.zeros((1, 2, 3)))
    >>> [parameter.name for parameter in open_circuit.parameters]
    ['x[0]', 'x[1]']
    >>> open_circuit.assign_parameters([0.1, 0.2]).num_parameters
    0
    """
    from qiskit import QuantumCircuit
    from qiskit.circuit import ParameterVector

    names = {"RX": "rx", "RY": "ry", "RZ": "rz", "CNOT": "cx", "CZ": "cz"}
    free = ParameterVector("x", circuit.n_qubits) if features is None else None
    out = QuantumCircuit(circuit.n_qubits)
    for gate in circuit.gates(angles, features, scalings):
        value = gate.value
        if free is not None and gate.source[:1] == ("feature",):
            value = value * free[gate.wires[0]]
        getattr(out, names[gate.name])(*(() if value is None else (value,)), *gate.wires)
    return out


def to_qiskit_observables(circuit: Circuit) -> list["SparsePauliOp"]:
    """Give the circuit's observables as Qiskit operators."""
    from qiskit.quantum_info import SparsePauliOp

    n = circuit.n_qubits
    found = []
    for each in circuit.observables:
        terms = [("Z", [q], 1.0 / n) for q in range(n)] if each == MEAN_Z else [("Z" * len(each), list(each), 1.0)]
        found.append(SparsePauliOp.from_sparse_list(terms, num_qubits=n))
    return found


def to_our_order(amplitudes: ArrayLike, n_qubits: int) -> NDArray[np.complex128]:
    """Reorder Qiskit's amplitudes (last axis, little-endian) so that qubit 0 is the most significant bit.

    The shape stays, (..., 2^n_qubits).

    Examples
    --------
    >>> to_our_order([0, 1, 0, 0], 2).real.tolist()    # Qiskit's |q1 q0> = |01> is |q0 q1> = |10>
    [0.0, 0.0, 1.0, 0.0]
    """
    values = np.asarray(amplitudes, dtype=np.complex128)
    lead = values.shape[:-1]
    cube = values.reshape(*lead, *[2] * n_qubits)
    axes = (*range(len(lead)), *range(len(lead) + n_qubits - 1, len(lead) - 1, -1))
    return cube.transpose(axes).reshape(values.shape)
