"""The boosting libraries that join where they are installed take categories as such, and give the same model again."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from interpretability.models import classifiers
from interpretability.models.classifiers import LIGHTGBM, XGBOOST
from lab.data.load import load

BOOSTERS = [
    pytest.param(family, marks=pytest.mark.skipif(importlib.util.find_spec(family.name) is None, reason="an extra"))
    for family in (LIGHTGBM, XGBOOST)
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


@pytest.mark.parametrize("family", BOOSTERS)
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
