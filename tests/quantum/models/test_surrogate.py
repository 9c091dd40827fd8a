"""The circuit has the frequencies that the surrogate draws from."""

import numpy as np
from sklearn.utils.estimator_checks import parametrize_with_checks

from quantum.circuit import Circuit
from quantum.interop.pennylane import to_pennylane
from quantum.models.surrogate import CircuitFrequencies


@parametrize_with_checks([CircuitFrequencies(n_frequencies=5, random_state=0)])
def test_scikit_learn_accepts_the_waves(estimator, check):
    check(estimator)


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
