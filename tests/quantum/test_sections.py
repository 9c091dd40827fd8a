"""What each section plans, with which seeds, and what it says where its rows are missing."""

import dataclasses
import zlib

import numpy as np
import pytest

from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.errors import SettingsError
from lab.learning.folds import Fold
from lab.sections import plan
from quantum.chosen_circuit.trials import CircuitRow
from quantum.circuit import Circuit
from quantum.hardware.transpiled import OnDevice
from quantum.lab import LAB
from quantum.settings import Settings

SETTINGS = Settings(
    qubits=3, folds=2, repeats=2, candidates=2, steps=20, sweep=4, largest=8, hardware_rows=30, shots=200,
    devices=("torino", "fez", "torino"), backend="fake_manila", execution_s=0.001, overhead_s=3.0, rate=0.5,
)  # fmt: skip
DATA = sample_rows(load("wine"), 100, 0)
EXAMINED = CircuitRow(
    losses=np.linspace(1, 0, 40).reshape(2, 20), circuit=Circuit(3, 2), parameters={}, trained=24, pennylane=3e-8,
    devices=(OnDevice("torino", 133, 31, 88, 9, 0.8125),),
)  # fmt: skip


def context(seed=5, **changed):
    return LAB.context(DATA, dataclasses.replace(SETTINGS, **changed), seed=seed)


def section(name):
    return next(each for each in LAB.sections() if each.__name__ == f"quantum.{name}.section")


def of_key(key, seed=5):
    return int(np.random.SeedSequence([seed, zlib.crc32(key.encode())]).generate_state(1)[0])


def test_the_report_is_in_this_order():
    names = [each.__name__.removeprefix("quantum.").removesuffix(".section") for each in LAB.sections()]
    assert names == [
        "comparison",
        "comparison.at_random",
        "lab.learning.foundation",
        "screen",
        "sizes",
        "chosen_circuit",
        "scale",
        "device_noise",
        "price",
    ]


def test_every_trial_has_the_seed_of_its_key():
    trials = {trial.key: trial for trial in plan(LAB, context())}
    n_folds, n_families = 4, 5 + 4 + 4 + 1 + 5 + 3 * 2  # with two averages of each side, and of the one without gates
    others = [key for key in trials if "-fold" not in key]
    assert len(trials) - len(others) == n_folds * n_families
    assert others == [
        "screen", "size-2-2", "size-3-2", "size-3-1", "size-3-3", "size-3-4", "size-3-6", "circuit", "learning", "scale",
        "hardware-circuit", "hardware-torino", "hardware-fez", "backend",
    ]  # fmt: skip
    for key, trial in trials.items():
        expected = of_key("sweep" if key.startswith("size-") else key)
        on_devices = key.startswith("hardware-") or key == "backend"  # Qiskit takes seeds of 31 bits
        assert trial.seed == (expected % 2**31 if on_devices else expected), key


def test_trials_are_given_what_they_need():
    trials = {trial.key: trial for trial in plan(LAB, context())}
    assert trials["learning"].needs == trials["scale"].needs == ("circuit",)
    for key in ("hardware-torino", "hardware-fez", "backend"):
        assert trials[key].needs == ("hardware-circuit",)
        assert trials[key].arguments["shots"] == 200
    trained = trials["hardware-circuit"].arguments
    assert (trained["fold"], trained["rows"], trained["candidates"]) == (Fold(2, 2, 5, 0), 30, 2)
    assert trained["family"].name == trials["circuit"].arguments["family"].name == "quantum"
    assert trials["circuit"].arguments["devices"] == ("torino", "fez", "torino")
    assert trials["scale"].arguments == {"largest": 8}
    assert trials["size-2-2"].arguments == {
        "qubits": 2, "layers": 2, "folds": 4, "steps": 20, "scorer": "roc_auc_ovr",
    }  # fmt: skip
    assert {trials[key].cost for key in ("size-3-1", "size-3-6")} == {4.0, 24.0}


@pytest.mark.parametrize(
    ("changed", "gone"),
    [
        ({"sweep": 0}, "size-"),
        ({"largest": 0}, "scale"),
        ({"hardware_rows": 0}, ("hardware-", "backend")),
        ({"backend": ""}, "backend"),
    ],
)
def test_what_is_not_asked_for_is_not_planned(changed, gone):
    whole, less = ([trial.key for trial in plan(LAB, each)] for each in (context(), context(**changed)))
    assert less == [key for key in whole if not key.startswith(gone)]


@pytest.mark.parametrize("name", ["screen", "sizes", "chosen_circuit", "scale", "device_noise", "price"])
def test_a_section_whose_trials_failed_says_nothing_that_it_does_not_know(name):
    found = section(name).evidence(context(), {})
    assert (found.estimates, found.figures, found.tables, found.panels) == ({}, (), (), ())
    assert found.facts == ({"pennylane_distance": None} if name == "chosen_circuit" else {})


def test_the_price_is_that_of_the_circuit_on_all_rows_of_the_table():
    found = section("price").evidence(context(), {"circuit": EXAMINED})
    # 24 trained numbers: 49 circuits for each of 100 rows, 20 steps of one job of 3 s, 200 shots of 1 ms
    seconds = 49 * 100 * 20 * 200 * 0.001 + 20 * 3.0
    got = {name: each.value for name, each in found.estimates.items()}
    assert got == pytest.approx(
        {
            "training_hours": seconds / 3600,
            "training_dollars": 0.5 * seconds,
            "training_dollars_spsa": 0.5 * (2 * 100 * 20 * 200 * 0.001 + 20 * 3.0),
            "predictions_dollars": 0.5 * (1_000 * 200 * 0.001 + 3.0),
            "kernel_dollars": 0.5 * (100 * 99 / 2 * 200 * 0.001 + 3.0),
            "kernel_predictions_dollars": 0.5 * (1_000 * 100 * 200 * 0.001 + 3.0),
        }
    )
    on_devices, price = found.tables
    assert on_devices.rows == (("torino", 133, 31, 88, 9, 0.8125),)
    assert price.rows[0][2] == pytest.approx(seconds)


def test_the_chosen_circuit_is_drawn_with_its_losses_and_its_distance_from_pennylane():
    found = section("chosen_circuit").evidence(context(), {"circuit": EXAMINED})
    assert [figure.title for figure in found.figures] == ["The circuit", "How the circuit learned"]
    drawn = found.figures[1].spec["data"]["values"]
    assert [value["y"] for value in drawn] == pytest.approx(np.linspace(1, 0, 40).tolist())
    assert found.facts == {"pennylane_distance": 3e-8}
    assert found.caveats == ("the simulator's expectations lie within 0.0000000300 of PennyLane's",)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"largest": 5}, "largest is 5; a decay needs circuits of 2, 4 and 6 qubits"),
        ({"sweep": 1}, "sweep is 1, and one fold leaves no rows to train on"),
        ({"qubits": 1}, "qubits is 1, and wine has 3 classes; use at least 2 qubits"),
        ({"backend": "fake_armonk"}, "backend 'fake_armonk' has 1 qubits and the circuit 3"),
        ({"metric": "rocauc"}, "metric"),
    ],
)
def test_settings_that_do_not_fit_the_table_are_refused_before_any_work(changed, words):
    with pytest.raises(SettingsError) as caught:
        context(**changed)
    assert words in str(caught.value)
