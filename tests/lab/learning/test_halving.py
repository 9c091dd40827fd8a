"""The search halves fairly: the default is never put out by a lucky fold, and only what saw every inner fold is chosen."""

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning

from lab.data.load import load
from lab.learning.families import LOGISTIC, Family
from lab.learning.folds import Fold, split
from lab.learning.outer import score_fold
from lab.learning.tuning import looked_at, tune

FITS = []


class Known(ClassifierMixin, BaseEstimator):
    """A classifier whose accuracy is its parameter; it notes every fit."""

    def __init__(self, quality=0.0, trees=100):
        self.quality = quality
        self.trees = trees

    def fit(self, X, y):
        FITS.append((self.quality, len(y), self.trees))
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.tile([1 - self.quality, self.quality], (len(X), 1))

    def predict(self, X):
        return np.full(len(X), int(self.quality > 0.5))


def quality(estimator, X, y):
    return estimator.quality


@pytest.fixture
def searched(monkeypatch):
    FITS.clear()
    monkeypatch.setattr("lab.learning.scoring.get_scorer", lambda name: quality)
    wine = load("wine")
    family = Family("known", "known", lambda features, seed: Known(), {"quality": [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.9]})
    return tune(family, wine.features, wine.target, scorer="accuracy", candidates=8, seed=0)


def test_the_best_is_found_with_fewer_fits_than_a_full_search(searched):
    assert searched.parameters == {"quality": 0.9}
    assert searched.inner_score == pytest.approx(0.9)
    assert len(FITS) == 8 + 4 + 2 + 1, "the default and seven, and three, and one; then the last fit on all rows"
    assert FITS[-1] == (0.9, 178, 100)


def test_the_default_goes_through_every_inner_fold(searched):
    assert sum(quality == 0.0 for quality, *_ in FITS) == 3
    assert sum(quality == 0.9 for quality, *_ in FITS) == 4
    assert sum(quality == 0.1 for quality, *_ in FITS) == 1


@pytest.fixture
def many(monkeypatch):
    """6,000 rows, of which 12 are of a rare class."""
    FITS.clear()
    monkeypatch.setattr("lab.learning.scoring.get_scorer", lambda name: quality)
    target = np.arange(6_000) % 2
    target[::500] = 2
    return pd.DataFrame({"a": np.arange(6_000.0)}), target


def family(space, **more):
    return Family("known", "known", lambda features, seed: Known(), space, **more)


def test_the_first_look_is_cheap_and_does_not_count(many):
    found = tune(
        family({"quality": [0.3, 0.5, 0.8]}, look={"trees": 5}), *many, scorer="accuracy", candidates=4, seed=0
    )
    looks, rest = FITS[:4], FITS[4:]
    assert {(trees, 1_300 < rows < 1_345) for _, rows, trees in looks} == {(5, True)}, (
        "a third of 4,000 rows, few trees"
    )
    assert [(rows, trees) for _, rows, trees in rest] == [(4_000, 100)] * 4 + [(6_000, 100)]
    assert found.parameters == {"quality": 0.8}


def test_the_inner_score_is_over_the_same_folds_for_a_family_that_has_nothing_to_search(many):
    tune(family({}), *many, scorer="accuracy", candidates=4, seed=0)
    assert [rows for _, rows, _ in FITS] == [4_000, 4_000, 6_000]
    FITS.clear()
    tune(family({"quality": [0.3]}), *many, scorer="accuracy", candidates=1, seed=0)
    assert [rows for _, rows, _ in FITS] == [4_000, 4_000, 4_000, 6_000]


def test_the_first_look_sees_every_class(many):
    rows = looked_at(np.arange(6_000), many[1], 0)
    counts = np.bincount(many[1][rows])
    assert counts.sum() == pytest.approx(2_000, abs=5)
    assert counts[2] == 5
    assert counts[0] / counts[1] == pytest.approx(1, abs=0.01)
    assert len(np.unique(rows)) == len(rows)
    assert len(looked_at(np.arange(900), many[1], 0)) == 900


def test_with_0_candidates_a_fold_is_scored_without_inner_folds():
    wine = load("wine")
    counted = dataclasses.replace(LOGISTIC, complexity=lambda model: model.predict_proba(wine.features).shape[1])
    row = score_fold(wine, seed=1, family=counted, fold=Fold(3, 1, 0, 0), scorer="accuracy", candidates=0)
    train, test = split(wine, Fold(3, 1, 0, 0))
    model = LOGISTIC.build(wine.features, 1).fit(wine.features.iloc[train], wine.target[train])
    assert row.score == pytest.approx(np.mean(model.predict(wine.features.iloc[test]) == wine.target[test]))
    assert row.inner_score is None
    assert row.parameters == {}
    assert (row.unconverged, row.complexity) == (0, 3)
    np.testing.assert_array_equal(row.test_rows, test)


def test_the_settings_of_a_fold_go_by_the_names_of_the_model():
    wine = load("wine")
    family = Family("x", "x", lambda features, seed: LOGISTIC.build(features, seed).set_params(model__C=1e-9),
                    {"model__C": [1.0]})  # fmt: skip
    row = score_fold(wine, seed=1, family=family, fold=Fold(3, 1, 0, 0), scorer="neg_log_loss", candidates=2)
    assert row.parameters == {"C": 1.0}
    assert row.complexity is None


def fits_of(n_rows, candidates, search_rows, rare=None):
    """Number of rows of every fit of a search on `n_rows` rows of two classes."""
    FITS.clear()
    features = pd.DataFrame({"x": np.arange(float(n_rows))})
    target = np.arange(n_rows) % 2
    if rare is not None:
        target = (np.arange(n_rows) < rare).astype(int)
    family = Family("known", "known", lambda features, seed: Known(), {"quality": [0.2, 0.4, 0.6, 0.8]})
    tune(family, features, target, scorer="accuracy", candidates=candidates, seed=0, search_rows=search_rows)
    return [rows for _, rows, _ in FITS]


def test_where_rows_abound_candidates_learn_from_a_part_and_the_chosen_one_from_all():
    assert fits_of(300, 3, 100) == [100, 100, 100, 300]
    assert fits_of(150, 3, 100)[:-1] == [100, 100, 100]
    assert fits_of(149, 1, None) == [99, 99, 100, 149]


def test_where_rows_are_few_a_single_candidate_gets_two_folds_and_several_get_three():
    assert fits_of(100, 1, 100) == [50, 50, 100]
    assert len(fits_of(100, 2, 100)) == 3 * 2 + 1
    assert len(fits_of(100, 3, None)) == 3 + 2 * 2 + 1, "of two draws one goes on, and the default"


def test_at_most_10_000_rows_are_scored_on(monkeypatch):
    scored = []
    monkeypatch.setattr(
        "lab.learning.scoring.get_scorer", lambda name: lambda model, X, y: scored.append(len(y)) or 0.5
    )
    for n_rows in (10_900, 11_100):
        fits_of(n_rows, 1, 1_000)
    assert scored == [9_900, 10_000]


class Unfinished(Known):
    """It warns of every fit that did not converge, and of something else."""

    def fit(self, X, y):
        warnings.warn("stopped", ConvergenceWarning, stacklevel=1)
        warnings.warn("another thing", UserWarning, stacklevel=1)
        return super().fit(X, y)


@pytest.mark.filterwarnings("ignore")
def test_fits_that_did_not_converge_are_counted(monkeypatch):
    monkeypatch.setattr("lab.learning.scoring.get_scorer", lambda name: quality)
    features, target = pd.DataFrame({"x": np.arange(60.0)}), np.arange(60) % 2
    unfinished = Family("u", "u", lambda features, seed: Unfinished(), {"quality": [0.3]})
    found = tune(unfinished, features, target, scorer="accuracy", candidates=2, seed=0)
    assert found.unconverged == 2 + 2 * 2 + 1, "one look each, two folds each, and the last fit"


@pytest.mark.parametrize(("n_rows", "search_rows", "expected"), [(300, 100, [100, 300]), (90, None, [60, 60, 60, 90])])
def test_numbers_are_searched_on_a_part_or_on_folds_too(monkeypatch, n_rows, search_rows, expected):
    monkeypatch.setattr("lab.learning.scoring.get_scorer", lambda name: quality)
    FITS.clear()
    features, target = pd.DataFrame({"x": np.arange(float(n_rows))}), np.random.default_rng(0).normal(size=n_rows)
    tune(family({}), features, target, scorer="r2", candidates=1, seed=0, search_rows=search_rows)
    assert [rows for _, rows, _ in FITS] == expected


def test_a_class_too_rare_for_the_part_is_left_to_the_folds():
    assert fits_of(300, 1, 100, rare=8) == [150, 150, 300]  # 100 of 300 rows would hold fewer than three of the 8
    assert fits_of(300, 1, 100, rare=9) == [100, 300]


@pytest.mark.parametrize(("candidates", "tried"), [(1, set()), (2, {0.1}), (3, {0.9, 0.1}), (5, {0.9, 0.1})])
def test_what_is_always_tried_takes_the_place_of_the_first_draws_where_one_is_left(monkeypatch, candidates, tried):
    monkeypatch.setattr("lab.learning.scoring.get_scorer", lambda name: quality)
    FITS.clear()
    features, target = pd.DataFrame({"x": np.arange(60.0)}), np.arange(60) % 2
    space = {"quality": [0.1], "trees": stats.randint(1, 100)}
    found = tune(
        family(space, always=({"quality": 0.9},)), features, target, scorer="accuracy", candidates=candidates, seed=0
    )
    assert {quality for quality, *_ in FITS} == {0.0} | tried
    assert len({(quality, trees) for quality, _, trees in FITS}) == candidates
    assert found.parameters.get("quality", 0.0) == max(tried, default=0.0)
