"""The shots that a label needs agree with drawing them."""

import numpy as np
import pytest
from scipy import stats

from quantum.circuit import Circuit
from quantum.hardware.readout import mean_values, outcome_values
from quantum.hardware.shots import ClassicalEnd, flip_chances, sampled, shots_needed


def cubes(n_rows, n_qubits, seed=0):
    flat = np.random.default_rng(seed).dirichlet(np.ones(2**n_qubits), n_rows)
    return flat.reshape(n_rows, *[2] * n_qubits)


TWO = (Circuit(2, 1, observables=((1,),)), ClassicalEnd(2.0, np.array([0.15])))
THREE = (Circuit(3, 1, observables=((2,), (1,), (0,))), ClassicalEnd(1.5, np.array([0.1, 0.0, -0.1])))


def test_the_chance_of_a_flip_is_the_binomial_one():
    circuit, head = TWO
    found = flip_chances(cubes(40, 2), outcome_values(circuit), head, 400)
    p = cubes(40, 2)[:, :, 1].sum(axis=1)  # chance of bit 1 on qubit 1, which counts as -1
    threshold = (1 + head.biases[0] / head.gain) / 2  # the label is the second class below this share of ones
    below = stats.binom.cdf(np.floor(400 * threshold), 400, p)
    expected = np.where(p < threshold, 1 - below, below)
    assert found == pytest.approx(
        expected, abs=0.03
    )  # one count of 400 has a probability of up to 0.04, half of it is rounding


@pytest.mark.parametrize(("circuit", "head"), [TWO, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("matrices", [False, True], ids=["as read", "mitigated"])
def test_that_many_shots_flip_about_one_label_in_a_hundred(circuit, head, matrices):
    wrong = np.tile([[0.97, 0.08], [0.03, 0.92]], (circuit.n_qubits, 1, 1)) if matrices else None
    probabilities, values = cubes(60, circuit.n_qubits), outcome_values(circuit, wrong)
    needed = shots_needed(probabilities, values, head)
    label = head.logits(mean_values(probabilities, values)).argmax(axis=1)

    def flipped(shots):
        draws = [
            head.logits(mean_values(sampled(probabilities, shots, seed=seed), values)).argmax(axis=1)
            for seed in range(300)
        ]
        return np.mean([draw != label for draw in draws])

    # 300 draws of 60 rows: the standard error of 1 % is 0.07 %; 0.3 % leaves room for the normal approximation
    assert flipped(needed) == pytest.approx(0.01, abs=0.003)
    assert flipped(max(needed // 4, 1)) > 0.013


def test_a_label_without_a_margin_needs_no_end_of_shots():
    circuit, head = Circuit(1, 1), ClassicalEnd(1.0, np.array([0.0]))
    assert shots_needed(np.array([[0.5, 0.5]]), outcome_values(circuit), head) is None
    assert shots_needed(np.array([[1.0, 0.0]]), outcome_values(circuit), head) == 1


def test_drawn_shares_are_unbiased_and_depend_on_the_seed_alone():
    probabilities = cubes(3, 2)
    assert np.array_equal(sampled(probabilities, 100, seed=4), sampled(probabilities, 100, seed=4))
    assert not np.array_equal(sampled(probabilities, 100, seed=4), sampled(probabilities, 100, seed=5))
    mean = np.mean([sampled(probabilities, 100, seed=seed) for seed in range(2_000)], axis=0)
    assert mean == pytest.approx(probabilities, abs=5 * 0.5 / np.sqrt(200_000))
