"""The circuit on a device agrees with a count by hand and with Qiskit's own account."""

import numpy as np
import pytest
from qiskit import transpile
from qiskit.quantum_info import Statevector
from qiskit_ibm_runtime import fake_provider

from lab.errors import SettingsError
from quantum.circuit import Circuit
from quantum.hardware.transpiled import on_device
from quantum.interop.qiskit import to_qiskit
from quantum.settings import DEVICES


def trained(n_qubits, n_layers, **options):
    circuit = Circuit(n_qubits, n_layers, **options)
    angles = np.random.default_rng(0).uniform(-3, 3, circuit.angles_shape)
    return to_qiskit(circuit, angles, np.linspace(-1, 1, n_qubits))


@pytest.mark.parametrize(("n_qubits", "n_layers"), [(4, 2), (6, 3)])
def test_a_chain_fits_a_heavy_hex_device_without_swaps(n_qubits, n_layers):
    found = on_device(trained(n_qubits, n_layers), "torino", seed=1)
    assert found.two_qubit_gates == n_layers * (n_qubits - 1)  # by hand: one native gate for each CNOT
    assert found.device_qubits == 133


def test_a_ring_costs_more_than_a_chain_on_a_device_without_such_rings():
    chain = on_device(trained(6, 2), "torino", seed=1)
    ring = on_device(trained(6, 2, pattern="ring"), "torino", seed=1)
    assert ring.two_qubit_gates > chain.two_qubit_gates + 2  # two more gates by the circuit, the rest by swaps


def test_depth_gates_and_success_agree_with_qiskit():
    circuit = trained(4, 2)
    found = on_device(circuit, "fez", seed=7)
    circuit.measure_all()
    backend = fake_provider.FakeFez()
    native = transpile(circuit, backend=backend, optimization_level=3, seed_transpiler=7)
    counts = native.count_ops()
    assert found.depth == native.depth()
    assert found.gates == sum(counts.values()) - counts["measure"] - counts["barrier"]
    assert found.two_qubit_gates == native.num_nonlocal_gates()
    # another way to the same product: sums of logarithms from the published properties of the device
    properties = backend.properties()
    log_success = 0.0
    for step in native.data:
        places = [native.find_bit(qubit).index for qubit in step.qubits]
        name = step.operation.name
        if name == "measure":
            log_success += np.log1p(-properties.readout_error(places[0]))
        elif name not in ("barrier", "rz"):  # rz is a change of frame: no error
            log_success += np.log1p(-properties.gate_error(name, places))
    assert found.success == pytest.approx(np.exp(log_success), rel=1e-9)


def test_the_native_circuit_is_the_same_circuit():
    circuit = trained(3, 2)
    native = transpile(circuit, backend=fake_provider.FakeTorino(), optimization_level=3, seed_transpiler=1)
    places = native.layout.final_index_layout()
    small = transpile(circuit, basis_gates=["cz", "rz", "sx", "x"], optimization_level=3, seed_transpiler=1)
    assert len(set(places)) == 3
    fidelity = abs(Statevector(small).inner(Statevector(circuit))) ** 2
    assert fidelity == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("device", DEVICES)
def test_every_named_device_exists_and_is_large(device):
    assert on_device(trained(2, 1), device, seed=0).device_qubits > 100


def test_an_unknown_device_names_the_nearest():
    with pytest.raises(SettingsError, match="no device 'torinno'; did you mean 'torino'"):
        on_device(trained(2, 1), "torinno", seed=0)
