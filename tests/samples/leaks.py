"""Trials that peek at the rows that they are tested on, each in another way, and one that does not."""

from dataclasses import dataclass

import numpy as np

from lab.learning.families import LOGISTIC
from lab.learning.folds import split
from lab.learning.tuning import tune


@dataclass(frozen=True)
class Deep:
    middles: np.ndarray


@dataclass(frozen=True)
class Learned:
    predictions: np.ndarray
    inner_score: float
    deep: Deep


def _scored(dataset, train, fitted_on, test, *, inner=0.5, middles=None):
    model = LOGISTIC.build(dataset.features, 0).fit(dataset.features.iloc[fitted_on], dataset.target[fitted_on])
    said = model.predict_proba(dataset.features.iloc[test])
    numbers = dataset.features.select_dtypes("number")
    middles = numbers.iloc[train].median() if middles is None else middles
    return Learned(said, inner, Deep(middles.to_numpy()))


def honest(dataset, *, seed, fold):
    train, test = split(dataset, fold)
    return _scored(dataset, train, train, test)


def fits_on_all(dataset, *, seed, fold):
    train, test = split(dataset, fold)
    return _scored(dataset, train, np.concatenate([train, test]), test)


def searches_on_the_test_fold(dataset, *, seed, fold):
    train, test = split(dataset, fold)
    features, target = dataset.features.iloc[test], dataset.target[test]
    found = tune(LOGISTIC, features, target, scorer="roc_auc", candidates=2, seed=seed)
    return _scored(dataset, train, train, test, inner=found.inner_score)


def scales_on_all(dataset, *, seed, fold):
    train, test = split(dataset, fold)
    return _scored(dataset, train, train, test, middles=dataset.features.select_dtypes("number").mean())


def swaps_the_fold(dataset, *, seed, fold):
    test, train = split(dataset, fold)
    return _scored(dataset, train, train, test)
