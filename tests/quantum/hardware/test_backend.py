"""A backend is found or refused in one sentence, and what comes back from its primitives is what they were asked."""

import dataclasses

import numpy as np
import pytest
from qiskit_ibm_runtime import QiskitRuntimeService
from qiskit_ibm_runtime.accounts import AccountNotFoundError

from lab.errors import SettingsError
from lab.settings import make
from quantum.circuit import Circuit
from quantum.hardware.backend import open_backend, run_on_backend
from quantum.hardware.noise import distributions, gate_noise, readout_matrices, used_part
from quantum.hardware.parametrised import parametrised, row_parameters
from quantum.hardware.readout import misread
from quantum.settings import Settings


@dataclasses.dataclass(frozen=True)
class Machine:
    name: str
    num_qubits: int


class Service:
    def backends(self):
        return [Machine("ibm_north", 156), Machine("ibm_small", 3)]


class Silent:
    def backends(self):
        raise ConnectionError("no route to host")


def test_a_machine_of_the_service_is_found_by_name():
    assert open_backend("ibm_north", 8, service=Service()) == Machine("ibm_north", 156)


@pytest.mark.parametrize(
    ("name", "service", "words"),
    [
        ("ibm_nort", Service(), "no backend 'ibm_nort'; did you mean 'ibm_north'?"),
        ("zz", Service(), "no backend 'zz'; backends: ibm_north, ibm_small"),
        (
            "ibm_small",
            Service(),
            "backend 'ibm_small' has 3 qubits and the circuit 4; use a larger one or lower --qubits",
        ),
        ("ibm_north", Silent(), "does not answer (no route to host); try again later"),
        ("fake_torinno", None, "no backend 'fake_torinno'; did you mean 'fake_torino'?"),
        ("fake_armonk", None, "backend 'fake_armonk' has 1 qubits"),
    ],
)
def test_a_backend_that_cannot_be_used_is_refused_in_one_sentence(name, service, words):
    with pytest.raises(SettingsError) as caught:
        open_backend(name, 4, service=service)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def without_account(monkeypatch):
    def refuse(*_, **__):
        raise AccountNotFoundError("Unable to find account.")

    monkeypatch.setattr(QiskitRuntimeService, "__new__", lambda cls, *_, **__: refuse())


def test_a_machine_is_not_asked_for_more_than_was_allowed(lab, table):
    found = lab("run", "quantum", table(), "--target", "churn", "--backend", "ibm_north")
    assert found.code == 2
    # 100 rows and two circuits for the readout, 1,024 shots of 0.35 ms each and 2 s, at 1.60 dollars a second.
    dollars = 1.6 * (2 + 102 * 1024 * 0.00035)
    assert f"would cost about {dollars:.0f} dollars" in found.err
    assert "allow it with --spend 62" in found.err


def test_a_machine_without_credentials_is_refused_before_any_work(lab, table, monkeypatch):
    without_account(monkeypatch)
    found = lab("run", "quantum", table(), "--target", "churn", "--backend", "ibm_north", "--spend", 100)
    assert found.code == 2
    assert "needs IBM Quantum credentials, and none are saved" in found.err
    assert "Traceback" not in found.err


@pytest.mark.parametrize("shots", [0, -5])
def test_no_shots_are_refused(shots):
    with pytest.raises(SettingsError, match=f"shots is {shots}; it must be from 1 to 1,000,000"):
        make(Settings, {"shots": shots})


def test_an_unknown_device_model_names_the_nearest():
    with pytest.raises(SettingsError, match="devices is 'torinno'; did you mean 'torino'"):
        make(Settings, {"devices": ["torinno"]})


def test_counts_of_the_local_mode_agree_with_the_exact_noise():
    circuit = Circuit(3, 1, observables=((2,),))
    rng = np.random.default_rng(1)
    angles, rows = rng.uniform(-3, 3, circuit.angles_shape), rng.uniform(-1, 1, (2, 3))
    parameters = row_parameters(circuit, angles, np.ones(circuit.scalings_shape), rows)
    backend = open_backend("fake_manila", 3)
    shots = 20_000
    got = run_on_backend(backend, parametrised(circuit), parameters, shots=shots, seed=3)
    from qiskit import transpile

    used = used_part(transpile(parametrised(circuit), backend=backend, optimization_level=3, seed_transpiler=3))
    readout = readout_matrices(backend.target, used)
    exact = misread(distributions(used, parameters, gate_noise(backend.target, used)), readout)
    assert got.shares == pytest.approx(exact, abs=5 * 0.5 / np.sqrt(shots))
    # the calibration prepares ones by a gate of its own, which errs far less than the readout
    assert got.readout == pytest.approx(readout, abs=0.012)
    assert got.readout.sum(axis=1) == pytest.approx(np.ones((3, 2)))
    assert got.seconds is None
    with pytest.raises(ValueError, match="shots is 0"):
        run_on_backend(backend, parametrised(circuit), parameters, shots=0, seed=3)
