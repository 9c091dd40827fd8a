"""How does a circuit get to a machine and its counts come back? Through the primitives of the Runtime client.

A name that begins with ``fake_`` is the client's own local mode: the same calls, simulated here. Any other name is a
machine of IBM Quantum, found with the credentials that the client itself keeps (`QiskitRuntimeService.save_account`); the
laboratory neither asks for them nor reads them. Nothing is sent anywhere unless such a name is given.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.errors import SettingsError, nearest

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["Counted", "open_backend", "require_allowed", "run_on_backend"]

_LOCAL = "fake_"


@dataclass(frozen=True)
class Counted:
    """What came back.

    Attributes
    ----------
    shares : array of shape (n_rows, 2, ..., 2)
        How often each bit string was read; axis 1 + b is classical bit b.
    readout : array of shape (n_bits, 2, 2)
        Confusion matrices estimated in the same job from the circuits that prepare all 0 and all 1.
    job : str
        The client's identifier of the job.
    seconds : float or None
        Device seconds charged, where the client says so.
    """

    shares: NDArray[np.float64]
    readout: NDArray[np.float64]
    job: str
    seconds: float | None


def open_backend(name: str, n_qubits: int, *, service: Any = None) -> Any:
    """Find a machine, or a model of one, that is large enough.

    Parameters
    ----------
    service : object, optional
        Something with `backends()` for names without ``fake_``; the client's own service unless given.

    Raises
    ------
    SettingsError
        If there are no credentials, the service does not answer, the name is not known, or the machine is too small.
    """
    if name.startswith(_LOCAL):
        models = _local_models()
        _require_known(name, models)
        backend = models[name]()
    else:
        service = service or _remote_service(name)
        try:
            machines = {machine.name: machine for machine in service.backends()}
        except Exception as error:  # the client and the network below it have no common error
            raise SettingsError(
                f"backend {name!r}: IBM Quantum does not answer ({_short(error)}); try again later"
            ) from error
        _require_known(name, machines)
        backend = machines[name]
    if backend.num_qubits < n_qubits:
        raise SettingsError(
            f"backend {name!r} has {backend.num_qubits} qubits and the circuit {n_qubits}; use a larger one or lower --qubits"
        )
    return backend


def require_allowed(name: str, *, dollars: float, spend: float) -> None:
    """Raise SettingsError where running on a machine would cost more than the user allowed; models are free."""
    if not name.startswith(_LOCAL) and dollars > spend:
        raise SettingsError(
            f"backend {name!r} would cost about {dollars:,.0f} dollars at the price in the settings, and spend allows {spend:,.0f}; "
            f"allow it with --spend {math.ceil(dollars)}, or lower --hardware-rows or --shots"
        )


def _require_known(name: str, known: Mapping[str, Any]) -> None:
    if name not in known:
        raise SettingsError(f"no backend {name!r}; {nearest(name, known, label='backends')}")


def _local_models() -> dict[str, Any]:
    """Name the models of the client's local mode; making all of them would take ten seconds."""
    from qiskit_ibm_runtime import fake_provider

    made = (getattr(fake_provider, name) for name in dir(fake_provider) if name.startswith("Fake"))
    return {model.backend_name: model for model in made if getattr(model, "backend_name", "")}


def _remote_service(name: str) -> Any:
    from qiskit_ibm_runtime import QiskitRuntimeService
    from qiskit_ibm_runtime.accounts import AccountNotFoundError

    try:
        return QiskitRuntimeService()
    except AccountNotFoundError as error:
        raise SettingsError(
            f"backend {name!r} needs IBM Quantum credentials, and none are saved; save them once with "
            "QiskitRuntimeService.save_account, or use a model such as fake_torino"
        ) from error
    except Exception as error:  # the network's, the account's or the client's: no common one
        raise SettingsError(
            f"backend {name!r}: IBM Quantum cannot be reached ({_short(error)}); check the network and the saved account"
        ) from error


def run_on_backend(
    backend: Any, circuit: "QuantumCircuit", parameters: NDArray[np.float64], *, shots: int, seed: int
) -> Counted:
    """Run a measured circuit for every row of parameters, and two circuits that show the readout errors, as one job.

    Parameters
    ----------
    backend : BackendV2
    circuit : QuantumCircuit
        Measured, with parameters.
    parameters : numpy.ndarray of shape (n_rows, n_parameters)
        Radians, in the order of the circuit's parameters.
    shots, seed : int

    Raises
    ------
    ValueError
        If `shots` is below 1.
    """
    from qiskit import QuantumCircuit, transpile
    from qiskit_ibm_runtime.executor_sampler import Sampler  # SamplerV2 itself is deprecated in its favour

    if shots < 1:
        raise ValueError(f"shots is {shots}; it must be at least 1")
    native = transpile(circuit, backend=backend, optimization_level=3, seed_transpiler=seed)
    places = native.layout.final_index_layout()
    zeros, ones = (QuantumCircuit(circuit.num_qubits) for _ in range(2))
    ones.x(range(circuit.num_qubits))
    for each in (zeros, ones):
        each.measure_all()
    known = transpile([zeros, ones], backend=backend, initial_layout=places, optimization_level=1)
    is_local = backend.name.startswith(_LOCAL)
    sampler = Sampler(mode=backend)
    if is_local:
        sampler.options.simulator.seed_simulator = seed
    job = sampler.run([(native, parameters), *((each,) for each in known)], shots=shots)
    result = job.result()
    bits = circuit.num_qubits
    shares = np.stack([_share(result[0].data.meas.get_counts(row), bits) for row in range(len(parameters))])
    prepared = [_share(result[index].data.meas.get_counts(), bits) for index in (1, 2)]
    readout = np.array([[_marginal(each, bit) for each in prepared] for bit in range(bits)]).transpose(0, 2, 1)
    return Counted(shares, readout, str(job.job_id()), None if is_local else _charged(job))


def _share(counts: dict[str, int], bits: int) -> NDArray[np.float64]:
    found = np.zeros([2] * bits)
    for text, count in counts.items():
        found[tuple(int(bit) for bit in reversed(text))] = count  # the last character is classical bit 0
    return found / found.sum()


def _marginal(share: NDArray[np.float64], bit: int) -> NDArray[np.float64]:
    return share.sum(axis=tuple(axis for axis in range(share.ndim) if axis != bit))


def _charged(job: Any) -> float | None:
    try:
        return float(job.usage())
    except Exception:  # noqa: BLE001 - a missing figure is no reason to lose the counts
        return None


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
