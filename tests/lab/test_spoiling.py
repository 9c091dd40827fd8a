"""What is learned does not depend on the rows that it is tested on; a trial that peeks is caught."""

import dataclasses

import numpy as np
import pytest
from samples import leaks
from samples.small_lab import SmallLab

from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning import folds
from lab.learning.comparison import Group
from lab.learning.families import BOOSTING, FOREST, LOGISTIC, MLP, SVM
from lab.learning.planning import trials
from lab.learning.scoring import primary_metric
from lab.protocol import Evidence, Key, Trial
from lab.spoiling import check_spoiling, folds_stay, spoiled
from lab.testing import check_lab
from lab.work.resume import run_plan_here

FOLD = folds.Fold(3, 1, 5, 1)


@pytest.fixture(scope="module")
def loans():
    return sample_rows(load("loans"), 200, 0)


def checked(function, dataset):
    plan = [Trial("it", function, {"fold": FOLD}, seed=3)]
    results = run_plan_here(plan, dataset)
    assert not results.failures
    check_spoiling(plan, dataset, results.rows, learned={function.__name__: ("deep.middles",)})


def test_an_honest_trial_passes(loans):
    checked(leaks.honest, loans)


class Peeping(SmallLab):
    """Its one trial learns from all rows."""

    def sections(self):
        return [Peep()]


class Peep:
    def plan(self, context):
        return [Key("it", leaks.Learned).trial(leaks.fits_on_all, {"fold": FOLD}, seed=context.seed)]

    def evidence(self, context, rows):
        return Evidence()


def test_a_lab_that_peeks_does_not_keep_to_the_protocol(loans, tmp_path):
    with pytest.raises(AssertionError, match="'it': 'predictions' changes with the labels of its test rows"):
        check_lab(Peeping(), loans, Peeping.settings_type(), tmp_path)


def test_what_a_row_is_said_to_learn_must_be_in_it(loans):
    plan = [Trial("it", leaks.honest, {"fold": FOLD}, seed=3)]
    with pytest.raises(AssertionError, match="'weights', says the test, and its row lacks it"):
        check_spoiling(plan, loans, run_plan_here(plan, loans).rows, learned={"honest": ("weights",)})


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (leaks.fits_on_all, "'predictions' changes with the labels of its test rows"),
        (leaks.searches_on_the_test_fold, "'inner_score' changes with the labels"),
        (leaks.scales_on_all, "'deep.middles' changes with the rows of its test rows"),
        (leaks.swaps_the_fold, "'predictions' changes with the labels"),
    ],
)
def test_a_trial_that_peeks_is_caught(loans, function, words):
    with pytest.raises(AssertionError, match=words):
        checked(function, loans)


@pytest.mark.parametrize("family", [LOGISTIC, SVM, FOREST, BOOSTING, MLP], ids=lambda family: family.name)
@pytest.mark.filterwarnings("ignore")
def test_a_search_sees_no_row_of_its_test_fold(loans, family):
    """Settings, inner score and what is said of the test rows stay when those rows are spoiled."""
    counted = dataclasses.replace(family, complexity=lambda model: len(str(model)))
    shared = {"folds": 3, "repeats": 1, "seed": 5, "metric": primary_metric("auto", loans)}
    plan = trials((Group("g", "g", (counted,)),), candidates=2, **shared)[:1]
    rows = run_plan_here(plan, loans).rows
    assert rows[plan[0].key].inner_score is not None
    check_spoiling(plan, loans, rows)


def test_a_score_is_taken_on_the_test_rows(loans):
    """The mirror image of spoiling: exchanged labels turn the score round in the test rows as well as in the training rows."""
    shared = {"folds": 3, "repeats": 1, "seed": 5, "metric": primary_metric("auto", loans)}
    (trial, *_) = trials((Group("g", "g", (LOGISTIC,)),), candidates=1, **shared)
    train, test = folds.split(loans, trial.arguments["fold"])
    found = trial.function(loans, seed=1, **trial.arguments)

    def exchanged(rows):
        target = loans.target.copy()
        target[rows] = 1 - target[rows]
        with folds_stay(loans):
            return trial.function(dataclasses.replace(loans, target=target), seed=1, **trial.arguments)

    assert exchanged(test).score == pytest.approx(1 - found.score)
    assert exchanged(test).inner_score == found.inner_score
    assert exchanged(train).score == pytest.approx(1 - found.score, abs=1e-6)
    np.testing.assert_array_equal(found.test_rows, test)


@pytest.mark.parametrize("features", [True, False])
def test_every_named_row_is_spoiled_and_no_other(loans, features):
    rows = np.arange(0, 200, 7)
    rest = np.setdiff1d(np.arange(200), rows)
    for dataset in (loans, load("diabetes")):
        twin = spoiled(dataset, rows, features=features)
        assert (twin.target[rows] != dataset.target[rows]).sum() == 15
        assert (twin.target[rest] == dataset.target[rest]).all()
        moved = [(twin.features[name].iloc[rows] != dataset.features[name].iloc[rows]).all() for name in dataset.kinds]
        assert all(moved) == any(moved) == features
        assert twin.features.iloc[rest].equals(dataset.features.iloc[rest])
        assert (twin.features.dtypes == dataset.features.dtypes).all()
