"""What is sent to hardware was not learned from: the circuit of the hardware trials has not seen the rows that it predicts."""

import numpy as np
import pytest

from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning.families import LOGISTIC
from lab.learning.folds import Fold, split
from quantum.device_noise import trials as noise_trials


class SeenError(Exception):
    """Carries what a search was given."""


def test_the_circuit_for_the_hardware_has_not_seen_the_rows_that_it_predicts(monkeypatch):
    table = sample_rows(load("breast-cancer"), 100, 0)

    def watched(family, features, target, **search):
        raise SeenError(features, target, search)

    monkeypatch.setattr(noise_trials, "tune", watched)
    fold = Fold(4, 1, 3, 2)
    with pytest.raises(SeenError) as caught:
        noise_trials.train_for_hardware(
            table, seed=5, family=LOGISTIC, fold=fold, scorer="accuracy", candidates=3, rows=10
        )
    features, target, search = caught.value.args
    train, _ = split(table, fold)
    np.testing.assert_array_equal(features.index, train)
    np.testing.assert_array_equal(target, table.target[train])
    assert search.pop("belonging").is_plain
    assert search == {"scorer": "accuracy", "candidates": 3, "seed": 5}
