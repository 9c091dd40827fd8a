"""The quantum kernels are what linear algebra says, and the machine on them is an estimator of scikit-learn."""

import numpy as np
import pennylane as qml
import pytest
from sklearn.datasets import load_wine, make_circles
from sklearn.utils.estimator_checks import parametrize_with_checks

from quantum.models.kernel_classifier import QuantumKernelClassifier, bloch_vectors, fidelity_kernel, projected_kernel


@parametrize_with_checks([QuantumKernelClassifier(n_qubits=2, random_state=0)])
def test_scikit_learn_accepts_the_machine(estimator, check):
    check(estimator)


def random_states(n, n_qubits, seed=0):
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(n, 2**n_qubits)) + 1j * rng.normal(size=(n, 2**n_qubits))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def one_qubit_density_matrix(state, q):
    """Trace the others out of |state><state|, written as a sum over their basis states."""
    cube = np.moveaxis(state.reshape([2] * int(np.log2(len(state)))), q, 0).reshape(2, -1)
    return sum(np.outer(column, column.conj()) for column in cube.T)


def test_kernels_equal_their_definitions():
    a, b = random_states(4, 3, seed=1), random_states(5, 3, seed=2)
    fidelity = [[abs(np.vdot(x, y)) ** 2 for y in b] for x in a]
    np.testing.assert_allclose(fidelity_kernel(a, b), fidelity, atol=1e-14)
    distance = [
        [
            sum(np.linalg.norm(one_qubit_density_matrix(x, q) - one_qubit_density_matrix(y, q)) ** 2 for q in range(3))
            for y in b
        ]
        for x in a
    ]
    np.testing.assert_allclose(projected_kernel(a, b, 0.7), np.exp(-0.7 * np.array(distance)), atol=1e-14)


def test_bloch_vectors_are_expectations_of_paulis():
    state = random_states(1, 3)[0]

    @qml.qnode(qml.device("default.qubit", wires=3))
    def paulis():
        qml.StatePrep(state, wires=range(3))
        return [qml.expval(pauli(q)) for q in range(3) for pauli in (qml.X, qml.Y, qml.Z)]

    np.testing.assert_allclose(bloch_vectors(state[None])[0] * np.sqrt(2), paulis(), atol=1e-12)


@pytest.mark.parametrize("kernel", ["projected", "fidelity"])
def test_the_machine_learns_a_circle_that_no_line_divides(kernel):
    X, y = make_circles(200, factor=0.4, noise=0.05, random_state=0)
    model = QuantumKernelClassifier(n_qubits=2, kernel=kernel, bandwidth=1.0, C=10.0, random_state=0)
    assert model.fit(X[:100], y[:100]).score(X[100:], y[100:]) > 0.95


def test_its_probabilities_are_calibrated_better_than_a_coin_on_several_classes():
    X, y = load_wine(return_X_y=True)
    model = QuantumKernelClassifier(n_qubits=4, random_state=0).fit(X[::2], y[::2])
    p = model.predict_proba(X[1::2])
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    assert -np.log(p[np.arange(len(p)), y[1::2]]).mean() < 0.5 * np.log(3)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"kernel": "cosine"}, "kernel is 'cosine'"), ({"bandwidth": 0}, "bandwidth is 0"), ({"C": -1.0}, "C is -1.0")],
)
def test_impossible_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        QuantumKernelClassifier(**parameters).fit([[0.0], [1.0], [2.0]], [0, 1, 0])
