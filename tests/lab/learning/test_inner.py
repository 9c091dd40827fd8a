"""What a search keeps of its inner folds is what fits by hand say there, the same rows for all, and the ground of the choice."""

import dataclasses

import numpy as np
import pytest
from oracles import intervals
from samples import golden
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer, r2_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lab.data.load import load
from lab.learning.comparison import Group, compare
from lab.learning.families import FOREST, LOGISTIC, Family
from lab.learning.folds import Fold, split
from lab.learning.inner import OutOfFold, inner_score, kept
from lab.learning.outer import FoldRow, score_fold
from lab.learning.scoring import Metric, score_model, score_said
from lab.learning.tuning import tune
from lab.work.rows import typed
from lab.work.storage import through_storage

CANCER, WINE = load("breast-cancer"), load("wine")
SMALL = dataclasses.replace(FOREST, space={"model__min_samples_leaf": [5, 9]}, look={"model__n_estimators": 3},
                            build=lambda features, seed: FOREST.build(features, seed).set_params(model__n_estimators=5))  # fmt: skip
AUC = Metric("roc_auc", "ROC AUC", "points", 100.0)


def by_hand(table, train, seed, c=1.0):
    """Chances of all inner test rows by scikit-learn alone: (row numbers, probabilities, rows of each inner fold)."""
    rows, said, sizes = [], [], []
    features = table.features.to_numpy()
    for learned, tested in StratifiedKFold(3, shuffle=True, random_state=seed).split(train, table.target[train]):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2_000))
        model.fit(features[train[learned]], table.target[train[learned]])
        rows.append(train[tested])
        said.append(model.predict_proba(features[train[tested]]))
        sizes.append(len(tested))
    return np.concatenate(rows), np.concatenate(said), tuple(sizes)


@pytest.mark.parametrize("table", [CANCER, WINE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("candidates", [1, 2])
def test_a_fold_keeps_what_the_chosen_candidate_said_of_every_inner_row(table, candidates):
    """With two candidates the first inner fold is only looked at: the chosen one is fitted there once more, as it is."""
    fold = Fold(3, 2, 40, 4)
    family = dataclasses.replace(LOGISTIC, space={"model__C": [0.01]})
    row = score_fold(table, seed=9, family=family, fold=fold, scorer="neg_log_loss", candidates=candidates)
    train, _ = split(table, fold)
    rows, said, sizes = by_hand(table, train, 40 + 4, row.parameters.get("C", 1.0))
    np.testing.assert_array_equal(row.inner.rows, rows)
    assert row.inner.sizes == sizes
    np.testing.assert_allclose(row.inner.predictions(len(table.classes)), said, atol=1e-6)  # kept in single precision
    assert row.inner.said.dtype == np.float32
    assert sorted(rows) == sorted(train)
    again = typed(through_storage(row), FoldRow)
    np.testing.assert_array_equal(again.inner.said, row.inner.said)
    assert again.inner.sizes == sizes


def test_families_are_searched_on_the_same_inner_folds_whatever_their_seeds():
    found = [
        score_fold(WINE, seed=seed, family=family, fold=Fold(3, 1, 5, place), scorer="accuracy", candidates=2).inner
        for place in (0, 1)
        for seed, family in ((1, LOGISTIC), (2, SMALL))
    ]
    for one, other in (found[:2], found[2:]):
        np.testing.assert_array_equal(one.rows, other.rows)
        assert one.sizes == other.sizes


def test_nothing_is_kept_where_it_is_not_asked_for_and_the_fit_for_it_is_spared(monkeypatch):
    fits = []
    fit = LogisticRegression.fit
    monkeypatch.setattr(LogisticRegression, "fit", lambda self, X, y: fits.append(len(y)) or fit(self, X, y))
    search = {"scorer": "accuracy", "candidates": 2, "seed": 0}
    assert tune(LOGISTIC, WINE.features, WINE.target, **search).inner is None
    plain = len(fits)
    kept_too = tune(LOGISTIC, WINE.features, WINE.target, **search, keep_inner=True)
    assert len(fits) == 2 * plain + 1
    assert len(kept_too.inner.rows) == len(WINE.target)


def test_a_single_split_keeps_the_rows_that_were_scored():
    found = tune(LOGISTIC, CANCER.features, CANCER.target, scorer="roc_auc", candidates=2, seed=0, search_rows=100,
                 split_seed=3, keep_inner=True)  # fmt: skip
    assert found.inner.sizes == (CANCER.n_rows - 100,)
    positive = CANCER.target[found.inner.rows] == 1
    assert found.inner_score == pytest.approx(intervals.auc(found.inner.said, positive), abs=1e-6)


def test_the_score_is_over_all_inner_rows_at_once():
    truth = np.array([1, 0, 1, 0, 1, 0])
    found = kept(np.array([4, 5, 2, 1]), np.array([[0.4, 0.6], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7]]), [2, 2])
    assert isinstance(found, OutOfFold)
    assert inner_score(found, truth, "roc_auc", 2) == 0.75, "one of four pairs is wrong, across the folds"
    assert inner_score(found, truth, "accuracy", 2) == 0.75
    assert found.folds == [slice(0, 2), slice(2, 4)]
    numbers = kept(np.array([0, 3]), np.array([2.0, 5.0]), [2])
    target = np.array([1.0, 9.0, 9.0, 7.0])
    assert inner_score(numbers, target, "r2", 0) == pytest.approx(r2_score([1, 7], [2, 5]))


@pytest.mark.parametrize(
    ("table", "scorer"),
    [
        (CANCER, scorer)
        for scorer in ("roc_auc", "accuracy", "neg_log_loss", "balanced_accuracy", "f1", "average_precision",
                       "neg_brier_score", "matthews_corrcoef")
    ]
    + [(WINE, scorer) for scorer in ("roc_auc_ovr", "accuracy", "neg_log_loss", "f1_macro")],
)  # fmt: skip
def test_predictions_alone_are_scored_as_the_model_that_made_them(table, scorer):
    train, test = split(table, Fold(3, 1, 5, 0))
    model = SMALL.build(table.features, 1).fit(table.features.iloc[train], table.target[train])
    expected = get_scorer(scorer)(model, table.features.iloc[test], table.target[test])
    said = model.predict_proba(table.features.iloc[test])
    assert score_said(scorer, said, table.target[test]) == pytest.approx(expected, rel=1e-12)
    whole = score_model(model, table.features.iloc[test], table.target[test], scorer, len(table.classes))
    assert whole.score == pytest.approx(expected, rel=1e-12)


A, B, C = (Family(name, f"model {name}", LOGISTIC.build) for name in "abc")
TARGET = golden.table().target


def rows_of(name, strength, inner, outer):
    """Fold rows whose search found `inner`, and whose predictions of the inner rows are right by `strength`."""
    made = golden.fold_rows(name, golden.said(name, outer), [inner] * 6)
    rng = np.random.default_rng(len(name) + ord(name))
    for key, row in made.items():
        inner_rows = np.setdiff1d(np.arange(golden.N_ROWS), row.test_rows)
        odds = strength * (2 * TARGET[inner_rows] - 1) + rng.normal(size=len(inner_rows))
        chances = 1 / (1 + np.exp(-odds))
        made[key] = dataclasses.replace(
            row, inner=kept(inner_rows, np.column_stack([1 - chances, chances]), [len(inner_rows)])
        )
    return made


def test_the_best_is_chosen_on_all_inner_rows_not_on_what_the_searches_found():
    """The search of `a` was lucky on its folds, and `a` is better on the outer ones too: neither counts."""
    rows = (
        rows_of("a", 0.1, 0.99, 4.0)
        | rows_of("b", 2.0, 0.5, 0.0)
        | golden.fold_rows("c", golden.said("c", 1.0), [0.5] * 6)
    )
    groups = (Group("ab", "pair", (A, B)), Group("c", "single", (C,)))
    for row in (row for key, row in rows.items() if key[0] in "ab"):
        positive = TARGET[row.inner.rows] == 1
        strong = intervals.auc(row.inner.said, positive) > 0.8
        assert strong == (row.inner_score == 0.5), "the table of the test itself"
    found = compare(golden.table(), groups, rows, folds=3, repeats=2, metric=AUC)
    assert found.best["ab"].chosen == ("model b",) * 6
    assert found.single["ab"] == found.best["ab"]
    without = {key: dataclasses.replace(row, inner=None) if key == "b-fold03" else row for key, row in rows.items()}
    found = compare(golden.table(), groups, without, folds=3, repeats=2, metric=AUC)
    assert found.best["ab"].chosen == ("model b",) * 3 + ("model a",) + ("model b",) * 2, "like is compared with like"
