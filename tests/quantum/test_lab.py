"""The quantum lab keeps to the protocol, and its verdict follows from its evidence."""

import dataclasses

import pytest
from samples import vega
from samples.here import with_rows_once
from samples.less_work import with_suspicions_once
from samples.wiring import QUANTUM_ESTIMATES, QUANTUM_FACTS, generic

from lab.data.load import load
from lab.data.sampling import sample_rows
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
    ("name", "known"),
    [
        pytest.param("wine", (LOGISTIC, SVM), id="wine", marks=pytest.mark.slow),
        pytest.param("loans", (BOOSTING, MLP), id="loans"),
    ],
)
def test_the_lab_keeps_to_the_protocol_on_several_classes_and_on_mixed_columns(name, known, tmp_path, monkeypatch):
    """Each classical family on one of the tables: they are tested on their own."""
    with_rows_once(monkeypatch)
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


CIRCUIT = {"variational circuit (3 qubits)": 4, "quantum kernel (3 qubits)": 2}


def evidence(
    value, low, high, *, entanglement=(1.0, 0.5, 1.5), priced=True, rows=2_000, in_table=9_000, chosen=CIRCUIT
):
    estimates = {
        "advantage": Estimate(value, low, high, "points"),
        "entanglement": Estimate(*entanglement, "points"),
    }
    if priced:
        for name, number, unit in (
            ("training_hours", 552.3, "hours"),
            ("training_dollars", 3_181_305.0, "dollars"),
            ("training_dollars_spsa", 34_598.0, "dollars"),
            ("kernel_dollars", 71_000.0, "dollars"),
            ("kernel_predictions_dollars", 458_000.0, "dollars"),
            ("predictions_dollars", 576.64, "dollars"),
        ):
            estimates[name] = Estimate(number, number, number, unit)
    facts = {"metric": "ROC AUC", "margin": 1.0, "rows_to_settle": rows, "rows_in_table": in_table, "detectable": 2.5}
    facts |= {"probability_worse": 0.02, "probability_equal": 0.75, "probability_better": 0.23}
    facts |= {"quantum_chosen": chosen, "classical_chosen": {"logistic regression": 1, "neural network (MLP)": 5}}
    return Evidence(estimates, facts, (), ())


@pytest.mark.parametrize(
    ("classical", "said"),
    [
        (
            {"random forest": 1, "neural network (MLP)": 5},
            "Use the neural network, most often the best classical model: ",
        ),
        (
            {"random forest": 3, "neural network (MLP)": 3},
            "Use the random forest, the best classical model as often as any other: ",
        ),
    ],
)
def test_what_to_stay_with_is_not_called_the_most_frequent_of_equals(classical, said):
    found = evidence(-2, -3, -1)
    facts = {**found.facts, "classical_chosen": classical}
    assert LAB.judge(Evidence(found.estimates, facts), FAST).next_steps[0].startswith(said)


@pytest.mark.parametrize(
    ("found", "answer", "headline", "words"),
    [
        (
            evidence(-4.7, -7.2, -2.1),
            "no",
            "Not yet",
            "4.7 points below the best classical one in ROC AUC (95 % interval 2.1 to 7.2",
        ),
        (evidence(0.2, -0.5, 0.9), "no", "Not yet", "An advantage of more than 1 point would count."),
        (evidence(0.2, -0.5, 1.0), "undecided", "Undecided", "about 2,000 rows would settle it"),
        (evidence(1.0, -1.0, 3.0, rows=None), "undecided", "Undecided", "is too close to the margin"),
        (evidence(5.0, 1.0, 9.0), "undecided", "Undecided", "An advantage of more than 1 point would count, and"),
        (evidence(5.0, 1.1, 9.0), "yes", "Yes, in simulation", "5.0 points above the best classical one"),
        (
            evidence(5.0, 2.0, 8.0, entanglement=(0.1, -1, 1)),
            "yes",
            "Yes, in simulation",
            "The entanglement of the best quantum model is not shown to matter",
        ),
        (evidence(-2, -3, -1, priced=False), "no", "Not yet", "could not be computed"),
        (
            evidence(-2, -3, -1),
            "no",
            "Not yet",
            "about 35,000 to 3,200,000 dollars, depending on the way of training, and 1,000 predictions 580 dollars, at 1.60 dollars "
            "a second (IBM's list price of May 2026, as a third party copied it).",
        ),
    ],
)
def test_the_verdict_follows_from_the_interval(found, answer, headline, words):
    verdict = LAB.judge(found, FAST)
    assert (verdict.answer, verdict.headline) == (answer, headline)
    assert words in f"{verdict.sentence} {verdict.details}"
    start = {"undecided": "Too close to call: the best quantum model is "}.get(answer, "The best quantum model is ")
    assert verdict.sentence.startswith(start)
    more = "more rows: this run could detect an advantage that lies 2.5 points from the margin"
    if found.facts["rows_to_settle"] is None:
        more = "another margin: a smaller one if less would count, a wider one if only more would"
    assert (
        verdict.would_change
        == {
            "yes": ("the noise of real hardware, which this score does not include",),
            "no": ("another encoding of the data, or a task whose structure the circuit shares",),
            "undecided": (more,),
        }[answer]
    )
    assert ("more rows" in verdict.would_change[0]) != (
        "Do not wait for more rows" in " ".join(verdict.next_steps)
    ) or answer != "undecided"


@pytest.mark.parametrize(("low", "answer"), [(-0.1, "undecided"), (0.0, "undecided"), (0.1, "yes")])
def test_a_yes_needs_a_quantum_model_that_beats_a_constant_prediction(low, answer):
    found = evidence(5.0, 2.0, 8.0)
    found.estimates["over_constant"] = Estimate(2.0, low, 4.0, "points")
    verdict = LAB.judge(found, FAST)
    assert verdict.answer == answer
    assert ("is not shown to be better than a constant prediction" in verdict.sentence) == (answer == "undecided")
    if answer == "undecided":
        assert "The best quantum model is 2.0 points above a constant prediction (95 % interval" in verdict.details
        assert "5.0 points above the best classical one" in verdict.details
        assert verdict.chances == {}
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
    assert words in verdict.details
    said = (verdict.sentence, verdict.details, *verdict.would_change, *verdict.next_steps)
    assert ("--max-rows" in " ".join(said)) == (in_table >= 2_000)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (
            {"variational circuit (3 qubits)": 3, "quantum kernel (3 qubits)": 2},
            "Training the variational circuit once",
        ),
        (
            {"variational circuit (3 qubits)": 2, "quantum kernel (3 qubits)": 3},
            "The best quantum model was most often the quantum kernel (3 of 5 folds): training it on hardware would cost about "
            "71,000 dollars, 1,000 predictions up to 460,000 dollars. Training the variational circuit once",
        ),
        (
            {"product kernel (no quantum computer needed)": 5},
            "The best quantum model was most often the product kernel (5 of 5 folds), which needs no quantum computer.",
        ),
        (
            {"single qubit with data re-uploading": 1, "quantum kernel (3 qubits)": 1, "product kernel (any)": 1},
            "The best quantum model was as often as any other the single qubit with data re-uploading (1 of 3 folds), which needs no",
        ),
        (
            {"average of the quantum models": 4, "quantum kernel (3 qubits)": 2},
            "The best quantum model was most often the average of the quantum models (4 of 6 folds), which has no price",
        ),
    ],
)
def test_a_price_says_whose_it_is_and_never_passes_for_that_of_another_model(chosen, words):
    assert words in LAB.judge(evidence(-2, -3, -1, chosen=chosen), FAST).details


def test_a_price_at_a_rate_of_the_users_is_not_called_a_list_price():
    said = LAB.judge(evidence(-2, -3, -1), dataclasses.replace(FAST, rate=2.5)).details
    assert "at 2.50 dollars a second (set by the user)" in said
    assert "list price" not in said


def test_what_to_do_names_a_model_and_the_chances_are_those_of_the_comparison():
    for found in (evidence(-2, -3, -1), evidence(0.2, -0.5, 1.0), evidence(5.0, 1.1, 9.0)):
        verdict = LAB.judge(found, FAST)
        assert any("neural network" in step for step in verdict.next_steps)
        assert verdict.chances == {
            "quantum worse by more than 1 point": 0.02,
            "level (within 1 point)": 0.75,
            "quantum better by more than 1 point": 0.23,
        }
    found = evidence(-2, -3, -1)
    found.estimates["advantage_at_size"] = Estimate(0.0, -1.96, 1.96, "points")
    found.facts.update(size=9_000, curve_fault=None, curve_settles=None, curve_rows=800, curve_reach=6_000, n_rows=120)
    verdict = LAB.judge(found, FAST)
    assert verdict.sentence.startswith(
        "Too close to call: with all rows, the best quantum model should be level with the best"
    )
    assert list(verdict.chances.values()) == pytest.approx([0.1587, 0.6827, 0.1587], abs=1e-4)
