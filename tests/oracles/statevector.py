"""The slow, obvious simulator: whole matrices by Kronecker products, one sample, one gate at a time.

It shares no code with `quantum`: it reads a circuit's fields and writes the gates down again from their
textbook definitions, so that a mistake in one is not repeated in the other.
"""

from collections.abc import Iterator
from functools import reduce

import numpy as np
from scipy.linalg import expm

X = np.array([[0, 1], [1, 0]], dtype=complex)
Y = np.array([[0, -1j], [1j, 0]])
Z = np.diag([1.0 + 0j, -1.0])
PAULI = {"RX": X, "RY": Y, "RZ": Z}
ROTATION_GATES = {"Rot": ["RZ", "RY", "RZ"], "RY": ["RY"], "RY+RZ": ["RY", "RZ"]}


def on_qubits(n: int, parts: dict[int, np.ndarray]) -> np.ndarray:
    """Kronecker product with the given 2x2 matrices at their qubits; qubit 0 is the leftmost factor."""
    return reduce(np.kron, [parts.get(q, np.eye(2)) for q in range(n)])


def turn(n: int, name: str, qubit: int, angle: float) -> np.ndarray:
    """exp(-i angle P / 2) on one qubit."""
    return on_qubits(n, {qubit: expm(-0.5j * angle * PAULI[name])})


def controlled(n: int, control: int, target: int, gate: np.ndarray) -> np.ndarray:
    """`gate` on the target where the control is 1."""
    zero, one = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])
    return on_qubits(n, {control: zero}) + on_qubits(n, {control: one, target: gate})


def pairs(n: int, pattern: str) -> Iterator[tuple[int, int]]:
    """(control, target) of one entangling layer."""
    if pattern == "full":
        for i in range(n):
            for j in range(i + 1, n):
                yield i, j
        return
    for i in range(n - 1):
        yield i, i + 1
    if pattern == "ring" and n > 2:
        yield n - 1, 0


def state(circuit, angles, scalings, x) -> np.ndarray:
    """Compute the final state of one sample."""
    n = circuit.n_qubits
    psi = np.zeros(2**n, dtype=complex)
    psi[0] = 1.0
    for layer in range(circuit.n_layers):
        if layer == 0 or circuit.reupload:
            for q in range(n):
                psi = turn(n, circuit.encoding, q, scalings[layer][q] * x[q]) @ psi
        for q in range(n):
            for k, name in enumerate(ROTATION_GATES[circuit.rotation]):
                psi = turn(n, name, q, angles[layer][q][k]) @ psi
        if circuit.entangler is not None:
            for control, target in pairs(n, circuit.pattern):
                psi = controlled(n, control, target, X if circuit.entangler == "CNOT" else Z) @ psi
    return psi


def observable(n: int, which) -> np.ndarray:
    """Matrix of a product of Z on some qubits, or of the mean of Z."""
    if which == "mean":
        return sum(on_qubits(n, {q: Z}) for q in range(n)) / n
    return on_qubits(n, dict.fromkeys(which, Z))


def expectations(circuit, angles, scalings, features) -> np.ndarray:
    """Compute the expectation of every observable for every sample."""
    matrices = [observable(circuit.n_qubits, which) for which in circuit.observables]
    finals = [state(circuit, angles, scalings, x) for x in features]
    return np.array([[np.vdot(psi, m @ psi).real for m in matrices] for psi in finals])
