"""The product kernel is the fidelity of product states that a state-vector simulator finds, for any number of features."""

import numpy as np
import pennylane as qml
import pytest
from sklearn.datasets import load_breast_cancer, make_circles
from sklearn.utils.estimator_checks import parametrize_with_checks

from quantum.models.product_kernel import ProductKernelClassifier


@parametrize_with_checks([ProductKernelClassifier(random_state=0)])
def test_scikit_learn_accepts_it(estimator, check):
    check(estimator)


def kernel_of(model, a, b):
    return model._kernel(model._embedded(a), model._embedded(b))


def test_the_kernel_is_the_fidelity_of_a_state_vector_of_all_qubits():
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(size=(30, 4)), np.arange(30) % 2
    model = ProductKernelClassifier(n_layers=2, bandwidth=3.0, random_state=1).fit(rows, labels)
    loaded = 3.0 * model.inputs_.transform(rows)

    @qml.qnode(qml.device("default.qubit", wires=4))
    def state(row):
        for layer in range(2):
            for q in range(4):
                qml.RY(row[q], wires=q)
                qml.Rot(*model.angles_[q, layer, 0], wires=q)
        return qml.state()

    states = np.array([state(row) for row in loaded[:6]])
    expected = np.abs(states.conj() @ states.T) ** 2
    np.testing.assert_allclose(kernel_of(model, rows[:6], rows[:6]), expected, atol=1e-10)


def test_one_layer_is_a_product_of_squared_cosines():
    rng = np.random.default_rng(2)
    rows, labels = rng.normal(size=(40, 25)), np.arange(40) % 2
    model = ProductKernelClassifier(bandwidth=5.0, random_state=3).fit(rows, labels)
    loaded = 4.0 * model.inputs_.transform(rows)  # 5 times 4 / sqrt(25)
    halves = (loaded[:, None] - loaded[None]) / 2
    np.testing.assert_allclose(kernel_of(model, rows, rows), (np.cos(halves) ** 2).prod(axis=2), atol=1e-10)


def test_it_learns_from_more_features_than_a_state_vector_could_hold():
    rows, labels = load_breast_cancer(return_X_y=True)
    model = ProductKernelClassifier(C=10.0, random_state=0).fit(rows[::2], labels[::2])
    assert model.score(rows[1::2], labels[1::2]) > 0.95


def test_it_learns_a_circle_that_no_line_divides():
    X, y = make_circles(200, factor=0.4, noise=0.05, random_state=0)
    assert (
        ProductKernelClassifier(C=10.0, bandwidth=1.0, random_state=0).fit(X[:100], y[:100]).score(X[100:], y[100:])
        > 0.95
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"bandwidth": 0}, "bandwidth is 0"), ({"C": -1.0}, "C is -1.0"), ({"n_layers": 0}, "n_layers is 0")],
)
def test_impossible_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        ProductKernelClassifier(**parameters).fit([[0.0], [1.0], [2.0]], [0, 1, 0])
