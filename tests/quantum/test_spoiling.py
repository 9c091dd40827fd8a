"""What is sent to hardware was not learned from: the circuit of the hardware trials has not seen the rows that it predicts."""

import numpy as np
import pytest

from lab.data.load import load, sample_rows
from lab.learning.families import LOGISTIC
from lab.learning.folds import Fold, split
from quantum.device_noise import trials as hardware_trials
from quantum.sizes import trials as sweep


class SeenError(Exception):
    """Carries what a search was given."""


def test_the_circuit_for_the_hardware_has_not_seen_the_rows_that_it_predicts(monkeypatch):
    table = sample_rows(load("breast-cancer"), 100, 0)

    def watched(family, features, target, **search):
        raise SeenError(features, target, search)

    monkeypatch.setattr(hardware_trials, "tune", watched)
    fold = Fold(4, 1, 3, 2)
    with pytest.raises(SeenError) as caught:
        hardware_trials.train_for_hardware(
            table, seed=5, family=LOGISTIC, fold=fold, scorer="accuracy", candidates=3, rows=10
        )
    features, target, search = caught.value.args
    train, _ = split(table, fold)
    np.testing.assert_array_equal(features.index, train)
    np.testing.assert_array_equal(target, table.target[train])
    assert search == {"scorer": "accuracy", "candidates": 3, "seed": 5}


def test_a_size_of_the_sweep_is_scored_on_rows_that_it_has_not_learned(monkeypatch):
    """All folds together test every row once, and no fit sees a row of its own fold."""
    table = sample_rows(load("breast-cancer"), 60, 0)
    fitted, tested = [], []

    class Watching:
        def __init__(self, model):
            self.model = model

        def set_params(self, **parameters):
            return LOGISTIC.build(table.features, 0)

    def score(model, features, target):
        tested.append(set(features.index))
        return 0.5

    monkeypatch.setattr(
        sweep,
        "variational",
        lambda *given: type("F", (), {"build": staticmethod(lambda features, seed: Watching(None))}),
    )
    validate = sweep.cross_val_score

    def watched(model, features, target, *, scoring, cv, error_score):
        fitted.extend(set(train) for train, _ in cv.split(features, target))
        return validate(model, features, target, scoring=score, cv=cv, error_score=error_score)

    monkeypatch.setattr(sweep, "cross_val_score", watched)
    sweep.score_size(table, seed=1, qubits=2, layers=1, folds=3, steps=5, scorer="accuracy")
    assert sorted(row for rows in tested for row in rows) == list(range(60))
    assert all(not train & test for train, test in zip(fitted, tested, strict=True))
