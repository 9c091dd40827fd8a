"""What would this device's errors do to these circuits? Exact density matrices of the used qubits, then readout.

The noise model is the one that Qiskit Aer derives from a device's published properties: depolarising errors and
thermal relaxation on every gate, and a confusion matrix at every readout. Only the qubits and couplings that the
circuit uses are put into it, which is what makes it quick: a whole device of 133 qubits takes seconds. Idle qubits do
not decay in it, and gates do not disturb their neighbours: a real device errs more.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import Target
    from qiskit_aer.noise import NoiseModel

__all__ = ["MAX_SIMULATED_QUBITS", "OnUsedQubits", "distributions", "gate_noise", "readout_matrices", "used_part"]

MAX_SIMULATED_QUBITS = 10
"""A density matrix of n qubits has 4^n entries: 16 MB at 10 qubits, and every gate passes over all of them."""


@dataclass(frozen=True)
class OnUsedQubits:
    """A native circuit cut down to the qubits that it touches.

    Attributes
    ----------
    circuit : QuantumCircuit
        Native gates on qubits 0, 1, ..., without the measurements.
    places : tuple of int
        The device's number of each of these qubits.
    measured : tuple of int
        Which of them is read out into classical bit 0, 1, ...: where the qubits of the original circuit ended up.
    """

    circuit: "QuantumCircuit"
    places: tuple[int, ...]
    measured: tuple[int, ...]


def used_part(native: "QuantumCircuit") -> OnUsedQubits:
    """Cut a transpiled, measured circuit down to the qubits that it touches."""
    from qiskit import QuantumCircuit

    steps = [
        (step.operation, [native.find_bit(qubit).index for qubit in step.qubits], step.clbits)
        for step in native.data
        if step.operation.name != "barrier"
    ]
    places = tuple(sorted({place for _, qubits, _ in steps for place in qubits}))
    number = {place: index for index, place in enumerate(places)}
    small = QuantumCircuit(len(places))  # without the global phase: a sum of all open angles, slow to bind
    measured = {}
    for operation, qubits, bits in steps:
        if operation.name == "measure":
            measured[native.find_bit(bits[0]).index] = number[qubits[0]]
        else:
            small.append(operation, [number[place] for place in qubits])
    return OnUsedQubits(small, places, tuple(measured[bit] for bit in sorted(measured)))


def gate_noise(target: "Target", used: OnUsedQubits) -> "NoiseModel":
    """Make the device's noise model of the gates that the circuit uses, without the readout."""
    from qiskit.transpiler import Target
    from qiskit_aer.noise import NoiseModel
    from qiskit_aer.noise.device import basic_device_gate_errors

    number = {place: index for index, place in enumerate(used.places)}
    small = Target(
        num_qubits=len(used.places),
        dt=target.dt,
        qubit_properties=[target.qubit_properties[place] for place in used.places],
    )
    names = sorted({step.operation.name for step in used.circuit.data})
    for name in names:
        properties = {
            tuple(number[place] for place in places): value
            for places, value in target[name].items()
            if set(places) <= number.keys()
        }
        small.add_instruction(target.operation_from_name(name), properties)
    model = NoiseModel(basis_gates=names)
    for name, qubits, error in basic_device_gate_errors(target=small):
        model.add_quantum_error(error, name, qubits)
    return model


def readout_matrices(target: "Target", used: OnUsedQubits) -> NDArray[np.float64]:
    """Confusion matrices of the measured qubits, shape (n_measured, 2, 2): entry [said, was], columns sum to 1."""
    matrices = []
    for qubit in used.measured:
        properties = target["measure"][(used.places[qubit],)]
        wrong = (properties.error or 0.0) if properties else 0.0
        said_1 = getattr(properties, "prob_meas1_prep0", None)
        said_0 = getattr(properties, "prob_meas0_prep1", None)
        if said_1 is None or said_0 is None:
            said_1 = said_0 = wrong
        matrices.append([[1 - said_1, said_0], [said_1, 1 - said_0]])
    return np.array(matrices, dtype=np.float64)


def distributions(
    used: OnUsedQubits, parameters: NDArray[np.float64], model: "NoiseModel | None", *, batch: int = 50
) -> NDArray[np.float64]:
    """Exact probabilities of the measured bit strings before readout errors, one density matrix for each row.

    Parameters
    ----------
    used : OnUsedQubits
        With open parameters.
    parameters : array of shape (n_rows, n_parameters)
        Values in the order of ``used.circuit.parameters``.
    model : NoiseModel or None
        None simulates without noise.

    Returns
    -------
    array of shape (n_rows, 2, ..., 2)
        Axis 1 + b is the value of classical bit b.

    Raises
    ------
    ValueError
        If the circuit uses more than `MAX_SIMULATED_QUBITS` qubits.
    """
    from qiskit_aer import AerSimulator

    n_used, n_measured = used.circuit.num_qubits, len(used.measured)
    if n_used > MAX_SIMULATED_QUBITS:
        raise ValueError(f"{n_used} qubits are used; density matrices go up to {MAX_SIMULATED_QUBITS}")
    open_circuit = used.circuit.copy()
    open_circuit.save_probabilities(list(used.measured))
    options: dict[str, Any] = {} if model is None else {"noise_model": model}
    method = "statevector" if model is None else "density_matrix"
    simulator = AerSimulator(method=method, max_parallel_threads=1, **options)
    found = []
    for start in range(0, len(parameters), batch):
        bound = [open_circuit.assign_parameters(row) for row in parameters[start : start + batch]]
        result = simulator.run(bound, shots=1).result()
        found += [result.data(index)["probabilities"] for index in range(len(bound))]
    cube = np.asarray(found, dtype=np.float64).reshape(len(parameters), *[2] * n_measured)
    return cube.transpose(0, *range(n_measured, 0, -1))  # Qiskit's first qubit is the least significant bit
