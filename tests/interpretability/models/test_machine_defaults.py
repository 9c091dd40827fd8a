"""Among the candidates of the boosting machine stand its library's own defaults, in bins of at least 5 rows all the same."""

import inspect

import numpy as np
import pandas as pd
import pytest
from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

from interpretability.models import classifiers, regressors


@pytest.mark.parametrize(
    ("families", "library"),
    [(classifiers, ExplainableBoostingClassifier), (regressors, ExplainableBoostingRegressor)],
)
def test_the_candidate_sets_what_the_library_would_but_for_the_rows_of_a_leaf(families, library):
    features = pd.DataFrame({"a": [1.0, 2.0]})
    theirs = {name: value.default for name, value in inspect.signature(library.__init__).parameters.items()}
    for family in (families.EBM, families.EBM_PAIRS):
        (always,) = family.always
        model = family.build(features, 0).set_params(**always)[-1]
        other = {name for name, value in model.get_params().items() if value != theirs.get(name, value)}
        assert other == {"feature_types", "interactions", "min_samples_leaf", "n_jobs", "random_state"}


def test_each_of_its_many_bins_speaks_for_5_rows():
    rng = np.random.default_rng(0)
    features = pd.DataFrame({"a": rng.normal(size=600), "b": rng.exponential(size=600)})
    target = (features["a"] + rng.normal(size=600) > 0).to_numpy().astype(int)
    (always,) = classifiers.EBM.always
    model = classifiers.EBM.build(features, 0).set_params(**always | {"model__max_rounds": 20, "model__outer_bags": 2})
    machine = model.fit(features, target)[-1]
    for place, name in enumerate(features):
        (edges,) = machine.bins_[place]
        rows = np.histogram(features[name], bins=[-np.inf, *edges, np.inf])[0]
        assert rows.min() >= 5
        assert len(rows) > 30, "more than the usual bins: there is something to test"
