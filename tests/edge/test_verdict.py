"""The first screen says which budget is undecided only because the machine was busy, and what must beat a constant."""

import pytest

from edge.lab import LAB
from edge.settings import Settings
from lab.protocol import Estimate, Evidence

LABELS = {"mlp": "neural network"}


def judged(metric="accuracy", **changes):
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
    return LAB.judge(evidence, Settings(rate=50.0))


def test_a_budget_missed_on_a_busy_machine_is_undecided_and_says_why():
    verdict = judged(p99_ms=Estimate(9.0, 8.0, 12.0, "ms"))
    assert verdict.answer == "undecided"
    assert (
        "may fit, but its latency (p99) is undecided because the machine was busy: it answers in 9 ms"
        in verdict.sentence
    )
    assert verdict.would_change[0] == "a quiet machine: close other programs and repeat the run"
    assert not any("rounds" in each for each in verdict.would_change)
    late = judged(misses=Estimate(9.0, 8.0, 12.0, "%"), least_misses=Estimate(0.0, 0.0, 0.4, "%"))
    assert "its share of late answers is undecided because the machine was busy" in late.sentence
    both = judged(p99_ms=Estimate(9.0, 8.0, 12.0, "ms"), misses=Estimate(1.0, 0.5, 2.0, "%"))
    assert "is undecided because the machine was busy and its share of late answers is not certain" in both.sentence


def test_a_budget_missed_beyond_what_the_machine_explains_is_missed():
    verdict = judged(p99_ms=Estimate(9.0, 8.0, 12.0, "ms"), least_p99_ms=Estimate(4.0, 3.0, 5.0, "ms"))
    assert verdict.answer == "no"
    assert "misses latency (p99) (8 ms to 12 ms against 1 ms allowed)" in verdict.sentence


@pytest.mark.parametrize(
    ("gain", "answer"), [((0.4, 0.1, 0.7), "yes"), ((0.2, -0.1, 0.5), "undecided"), ((-1.0, -2.0, -0.5), "no")]
)
def test_a_yes_needs_a_model_that_beats_a_constant(gain, answer):
    verdict = judged(gain=Estimate(*gain, "points"))
    assert verdict.answer == answer
    assert ("accuracy above a constant prediction" in verdict.sentence) == (answer != "yes")
    if answer == "no":
        assert "(-2.0 points to -0.5 points against more than 0.0 points needed)" in verdict.sentence
    assert not any("a budget for accuracy above" in each for each in verdict.would_change)


def test_a_metric_other_than_accuracy_is_named():
    assert "level with the best model tried in ROC AUC" in judged("ROC AUC").sentence
    assert "level with the best model tried (" in judged().sentence
