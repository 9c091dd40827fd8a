"""A given model whose score is far above ours may know the rows: that is said at once, and holds a yes until the user speaks."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from edge.accuracy import learned
from edge.candidates import group
from edge.lab import LAB
from edge.settings import Settings
from edge.what_it_knows import with_what_it_knows
from lab.data.load import load
from lab.errors import SettingsError
from lab.first_screen import fits
from lab.learning.comparison import Comparison, Scores
from lab.learning.outer import FoldRow
from lab.learning.scoring import Metric
from lab.protocol import Estimate, Evidence, Verdict

N, FOLDS = 600, 3
ACCURACY = Metric("accuracy", "accuracy", "points", 100.0)
TARGET = np.arange(N) % 2


def scored(label, wrong):
    """A model that is wrong in the given rows, tested on three folds."""
    values, rows = [], []
    for fold in range(FOLDS):
        test = np.arange(fold, N, FOLDS)
        right = ~np.isin(test, wrong)
        chances = np.where(right, TARGET[test], 1 - TARGET[test]).astype(float)
        values.append(100 * right.mean())
        rows.append(FoldRow(right.mean(), np.column_stack([1 - chances, chances]), {}, test, {}))
    return Scores(label, "all", np.array(values), tuple(rows))


def said(*, given, ours, unseen=False, metric=ACCURACY):
    """What is said of a model that is wrong in `given` rows, where the best of ours is wrong in `ours`."""
    rng = np.random.default_rng(0)
    families = {
        "forest": scored("forest", rng.choice(N, ours, replace=False)),
        "logistic": scored("logistic", rng.choice(N, 2 * ours, replace=False)),
        "constant": scored("constant", np.flatnonzero(TARGET)),
        "given": scored("given model (m.onnx)", rng.choice(N, given, replace=False)),
    }
    found = Comparison(metric, FOLDS, TARGET, families, {}, {})
    context = SimpleNamespace(families=(SimpleNamespace(name="given"),), settings=Settings(model="m", unseen=unseen))
    return learned.of_given(context, found)


def test_a_score_far_above_those_of_our_own_models_is_suspect():
    found = said(given=6, ours=90)
    assert found.is_suspect
    assert "may have learned from these rows: its accuracy is 99.0 points" in found.sentence
    assert "reaches 85.0 points" in found.sentence
    assert "--unseen" in found.sentence


@pytest.mark.parametrize(("given", "ours"), [(85, 90), (60, 90), (1, 4), (120, 90)])
def test_a_score_that_may_be_honest_is_not_suspect_and_what_is_not_known_is_said(given, ours):
    found = said(given=given, ours=ours)
    assert not found.is_suspect
    assert found.sentence.startswith("whether the given model has learned from these rows is not known")


def test_whoever_says_that_the_rows_are_unseen_is_believed_and_quoted():
    found = said(given=6, ours=90, unseen=True)
    assert not found.is_suspect
    assert found.sentence.startswith("--unseen says")
    assert "its accuracy is 99.0 points" in found.sentence
    assert said(given=85, ours=90, unseen=True).sentence.count("points") == 0


def test_what_scikit_learn_turns_round_ends_at_nothing():
    turned = Metric("neg_log_loss", "log loss (negative)", "", 1.0, -np.inf)
    assert learned.is_far_above(Estimate(0.3, 0.1, 0.5, ""), -0.5, turned)
    assert not learned.is_far_above(Estimate(0.2, 0.1, 0.3, ""), -0.5, turned)
    assert not learned.is_far_above(Estimate(0.3, -0.1, 0.5, ""), -0.5, turned)


def test_a_run_without_a_given_model_says_nothing():
    context = SimpleNamespace(families=(SimpleNamespace(name="forest"),), settings=Settings())
    assert learned.of_given(context, SimpleNamespace(families={})) is None


YES = Verdict(
    "yes", "Yes", "The given model fits every budget.", ("more",), "Details.", ("Take it.", "b", "c"), {"met": 0.9}
)


def held(verdict, *, is_suspect):
    facts = {"learned": {"is_suspect": is_suspect, "sentence": "what is known"}}
    return with_what_it_knows(verdict, Evidence({}, facts, (), ()))


def test_a_yes_on_a_suspect_score_is_held_and_says_what_to_do():
    found = held(YES, is_suspect=True)
    assert (found.answer, found.chances) == ("undecided", {})
    assert "may have learned from these rows" in found.sentence
    assert fits(found.sentence)
    assert found.details == "What is known. The given model fits every budget. Details."
    assert any("--unseen" in step for step in found.next_steps)


@pytest.mark.parametrize("answer", ["no", "undecided"])
def test_another_answer_stays_and_the_first_step_is_to_judge_on_other_rows(answer):
    found = held(dataclasses.replace(YES, answer=answer), is_suspect=True)
    assert (found.answer, found.sentence) == (answer, YES.sentence)
    assert found.next_steps[0] == "Judge the given model on rows that it has not learned from."


def test_what_is_not_known_is_said_first_and_changes_no_answer():
    found = held(YES, is_suspect=False)
    assert dataclasses.replace(found, details="Details.") == YES
    assert found.details == "What is known. Details."
    assert with_what_it_knows(YES, Evidence({}, {}, (), ())) == YES


def test_the_lab_judges_by_it():
    estimates = {
        "p99_ms": Estimate(0.5, 0.4, 0.6, "ms"), "least_p99_ms": Estimate(0.5, 0.4, 0.6, "ms"),
        "size_mb": Estimate(0.1, 0.1, 0.1, "MB"), "drop": Estimate(-9.0, -10.0, -8.0, "points"),
        "gain": Estimate(30.0, 20.0, 40.0, "points"), "parity": Estimate(0, 0, 0, ""), "flips": Estimate(0, 0, 0, "labels"),
        "score": Estimate(99.0, 98.0, 100.0, "points"),
    }  # fmt: skip
    facts = {
        "candidates": ["given"], "unmeasured": [], "labels": {"given": "given model (m.onnx)"}, "factor": 100.0,
        "metric": "accuracy", "rows_in_table": 99, "learned": {"is_suspect": True, "sentence": "what is known"},
    }  # fmt: skip
    evidence = Evidence({f"given.{name}": each for name, each in estimates.items()}, facts, (), ())
    assert LAB.judge(evidence, Settings(model="m.onnx")).answer == "undecided"
    open_ = dataclasses.replace(
        evidence, facts={**facts, "learned": {"is_suspect": False, "sentence": "what is known"}}
    )
    assert LAB.judge(open_, Settings(model="m.onnx")).answer == "yes"


def test_unseen_rows_are_those_of_a_model_file():
    with pytest.raises(SettingsError, match="unseen says of a model file"):
        group(load("wine"), None, unseen=True)
