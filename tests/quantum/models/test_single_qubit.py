"""One qubit: its probabilities are those of a state vector, its gradient that of finite differences."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import approx_fprime
from sklearn.datasets import load_wine, make_circles
from sklearn.utils.estimator_checks import parametrize_with_checks

from quantum.models import single_qubit
from quantum.models.single_qubit import SingleQubitClassifier

Y, Z = np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])
X_PAULI = np.array([[0, 1], [1, 0]])


@parametrize_with_checks([SingleQubitClassifier(max_iter=30, n_restarts=1, random_state=0)])
def test_scikit_learn_accepts_it(estimator, check):
    check(estimator)


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_are_those_of_a_state_vector(classes):
    features, labels = load_wine(return_X_y=True)
    chosen = labels < classes
    model = SingleQubitClassifier(n_inputs=4, n_layers=2, max_iter=10, random_state=0)
    model.fit(features[chosen], labels[chosen])
    row = features[5]
    inputs = np.append(model.inputs_.transform([row])[0], [0.0, 0.0])  # two groups of three
    state = np.array([1.0, 0.0], dtype=complex)
    for layer in range(2):
        for group in range(2):
            values = model.biases_[layer, group] + model.weights_[layer, group] * inputs[3 * group : 3 * group + 3]
            for angle, pauli in zip(values, (Z, Y, Z), strict=True):
                state = expm(-0.5j * angle * pauli) @ state
    bloch = [np.vdot(state, pauli @ state).real for pauli in (X_PAULI, Y, Z)]
    logits = model.gain_ * np.array(bloch) @ model.directions_.T + model.offsets_
    np.testing.assert_allclose(model.predict_proba([row])[0], np.exp(logits) / np.exp(logits).sum(), atol=1e-12)


def test_the_gradient_is_that_of_finite_differences():
    rng = np.random.default_rng(0)
    groups = single_qubit._in_threes(rng.normal(size=(15, 4)))
    labels, directions = rng.integers(0, 3, 15), single_qubit.directions(3)
    shape = (2, 2, 3)
    point = rng.normal(size=2 * 12 + 1 + 3)

    def loss(parameters):
        return single_qubit._loss_and_gradient(parameters, shape, groups, labels, directions, 0.01)

    np.testing.assert_allclose(loss(point)[1], approx_fprime(point, lambda p: loss(p)[0], 1e-7), atol=2e-6)


def test_one_qubit_learns_a_circle():
    features, labels = make_circles(200, factor=0.4, noise=0.05, random_state=0)
    model = SingleQubitClassifier(n_inputs=2, n_layers=3, random_state=0).fit(features[:100], labels[:100])
    assert model.score(features[100:], labels[100:]) > 0.95


@pytest.mark.parametrize("name", ["n_layers", "n_restarts", "max_iter"])
def test_a_count_of_zero_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} is 0"):
        SingleQubitClassifier(**{name: 0}).fit([[0.0], [1.0]], [0, 1])
