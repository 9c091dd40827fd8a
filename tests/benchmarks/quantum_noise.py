"""How long do 100 test rows take under a device's noise? Ours on the used qubits; with --plain the client's own local mode too.

.venv/bin/python tests/benchmarks/quantum_noise.py [--plain]
"""

import sys
import time

import numpy as np
from qiskit import transpile
from qiskit_ibm_runtime import fake_provider

from quantum.circuit import Circuit
from quantum.hardware.backend import run_on_backend
from quantum.hardware.noise import distributions, gate_noise, readout_matrices, used_part
from quantum.hardware.parametrised import parametrised, row_parameters
from quantum.hardware.readout import misread
from quantum.hardware.shots import sampled

ROWS, SHOTS, QUBITS = 100, 1_024, (4, 6, 8)


def main() -> None:
    """Print wall and CPU seconds for 4, 6 and 8 qubits; the peer is slow, so it gets 4 qubits only."""
    backend = fake_provider.FakeTorino()
    for n_qubits in QUBITS:
        circuit = Circuit(n_qubits, 3, observables=((n_qubits - 1,),))
        rng = np.random.default_rng(0)
        angles, rows = rng.uniform(-3, 3, circuit.angles_shape), rng.uniform(-1.5, 1.5, (ROWS, n_qubits))
        parameters = row_parameters(circuit, angles, np.ones(circuit.scalings_shape), rows)

        def ours(circuit=circuit, parameters=parameters):
            native = transpile(parametrised(circuit), backend=backend, optimization_level=3, seed_transpiler=1)
            used = used_part(native)
            exact = distributions(used, parameters, gate_noise(backend.target, used))
            sampled(misread(exact, readout_matrices(backend.target, used)), SHOTS, seed=1)

        report(f"{n_qubits} qubits, ours", ours)
        if "--plain" in sys.argv and n_qubits == 4:

            def plain(circuit=circuit, parameters=parameters):
                run_on_backend(backend, parametrised(circuit), parameters, shots=SHOTS, seed=1)

            report(f"{n_qubits} qubits, local mode of the client", plain)


def report(words, work) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    print(f"{words:40} {time.perf_counter() - wall:7.2f} s wall {time.process_time() - cpu:7.2f} s CPU")


if __name__ == "__main__":
    main()
