"""A pipeline is exported in one call, and answers as the original does."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

import edge
import lab
from edge.session import session
from lab.learning.families import BOOSTING, LOGISTIC


@pytest.mark.parametrize("family", [LOGISTIC, BOOSTING], ids=lambda family: family.name)
@pytest.mark.parametrize("name", ["wine", "loans"])
def test_one_call_gives_a_file_that_answers_as_the_fitted_pipeline(family, name):
    table = lab.load(name)
    train, test = np.arange(0, table.n_rows, 2), np.arange(1, table.n_rows, 2)
    fitted, exported = edge.export(family.build(table.features, 0), table, rows=train)
    rows = edge.device_rows(table)
    unseen = rows.iloc[test] if hasattr(rows, "iloc") else rows[test]
    parity = edge.compare(fitted, exported.content, table, unseen)
    assert parity.flips == 0
    assert parity.largest < 1e-4
    said = fitted.predict_proba(unseen).argmax(axis=1)
    assert accuracy_score(table.target[test], said) > 0.6  # it learned something from the other half
    assert session(exported.content).get_outputs()[0].name == "probabilities"
