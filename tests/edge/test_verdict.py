"""The first screen says which budget is open because of the machine, what must beat a constant, and what a loss is against."""

import re

import pytest
from scipy import stats

from edge.budget.decision import decide
from edge.budget.figure import figure
from edge.lab import LAB
from edge.settings import Settings
from lab.protocol import Estimate, Evidence

LABELS = {"mlp": "neural network"}


def judged(metric="accuracy", settings=None, **changes):
    found = {
        "p99_ms": Estimate(0.5, 0.4, 0.6, "ms"), "least_p99_ms": Estimate(0.5, 0.4, 0.6, "ms"),
        "size_mb": Estimate(0.1, 0.1, 0.1, "MB"), "drop": Estimate(0.0, -0.5, 0.5, "points"),
        "gain": Estimate(30.0, 20.0, 40.0, "points"), "parity": Estimate(0, 0, 0, ""), "flips": Estimate(0, 0, 0, "labels"),
        "score": Estimate(90.0, 89.0, 91.0, "points"), "misses": Estimate(0.1, 0.0, 0.2, "%"),
    }  # fmt: skip
    found |= changes
    facts = {
        "candidates": ["mlp"],
        "unmeasured": [],
        "labels": LABELS,
        "factor": 100.0,
        "metric": metric,
        "rows_in_table": 99,
    }
    evidence = Evidence({f"mlp.{name}": each for name, each in found.items()}, facts, (), ())
    return LAB.judge(evidence, settings or Settings(rate=50.0))


def test_a_budget_missed_on_a_busy_machine_is_undecided_and_says_why():
    verdict = judged(p99_ms=Estimate(9.0, 8.0, 12.0, "ms"))
    assert verdict.answer == "undecided"
    assert "may fit, but its latency is undecided because the machine was busy." in verdict.sentence
    assert verdict.details.startswith("99 of 100 answers come within 9 ms")
    assert verdict.next_steps[0].startswith("Close other programs, and repeat the same command")
    assert verdict.chances == {}, "they would be those of the other programs"
    assert verdict.would_change[0] == "a quiet machine: close other programs and repeat the run"
    assert not any("rounds" in each for each in verdict.would_change)
    late = judged(misses=Estimate(9.0, 8.0, 12.0, "%"), least_misses=Estimate(0.0, 0.0, 0.4, "%"))
    assert "its share of late answers is undecided because the machine was busy" in late.sentence
    both = judged(p99_ms=Estimate(9.0, 8.0, 12.0, "ms"), misses=Estimate(1.0, 0.5, 2.0, "%"))
    assert (
        "its latency is undecided because the machine was busy and its share of late answers is not certain"
        in both.sentence
    )


def test_a_budget_missed_beyond_what_the_machine_explains_is_missed():
    verdict = judged(p99_ms=Estimate(9.0, 8.0, 12.0, "ms"), least_p99_ms=Estimate(4.0, 3.0, 5.0, "ms"))
    assert verdict.answer == "no"
    assert "needs 9 ms for 99 of 100 answers, and only 1 ms is allowed" in verdict.sentence
    assert "within 9 ms (95 % interval 8 to 12 ms); 1 ms is allowed" in verdict.details
    assert verdict.next_steps[0].endswith("needs: --p99-ms 12.")


@pytest.mark.parametrize(
    ("gain", "answer"), [((0.4, 0.1, 0.7), "yes"), ((0.2, -0.1, 0.5), "undecided"), ((-1.0, -2.0, -0.5), "no")]
)
def test_a_yes_needs_a_model_that_beats_a_constant(gain, answer):
    verdict = judged(gain=Estimate(*gain, "points"))
    assert verdict.answer == answer
    said = {
        "yes": "fits every budget",
        "undecided": "is not shown to be better than a constant",
        "no": "predicts worse than a",
    }
    assert said[answer] in verdict.sentence
    assert not any("a budget for accuracy above" in each for each in verdict.would_change)


def test_a_metric_other_than_accuracy_is_named():
    assert "level with the model chosen as best in training by ROC AUC (" in judged("ROC AUC").details
    assert "level with the model chosen as best in training (" in judged().details


# (value, low, high) of the loss in points; what is said of it. A loss below 0 is a gain.
LOSSES = {
    "a loss": ((0.7, 0.2, 0.9), "0.7 points below the model chosen as best in training (95 % interval 0.2 to 0.9 points below)"),
    "a gain": ((-0.5, -0.9, -0.1), "0.5 points above the model chosen as best in training (95 % interval 0.1 to 0.9 points above)"),
    "a gain, open": (
        (-0.5, -2.5, 1.5),
        "0.5 points above the model chosen as best in training (95 % interval 1.5 points below to 2.5 points above)",
    ),
    "nothing": ((0.0, -0.3, 0.3), "level with the model chosen as best in training ("),
    "nothing, signed": ((-0.0, -0.3, 0.3), "level with the model chosen as best in training ("),
    "next to nothing, lost": ((0.04, -0.3, 0.3), "level with the model chosen as best in training ("),
    "next to nothing, gained": ((-0.04, -0.3, 0.3), "level with the model chosen as best in training ("),
    "an end next to nothing": (
        (1.1, -0.04, 2.24),
        "1.1 points below the model chosen as best in training (95 % interval 2.2 points below to 0.0 points above)",
    ),
    "too much": ((2.5, 1.5, 3.5), "2.5 points below the model chosen as best in training (95 % interval 1.5 to 3.5 points below)"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("size", [None, 5_000])
def test_a_loss_is_against_the_model_chosen_as_best_and_never_above_the_best(kind, size):
    loss, words = LOSSES[kind]
    verdict = judged(drop=Estimate(*loss, "points"))
    assert words in verdict.details
    said = [verdict.sentence, verdict.details, *verdict.would_change, *verdict.next_steps]
    answer = {True: "yes", False: "no" if loss[1] > 1.0 else "undecided"}[loss[2] <= 1.0]
    assert verdict.answer == answer
    if size is not None:
        drawn = used_budgets_of(Estimate(*loss, "points"), size)
        said += [drawn.caption, *(row["label"] for row in drawn.spec["data"]["values"])]
    for sentence in said:
        assert "above the best" not in sentence
        assert not re.search(r"-0(\.0)?(?![\d.])", sentence), "nothing has no sign"
    assert not any(re.search(r"a budget .* 0\.0 points", sentence) for sentence in verdict.would_change)


def used_budgets_of(loss, size):
    found = {"mlp.drop_at_size": loss, "mlp.drop": loss, "mlp.p99_ms": Estimate(0.5, 0.4, 0.6, "ms")}
    found |= {"mlp.size_mb": Estimate(0.1, 0.1, 0.1, "MB"), "mlp.gain": Estimate(30.0, 20.0, 40.0, "points")}
    found |= {f"mlp.{name}": Estimate(0, 0, 0, "") for name in ("parity", "flips", "score")}
    decided = decide(["mlp"], found, Settings(), factor=100.0, facts={"size": size})
    return figure(decided, "neural network")


def test_an_undecided_loss_is_one_that_may_exceed_its_budget():
    sentence = judged(drop=Estimate(-0.5, -2.5, 1.5, "points")).sentence
    assert (
        "may fit, but it may lose more than the 1 point allowed: the interval is from 2.5 points gained to 1.5"
        in sentence
    )
    both = judged(drop=Estimate(-0.5, -2.5, 1.5, "points"), gain=Estimate(0.2, -0.1, 0.5, "points")).sentence
    assert "may fit, but its accuracy and lead over a constant prediction are not certain." in both


def test_a_tie_in_a_metric_without_points_is_a_tie():
    nothing = Estimate(0.0, -0.02, 0.02, "")
    assert "level with the model chosen as best in training by log loss (" in judged("log loss", drop=nothing).details


def test_an_upper_end_that_is_shown_as_nothing_is_no_budget():
    verdict = judged(drop=Estimate(0.0, -0.04, 0.04, "points"))
    assert verdict.answer == "yes"
    assert [each for each in verdict.would_change if "accuracy" in each] == []
    wider = judged(drop=Estimate(0.0, -0.06, 0.06, "points"))
    assert "a budget for accuracy loss below 0.1 points" in wider.would_change


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("extra trees", "The extra trees model fits every budget"),
        ("neural network (MLP)", "The neural network model fits every budget"),
        ("weighted average of the models", "The weighted average of the models fits every budget"),
    ],
)
def test_a_model_is_one_thing_whatever_its_name(label, says, monkeypatch):
    monkeypatch.setitem(LABELS, "mlp", label)
    assert judged().sentence.startswith(says)


def test_an_interval_that_is_one_of_several_says_so_and_no_other_level_is_named():
    said = judged(drop=Estimate(0.2, 0.1, 0.3, "points", 0.99)).details
    assert "(95 % interval for all candidates together 0.1 to 0.3 points below)" in said
    assert "99 %" not in said


def test_the_chance_that_all_budgets_are_met_is_that_of_normal_intervals():
    """Oracle: SciPy's normal distribution for the two budgets that are not met for sure."""
    slow = Estimate(0.9, 0.7, 1.1, "ms")
    verdict = judged(p99_ms=slow, least_p99_ms=slow, drop=Estimate(0.5, -0.5, 1.5, "points"))
    sure = stats.norm.cdf([0.1 / 0.2, 0.5 / 1.0], scale=1 / stats.norm.ppf(0.975)).prod()
    sure *= stats.norm.cdf(0.9 / 0.1 * stats.norm.ppf(0.975))  # late answers; the lead of 30 points is sure enough
    met, missed = verdict.chances.values()
    assert met == pytest.approx(sure, abs=1e-8)
    assert met + missed == pytest.approx(1)
    assert list(verdict.chances) == ["every budget is met", "at least one budget is missed"]


def test_models_that_the_settings_leave_out_are_named_on_the_first_screen():
    few = judged(settings=Settings(models=("boosting", "mlp", "forest", "catboost")))
    assert few.details.endswith(
        " Of the usual candidates, logistic, extra-trees and ensemble were left out (--models)."
    )
    for settings in (Settings(), Settings(models=("forest",), model="model.onnx")):
        assert "left out" not in judged(settings=settings).details


def test_what_to_do_names_the_file_and_the_option():
    assert judged().next_steps[0] == "Take the neural network model."
    verdict = judged(drop=Estimate(3.0, 2.5, 3.54, "points"), size_mb=Estimate(7.0, 7.0, 7.0, "MB"))
    assert verdict.sentence.endswith("misses its budgets for file size and accuracy.")
    assert verdict.next_steps[0] == (
        "If the use allows it, widen the budget to what the neural network model needs: --size-mb 7 --max-drop 0.036."
    )
    open_ = Estimate(0.95, 0.85, 1.05, "ms")
    longer = judged(p99_ms=open_, least_p99_ms=open_)
    assert longer.next_steps[0] == "Time it for longer: --rounds 120 should settle its latency."
