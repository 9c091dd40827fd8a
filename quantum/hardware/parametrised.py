"""How is one circuit written for many rows? One general gate on each qubit of a layer, whose three angles differ by row.

Encoding and trained rotation of a qubit follow each other, so they are one rotation: U(theta, phi, lambda) =
RZ(phi) RY(theta) RZ(lambda) up to a phase. It is written as RZ(phi + pi) SX RZ(theta + pi) SX RZ(lambda), two pulses on
today's devices (McKay, Wood, Sheldon, Chow and Gambetta 2017, Physical Review A 96, 022330), with one open number for
each RZ, so that the circuit is transpiled once and then bound to every row.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantum.circuit import Circuit

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["parametrised", "row_parameters"]


def parametrised(circuit: Circuit) -> "QuantumCircuit":
    """Write the circuit for Qiskit with open angles, each qubit measured into the classical bit of its number.

    Its parameters, sorted by name as Qiskit sorts a vector's, are those that `row_parameters` gives.

    >>> parametrised(Circuit(n_qubits=2, n_layers=1)).num_parameters
    6
    """
    from qiskit import QuantumCircuit
    from qiskit.circuit import ParameterVector

    n = circuit.n_qubits
    free = iter(ParameterVector("u", 3 * n * circuit.n_layers))
    out = QuantumCircuit(n)
    for _ in range(circuit.n_layers):
        for qubit in range(n):
            for part in ("rz", "sx", "rz", "sx", "rz"):
                getattr(out, part)(*((next(free),) if part == "rz" else ()), qubit)
        for pair in circuit.entangled_pairs:
            getattr(out, {"CNOT": "cx", "CZ": "cz"}[str(circuit.entangler)])(*pair)
    out.measure_all()
    return out


def row_parameters(
    circuit: Circuit, angles: ArrayLike, scalings: ArrayLike, features: ArrayLike
) -> NDArray[np.float64]:
    """Give the three angles of every rotation of `parametrised` for every row.

    Parameters
    ----------
    angles, scalings : array-like of shapes `circuit.angles_shape`, `circuit.scalings_shape`
    features : array-like of shape (n_rows, n_qubits)

    Returns
    -------
    array of shape (n_rows, 3 * n_qubits * n_layers), radians
    """
    rows = np.asarray(features, dtype=np.float64)
    product = np.tile(np.eye(2, dtype=np.complex128), (len(rows), circuit.n_layers, circuit.n_qubits, 1, 1))
    for gate in circuit.gates(angles, None, scalings):  # without features an encoding gate's value is its scaling
        if not gate.source:
            continue
        layer, qubit = int(gate.source[1]), gate.wires[0]
        turn = np.full(len(rows), gate.value)
        if gate.source[0] == "feature":
            turn = turn * rows[:, qubit]
        product[:, layer, qubit] = _rotation(gate.name, turn) @ product[:, layer, qubit]
    return _zyz(product).reshape(len(rows), -1)


def _rotation(name: str, turn: NDArray[np.float64]) -> NDArray[np.complex128]:
    cosine, sine = np.cos(turn / 2), np.sin(turn / 2)
    if name == "RX":
        entries = [[cosine, -1j * sine], [-1j * sine, cosine]]
    elif name == "RY":
        entries = [[cosine, -sine], [sine, cosine]]
    else:
        entries = [[np.exp(-0.5j * turn), 0 * turn], [0 * turn, np.exp(0.5j * turn)]]
    return np.moveaxis(np.array(entries, dtype=np.complex128), 2, 0)


def _zyz(unitary: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Euler angles of special unitaries: a = cos(t/2) e^(-i(p+l)/2) stands at [0, 0], b = sin(t/2) e^(i(p-l)/2) at [1, 0]."""
    a, b = unitary[..., 0, 0], unitary[..., 1, 0]
    theta = 2 * np.arctan2(np.abs(b), np.abs(a))
    total, difference = -2 * np.angle(a), 2 * np.angle(b)
    return np.stack([(total - difference) / 2, theta + np.pi, (total + difference) / 2 + np.pi], axis=-1)
