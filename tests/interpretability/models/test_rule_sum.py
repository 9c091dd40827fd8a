"""Sums of rule trees: what is said node by node is what the library says row by row."""

import numpy as np
import pytest
from imodels import FIGSClassifier, FIGSRegressor
from imodels.tree.figs import FIGS

from interpretability.models.rule_sum import NumberRuleSum, RuleSum

ROWS = 400


def _table(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(ROWS, 4)).round(1), rng


@pytest.mark.parametrize("n_classes", [2, 4])
def test_probabilities_are_those_of_the_library_row_by_row(n_classes, monkeypatch):
    features, rng = _table(n_classes)
    sums = features @ [2.0, -1.0, 0.5, 0.0] + 2 * (features[:, 0] > 0.5) * (features[:, 3] > 0)
    target = np.searchsorted(np.quantile(sums, np.arange(1, n_classes) / n_classes), sums + rng.normal(size=ROWS))
    model = RuleSum(max_rules=9, random_state=3).fit(features, target)
    said = model.predict_proba(features)
    assert len(np.unique(said, axis=0)) > 4
    monkeypatch.setattr(RuleSum, "_predict_tree", FIGS._predict_tree)  # the library's own
    np.testing.assert_array_equal(said, FIGSClassifier.predict_proba(model, features))
    again = RuleSum(max_rules=9, random_state=3).fit(features, target)
    np.testing.assert_array_equal(said, again.predict_proba(features))


def test_numbers_are_those_of_the_library_row_by_row(monkeypatch):
    features, rng = _table(7)
    target = 3 * (features[:, 0] > 0) * (features[:, 1] > 0) + features[:, 2] + rng.normal(size=ROWS)
    model = NumberRuleSum(max_rules=9, random_state=3).fit(features, target)
    said = model.predict(features)
    monkeypatch.setattr(NumberRuleSum, "_predict_tree", FIGS._predict_tree)
    np.testing.assert_array_equal(said, FIGSRegressor.predict(model, features))
    assert len(np.unique(said)) > 4
