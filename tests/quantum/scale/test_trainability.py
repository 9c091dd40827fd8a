"""Measures of a circuit equal what is known in closed form."""

import numpy as np
import pytest
from scipy import stats

from quantum.circuit import Circuit
from quantum.scale.trainability import (
    entangling_capability,
    expressibility,
    fit_decay,
    gradient_variance,
    meyer_wallach,
)


def test_one_rotation_has_a_gradient_of_variance_one_half():
    """<Z> after RY(x) RY(t) is cos(x + t): its derivative -sin has variance 1/2 over a period."""
    found, error = gradient_variance(Circuit(1, 1, rotation="RY"), n_draws=4_000, seed=0)
    assert error < 0.01
    assert found == pytest.approx(0.5, abs=4 * error)


def test_unentangled_global_parity_decays_by_one_half_for_each_qubit():
    """<Z...Z> of a product is a product of cosines: the variance of a derivative is 2^-n."""
    variances = [
        gradient_variance(
            Circuit(n, 1, rotation="RY", entangler=None, observables=(tuple(range(n)),)), n_draws=4_000, seed=1
        )[0]
        for n in (1, 2, 3, 4, 5)
    ]
    assert fit_decay([1, 2, 3, 4, 5], variances).halvings == pytest.approx(1.0, abs=0.05)


def test_the_interval_of_the_decay_is_that_of_a_regression():
    x, noise = np.arange(2, 12, 2), np.array([0.1, -0.2, 0.05, 0.1, -0.05])
    found = fit_decay(x, 2.0 ** (-0.8 * x + noise))
    design = np.column_stack([np.ones(5), x])
    beta, residual, *_ = np.linalg.lstsq(design, -0.8 * x + noise, rcond=None)
    error = np.sqrt(residual[0] / 3 * np.linalg.inv(design.T @ design)[1, 1])
    reach = stats.t.ppf(0.975, 3) * error
    assert (found.low, found.halvings, found.high) == pytest.approx((-beta[1] - reach, -beta[1], -beta[1] + reach))
    with pytest.raises(ValueError, match="at least 3"):
        fit_decay([2, 4], [0.1, 0.01])


def test_meyer_wallach_of_known_states():
    ghz, w, product = np.zeros(8), np.zeros(8), np.zeros(8)
    ghz[[0, 7]], w[[1, 2, 4]], product[5] = np.sqrt(0.5), np.sqrt(1 / 3), 1.0
    np.testing.assert_allclose(meyer_wallach(np.array([ghz, w, product])), [1.0, 8 / 9, 0.0], atol=1e-12)


def test_products_do_not_entangle_and_haar_states_are_the_measure_of_expressibility():
    alone = Circuit(4, 2, entangler=None)
    assert entangling_capability(alone, n_draws=50, seed=0)[0] == pytest.approx(0.0, abs=1e-12)
    deep, idle = Circuit(3, 12, pattern="ring"), Circuit(3, 1, rotation="RY", entangler=None)
    # A circuit that reaches everything is left with the floor of sampling, about 74 / (2 pairs).
    assert expressibility(deep, n_pairs=4_000, seed=0) < 3 * 74 / 8_000
    assert expressibility(idle, n_pairs=4_000, seed=0) > 0.2
