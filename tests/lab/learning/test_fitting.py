"""The rows that a model keeps aside while it is fitted are whole units too, and later ones where rows have times."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from lab.belonging import ALONE, Belonging
from lab.learning.families import MLP, SVM
from lab.learning.fitting import fit_together

N = 240
RNG = np.random.default_rng(0)
UNITS, TIMES = RNG.permutation(np.arange(N) // 4), RNG.permutation(N)
TARGET = RNG.integers(0, 2, N)
FEATURES = pd.DataFrame({"a": RNG.normal(size=N) + TARGET, "b": RNG.normal(size=N)})


class Bagged:
    """Stands for an explainable boosting machine: keeps what it is fitted with."""

    outer_bags = 11

    def get_params(self, deep=True):
        return {"outer_bags": self.outer_bags}

    def fit(self, features, target, bags=None):
        self.bags = bags
        return self


@pytest.mark.parametrize(
    "belonging", [Belonging(units=UNITS), Belonging(units=UNITS, times=TIMES), Belonging(times=TIMES)]
)
def test_the_bags_part_no_unit_and_look_forward(belonging):
    model = fit_together(Pipeline([("model", Bagged())]), FEATURES, TARGET, belonging, seed=3)
    bags = model.named_steps["model"].bags
    assert bags.shape == (N, 11)
    assert set(np.unique(bags)) <= {-1, 0, 1}
    for bag in bags.T:
        learned, kept = np.flatnonzero(bag == 1), np.flatnonzero(bag == -1)
        assert len(learned)
        assert len(kept)
        if belonging.units is not None:
            assert not set(UNITS[learned].tolist()) & set(UNITS[kept].tolist())
        if belonging.times is not None:
            assert TIMES[learned].max() < TIMES[kept].min()
        else:
            assert len(kept) == pytest.approx(N / 7, rel=0.2)
    assert len({bag.tobytes() for bag in bags.T}) > 1


@pytest.mark.parametrize(("n_units", "wanted"), [(6, 1 / 6), (2, 1 / 2), (1, 0.0)])
def test_few_units_make_fewer_parts_and_a_single_one_tells_nothing(n_units, wanted):
    units = np.arange(N) % n_units
    model = fit_together(Pipeline([("model", Bagged())]), FEATURES, TARGET, Belonging(units=units), seed=3)
    bags = model.named_steps["model"].bags
    assert bags.shape == (N, 11)
    assert [(bag == -1).mean() for bag in bags.T] == pytest.approx([wanted] * 11)
    assert not (bags == 0).any()


def test_a_calibration_has_no_more_folds_than_units():
    model = SVM.build(FEATURES, 0)
    assert model.get_params()["model__cv"] > 2
    fit_together(model, FEATURES, TARGET, Belonging(units=np.arange(N) // 120), seed=0)
    assert len(model.get_params()["model__cv"]) == 2


@pytest.mark.parametrize("times", [None, TIMES])
def test_the_folds_of_a_calibration_part_no_unit_and_predict_each_row_once(times):
    model = SVM.build(FEATURES, 0)
    wanted = model.get_params()["model__cv"]
    fit_together(model, FEATURES, TARGET, Belonging(units=UNITS, times=times), seed=0)
    folds = model.get_params()["model__cv"]
    assert len(folds) == wanted
    for train, test in folds:
        assert not set(UNITS[train].tolist()) & set(UNITS[test].tolist())
        assert len(train) + len(test) == N
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(N))


@pytest.mark.filterwarnings("ignore")
def test_a_network_that_would_keep_rows_aside_at_random_learns_from_all():
    for belonging, wanted in ((ALONE, True), (Belonging(units=UNITS), False), (Belonging(times=TIMES), False)):
        model = MLP.build(FEATURES, 0).set_params(model__early_stopping=True, model__max_iter=3)
        fit_together(model, FEATURES, TARGET, belonging, seed=0)
        assert model.named_steps["model"].early_stopping is wanted
        assert (model.named_steps["model"].best_validation_score_ is not None) is wanted


def test_rows_that_stand_alone_are_fitted_as_ever():
    model = fit_together(Pipeline([("model", Bagged())]), FEATURES, TARGET, ALONE, seed=3)
    assert model.named_steps["model"].bags is None
