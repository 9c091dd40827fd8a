"""The formula that is printed is the circuit."""

import numpy as np
import pytest

from quantum.chosen_circuit.formula import formula_of, n_terms
from quantum.circuit import Circuit
from quantum.interop.pennylane import to_pennylane


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
