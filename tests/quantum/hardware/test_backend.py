"""A backend is found or refused in one sentence, and what comes back from its primitives is what they were asked."""

import dataclasses

import numpy as np
import pytest
from qiskit_ibm_runtime import QiskitRuntimeService
from qiskit_ibm_runtime.accounts import AccountNotFoundError

from lab.data.load import load
from lab.errors import SettingsError
from lab.learning import scoring
from lab.learning.folds import Fold
from lab.settings import make
from lab.work.storage import through_storage
from lab.work.trials import run_plan_here
from quantum.circuit import Circuit
from quantum.hardware.backend import open_backend, run_on_backend
from quantum.hardware.evidence import hardware_evidence, prices
from quantum.hardware.noise import distributions, gate_noise, readout_matrices, used_part
from quantum.hardware.parametrised import parametrised, row_parameters
from quantum.hardware.price import Price, executions_to_train_spsa
from quantum.hardware.readout import misread
from quantum.hardware.trials import hardware_trials, predict_on_model
from quantum.lab import LAB
from quantum.models.families import variational
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
    assert "needs credentials of IBM Quantum and none are saved" in found.err
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


@pytest.fixture(scope="module")
def ran():
    dataset = load("breast-cancer")
    family = variational(3, 30, (3,), "quantum")
    plan = hardware_trials(
        family,
        Fold(5, 1, 0, 0),
        seed=2,
        scorer="roc_auc",
        candidates=1,
        rows=40,
        devices=("torino",),
        shots=500,
        backend="fake_manila",
    )
    return dataset, plan, run_plan_here(plan, dataset)


def test_the_trials_end_and_say_what_they_ran(ran):
    dataset, plan, results = ran
    assert not results.failures
    trained, model, backend = (results.rows[trial.key] for trial in plan)
    shares = np.bincount(trained["target"]) / 40
    assert shares == pytest.approx(np.bincount(dataset.target) / dataset.n_rows, abs=1.5 / 40)
    assert len(model["places"]) == len(set(model["places"])) == 3
    # the model's exact simulation and the lab's own simulator in the backend's row are two roads to one number
    assert model["before"] == pytest.approx(backend["before"], abs=1e-6)
    assert not np.allclose(model["runs"]["read"]["exact"], model["before"], atol=1e-3)
    # readout errors undone without shot noise: what is left is the gates' doing, so it lies nearer
    far, near = (np.abs(model["runs"][name]["exact"] - model["before"]).mean() for name in ("read", "mitigated"))
    assert near < far
    assert model["runs"]["ideal"]["exact"] == pytest.approx(model["before"])


def test_the_seed_alone_decides_what_is_drawn(ran):
    dataset, plan, results = ran
    inputs = {"hardware-circuit": results.rows["hardware-circuit"]}
    first, again, other = (
        through_storage(predict_on_model(dataset, seed=seed, device="torino", shots=500, inputs=inputs))
        for seed in (plan[1].seed, plan[1].seed, 77)
    )
    assert np.array_equal(first["runs"]["read"]["after"], results.rows["hardware-torino"]["runs"]["read"]["after"])
    assert np.array_equal(first["runs"]["read"]["after"], again["runs"]["read"]["after"])
    assert not np.array_equal(first["runs"]["read"]["after"], other["runs"]["read"]["after"])


def test_the_evidence_shows_every_device_and_both_ways_of_reading(ran):
    dataset, _, results = ran
    metric = scoring.primary_metric("auto", dataset)
    found = hardware_evidence(results.rows, metric, 500)
    names = ("torino_read", "torino_mitigated", "fake_manila_read", "fake_manila_mitigated")
    assert set(found.estimates) == {f"change_{name}" for name in names}
    for estimate in found.estimates.values():
        assert estimate.low < estimate.value < estimate.high
    assert [figure.title for figure in found.figures] == [
        "What noise does to the score",
        "How many shots a label needs",
    ]
    assert len(found.tables[0].rows) == 5  # shots only, and two lines for each of two devices
    assert any("fake_manila: run through the Runtime client" in caveat for caveat in found.caveats)
    without = hardware_evidence({"hardware-torino": {"device": "torino", "simulated_qubits": 12}}, metric, 500)
    assert "torino the circuit touches 12 qubits" in without.caveats[1]
    assert hardware_evidence({}, metric, 500).caveats == ()


def test_prices_agree_with_the_figures_of_a_count_by_hand():
    assert executions_to_train_spsa(rows=64, steps=100, shots=1024) == 2 * 64 * 100 * 1024
    lines = {line[0]: line for line in prices(Settings(steps=100), n_trained=16, n_rows=64).rows}
    rate = 1.6
    seconds = 100 * 2 + 33 * 64 * 100 * 1024 * 0.00035
    assert lines["training once, parameter-shift"][2:] == pytest.approx((seconds, seconds / 3600, seconds * rate))
    seconds = 100 * 2 + 2 * 64 * 100 * 1024 * 0.00035
    assert lines["training once, SPSA"][2:] == pytest.approx((seconds, seconds / 3600, seconds * rate))
    assert lines["1 prediction"][2:] == pytest.approx((2.3584, 2.3584 / 3600, 2.3584 * rate))
    assert Price.of(0, jobs=0, overhead_s=2, execution_s=1, rate=1) == Price(0.0, 0.0)


def test_the_plan_leaves_the_noise_out_where_no_rows_are_asked_for():
    dataset = load("breast-cancer")
    keys = [trial.key for trial in LAB.plan(dataset, Settings(hardware_rows=0, sweep=0), seed=0)]
    assert not [key for key in keys if key.startswith("hardware")]
    keys = [trial.key for trial in LAB.plan(dataset, Settings(sweep=0, backend="fake_manila"), seed=0)]
    assert {"hardware-circuit", "hardware-sherbrooke", "hardware-torino", "hardware-fez", "backend"} <= set(keys)
