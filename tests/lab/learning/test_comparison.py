"""Groups are compared fairly: the same folds, the choice by inner scores only, failed trials left out and counted."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from oracles import intervals
from scipy import stats
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold

from lab.belonging import Belonging
from lab.data.load import load
from lab.errors import DataError, TrialsFailedError
from lab.learning.comparison import Comparison, Group, compare
from lab.learning.families import BOOSTING, FOREST, LOGISTIC, SVM, Family
from lab.learning.folds import Fold, all_folds, require_rows_per_class, split
from lab.learning.outer import FoldRow, fold_key, score_fold
from lab.learning.planning import seed_of, trials
from lab.learning.preparation import FrequentOneHot
from lab.learning.scoring import BESIDE, Metric, calibration_error, primary_metric, score_model
from lab.learning.tuning import tune
from lab.protocol import Dataset
from lab.work.resume import run_plan_here

AUC = Metric("roc_auc", "ROC AUC", "points", 100.0)
A, B, C = (dataclasses.replace(LOGISTIC, name=name, label=name) for name in "abc")


@pytest.fixture(scope="module")
def loans():
    return load("loans")


def row(score, inner, dataset):
    rows = np.arange(10)
    beside = dict.fromkeys(BESIDE["classes"], 0.5)
    return FoldRow(score, np.full((10, 2), 0.5), beside, test_rows=rows, parameters={}, inner_score=inner)


def gathered(dataset, table):
    """Make a comparison from {family: [(outer, inner) or None for each fold]}; c stands alone in its group."""
    rows = {
        f"{name}-fold{i:02d}": row(*pair, dataset)
        for name, folds in table.items()
        for i, pair in enumerate(folds)
        if pair
    }
    groups = (Group("ab", "ab", (A, B)), Group("c", "c", (C,)))
    return compare(dataset, groups, rows, folds=3, repeats=1, metric=AUC)


def test_the_best_of_a_group_is_chosen_by_the_inner_score_never_by_the_outer(loans):
    found = gathered(loans, {"a": [(0.9, 0.5)] * 3, "b": [(0.6, 0.7), (0.61, 0.7), (0.9, 0.4)], "c": [(0.5, 0.5)] * 3})
    assert found.best["ab"].chosen == ("b", "b", "a")
    assert found.best["ab"].values.tolist() == [60.0, 61.0, 90.0]


def test_a_failed_trial_is_left_out_of_its_fold_only(loans):
    found = gathered(loans, {"a": [(0.9, 0.9), None, (0.9, 0.9)], "b": [(0.6, 0.5)] * 3, "c": [(0.5, 0.5)] * 3})
    assert found.best["ab"].chosen == ("a", "b", "a")
    assert np.isnan(found.families["a"].values).tolist() == [False, True, False]


@pytest.mark.parametrize("side", ["a", "c"])
def test_a_fold_that_one_side_lacks_is_in_no_difference(loans, side):
    scores = {"a": [(0.7, 1), (0.8, 1), (0.9, 1)], "b": [None] * 3, "c": [(0.5, 1), (0.7, 1), (0.1, 1)]}
    scores[side][2] = None
    found = gathered(loans, scores)
    d = np.array([20.0, 10.0])
    half = stats.t.ppf(0.975, 1) * np.sqrt(d.var(ddof=1) * (1 / 2 + (1 / 3) / (2 / 3)))
    estimate = found.difference(found.best["ab"], found.best["c"])
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((15.0, 15.0 - half, min(15.0 + half, 100.0)))


def test_a_group_without_two_folds_is_refused(loans):
    with pytest.raises(TrialsFailedError, match=r"only 1 fold\(s\)"):
        gathered(loans, {"a": [(0.9, 0.9), None, None], "b": [None] * 3, "c": [(0.5, 0.5)] * 3})


def test_a_mean_never_leaves_the_range_of_its_metric(loans):
    found = gathered(loans, {"a": [(1.0, 1), (1.0, 1), (0.94, 1)], "b": [None] * 3, "c": [(0.5, 0.5)] * 3})
    assert found.mean(found.best["ab"]).high == 100.0


def test_the_plan_has_one_trial_for_each_family_and_fold_with_a_seed_of_its_own(loans):
    plan = trials((Group("g", "g", (A, B)),), folds=3, repeats=2, seed=5, metric=AUC, candidates=1)
    assert len(plan) == 12
    assert len({trial.seed for trial in plan}) == 12
    assert plan[0].seed == seed_of("a-fold00", 5) != seed_of("a-fold00", 6)


def test_the_trial_of_a_fold_is_named_after_its_family_and_the_kind_of_its_folds():
    assert fold_key(A, 3).name == "a-fold03"
    assert fold_key(A, 12, at_random=True).name == "a-random12"


def test_every_row_is_tested_once_in_every_repetition(loans):
    folds = all_folds(4, 2, seed=3)
    expected = list(
        RepeatedStratifiedKFold(n_splits=4, n_repeats=2, random_state=3).split(loans.features, loans.target)
    )
    for fold, (train, test) in zip(folds, expected, strict=True):
        found = split(loans, fold)
        np.testing.assert_array_equal(found[0], train)
        np.testing.assert_array_equal(found[1], test)
    tested = np.concatenate([split(loans, fold)[1] for fold in folds[:4]])
    assert sorted(tested) == list(range(loans.n_rows))


def test_a_fold_is_scored_as_scikit_learn_scores_it(loans):
    fold = Fold(5, 1, 7, 2)
    found = score_fold(loans, seed=1, family=LOGISTIC, fold=fold, scorer="roc_auc", candidates=1)
    train, test = split(loans, fold)
    model = LOGISTIC.build(loans.features, 1).fit(loans.features.iloc[train], loans.target[train])
    p = model.predict_proba(loans.features.iloc[test])
    truth = loans.target[test]
    assert found.score == pytest.approx(roc_auc_score(truth, p[:, 1]), rel=1e-12)
    assert found.beside["log loss (nats)"] == pytest.approx(log_loss(truth, p), rel=1e-12)
    assert found.beside["Brier"] == pytest.approx(2 * np.mean((p[:, 1] - truth) ** 2), rel=1e-12)
    np.testing.assert_array_equal(found.test_rows, test)


def test_every_family_has_the_same_number_of_candidates_and_its_default_is_one(loans):
    seen = []

    def build(features, seed):
        model = LOGISTIC.build(features, seed)
        seen.append(model)
        return model

    family = Family("x", "x", build, {"model__C": [1e-9]})
    tuned = tune(family, loans.features, loans.target, scorer="neg_log_loss", candidates=2, seed=0)
    assert tuned.parameters == {}, "the default is better than a weight of next to nothing"
    assert len(seen) == 1


def test_the_same_trial_gives_the_same_row_in_any_order(loans):
    plan = trials((Group("g", "g", (A, B)),), folds=2, repeats=1, seed=5, metric=AUC, candidates=2)
    one, other = run_plan_here(plan, loans).rows, run_plan_here(plan[::-1], loans).rows
    assert {key: value.score for key, value in one.items()} == {key: value.score for key, value in other.items()}


@pytest.mark.parametrize(
    ("name", "label", "unit"), [("auto", "ROC AUC", "points"), ("neg_log_loss", "log loss (negative)", "")]
)
def test_a_metric_knows_its_unit(loans, name, label, unit):
    assert (primary_metric(name, loans).label, primary_metric(name, loans).unit) == (label, unit)


def test_the_calibration_error_is_the_mean_gap_between_confidence_and_success():
    probabilities = np.array([[0.2, 0.8]] * 10 + [[0.4, 0.6]] * 10)
    target = np.array([1] * 5 + [0] * 5 + [1] * 6 + [0] * 4)
    # by hand: half the rows say 0.8 and are right in 0.5 of cases, half say 0.6 and are right in 0.6
    assert calibration_error(probabilities, target, n_bins=2) == pytest.approx((0.3 + 0.0) / 2)


def test_scores_come_with_one_row_of_probabilities_for_each_test_row(loans):
    model = LOGISTIC.build(loans.features, 0).fit(loans.features, loans.target)
    found = score_model(model, loans.features.iloc[:50], loans.target[:50], "accuracy", 2)
    assert found.predictions.shape == (50, 2)


def test_a_class_needs_rows_for_the_outer_and_the_inner_folds():
    wine = load("wine")  # the rarest class has 48 rows
    require_rows_per_class(wine, 48)
    with pytest.raises(DataError, match=r"has 48 row\(s\), fewer than the 49"):
        require_rows_per_class(wine, 49)


def test_a_column_that_is_empty_in_training_takes_no_model_down(loans):
    features = loans.features.assign(empty=np.nan)
    for family in (BOOSTING, FOREST, LOGISTIC):
        model = family.build(features, 0).fit(features.iloc[:300], loans.target[:300])
        assert np.isfinite(model.predict_proba(features.assign(empty=1.0))).all()


def test_a_rare_category_becomes_no_term():
    texts = pd.DataFrame({"c": ["often"] * 20 + ["rare"] * 4 + [""] * 6}, dtype=object)
    found = FrequentOneHot().fit(texts)
    assert found.get_feature_names_out(["c"]).tolist() == ["c is missing", "c is often"]
    assert found.transform(pd.DataFrame({"c": ["rare", "new", "often"]}, dtype=object)).tolist() == [
        [0, 0],
        [0, 0],
        [0, 1],
    ]


def test_a_column_of_rare_categories_names_none_of_them():
    texts = pd.DataFrame({"c": ["anna", "bert", "carl", "dora"]}, dtype=object)
    found = FrequentOneHot().fit(texts)
    assert found.get_feature_names_out(["c"]).tolist() == ["c is (none is frequent)"]
    assert not found.transform(texts).any()


def test_folds_that_agree_to_the_last_row_leave_the_rule_of_three(loans):
    found = gathered(loans, {"a": [(0.9, 1)] * 3, "b": [None] * 3, "c": [(0.9, 1)] * 3})
    estimate = found.difference(found.best["ab"], found.best["c"])
    assert (estimate.low, estimate.high) == pytest.approx((-300 / 1200, 300 / 1200))
    assert found.detectable(found.best["ab"], found.best["c"]) == pytest.approx(300 / 1200)
    assert found.rows_to_settle(found.best["ab"], found.best["c"], 0.1) == 3_000, "3 of 3,000 are 0.1 of 100"
    assert found.rows_to_settle(found.best["ab"], found.best["c"], 0.002) is None


def test_of_a_balanced_accuracy_the_rule_of_three_is_that_of_the_rarest_class():
    """None of 10 rows differs: a share of 0 to about 3 in 10 of that class, which is half of the score."""
    metric = dataclasses.replace(AUC, scorer="balanced_accuracy")
    target = (np.arange(200) < 10).astype(np.int64)
    rare = Comparison(metric, 5, target, {}, {}, {})
    assert rare.least_half == pytest.approx(100 * 3 / 10 / 2)
    assert dataclasses.replace(rare, metric=AUC).least_half == pytest.approx(100 * 3 / 200)
    even = dataclasses.replace(rare, target=np.arange(200) % 2)
    assert even.least_half == pytest.approx(100 * 3 / 200), "where classes are alike it is that of the accuracy"
    pairs = dataclasses.replace(rare, belonging=Belonging(units=np.arange(200) // 2))
    assert pairs.least_half == pytest.approx(100 * 3 / 5 / 2), "five pairs are five"


@pytest.mark.parametrize("rows_of_rare", [5, 6, 7, 8])
def test_a_class_that_is_let_through_is_large_enough_for_every_family(loans, rows_of_rare):
    target = np.zeros(120, dtype=np.int64)
    target[:rows_of_rare] = 1
    small = dataclasses.replace(loans, features=loans.features.iloc[:120], target=target)
    try:
        require_rows_per_class(small, 5)
    except DataError:
        return
    for index in range(5):
        score_fold(small, seed=0, family=SVM, fold=Fold(5, 1, 0, index), scorer="roc_auc", candidates=1)


def test_with_repetitions_the_difference_rests_on_the_rows_and_on_the_repetitions(loans):
    rng = np.random.default_rng(0)
    rows, folds = {}, all_folds(3, 2, seed=1)
    said = {"a": [], "c": []}
    for fold in folds:
        test = split(loans, fold)[1]
        positive = loans.target[test] == 1
        for name, signal in (("a", 1.0), ("c", 0.8)):
            p = 1 / (1 + np.exp(-signal * positive - rng.normal(size=len(test))))
            chances = np.column_stack([1 - p, p])
            said[name].append((chances, test))
            made = row(intervals.auc(p, positive), 0.5, loans)
            rows[f"{name}-fold{fold.index:02d}"] = dataclasses.replace(made, predictions=chances, test_rows=test)
    found = compare(loans, (Group("a", "a", (A,)), Group("c", "c", (C,))), rows, folds=3, repeats=2, metric=AUC)
    estimate = found.difference(found.best["a"], found.best["c"])
    by_hand = intervals.repeated(
        said["a"], said["c"], loans.target, 3, kinds=intervals.auc_kinds,
        score=lambda chances, truth: intervals.auc(chances[:, 1], truth == 1),
    )  # fmt: skip
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(intervals.interval(*by_hand))


@pytest.mark.parametrize("is_by_folds", [False, True])
def test_forward_in_time_the_wider_of_what_stretches_of_time_and_what_blocks_say_counts(is_by_folds):
    """Either the test blocks differ and their rows agree, or the stretches inside a block differ and the blocks agree."""
    place = np.random.default_rng(2).permutation(120)
    stretch = place // 6  # a twentieth of the rows each
    is_right = (stretch < 11) if is_by_folds else stretch % 5 < 2
    target = np.arange(120) % 2
    belonging = Belonging(times=3 * place + 5, time="day")
    data = Dataset(
        "made", pd.DataFrame({"x": place * 1.0}), target, "y", ("a", "b"), {"x": "number"}, "", belonging=belonging
    )
    rows, said = {}, {"a": [], "c": []}
    for fold in all_folds(3, 1, seed=1):
        test = split(data, fold)[1]
        assert set(stretch[test]) == set(range(5 * fold.index + 5, 5 * fold.index + 10)), (
            "a quarter is only learned from"
        )
        for name, right in (("a", is_right[test]), ("c", np.arange(len(test)) % 3 == 0)):
            positive = (target[test] == 1) == right
            chances = np.stack([~positive, positive], axis=1).astype(float)
            said[name].append((chances, test))
            rows[f"{name}-fold{fold.index:02d}"] = dataclasses.replace(
                row(right.mean(), 0.5, data), predictions=chances, test_rows=test
            )
    metric = Metric("accuracy", "accuracy", "points", 100.0)
    found = compare(data, (Group("a", "a", (A,)), Group("c", "c", (C,))), rows, folds=3, repeats=1, metric=metric)
    by_rows = intervals.repeated(
        said["a"], said["c"], target, 3, kinds=intervals.accuracy_kinds, units=stretch,
        score=lambda chances, truth: np.mean(chances.argmax(axis=1) == truth),
    )  # fmt: skip
    by_blocks = intervals.corrected(found.best["a"].values - found.best["c"].values, 4)
    assert (by_blocks[1] > by_rows[1]) == is_by_folds
    expected = intervals.interval(*(by_blocks if is_by_folds else by_rows), reach=300 / 120, lowest=-100, highest=100)
    estimate = found.difference(found.best["a"], found.best["c"])
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(expected)


@pytest.mark.parametrize("repeats", [1, 2])
def test_a_mean_rests_on_its_rows_and_on_its_folds_where_one_is_lost(loans, repeats):
    rng = np.random.default_rng(5)
    rows, said = {}, []
    for fold in all_folds(3, repeats, seed=1):
        test = split(loans, fold)[1]
        p = 1 / (1 + np.exp(-1.0 * (loans.target[test] == 1) - rng.normal(size=len(test))))
        chances = np.column_stack([1 - p, p])
        said.append((chances, test))
        made = row(intervals.auc(p, loans.target[test] == 1), 0.5, loans)
        rows |= {
            f"{name}-fold{fold.index:02d}": dataclasses.replace(made, predictions=chances, test_rows=test)
            for name in "ac"
        }
    groups = Group("a", "a", (A,)), Group("c", "c", (C,))
    found = compare(loans, groups, rows, folds=3, repeats=repeats, metric=AUC)
    mean = found.mean(found.best["a"])
    expected = intervals.of_a_mean(
        said, loans.target, 3, kinds=intervals.auc_kinds, reach=300 / len(loans.target),
        score=lambda chances, truth: intervals.auc(chances[:, 1], truth == 1),
    )  # fmt: skip
    assert (mean.value, mean.low, mean.high) == pytest.approx(expected)
    left = {key: row for key, row in rows.items() if key != "a-fold01"}
    found = compare(loans, groups, left, folds=3, repeats=repeats, metric=AUC)
    mean = found.mean(found.best["a"])
    scores = [100 * intervals.auc(p[:, 1], loans.target[test] == 1) for p, test in said[:1] + said[2:]]
    expected = intervals.interval(*intervals.corrected(scores, 3), lowest=0, highest=100)
    assert (mean.value, mean.low, mean.high) == pytest.approx(expected)


def test_a_mean_without_a_wrong_row_is_not_certain(loans):
    target = loans.target
    rows = {}
    for fold in all_folds(3, 1, seed=1):
        test = split(loans, fold)[1]
        chances = np.eye(2)[target[test]]
        made = dataclasses.replace(row(1.0, 0.5, loans), predictions=chances, test_rows=test)
        rows |= {f"{name}-fold{fold.index:02d}": made for name in "ac"}
    metric = Metric("accuracy", "accuracy", "points", 100.0)
    found = compare(loans, (Group("a", "a", (A,)), Group("c", "c", (C,))), rows, folds=3, repeats=1, metric=metric)
    mean = found.mean(found.best["a"])
    assert (mean.value, mean.low, mean.high) == pytest.approx((100, 100 - 300 / len(target), 100))
