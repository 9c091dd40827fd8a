"""A fitted original is kept and read back as it was."""

import numpy as np
import pytest

from edge.exporting import originals
from edge.exporting.device import device_rows, fit_for_device
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning.families import BOOSTING, EXTRA_TREES, FOREST, LOGISTIC, MLP


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("family", [LOGISTIC, FOREST, EXTRA_TREES, BOOSTING, MLP], ids=lambda family: family.name)
def test_a_pipeline_with_texts_and_gaps_answers_the_same_after_it_was_kept(family):
    loans = sample_rows(load("loans"), 300, 0)
    fast = {"model__n_estimators": 3} if family in (FOREST, EXTRA_TREES) else {}
    fitted = fit_for_device(family.build(loans.features, 0).set_params(**fast), loans, np.arange(200))
    again = originals.from_bytes(originals.to_bytes(fitted))
    np.testing.assert_array_equal(again.predict_proba(device_rows(loans)), fitted.predict_proba(device_rows(loans)))
