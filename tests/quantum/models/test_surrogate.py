"""The circuit is the formula that is printed, and has the frequencies that the surrogate draws from."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from quantum.circuit import Circuit
from quantum.interop.pennylane import to_pennylane
from quantum.models.surrogate import CircuitFrequencies
from quantum.study.formula import formula_of, n_terms


@parametrize_with_checks([CircuitFrequencies(n_frequencies=5, random_state=0)])
def test_scikit_learn_accepts_the_waves(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "circuit",
    [
        Circuit(1, 3),
        Circuit(3, 2, pattern="ring"),
        Circuit(3, 3, encoding="RX", reupload=False),
        Circuit(4, 1, entangler="CZ"),
    ],
)
def test_the_formula_equals_what_pennylane_computes(circuit):
    rng = np.random.default_rng(circuit.n_qubits)
    angles = rng.uniform(-np.pi, np.pi, circuit.angles_shape)
    scalings = rng.uniform(0.5, 1.5, circuit.scalings_shape)
    formula = formula_of(circuit, angles, scalings)
    assert formula.n_terms <= n_terms(circuit)
    rows = rng.uniform(-2, 2, (6, circuit.n_qubits))
    node = to_pennylane(circuit)
    judged = [float(node(angles, row, scalings)[0]) for row in rows]
    np.testing.assert_allclose(formula.values(rows), judged, atol=1e-9)  # solved on grids of up to 729 points


def test_equal_scalings_give_whole_multiples_and_fewer_terms():
    circuit = Circuit(2, 3)
    formula = formula_of(circuit, np.ones(circuit.angles_shape), np.full(circuit.scalings_shape, 0.5))
    np.testing.assert_allclose(formula.frequencies[0], [0.0, 0.5, 1.0, 1.5])
    assert formula.n_terms == 7**2


def test_the_largest_terms_come_first_and_say_what_they_are():
    circuit = Circuit(1, 1, rotation="RY")
    ((coefficient, words), *_) = formula_of(circuit, np.zeros((1, 1, 1)), np.ones((1, 1))).largest(2)
    assert (coefficient, words) == (pytest.approx(1.0), "cos(1 x1)")


def test_a_formula_too_long_to_write_is_refused():
    circuit = Circuit(6, 4)
    with pytest.raises(ValueError, match="terms"):
        formula_of(
            circuit, np.ones(circuit.angles_shape), np.random.default_rng(0).uniform(size=circuit.scalings_shape)
        )


def test_a_circuit_has_no_frequency_that_the_surrogate_cannot_draw():
    """The spectrum along one feature, by a Fourier transform of the circuit itself."""
    circuit = Circuit(3, 2, pattern="ring")
    rng = np.random.default_rng(0)
    angles = rng.uniform(-np.pi, np.pi, circuit.angles_shape)
    rows = np.tile(rng.uniform(-1, 1, 3), (16, 1))
    rows[:, 1] = 2 * np.pi * np.arange(16) / 16
    node = to_pennylane(circuit)
    strength = np.abs(np.fft.rfft([float(node(angles, row)[0]) for row in rows])) / 16
    drawn = CircuitFrequencies(n_layers=2, n_frequencies=500, random_state=0).fit(rows).frequencies_[:, 1]
    assert set(np.flatnonzero(strength > 1e-12)) == set(np.abs(drawn))


def test_frequencies_are_drawn_as_often_as_the_circuit_reaches_them():
    found = (
        CircuitFrequencies(n_layers=2, n_frequencies=40_000, random_state=0).fit(np.zeros((1, 1))).frequencies_[:, 0]
    )
    shares = [np.mean(found == k) for k in range(-2, 3)]
    # Two sums of -1, 0, 1 in 1, 2, 1 ways: 1, 4, 6, 4, 1 of 16; four standard errors of 40,000 draws.
    np.testing.assert_allclose(shares, np.array([1, 4, 6, 4, 1]) / 16, atol=4 * np.sqrt(0.25 / 40_000))
