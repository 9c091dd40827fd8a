"""What follows on the verdict is said in the oracle's numbers: worse data, privacy, edits, times."""

import numpy as np
import pytest
from oracles import intervals
from samples.golden import (
    FOLDS,
    REPEATS,
    auc_of,
)
from samples.interpretability_rows import DATA, GLASS, SCENARIOS, SETTINGS, made_rows, summarised, titled

from interpretability.lab import LAB
from lab import sections


@pytest.fixture(scope="module")
def rows():
    return made_rows()


@pytest.fixture(scope="module")
def evidence(rows):
    pytest.importorskip("fairlearn")
    return summarised(SETTINGS, rows)


def test_what_follows_on_the_verdict_goes_through_the_folds_of_the_verdict():
    context = LAB.context(DATA, SETTINGS, seed=11)
    plan = sections.plan(LAB, context)
    folds = {trial.arguments["fold"] for trial in plan if "fold" in trial.arguments}
    assert {(fold.folds, fold.repeats, fold.seed) for fold in folds} == {(FOLDS, REPEATS, 11)}
    following = [trial.arguments for trial in plan if "fold_seed" in trial.arguments]
    assert len(following) == 7  # both finalists stressed, two private models, explained, edited, timed
    assert {(each["folds"], each["repeats"], each["fold_seed"]) for each in following} == {(FOLDS, REPEATS, 11)}


def test_worse_data_cost_what_the_same_folds_say(evidence):
    drawn = {value["label"]: value for value in titled(evidence, "What if the data get worse?").spec["data"]["values"]}
    assert len(drawn) == 4
    for scenario in list(SCENARIOS)[1:]:
        change = 100 * (np.array(SCENARIOS[scenario]) - SCENARIOS["as it is"])
        for side in ("readable model", "black box"):
            value = drawn[f"{scenario}: {side}"]
            expected = intervals.interval(*intervals.corrected(change, FOLDS))
            assert (value["value"], value["low"], value["high"]) == pytest.approx(expected)
    remembered = titled(evidence, "Does the model remember people?").rows
    for line, attack in zip(remembered, ([0.5, 0.6, 0.55], [0.7, 0.8, 0.75]), strict=True):
        assert line[1:] == pytest.approx(intervals.interval(*intervals.corrected(attack, FOLDS)))


def test_privacy_is_drawn_in_the_order_of_epsilon_beside_the_readable_finalist_on_the_same_folds(evidence):
    figure = titled(evidence, "What does privacy cost?")
    values = figure.spec["data"]["values"]
    plain = [100 * auc_of(chances, rows % 2) for chances, rows in GLASS[:FOLDS]]
    expected = {"epsilon 0.5": [60, 55, 50], "epsilon 4": [80, 70, 75], "without privacy": plain}
    assert [value["label"] for value in values] == list(expected)
    for value, scores in zip(values, expected.values(), strict=True):
        by_hand = intervals.interval(*intervals.corrected(scores, FOLDS))
        assert (value["value"], value["low"], value["high"]) == pytest.approx(by_hand)
    value, low, high = intervals.interval(*intervals.corrected([0.5, 0.6, 0.55], FOLDS))
    assert f"ROC AUC of {value:.2f} (95 % interval {low:.2f} to {high:.2f}; 0.5 is a guess)" in figure.caption


def test_an_edit_changes_the_score_by_the_paired_difference(evidence):
    (line,) = titled(evidence, "What does it cost to correct the model?").rows
    change = 100 * (np.array([0.6, 0.7, 0.5]) - [0.9, 0.8, 0.85])
    assert line[0] == "'age' made flat"
    assert line[1:] == pytest.approx(intervals.interval(*intervals.corrected(change, FOLDS)))


def test_times_are_medians_of_the_rounds_and_the_file_is_described(evidence):
    for line in titled(evidence, "How long does a prediction take?").rows:
        assert line[1:] == pytest.approx((300.0, 100.0, 900.0, 7.0, 12.3))  # µs, but for the last one
    lines = dict(titled(evidence, "The readable model as a file").rows)
    assert lines["bytes"] == "12,345"
    assert lines["largest difference in an answer over 250 rows"] == "at most 0.0000002"
    assert lines["input 'numbers'"] == "age, income"
    assert lines["input 'texts'"] == "region"
    assert "a note of the explanation" in evidence.caveats
