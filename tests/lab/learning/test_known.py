"""What is said of models and tables of known truth is true: on large fresh samples, and against the best rule there is."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from lab.data import made
from lab.data.frames import from_arrays
from lab.learning.families import LOGISTIC
from lab.learning.known import accuracy_apart, auc_apart, reading, sparse

MANY = 200_000


def first(features):
    return features[["x1"]].to_numpy()


def unhidden(features):
    seen = features[["x1", "x2"]].to_numpy().copy()
    seen[:, 1] = np.abs(seen[:, 1]) - 6
    return seen


@pytest.mark.parametrize("auc", [0.5, 0.75, 0.85])
def test_a_column_has_the_area_that_it_was_drawn_with(auc):
    frame, labels = made.apart(np.random.default_rng(0), n_rows=MANY, first=auc_apart(auc), second=1.0)
    assert roc_auc_score(labels, frame["x1"]) == pytest.approx(auc, abs=0.004)
    model = reading("first", "first", first).build(frame, 0).fit(frame, labels)
    if auc > 0.5:
        assert roc_auc_score(labels, model.predict_proba(frame)[:, 1]) == pytest.approx(auc, abs=0.004)


@pytest.mark.parametrize("times", [0.0, 0.5, 1.0, 1.5, 2.0])
def test_the_candidate_loses_what_the_control_says(times):
    """With its training rows: 1,500 of 3,000, as in two folds."""
    from edge.controls.accuracy import apart

    low, high = accuracy_apart(0.75), accuracy_apart(0.75 + times * 0.05)
    second = np.sqrt(high**2 - low**2)
    frame, labels = made.hidden_apart(np.random.default_rng(1), n_rows=MANY, first=low, second=second)
    lost = []
    for seed in range(6):
        table = apart(seed=seed, times=times)
        rows = table.features.iloc[:1_500], table.target[:1_500]
        models = (each.build(table.features, 0).fit(*rows) for each in (reading("best", "best", unhidden), LOGISTIC))
        best, candidate = (np.mean(model.predict(frame) == labels) for model in models)
        lost.append(best - candidate)
    assert np.mean(lost) == pytest.approx(0.05 * times, abs=0.003)


@pytest.mark.parametrize("draw", [made.crossed_categories, made.crossed_with_gaps])
def test_what_only_counts_together_costs_a_sum_of_effects_more_than_the_margin(draw):
    """At 200 training rows, as in two folds; a cut through a sum is right in three of four quarters at most."""
    from edge.controls.accuracy import few_trees

    frame, labels = draw(np.random.default_rng(2), n_rows=20_000)
    frame, lost = from_arrays("table", frame, labels).features, []
    for seed in range(8):
        some, known = draw(np.random.default_rng([9, seed]), n_rows=200)
        some = from_arrays("table", some, known).features
        trees, logistic = (build(some, 0).fit(some, known).predict(frame) for build in (few_trees, LOGISTIC.build))
        assert np.mean(logistic == labels) < 0.76
        lost.append(np.mean(trees == labels) - np.mean(logistic == labels))
    assert np.mean(lost) > 0.15
    assert min(lost) > 0.05


def test_the_small_difference_of_the_unstable_pair_is_below_the_margins():
    """Oracle: many draws of the training rows, one large test sample; margins are 1 point of area and 2 of accuracy."""
    frame, labels = made.linear(np.random.default_rng(3), n_rows=40_000, n_noise=8)
    areas, accuracies = [], []
    for seed in range(20):
        rows = made.linear(np.random.default_rng([4, seed]), n_rows=270, n_noise=8)
        said = [
            sparse("a", "a", strength).build(frame, 0).fit(*rows).predict_proba(frame)[:, 1] for strength in (0.15, 0.1)
        ]
        areas.append(np.diff([roc_auc_score(labels, each) for each in said])[0])
        accuracies.append(np.diff([np.mean((each > 0.5) == labels) for each in said])[0])
    assert abs(np.mean(areas)) < 0.003
    assert abs(np.mean(accuracies)) < 0.006


@pytest.mark.parametrize("seed", range(4))
def test_the_candidate_is_near_the_best_rule_where_its_model_is_true(seed):
    """So that no other model can be better by the margin of 5 points."""
    frame, labels = made.clouds(np.random.default_rng(seed), n_rows=800)
    centres = 1.5 * np.random.default_rng(seed).normal(size=(8, 4))  # as drawn; the nearest is the best rule
    rng = np.random.default_rng([5, seed])
    codes = rng.integers(0, 8, 20_000)
    fresh = centres[codes] + rng.normal(size=(20_000, 4))
    best = np.mean(((fresh[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1) == codes)
    model = LOGISTIC.build(frame, 0).fit(frame.iloc[:400], labels[:400])
    assert best - np.mean(model.predict(frame.__class__(fresh, columns=frame.columns)) == codes) < 0.05
    wide, truth = made.heavy_tails(np.random.default_rng([6, seed]), n_rows=40_000)
    odds = wide["x1"] - wide["x2"]
    learned = LOGISTIC.build(wide, 0).fit(*made.heavy_tails(np.random.default_rng(seed), n_rows=400))
    assert np.mean((odds > 0) == truth) - np.mean(learned.predict(wide) == truth) < 0.05
    assert np.mean(truth) == pytest.approx(np.mean(expit(odds)), abs=0.01)


def test_on_few_rows_the_candidate_is_no_worse_than_its_rival():
    from edge.controls.accuracy import few_trees

    frame, labels = made.linear(np.random.default_rng(7), n_rows=20_000)
    lost = []
    for seed in range(20):
        rows = made.linear(np.random.default_rng([8, seed]), n_rows=30)
        models = (build(frame, 0).fit(*rows) for build in (few_trees, LOGISTIC.build))
        trees, candidate = (np.mean(model.predict(frame) == labels) for model in models)
        lost.append(trees - candidate)
    assert np.mean(lost) < 0


def test_columns_that_drift_say_nothing_of_later_rows():
    """Forward in time the area is 0.5 on average; at random rows it is far above."""
    from sklearn.ensemble import ExtraTreesClassifier

    later, mixed = [], []
    for seed in range(12):
        frame, labels = made.drifting(np.random.default_rng(seed))
        columns = frame[["x1", "x2", "x3"]].to_numpy()
        places = np.random.default_rng(seed).permutation(400)
        for order, found in ((np.arange(400), later), (places, mixed)):
            train, test = order[:280], order[300:]
            model = ExtraTreesClassifier(30, random_state=0).fit(columns[train], labels[train])
            if len(np.unique(labels[test])) == 2:
                found.append(roc_auc_score(labels[test], model.predict_proba(columns[test])[:, 1]))
    assert np.mean(later) == pytest.approx(0.5, abs=0.12)
    assert np.mean(mixed) > 0.75
