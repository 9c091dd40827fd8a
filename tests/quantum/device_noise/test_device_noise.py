"""Test rows go to devices and come back, and the evidence shows every device."""

import numpy as np
import pytest

from lab.data.load import load
from lab.work.resume import run_plan_here
from lab.work.rows import typed
from lab.work.storage import through_storage
from quantum.device_noise import section
from quantum.device_noise.rows import ON_BACKEND, ON_MODEL, DeviceRow
from quantum.device_noise.trials import TRAINED, predict_on_model
from quantum.lab import LAB
from quantum.settings import Settings

TORINO = ON_MODEL.of("torino")


@pytest.fixture(scope="module")
def ran():
    settings = Settings(
        folds=5, repeats=1, candidates=1, qubits=3, steps=30, hardware_rows=40, devices=("torino",), shots=500,
        backend="fake_manila",
    )  # fmt: skip
    context = LAB.context(load("breast-cancer"), settings, seed=2)
    plan = section.plan(context)
    return context, plan, run_plan_here(plan, context.dataset)


def test_the_trials_end_and_say_what_they_ran(ran):
    context, plan, results = ran
    assert not results.failures
    trained, model, backend = (key.needed(results.rows) for key in (TRAINED, TORINO, ON_BACKEND))
    assert [trial.key for trial in plan] == [TRAINED.name, TORINO.name, ON_BACKEND.name]
    shares = np.bincount(trained.target) / 40
    assert shares == pytest.approx(np.bincount(context.dataset.target) / context.dataset.n_rows, abs=1.5 / 40)
    assert len(model.places) == len(set(model.places)) == 3
    # the model's exact simulation and the lab's own simulator in the backend's row are two roads to one number
    runs = model.runs
    assert runs.before == pytest.approx(backend.runs.before, abs=1e-6)
    assert not np.allclose(runs.read.exact, runs.before, atol=1e-3)
    # readout errors undone without shot noise: what is left is the gates' doing, so it lies nearer
    far, near = (np.abs(run.exact - runs.before).mean() for run in (runs.read, runs.mitigated))
    assert near < far
    assert runs.ideal.exact == pytest.approx(runs.before)
    assert (model.job, backend.simulated_qubits, backend.places) == ("", None, ())
    assert backend.job


def test_the_seed_alone_decides_what_is_drawn(ran):
    context, plan, results = ran
    inputs = {TRAINED.name: TRAINED.needed(results.rows)}
    first, again, other = (
        predict_on_model(context.dataset, seed=seed, device="torino", shots=500, inputs=inputs).runs.read.after
        for seed in (plan[1].seed, plan[1].seed, 77)
    )
    assert np.array_equal(first, TORINO.needed(results.rows).runs.read.after)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_rows_come_back_from_their_files_as_they_were(ran):
    _, plan, results = ran
    for trial in plan:
        row = results.rows[trial.key]
        again = typed(through_storage(row), trial.row_type)
        np.testing.assert_equal(again, row)


def test_the_evidence_shows_every_device_and_both_ways_of_reading(ran):
    context, _, results = ran
    found = section.evidence(context, results.rows)
    names = ("torino_read", "torino_mitigated", "fake_manila_read", "fake_manila_mitigated")
    assert set(found.estimates) == {f"change_{name}" for name in names}
    for estimate in found.estimates.values():
        assert estimate.low < estimate.value < estimate.high
    assert [figure.title for figure in found.figures] == [
        "How hardware noise changes the score",
        "How many shots does a label need?",
    ]
    runs = TORINO.needed(results.rows).runs
    flips = [value["y"] for value in found.figures[1].spec["data"]["values"]]
    assert flips == pytest.approx([100 * share for share in (*runs.ideal.flips, *runs.read.flips)])
    assert runs.read.flips != runs.mitigated.flips
    assert len(found.tables[0].rows) == 5  # shots only, and two lines for each of two devices
    assert [line[0] for line in found.tables[1].rows] == ["torino"]  # the client does not say where a circuit lies
    assert any("fake_manila: run through the Runtime client" in caveat for caveat in found.caveats)


def test_a_circuit_that_is_too_wide_to_simulate_is_said(ran):
    context = ran[0]
    wide = DeviceRow("torino", 0.02, np.array([0, 1]), None, tuple(range(12)), 12)
    found = section.evidence(context, {TORINO.name: wide})
    assert "torino the circuit uses 12 qubits" in found.caveats[1]
    assert (found.estimates, found.figures) == ({}, ())


def test_without_a_device_the_report_says_that_there_is_no_noise_in_it(ran):
    (caveat,) = section.evidence(ran[0], {}).caveats
    assert "an exact simulation without noise" in caveat


def test_the_plan_leaves_the_noise_out_where_no_rows_are_asked_for():
    dataset = load("breast-cancer")
    assert section.plan(LAB.context(dataset, Settings(hardware_rows=0), seed=0)) == ()
    keys = [
        trial.key for trial in section.plan(LAB.context(dataset, Settings(backend="fake_manila", qubits=5), seed=0))
    ]
    assert keys == ["hardware-circuit", "hardware-sherbrooke", "hardware-torino", "hardware-fez", "backend"]
