"""The quantum lab keeps to the protocol, and its verdict follows from its evidence."""

import dataclasses

import pytest
from samples import vega
from samples.here import with_rows_once
from samples.less_work import with_pictures_once, with_suspicions_once
from samples.wiring import QUANTUM_ESTIMATES, QUANTUM_FACTS, generic

from lab.data.load import load, sample_rows
from lab.errors import SettingsError
from lab.learning.families import BOOSTING, LOGISTIC, MLP, SVM
from lab.protocol import Estimate, Evidence
from lab.testing import check_lab
from quantum.chosen_circuit import learning
from quantum.lab import LAB
from quantum.models import families
from quantum.settings import Settings

FAST = Settings(
    folds=2,
    repeats=1,
    candidates=1,
    steps=20,
    qubits=3,
    devices=("torino",),
    sweep=0,
    largest=6,
    max_rows=120,
    curve_rows=0,
    hardware_rows=20,
)


@pytest.mark.parametrize(
    ("name", "known"), [("wine", (LOGISTIC, SVM)), ("loans", (BOOSTING, MLP))], ids=["wine", "loans"]
)
def test_the_lab_keeps_to_the_protocol_on_several_classes_and_on_mixed_columns(name, known, tmp_path, monkeypatch):
    """Each classical family on one of the tables: they are tested on their own."""
    with_rows_once(monkeypatch)
    with_pictures_once(monkeypatch)
    with_suspicions_once(monkeypatch)
    monkeypatch.setattr(families, "CLASSICAL", known)
    monkeypatch.setattr(learning, "_GRID", 8)
    trained = {"train_for_hardware": ("circuit", "angles", "scalings", "gain", "biases")}
    record = check_lab(LAB, sample_rows(load(name), 120, 0), FAST, tmp_path, learned=trained)
    assert vega.problems_of(record) == {}
    assert record.evidence.facts["pennylane_distance"] < 1e-6  # float32 state, see test_simulator
    assert {"advantage", "entanglement", "training", "surrogate", "decay"} <= record.evidence.estimates.keys()
    assert {generic(name) for name in record.evidence.estimates} <= QUANTUM_ESTIMATES, "a number without a golden test"
    assert record.evidence.facts.keys() <= QUANTUM_FACTS, "a fact without a golden test"
    boundary = next(figure for figure in record.evidence.figures if "boundary" in figure.title)
    assert [frame.label[:8] for frame in boundary.frames][::5] == ["after 0 ", "after 20"]


def test_a_sweep_of_one_fold_is_refused():
    with pytest.raises(SettingsError, match="sweep is 1"):
        LAB.context(load("loans"), dataclasses.replace(FAST, sweep=1), seed=0)


def evidence(value, low, high, *, entanglement=(1.0, 0.5, 1.5), priced=True, rows=2_000, in_table=9_000):
    estimates = {
        "advantage": Estimate(value, low, high, "points"),
        "entanglement": Estimate(*entanglement, "points"),
    }
    if priced:
        for name, number, unit in (
            ("training_hours", 552.3, "hours"),
            ("training_dollars", 3_181_305.0, "dollars"),
            ("predictions_dollars", 576.64, "dollars"),
        ):
            estimates[name] = Estimate(number, number, number, unit)
    facts = {"metric": "ROC AUC", "margin": 1.0, "rows_to_settle": rows, "rows_in_table": in_table, "detectable": 2.5}
    return Evidence(estimates, facts, (), ())


@pytest.mark.parametrize(
    ("found", "answer", "headline", "words"),
    [
        (
            evidence(-4.7, -7.2, -2.1),
            "no",
            "Not yet",
            "4.7 points below the best classical model in ROC AUC (95 % interval 2.1 to 7.2",
        ),
        (evidence(0.2, -0.5, 0.9), "no", "Not yet", "not the 1.0 points above that would count"),
        (evidence(0.2, -0.5, 1.0), "undecided", "Undecided", "about 2,000 rows would settle it"),
        (evidence(1.0, -1.0, 3.0, rows=None), "undecided", "Undecided", "is too close to the margin"),
        (evidence(5.0, 1.0, 9.0), "undecided", "Undecided", "an advantage of 1.0 points would count"),
        (evidence(5.0, 1.1, 9.0), "yes", "Yes, in simulation", "5.0 points above the best classical model"),
        (
            evidence(5.0, 2.0, 8.0, entanglement=(0.1, -1, 1)),
            "yes",
            "Yes, in simulation",
            "entanglement is not shown to matter",
        ),
        (evidence(-2, -3, -1, priced=False), "no", "Not yet", "could not be computed"),
        (
            evidence(-2, -3, -1),
            "no",
            "Not yet",
            "about 550 device hours and 3,200,000 dollars, 1,000 predictions 580 dollars",
        ),
    ],
)
def test_the_verdict_follows_from_the_interval(found, answer, headline, words):
    verdict = LAB.judge(found, FAST)
    assert (verdict.answer, verdict.headline) == (answer, headline)
    assert words in verdict.sentence
    assert verdict.sentence.startswith("The best quantum model is ")
    assert (
        verdict.would_change
        == {
            "yes": ("the noise of real hardware, which this score does not include",),
            "no": ("another encoding of the data, or a task whose structure the circuit shares",),
            "undecided": ("more rows: this run could detect an advantage that lies 2.5 points from the margin",),
        }[answer]
    )


@pytest.mark.parametrize(("low", "answer"), [(-0.1, "undecided"), (0.0, "undecided"), (0.1, "yes")])
def test_a_yes_needs_a_quantum_model_that_beats_a_constant_prediction(low, answer):
    found = evidence(5.0, 2.0, 8.0)
    found.estimates["over_constant"] = Estimate(2.0, low, 4.0, "points")
    verdict = LAB.judge(found, FAST)
    assert verdict.answer == answer
    words = "but it is not shown to be better than a constant prediction: it is 2.0 points above one (95 % interval"
    assert (words in verdict.sentence) == (answer == "undecided")
    if answer == "undecided":
        assert verdict.would_change == ("columns that say more about the target", "more rows")


@pytest.mark.parametrize(
    ("in_table", "words"),
    [
        (9_000, "about 2,000 rows would settle it (with --max-rows 2000)."),
        (2_000, "about 2,000 rows would settle it (with --max-rows 2000)."),
        (1_999, "about 2,000 rows would settle it (the table has only 1,999, of which 120 were used)."),
        (120, "about 2,000 rows would settle it (the table has only 120)."),
        (90, "about 2,000 rows would settle it (the table has only 90)."),
    ],
)
def test_more_rows_are_asked_for_only_where_the_table_has_them(in_table, words):
    verdict = LAB.judge(evidence(0.2, -0.5, 1.0, in_table=in_table), FAST)  # at most 120 rows
    assert words in verdict.sentence
    assert ("--max-rows" in " ".join((verdict.sentence, *verdict.would_change))) == (in_table >= 2_000)
