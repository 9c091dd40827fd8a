"""The same circuit in PennyLane's and Qiskit's words gives the same numbers: three simulators, one truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.circuits import circuits, numbers
from qiskit.quantum_info import Statevector

from quantum.circuit import Circuit
from quantum.interop.pennylane import parameter_shift, to_pennylane
from quantum.interop.qiskit import to_our_order, to_qiskit, to_qiskit_observables
from quantum.simulator.calls import expectations, expectations_and_gradient, states

SEEDS = st.integers(0, 2**31)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(circuits(), SEEDS)
def test_expectations_equal_pennylanes(circuit, seed):
    angles, scalings, features = numbers(circuit, 3, seed)
    node = to_pennylane(circuit)
    judge = np.stack([np.asarray(node(angles, x, scalings)) for x in features])
    exact = expectations(circuit, angles, scalings, features, precision="float64")
    np.testing.assert_allclose(exact, judge, rtol=0, atol=1e-12)
    # 5 qubits and 3 layers are some 50 roundings of 6e-8 to each amplitude, of random sign.
    np.testing.assert_allclose(expectations(circuit, angles, scalings, features), judge, rtol=0, atol=1e-6)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(circuits(), SEEDS)
def test_states_and_expectations_equal_qiskits(circuit, seed):
    angles, scalings, features = numbers(circuit, 1, seed)
    judge = Statevector(to_qiskit(circuit, angles, features[0], scalings))
    ours = states(circuit, angles, scalings, features, precision="float64")[0]
    np.testing.assert_allclose(ours, to_our_order(judge.data, circuit.n_qubits), rtol=0, atol=1e-12)
    values = expectations(circuit, angles, scalings, features, precision="float64")[0]
    theirs = [judge.expectation_value(operator).real for operator in to_qiskit_observables(circuit)]
    np.testing.assert_allclose(values, theirs, rtol=0, atol=1e-12)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(circuits(max_qubits=3, max_layers=2), SEEDS)
def test_gradients_equal_pennylanes_parameter_shift(circuit, seed):
    angles, scalings, features = numbers(circuit, 1, seed)
    judge = parameter_shift(circuit, angles, features[0], scalings)
    for k in range(circuit.n_observables):
        pull = np.eye(circuit.n_observables)[[k]]
        _, ours = expectations_and_gradient(circuit, angles, scalings, features, pull, precision="float64")
        np.testing.assert_allclose(ours.angles, judge[k], rtol=0, atol=1e-12)


def test_an_open_qiskit_circuit_bound_later_is_the_bound_circuit():
    circuit = Circuit(3, 2, encoding="RX", pattern="ring")
    angles, scalings, features = numbers(circuit, 1, 0)
    late = to_qiskit(circuit, angles, scalings=scalings).assign_parameters(features[0])
    now = to_qiskit(circuit, angles, features[0], scalings)
    np.testing.assert_allclose(Statevector(late).data, Statevector(now).data, rtol=0, atol=1e-14)


def test_qiskits_bit_order_is_turned_round():
    from qiskit import QuantumCircuit

    flipped = QuantumCircuit(3)
    flipped.x(0)
    assert np.argmax(np.abs(to_our_order(Statevector(flipped).data, 3))) == 0b100


def test_shots_on_a_pennylane_device_scatter_around_the_exact_value():
    circuit = Circuit(2, 1)
    angles, _, features = numbers(circuit, 1, 5)
    exact = float(expectations(circuit, angles, None, features)[0, 0])
    sampled = float(to_pennylane(circuit, shots=10_000)(angles, features[0])[0])
    assert sampled == pytest.approx(exact, abs=5 / np.sqrt(10_000))  # five standard errors
    assert sampled != exact
