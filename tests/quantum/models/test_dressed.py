"""The dressed classifier trains its map with its circuit, and sees what no principal component keeps."""

import numpy as np
import pennylane as qml
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from quantum.circuit import Circuit
from quantum.models.classifier import VariationalQuantumClassifier, observables_for
from quantum.models.dressed import DressedQuantumClassifier, _Values, loss_and_gradient
from quantum.simulator.calls import Head, cross_entropy_and_gradient


@parametrize_with_checks([DressedQuantumClassifier(n_qubits=3, n_steps=40, random_state=0)])
def test_scikit_learn_accepts_the_estimator(estimator, check):
    check(estimator)


def drawn(rng, circuit, n_features, models=2):
    return _Values(
        rng.normal(size=(models, circuit.n_qubits, n_features)),
        rng.normal(size=(models, *circuit.angles_shape)),
        rng.normal(size=(models, *circuit.scalings_shape)),
        rng.normal(size=models),
        rng.normal(size=(models, circuit.n_observables)),
    )


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("part", range(5), ids=_Values._fields)
def test_the_gradient_is_that_of_finite_differences(n_classes, part):
    rng = np.random.default_rng(1)
    circuit = Circuit(2, 2, rotation="RY+RZ", observables=observables_for(n_classes, 2, "CNOT"))
    values, rows, labels = drawn(rng, circuit, 4), rng.normal(size=(7, 4)), np.arange(7) % n_classes

    def loss(moved):
        changed = values._replace(**{_Values._fields[part]: moved})
        return loss_and_gradient(circuit, changed, rows, labels, 0.3, precision="float64", n_threads=1)[0]

    slopes = loss_and_gradient(circuit, values, rows, labels, 0.3, precision="float64", n_threads=1)[1]
    step, there = 1e-6, values[part]
    for place in np.ndindex(there.shape):
        move = np.zeros_like(there)
        move[place] = step
        by_differences = (loss(there + move) - loss(there - move))[place[0]] / (2 * step)
        assert slopes[part][place] == pytest.approx(by_differences, abs=1e-8), (
            place
        )  # of a loss near 1, by steps of 1e-6


def test_the_gradient_by_the_features_is_that_of_finite_differences_and_there_where_it_is_asked_for():
    rng = np.random.default_rng(2)
    circuit = Circuit(2, 2, encoding="RX")
    _, angles, scalings, gain, biases = (each[0] for each in drawn(rng, circuit, 2))
    rows, labels, weights = rng.normal(size=(5, 2)), np.array([0, 1, 1, 0, 1]), rng.uniform(size=5)

    def asked(rows, **more):
        head = Head(gain, biases)
        told = {"sample_weights": weights, "precision": "float64", **more}
        return cross_entropy_and_gradient(circuit, angles, scalings, head, rows, labels, **told)

    found = asked(rows, feature_gradient=True)[1].features
    assert asked(rows)[1].features is None
    for place in np.ndindex(rows.shape):
        move = np.zeros_like(rows)
        move[place] = 1e-6
        by_differences = (asked(rows + move)[0] - asked(rows - move)[0]) / 2e-6
        assert found[place] == pytest.approx(by_differences, abs=1e-8)


def decision_by_pennylane(model, row):
    """Write the map and the trained circuit out once more, gate by gate, for PennyLane."""
    n, angles = model.n_qubits, model.map_ @ row

    @qml.qnode(qml.device("default.qubit", wires=n))
    def expectation():
        for layer in range(model.n_layers):
            for q in range(n):
                qml.RY(model.scalings_[layer, q] * angles[q], wires=q)
            for q in range(n):
                qml.Rot(*model.angles_[layer, q], wires=q)
            for q in range(n - 1):
                qml.CNOT(wires=[q, q + 1])
        return qml.expval(qml.Z(n - 1))

    return model.gain_ * float(expectation()) + model.biases_[0]


def test_a_decision_is_the_one_that_pennylane_computes():
    rng = np.random.default_rng(3)
    X = rng.uniform(-1, 1, size=(50, 5))
    y = X[:, 0] * X[:, 1] > 0
    model = DressedQuantumClassifier(3, 2, n_steps=20, precision="float64", random_state=1).fit(X, y)
    rows = np.pi * ((X - X.min(axis=0)) / np.ptp(X, axis=0) - 0.5)  # each feature by its range
    expected = [decision_by_pennylane(model, row) for row in rows[:6]]
    np.testing.assert_allclose(model.decision_function(X[:6]), expected, atol=1e-10)  # two float64 simulators
    np.testing.assert_allclose(model.encoded(X[:6]), rows[:6] @ model.map_.T, atol=1e-12)


def test_it_finds_the_direction_that_principal_components_lose():
    """Where all directions vary alike, two components of twelve say little of a wave along one of the others."""
    rng = np.random.default_rng(4)
    X, direction = rng.normal(size=(700, 12)), rng.normal(size=12)
    y = np.abs(X @ direction / np.linalg.norm(direction)) < 0.67
    dressed = DressedQuantumClassifier(2, 3, n_steps=200, n_restarts=4, alpha=1e-2, random_state=0).fit(
        X[:400], y[:400]
    )
    usual = VariationalQuantumClassifier(2, 3, n_steps=200, n_restarts=4, random_state=0).fit(X[:400], y[:400])
    assert dressed.score(X[400:], y[400:]) > 0.85
    assert usual.score(X[400:], y[400:]) < 0.7


def test_a_larger_penalty_leaves_a_smaller_map_and_the_best_start_is_kept():
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(60, 6)), np.arange(60) % 2
    sizes = []
    for alpha in (0.0, 0.1, 10.0):
        model = DressedQuantumClassifier(2, n_steps=60, n_restarts=3, alpha=alpha, random_state=0).fit(X, y)
        sizes.append((model.map_**2).sum())
        chance = model.predict_proba(X)[np.arange(60), y]
        loss = -np.log(chance).mean() + alpha / 2 * sizes[-1]
        assert loss == pytest.approx(model.loss_curves_[:, -1].min(), abs=1e-3)  # the curves stand before the last step
    assert sizes[0] > sizes[1] > sizes[2]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_qubits": 21}, "n_qubits is 21"),
        ({"n_steps": 0}, "n_steps is 0"),
        ({"n_restarts": 0}, "n_restarts is 0"),
        ({"alpha": -1.0}, "alpha is -1.0; it must be finite and not below 0"),
        ({"alpha": np.inf}, "alpha is inf"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0"),
        ({"input_map": "log"}, "input_map is 'log'"),
    ],
)
def test_impossible_parameters_are_refused_with_their_value(parameters, message):
    with pytest.raises(ValueError, match=message):
        DressedQuantumClassifier(**parameters).fit([[0.0], [1.0], [2.0]], [0, 1, 0])
