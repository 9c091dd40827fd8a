"""A finalist is fitted on the training rows with what its search found."""

import numpy as np
import pandas as pd
import pytest

from interpretability.models.classifiers import TREE
from interpretability.sides import finalists
from lab.data.frames import from_arrays
from lab.learning.families import LOGISTIC
from lab.learning.folds import Fold, split


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(120, 3))
    odds = 2 * features[:, 2] - features[:, 1]  # strongest last: the order of the columns is not that of their weights
    return from_arrays("made", pd.DataFrame(features, columns=list("abc")), rng.random(120) < 1 / (1 + np.exp(-odds)))


@pytest.fixture(scope="module")
def first(table):
    return split(table, Fold(3, 1, 5, 0))


@pytest.mark.parametrize("family", [LOGISTIC, TREE], ids=lambda family: family.name)
def test_a_finalist_is_fitted_with_the_settings_and_the_seed_that_it_is_given(table, first, family):
    train, _ = first
    found = {"logistic": {"C": 0.02}, "tree": {"min_samples_leaf": 20}}[family.name]
    model = finalists.fitted_on(family, table, train, found, 9)
    ((name, value),) = found.items()
    assert getattr(model.named_steps["model"], name) == value
    expected = family.build(table.features.iloc[train], 9).set_params(**{f"model__{name}": value})
    expected.fit(table.features.iloc[train], table.target[train])
    np.testing.assert_array_equal(model.predict_proba(table.features), expected.predict_proba(table.features))
