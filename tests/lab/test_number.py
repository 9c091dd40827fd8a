"""A target that is a number is recognised, stratified, scored and compared as the textbooks say."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import KFold, RepeatedStratifiedKFold
from sklearn.preprocessing import StandardScaler

from lab import stats
from lab.data.frames import from_arrays
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.data.strata import strata
from lab.errors import SettingsError
from lab.learning.comparison import Group, compare
from lab.learning.families import Family
from lab.learning.folds import Fold, all_folds, split
from lab.learning.influence import parts
from lab.learning.outer import FoldRow, score_fold
from lab.learning.predictions import reliability_figure
from lab.learning.scoring import primary_metric, score_model
from lab.learning.tuning import tune


@pytest.fixture(scope="module")
def diabetes():
    return load("diabetes")


def ridge(features, seed):
    return Ridge()


RIDGE = Family("ridge", "ridge", ridge, {"alpha": [1e9, 1e8]})


def write(tmp_path, columns):
    path = tmp_path / "t.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return str(path)


@pytest.mark.parametrize(
    ("values", "task", "expected"),
    [
        (range(21), "auto", "number"),
        (range(20), "auto", "classes"),
        (range(20), "number", "number"),
        ([x / 7 for x in range(3_000)], "auto", "number"),
        (["yes", "no"] * 20, "auto", "classes"),
        ([True, False] * 20, "auto", "classes"),
    ],
)
def test_more_than_20_different_numbers_are_a_number_unless_the_user_says_so(tmp_path, values, task, expected):
    values = list(values) * 2
    path = write(tmp_path, {"x": np.random.default_rng(0).normal(size=len(values)), "y": values})
    found = load(path, "y", task=task)
    assert found.task == expected
    if expected == "number":
        assert found.target.tolist() == [float(value) for value in values]
        assert f"{len(set(values)):,} different numbers: it is predicted as a number (regression)" in found.notes[0]


def test_rows_without_a_number_to_predict_are_left_out_and_counted(tmp_path):
    values = [float(i) for i in range(60)]
    values[3] = None
    found = load(write(tmp_path, {"x": np.random.default_rng(0).normal(size=60), "y": values}), "y")
    assert (found.n_rows, np.isnan(found.target).any()) == (59, False)
    assert "1 of 60 rows had no value in the target 'y'" in found.notes[0]


def test_a_column_that_is_the_target_in_another_unit_is_left_out_and_one_that_orders_it_is_warned_of(tmp_path):
    y = np.random.default_rng(0).gamma(2.0, size=200)
    path = write(tmp_path, {"x": y[::-1], "inches": y / 2.54 + 3, "ordered": np.exp(y), "y": y})
    found = load(path, "y")
    assert list(found.kinds) == ["x", "ordered"]
    assert any("'inches' was left out" in note and "another unit" in note for note in found.notes)
    assert any("'ordered' alone puts the rows almost in the order of the target" in note for note in found.notes)


def test_the_strata_of_a_number_are_tenths_by_rank_and_each_fold_has_its_share_of_each(diabetes):
    groups = strata(diabetes.target, 5)
    order = diabetes.target[np.argsort(diabetes.target, kind="stable")]
    edges = order[[len(order) * tenth // 10 for tenth in range(1, 10)]]
    inside = np.searchsorted(edges, diabetes.target, side="right")
    untied = ~np.isin(diabetes.target, edges)
    np.testing.assert_array_equal(groups[untied], inside[untied])
    for fold in all_folds(5, 2, seed=3):
        shares = np.bincount(groups[split(diabetes, fold)[1]], minlength=10) / np.bincount(groups)
        assert np.abs(shares - 0.2).max() < 0.03


def test_a_number_that_is_mostly_zero_leaves_no_fold_without_the_rest():
    target = np.zeros(200)
    target[7:27] = np.arange(1.0, 21.0)
    data = from_arrays("rare", pd.DataFrame({"x": np.random.default_rng(0).normal(size=200)}), target)
    assert data.task == "number"
    assert all(data.target[split(data, fold)[1]].any() for fold in all_folds(5, 4, seed=0))


def test_a_sample_of_a_number_keeps_its_distribution(diabetes):
    part = sample_rows(diabetes, 100, seed=0)
    assert part.n_rows == 100
    tenths = np.quantile(diabetes.target, np.linspace(0.1, 0.9, 9))
    assert np.bincount(np.searchsorted(tenths, part.target), minlength=10) == pytest.approx([10] * 10, abs=1)


def test_a_fold_of_a_number_is_scored_as_scikit_learn_scores_it(diabetes):
    found = score_fold(diabetes, seed=1, family=RIDGE, fold=Fold(5, 1, 7, 2), scorer="r2", candidates=1)
    train, test = split(diabetes, Fold(5, 1, 7, 2))
    model = Ridge().fit(diabetes.features.iloc[train], diabetes.target[train])
    said, truth = model.predict(diabetes.features.iloc[test]), diabetes.target[test]
    assert found.score == pytest.approx(r2_score(truth, said), rel=1e-12)
    assert found.beside["root mean squared error"] == pytest.approx(root_mean_squared_error(truth, said), rel=1e-12)
    assert found.beside["mean absolute error"] == pytest.approx(mean_absolute_error(truth, said), rel=1e-12)
    assert found.beside["mean error"] == pytest.approx(said.mean() - truth.mean(), rel=1e-9)
    np.testing.assert_allclose(found.predictions, said, rtol=1e-12)


def test_a_search_finds_the_better_of_its_candidates_of_a_number(diabetes):
    tuned = tune(
        Family("bad", "bad", lambda features, seed: Ridge(alpha=1e9), {"alpha": [0.1]}),
        diabetes.features, diabetes.target, scorer="r2", candidates=2, seed=0,
    )  # fmt: skip
    assert tuned.parameters == {"alpha": 0.1}


@pytest.mark.parametrize(
    ("scorer", "score"),
    [
        ("r2", r2_score),
        ("neg_mean_absolute_error", lambda *args, **how: -mean_absolute_error(*args, **how)),
        ("neg_mean_squared_error", lambda *args, **how: -(root_mean_squared_error(*args, **how) ** 2)),
    ],
)
def test_the_influence_of_a_row_is_the_slope_of_the_score_in_its_weight(scorer, score):
    rng, n, step = np.random.default_rng(0), 200, 1e-5
    truth = rng.gamma(2.0, size=n)
    said = 0.7 * truth + rng.normal(size=n) + 0.2

    def weighted(row, by):  # the distribution of the rows, moved a little towards one of them
        return score(truth, said, sample_weight=(1 - by) / n + by * (np.arange(n) == row))

    slopes = [(weighted(row, step) - weighted(row, -step)) / (2 * step) for row in range(n)]
    # central differences are wrong by the square of the step
    (part,) = parts(scorer, said, truth)
    assert part.members.all()
    np.testing.assert_allclose(part.values - part.values.mean(), slopes, rtol=1e-5, atol=1e-5)


def test_the_interval_of_a_difference_in_r2_covers_as_often_as_it_says_and_is_narrower_than_the_corrected_t(diabetes):
    """Each of two learners sees one half of features that matter alike: the true difference is zero."""
    covered, widths, rng, folds, n = [], [], np.random.default_rng(0), 3, 120
    weights = np.array([0.6, 0.4, 0.2] * 2)
    learners = {"one": slice(0, 3), "other": slice(3, 6)}
    groups = tuple(Group(name, name, (Family(name, name, ridge),)) for name in learners)
    metric = primary_metric("auto", diabetes)
    for _ in range(100):
        features = rng.normal(size=(n, 6))
        target = features @ weights + rng.standard_t(5, size=n)
        data = dataclasses.replace(diabetes, features=pd.DataFrame(features), target=target)
        splits = RepeatedStratifiedKFold(n_splits=folds, n_repeats=2, random_state=0).split(features, strata(target, 3))
        rows = {}
        for place, (train, test) in enumerate(splits):
            for name, columns in learners.items():
                design = np.column_stack([np.ones(n), features[:, columns]])
                said = design[test] @ np.linalg.lstsq(design[train], target[train], rcond=None)[0]
                score = r2_score(target[test], said)
                rows[f"{name}-fold{place:02d}"] = FoldRow(score, said, {}, test, parameters={}, inner_score=0.0)
        found = compare(data, groups, rows, folds=folds, repeats=2, metric=metric)
        one, other = found.best["one"], found.best["other"]
        estimate = found.difference(one, other)
        usual = stats.paired_difference(one.values, other.values, test_fraction=1 / folds, unit="points")
        covered.append(estimate.low <= 0 <= estimate.high)
        widths.append((estimate.high - estimate.low, usual.high - usual.low))
    assert np.mean(covered) >= binom.ppf(0.001, 100, 0.95) / 100
    narrow, wide = np.mean(widths, axis=0)
    assert narrow < wide


@pytest.mark.parametrize(
    ("name", "label", "unit"),
    [("auto", "R² (explained variance)", "points"), ("neg_mean_absolute_error", "mean absolute error (negative)", "")],
)
def test_a_metric_of_a_number_knows_its_unit(diabetes, name, label, unit):
    found = primary_metric(name, diabetes)
    assert (found.label, found.unit, found.task, found.lowest) == (label, unit, "number", -np.inf)


def test_every_regression_scorer_that_is_let_through_can_score(diabetes):
    from sklearn.metrics import get_scorer, get_scorer_names

    model = Ridge().fit(StandardScaler().fit_transform(diabetes.features), diabetes.target)
    begins = ("r2", "expl", "d2_abs", "neg_mean", "neg_median", "neg_root")
    known = [name for name in get_scorer_names() if name.startswith(begins)]
    assert len(known) >= 12
    for name in known:
        metric = primary_metric(name, diabetes)
        value = get_scorer(metric.scorer)(model, StandardScaler().fit_transform(diabetes.features), diabetes.target)
        assert np.isfinite(value), name


def test_the_largest_error_which_is_that_of_one_row_is_no_metric(diabetes):
    with pytest.raises(SettingsError, match="metric is 'neg_max_error'"):
        primary_metric("neg_max_error", diabetes)


def test_a_fold_of_one_number_has_no_influence_on_r2_and_takes_nothing_down():
    assert parts("r2", np.arange(10.0), np.zeros(10)) is None


def test_predictions_against_the_truth_are_means_of_tenths_and_hold_no_row(diabetes):
    said = diabetes.target * 0.5 + 40
    parts = [(said[test], diabetes.target[test]) for _, test in KFold(4).split(said)]
    points = reliability_figure({"half": parts}, ()).spec["data"]["values"]
    found = [(point["x"], point["y"]) for point in points if point["series"] == "half"]
    assert len(found) == 10
    for x, y in found:
        assert x == pytest.approx(0.5 * y + 40)
    assert found[0][1] == pytest.approx(np.sort(diabetes.target)[:45].mean())


def test_scores_of_a_number_come_with_a_prediction_for_each_row(diabetes):
    model = Ridge().fit(diabetes.features, diabetes.target)
    row = score_model(model, diabetes.features, diabetes.target, "neg_mean_absolute_error", 0)
    assert row.predictions.shape == (diabetes.n_rows,)
    assert row.score == -row.beside["mean absolute error"]
