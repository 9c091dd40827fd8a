"""The search halves fairly: the default is never put out by a lucky fold, and only what saw every inner fold is chosen."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from lab.data import load
from lab.families import Family
from lab.tuning import tune

FITS = []


class Known(ClassifierMixin, BaseEstimator):
    """A classifier whose accuracy is its parameter; it notes every fit."""

    def __init__(self, quality=0.0):
        self.quality = quality

    def fit(self, X, y):
        FITS.append((self.quality, len(y)))
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
    monkeypatch.setattr("lab.tuning.get_scorer", lambda name: quality)
    wine = load("wine")
    family = Family("known", "known", lambda features, seed: Known(), {"quality": [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.9]})
    return tune(family, wine.features, wine.target, scorer="accuracy", candidates=8, seed=0)


def test_the_best_is_found_with_fewer_fits_than_a_full_search(searched):
    assert searched.parameters == {"quality": 0.9}
    assert searched.inner_score == pytest.approx(0.9)
    assert len(FITS) == 8 + 4 + 2 + 1, "the default and seven, and three, and one; then the last fit on all rows"
    assert FITS[-1] == (0.9, 178)


def test_the_default_goes_through_every_inner_fold(searched):
    assert sum(quality == 0.0 for quality, _ in FITS) == 3
    assert sum(quality == 0.9 for quality, _ in FITS) == 4
    assert sum(quality == 0.1 for quality, _ in FITS) == 1


def fits_of(n_rows, candidates, search_rows, rare=None):
    """Number of rows of every fit of a search on `n_rows` rows of two classes."""
    FITS.clear()
    features = pd.DataFrame({"x": np.arange(float(n_rows))})
    target = np.arange(n_rows) % 2
    if rare is not None:
        target = (np.arange(n_rows) < rare).astype(int)
    family = Family("known", "known", lambda features, seed: Known(), {"quality": [0.2, 0.4, 0.6, 0.8]})
    tune(family, features, target, scorer="accuracy", candidates=candidates, seed=0, search_rows=search_rows)
    return [rows for _, rows in FITS]


def test_where_rows_abound_candidates_learn_from_a_part_and_the_chosen_one_from_all():
    assert fits_of(300, 3, 100) == [100, 100, 100, 300]
    assert fits_of(150, 3, 100)[:-1] == [100, 100, 100]
    assert fits_of(149, 1, None) == [99, 99, 100, 149]


def test_where_rows_are_few_a_single_candidate_gets_two_folds_and_several_get_three():
    assert fits_of(100, 1, 100) == [50, 50, 100]
    assert len(fits_of(100, 2, 100)) == 3 * 2 + 1


def test_a_class_too_rare_for_the_part_is_left_to_the_folds():
    assert fits_of(300, 1, 100, rare=8) == [150, 150, 300]  # 100 of 300 rows would hold fewer than three of the 8
    assert fits_of(300, 1, 100, rare=9) == [100, 300]
