"""What would this circuit be on a device? Transpiled for models of real devices: depth, gates, and the chance of no error."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.errors import SettingsError, nearest
from quantum.settings import DEVICES

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import Target

__all__ = ["OnDevice", "on_device"]


@dataclass(frozen=True)
class OnDevice:
    """A circuit as a device would run it.

    Attributes
    ----------
    device : str
        Name of the device model.
    device_qubits : int
        Qubits of the device.
    depth : int
        Layers of native gates, the measurement included.
    gates, two_qubit_gates : int
        Native gates in all, without measurements; those on two qubits, which carry most of the errors.
    success : float
        Estimated probability that no gate and no readout errs: the product of one minus each error rate of the model.
    """

    device: str
    device_qubits: int
    depth: int
    gates: int
    two_qubit_gates: int
    success: float


def on_device(circuit: "QuantumCircuit", device: str, *, seed: int) -> OnDevice:
    """Transpile a circuit without measurements for a device's topology and native gates, at Qiskit's highest level.

    Raises
    ------
    SettingsError
        If the device is not known, or too small for the circuit.
    """
    from qiskit import transpile
    from qiskit_ibm_runtime import fake_provider

    if device not in DEVICES:
        raise SettingsError(f"no device {device!r}; {nearest(device, DEVICES, label='devices')}")
    backend = getattr(fake_provider, f"Fake{device.capitalize()}")()
    if circuit.num_qubits > backend.num_qubits:
        raise SettingsError(
            f"{device} has {backend.num_qubits} qubits, the circuit {circuit.num_qubits}; use fewer qubits"
        )
    measured = circuit.copy()
    measured.measure_all()
    native = transpile(measured, backend=backend, optimization_level=3, seed_transpiler=seed)
    gates = [step for step in native.data if step.operation.name not in ("barrier", "measure")]
    return OnDevice(
        device=device,
        device_qubits=backend.num_qubits,
        depth=native.depth(),
        gates=len(gates),
        two_qubit_gates=sum(len(step.qubits) == 2 for step in gates),
        success=_success(native, backend.target),
    )


def _success(native: "QuantumCircuit", target: "Target") -> float:
    probability = 1.0
    for step in native.data:
        if step.operation.name == "barrier":
            continue
        places = tuple(native.find_bit(qubit).index for qubit in step.qubits)
        properties = target[step.operation.name].get(places)
        probability *= 1 - ((properties.error or 0.0) if properties else 0.0)
    return float(probability)
