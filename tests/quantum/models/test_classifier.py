"""The classifier is an estimator of scikit-learn, and its probabilities are those of the circuit."""

import numpy as np
import pennylane as qml
import pytest
from sklearn.datasets import load_wine, make_moons
from sklearn.utils.estimator_checks import parametrize_with_checks

from quantum.models.classifier import VariationalQuantumClassifier, z_strings
from quantum.models.inputs import ToQubits


@parametrize_with_checks([VariationalQuantumClassifier(n_qubits=3, n_steps=40, random_state=0), ToQubits(n_qubits=2)])
def test_scikit_learn_accepts_the_estimators(estimator, check):
    check(estimator)


def probabilities_by_pennylane(model, row):
    """Write the trained circuit out once more, gate by gate, for PennyLane."""
    n = model.n_qubits

    @qml.qnode(qml.device("default.qubit", wires=n))
    def expectations():
        for layer in range(model.n_layers):
            for q in range(n):
                qml.RY(model.scalings_[layer, q] * row[q], wires=q)
            for q in range(n):
                qml.Rot(*model.angles_[layer, q], wires=q)
            for q in range(n - 1):
                qml.CNOT(wires=[q, q + 1])
        readouts = [[n - 1]] if len(model.classes_) == 2 else [[3], [2], [1]]
        return [
            qml.expval(qml.prod(*(qml.Z(w) for w in wires)) if len(wires) > 1 else qml.Z(wires[0]))
            for wires in readouts
        ]

    logits = model.gain_ * np.array(expectations()) + model.biases_
    if len(logits) == 1:
        second = 1 / (1 + np.exp(-logits[0]))
        return np.array([1 - second, second])
    return np.exp(logits) / np.exp(logits).sum()


@pytest.mark.parametrize("name", ["moons", "wine"])
def test_probabilities_are_those_that_pennylane_computes(name):
    X, y = make_moons(100, noise=0.1, random_state=0) if name == "moons" else load_wine(return_X_y=True)
    model = VariationalQuantumClassifier(n_qubits=4, n_layers=2, n_steps=30, precision="float64", random_state=1).fit(
        X, y
    )
    angles = model.encoded(X[:8])
    expected = [probabilities_by_pennylane(model, row) for row in angles]
    np.testing.assert_allclose(model.predict_proba(X[:8]), expected, atol=1e-10)  # two float64 simulators


def test_the_inputs_are_scaled_components_clipped_to_the_training_range():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6))
    found = ToQubits(3).fit(X).transform(X)
    standard = (X - X.mean(axis=0)) / X.std(axis=0)  # oracle: the singular value decomposition
    _, _, axes = np.linalg.svd(standard - standard.mean(axis=0), full_matrices=False)
    components = standard @ axes[:3].T
    low, high = components.min(axis=0), components.max(axis=0)
    expected = np.pi * ((components - low) / (high - low) - 0.5)
    for q in range(3):  # a component's sign is arbitrary
        np.testing.assert_allclose(
            np.abs(found[:, q] - np.sign(found[0, q] * expected[0, q]) * expected[:, q]), 0, atol=1e-9
        )
    beyond = ToQubits(3).fit(X).transform(10 * X)
    assert np.abs(beyond).max() <= np.pi / 2 + 1e-12


def test_fewer_features_than_qubits_are_repeated_in_turn():
    X = np.arange(12.0).reshape(6, 2)
    found = ToQubits(5).fit_transform(X)
    np.testing.assert_array_equal(found, found[:, [0, 1, 0, 1, 0]])
    np.testing.assert_allclose(found[:, 0], np.linspace(-np.pi / 2, np.pi / 2, 6))


def test_the_same_seed_gives_the_same_model_and_another_seed_another():
    X, y = make_moons(80, noise=0.1, random_state=0)

    def fit(seed):
        return VariationalQuantumClassifier(n_steps=20, random_state=seed).fit(X, y).predict_proba(X)

    np.testing.assert_array_equal(fit(3), fit(3))
    assert not np.array_equal(fit(3), fit(4))


def test_the_best_of_the_restarts_is_kept():
    X, y = make_moons(80, noise=0.1, random_state=0)
    model = VariationalQuantumClassifier(n_steps=40, n_restarts=5, random_state=0).fit(X, y)
    p = model.predict_proba(X)[np.arange(80), y]
    assert -np.log(p).mean() <= model.loss_curves_[:, -1].min() + 1e-3  # the curves stand before the last step


def test_it_learns_what_its_entanglement_is_for():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(600, 4))
    y = np.sin(np.pi / 2 * X).prod(axis=1) > 0
    settings = {"n_layers": 1, "n_steps": 200, "n_restarts": 4, "random_state": 0}
    entangled = VariationalQuantumClassifier(**settings).fit(X[:300], y[:300])
    alone = VariationalQuantumClassifier(entangler=None, **settings).fit(X[:300], y[:300])
    assert entangled.score(X[300:], y[300:]) > 0.9
    assert alone.score(X[300:], y[300:]) < 0.65


@pytest.mark.parametrize(
    ("n_qubits", "count", "expected"),
    [(3, 1, ((2,),)), (3, 4, ((2,), (1,), (0,), (1, 2))), (2, 3, ((1,), (0,), (0, 1)))],
)
def test_observables_are_single_qubits_first(n_qubits, count, expected):
    assert z_strings(n_qubits, count) == expected


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_qubits": 0}, "n_qubits is 0"),
        ({"n_qubits": 21}, "n_qubits is 21"),
        ({"n_layers": 0}, "n_layers is 0"),
        ({"encoding": "RQ"}, "encoding is 'RQ'"),
        ({"entangler": "SWAP"}, "entangler is 'SWAP'"),
        ({"n_steps": 0}, "n_steps is 0"),
        ({"n_restarts": 0}, "n_models is 0"),
        ({"precision": "float16"}, "precision is 'float16'"),
    ],
)
def test_impossible_parameters_are_refused_with_their_value(parameters, message):
    with pytest.raises(ValueError, match=message):
        VariationalQuantumClassifier(**parameters).fit([[0.0], [1.0], [2.0]], [0, 1, 0])


def test_too_many_classes_for_the_qubits_say_how_many_are_needed():
    with pytest.raises(ValueError, match=r"4 classes need more than 2 qubit.*at least 3"):
        VariationalQuantumClassifier(n_qubits=2).fit(np.arange(8.0).reshape(-1, 1), [0, 1, 2, 3] * 2)
