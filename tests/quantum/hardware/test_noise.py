"""The quick noise simulation is Qiskit Aer's own, and its errors are those computed by hand."""

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Operator
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel
from qiskit_aer.primitives import SamplerV2
from qiskit_ibm_runtime import fake_provider

from quantum.circuit import Circuit
from quantum.hardware.noise import distributions, gate_noise, readout_matrices, used_part
from quantum.hardware.parametrised import parametrised, row_parameters
from quantum.hardware.readout import mean_values, misread, outcome_values
from quantum.interop.qiskit import to_qiskit


def numbers(circuit, n_rows, seed=0):
    rng = np.random.default_rng(seed)
    angles = rng.uniform(-3, 3, circuit.angles_shape)
    scalings = rng.uniform(0.5, 1.5, circuit.scalings_shape)
    return angles, scalings, rng.uniform(-1.5, 1.5, (n_rows, circuit.n_qubits))


def on_device(circuit, backend, n_rows):
    angles, scalings, features = numbers(circuit, n_rows)
    native = transpile(parametrised(circuit), backend=backend, optimization_level=3, seed_transpiler=3)
    return native, used_part(native), row_parameters(circuit, angles, scalings, features)


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": "RX", "rotation": "Rot", "pattern": "ring"},
        {"encoding": "RZ", "rotation": "RY", "entangler": "CZ"},
        {"encoding": "RY", "rotation": "RY+RZ", "reupload": False, "pattern": "full"},
        {"encoding": "RX", "rotation": "RY", "entangler": None},
    ],
)
def test_the_circuit_with_open_angles_is_the_circuit_of_every_row(options):
    circuit = Circuit(3, 2, **options)
    angles, scalings, features = numbers(circuit, 4)
    open_circuit = parametrised(circuit).remove_final_measurements(inplace=False)
    for row, parameters in zip(features, row_parameters(circuit, angles, scalings, features), strict=True):
        emitted = Operator(to_qiskit(circuit, angles, row, scalings))
        assert Operator(open_circuit.assign_parameters(parameters)).equiv(emitted, atol=1e-10)


def test_probabilities_under_noise_agree_with_aer_on_the_whole_device():
    backend = fake_provider.FakeManilaV2()
    native, used, parameters = on_device(Circuit(3, 2), backend, 3)
    found = misread(
        distributions(used, parameters, gate_noise(backend.target, used)), readout_matrices(backend.target, used)
    )
    # the plain primitive: the whole device's noise model, shots drawn by Aer itself
    options = {"backend_options": {"noise_model": NoiseModel.from_backend(backend)}}
    shots = 40_000
    result = SamplerV2(seed=5, options=options).run([(native, parameters)], shots=shots).result()
    for row in range(3):
        counts = result[0].data.meas.get_counts(row)
        for text, count in counts.items():
            expected = found[row][tuple(int(bit) for bit in reversed(text))]
            assert abs(count / shots - expected) < 5 * np.sqrt(max(expected, 1e-3) / shots)


@pytest.mark.parametrize("n_qubits", [2, 4])
def test_without_noise_the_density_matrix_is_the_state_vector(n_qubits):
    circuit = Circuit(n_qubits, 2, observables=((0,), (n_qubits - 1,), "mean"))
    angles, scalings, features = numbers(circuit, 3)
    _, used, parameters = on_device(circuit, fake_provider.FakeManilaV2(), 3)
    found = mean_values(distributions(used, parameters, None), outcome_values(circuit))
    simulator = AerSimulator(method="statevector")
    for row, values in zip(features, found, strict=True):
        emitted = to_qiskit(circuit, angles, row, scalings)
        emitted.save_probabilities()
        cube = simulator.run(emitted).result().data()["probabilities"].reshape([2] * n_qubits)
        z = [np.sum(cube * (-1.0) ** np.indices(cube.shape)[n_qubits - 1 - q]) for q in range(n_qubits)]
        assert values == pytest.approx([z[0], z[-1], np.mean(z)], abs=1e-9)


def test_the_error_of_one_gate_is_the_depolarising_and_relaxing_error_computed_by_hand():
    backend = fake_provider.FakeManilaV2()
    properties = backend.target["x"][(2,)]
    circuit = QuantumCircuit(5, 1)
    circuit.x(2)
    circuit.measure(2, 0)
    used = used_part(circuit)
    assert used.places == (2,)
    found = distributions(used, np.empty((1, 0)), gate_noise(backend.target, used))[0]
    t1, t2 = backend.target.qubit_properties[2].t1, backend.target.qubit_properties[2].t2
    decay, dephase = np.exp(-properties.duration / t1), np.exp(-properties.duration / min(t2, 2 * t1))
    # average gate fidelity of relaxation alone: (F_entanglement * 2 + 1) / 3, its Pauli transfer matrix diag(1, d2, d2, d1)
    fidelity = ((1 + 2 * dephase + decay) / 4 * 2 + 1) / 3
    # the depolarising strength that makes up for the rest of the published error, 1 - fidelity of both
    p = 2 * (properties.error - (1 - fidelity)) / (2 * fidelity - 1)
    assert p > 0
    # X makes <Z> = -1; each error in turn: depolarising scales it by 1 - p, relaxation pulls it to +1 by T1
    z = 1 - decay + decay * -(1 - p)
    assert found[0] - found[1] == pytest.approx(z, abs=1e-9)


def test_readout_errors_by_hand_and_their_undoing():
    matrices = np.array([[[0.98, 0.07], [0.02, 0.93]], [[0.95, 0.10], [0.05, 0.90]]])
    certain = np.zeros((1, 2, 2))
    certain[0, 1, 0] = 1.0  # qubit 0 is 1, qubit 1 is 0
    found = misread(certain, matrices)[0]
    assert found == pytest.approx(np.array([[0.07 * 0.95, 0.07 * 0.05], [0.93 * 0.95, 0.93 * 0.05]]))
    circuit = Circuit(2, 1, observables=((0,), (1,), (0, 1), "mean"))
    assert mean_values(found[np.newaxis], outcome_values(circuit))[0] == pytest.approx([-0.86, 0.90, -0.774, 0.02])
    assert mean_values(found[np.newaxis], outcome_values(circuit, matrices))[0] == pytest.approx([-1, 1, -1, 0])


def test_readout_errors_are_those_that_the_device_publishes():
    backend = fake_provider.FakeTorino()
    circuit = QuantumCircuit(133, 2)
    circuit.measure([40, 7], [0, 1])
    used = used_part(circuit)
    assert [used.places[qubit] for qubit in used.measured] == [40, 7]
    errors = NoiseModel.from_backend_properties(backend.properties(), gate_error=False, thermal_relaxation=False)
    found = readout_matrices(backend.target, used)
    for place, matrix in zip((40, 7), found, strict=True):
        assert matrix.sum(axis=0) == pytest.approx([1, 1])
        said_1, said_0 = matrix[1, 0], matrix[0, 1]
        published = errors._local_readout_errors[(place,)].probabilities  # [was, said]
        assert (said_1 + said_0) / 2 == pytest.approx((published[0, 1] + published[1, 0]) / 2, abs=1e-9)


def test_a_circuit_that_touches_too_many_qubits_is_refused():
    circuit = QuantumCircuit(11)
    circuit.sx(range(11))
    circuit.measure_all()
    with pytest.raises(ValueError, match="11 qubits are used; density matrices go up to 10"):
        distributions(used_part(circuit), np.empty((1, 0)), None)
