"""The boosting libraries that join where they are installed take categories as such, and give the same model again."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import r2_score, roc_auc_score

from interpretability.models import classifiers, regressors
from interpretability.models.classifiers import CATBOOST, LIGHTGBM, XGBOOST
from lab.data.load import load

BOOSTERS = [
    pytest.param(family, marks=pytest.mark.skipif(importlib.util.find_spec(family.name) is None, reason="an extra"))
    for family in (LIGHTGBM, XGBOOST, CATBOOST)
]


@pytest.fixture(scope="module")
def shuffled():
    """40 categories in an order that says nothing; odd ones are nearly always true. One number is half missing."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 40, 2_000)
    names = np.array([f"c{i:02d}" for i in rng.permutation(40)], dtype=object)
    noise = np.where(rng.random(2_000) < 0.5, np.nan, rng.normal(size=2_000))
    features = pd.DataFrame({"noise": noise, "place": pd.Series(names[codes], dtype=object)})
    return features, ((codes % 2 == 1) ^ (rng.random(2_000) < 0.05)).astype(int)


@pytest.mark.parametrize("family", [each for each in BOOSTERS if each.values[0] is not CATBOOST])
def test_a_booster_splits_categories_as_sets_not_by_their_order(shuffled, family):
    features, target = shuffled
    one_round = family.build(features, 0).set_params(
        model__n_estimators=1, model__learning_rate=1.0, model__max_depth=2
    )
    model = one_round.fit(features.iloc[:1_500], target[:1_500])
    said = model.predict_proba(features.iloc[1_500:])[:, 1]
    assert roc_auc_score(target[1_500:], said) > 0.9, "four ranges of 40 shuffled codes would not do"


@pytest.mark.parametrize("family", BOOSTERS)
def test_a_booster_answers_unseen_categories_and_repeats_itself(family):
    loans = load("loans")
    model, again = (family.build(loans.features, 3).fit(loans.features, loans.target) for _ in range(2))
    rows = loans.features.iloc[:50].assign(region="never seen", employment="")
    said = model.predict_proba(rows)
    assert np.isfinite(said).all()
    np.testing.assert_array_equal(said, again.predict_proba(rows))


@pytest.mark.parametrize("family", BOOSTERS)
def test_a_booster_stands_with_the_black_boxes(family):
    assert family.name in [member.name for member in classifiers.black().families]


def test_catboost_takes_texts_as_categories_wherever_they_stand_and_empty_columns(shuffled):
    pytest.importorskip("catboost")
    features, target = shuffled
    model = CATBOOST.build(features, 0).set_params(model__iterations=30)
    clone(model).fit(features.assign(empty=np.nan).iloc[:1_500], target[:1_500])
    model.fit(features.iloc[:1_500], target[:1_500])
    assert list(model[-1].get_cat_feature_indices()) == [0]
    said = model.predict_proba(features.iloc[1_500:])[:, 1]
    assert roc_auc_score(target[1_500:], said) > 0.9, "40 shuffled codes as numbers would not do in so few rounds"
    again = model.predict_proba(features.iloc[1_500:, ::-1])[:, 1]
    np.testing.assert_array_equal(said, again)


def test_catboost_writes_nothing_says_nothing_and_runs_on_one_thread(tmp_path, monkeypatch, capfd):
    pytest.importorskip("catboost")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    wine = load("wine")
    model = CATBOOST.build(wine.features, 0).set_params(model__iterations=5).fit(wine.features, wine.target)
    assert model[-1].get_params()["thread_count"] == 1
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert model.predict(wine.features).shape == (wine.n_rows,)
    assert not hasattr(regressors.CATBOOST.build(wine.features, 0), "classes_"), "it is no classifier"


def test_catboost_finds_a_term_of_two_columns_for_numbers_too():
    pytest.importorskip("catboost")
    rng = np.random.default_rng(0)
    features = pd.DataFrame(rng.normal(size=(1_000, 4)), columns=list("abcd"))
    target = np.sign(features["a"] * features["b"]).to_numpy() + 0.1 * rng.normal(size=1_000)
    model = regressors.CATBOOST.build(features, 0).fit(features.iloc[:700], target[:700])
    assert r2_score(target[700:], model.predict(features.iloc[700:])) > 0.8


def test_the_search_leaves_the_choice_of_the_learning_rate_to_catboost_where_it_draws_none():
    """The library chooses it by the rows and the rounds, but not where the weight of the leaves is set."""
    pytest.importorskip("catboost")
    wine = load("wine")
    two = wine.target < 2
    rates = {}
    for rounds in (100, 400):
        model = CATBOOST.build(wine.features, 0).set_params(model__iterations=rounds)
        rates[rounds] = model.fit(wine.features[two], wine.target[two])[-1].get_all_params()["learning_rate"]
    assert rates[100] > rates[400] > 0
    assert not {"model__l2_leaf_reg", "model__leaf_estimation_iterations", "model__leaf_estimation_method"} & set(
        CATBOOST.space
    )
    drawn = CATBOOST.build(wine.features, 0).set_params(model__learning_rate=0.125, model__depth=4, model__iterations=5)
    found = clone(drawn).fit(wine.features, wine.target)[-1].get_all_params()
    assert (found["learning_rate"], found["depth"], found["iterations"]) == (0.125, 4, 5)


def test_the_rounds_of_the_library_are_always_tried():
    catboost = pytest.importorskip("catboost")
    rng = np.random.default_rng(0)
    features, target = rng.normal(size=(30, 2)), np.arange(30) % 2
    plain = catboost.CatBoostClassifier(logging_level="Silent", allow_writing_files=False, thread_count=1, depth=1)
    rounds = plain.fit(features, target).get_all_params()["iterations"]
    for family in (CATBOOST, regressors.CATBOOST):
        assert family.always == ({"model__iterations": rounds},)
