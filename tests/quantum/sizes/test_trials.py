"""A size of the sweep is scored on rows that it has not learned."""

from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning.families import LOGISTIC
from quantum.sizes import trials as size_trials


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
        size_trials,
        "variational",
        lambda *given: type("F", (), {"build": staticmethod(lambda features, seed: Watching(None))}),
    )
    validate = size_trials.cross_val_score

    def watched(model, features, target, *, scoring, cv, error_score):
        fitted.extend(set(train) for train, _ in cv)
        return validate(model, features, target, scoring=score, cv=cv, error_score=error_score)

    monkeypatch.setattr(size_trials, "cross_val_score", watched)
    size_trials.score_size(table, seed=1, qubits=2, layers=1, folds=3, steps=5, scorer="accuracy")
    assert sorted(row for rows in tested for row in rows) == list(range(60))
    assert all(not train & test for train, test in zip(fitted, tested, strict=True))
