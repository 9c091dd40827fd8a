"""Rows are carried through a pipeline once, and what comes of it is what the whole pipeline says of them."""

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, r2_score, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from lab.learning.scoring import prepared, said_by, score_model

FEATURES, LABELS = make_classification(200, 6, flip_y=0.2, random_state=0)
TRAIN, TEST = np.arange(120), np.arange(120, 200)
CLASSIFIERS = {
    "two steps before": make_pipeline(StandardScaler(), PCA(3), LogisticRegression()),
    "one step before": make_pipeline(PCA(2), DecisionTreeClassifier(max_depth=3, random_state=0)),
    "no step before": Pipeline([("model", LogisticRegression())]),
    "no pipeline": LogisticRegression(),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_scores_and_probabilities_are_those_of_the_whole_pipeline(name):
    model = CLASSIFIERS[name].fit(FEATURES[TRAIN], LABELS[TRAIN])
    wanted = model.predict_proba(FEATURES[TEST])
    found = score_model(model, FEATURES[TEST], LABELS[TEST], "roc_auc", 2)
    np.testing.assert_array_equal(found.predictions, wanted)
    assert found.score == pytest.approx(roc_auc_score(LABELS[TEST], wanted[:, 1]), abs=1e-12)
    assert found.beside["log loss (nats)"] == pytest.approx(log_loss(LABELS[TEST], wanted), abs=1e-12)


def test_numbers_are_those_of_the_whole_pipeline():
    features, target = make_regression(100, 4, noise=20, random_state=0)
    model = make_pipeline(StandardScaler(), PCA(3), Ridge()).fit(features, target)
    wanted = model.predict(features)
    found = score_model(model, features, target, "r2", 0)
    np.testing.assert_array_equal(found.predictions, wanted)
    assert found.score == pytest.approx(r2_score(target, wanted), abs=1e-12)


def test_the_steps_before_the_last_are_gone_through_once_however_often_it_is_asked(monkeypatch):
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(FEATURES[TRAIN], LABELS[TRAIN])
    calls, transform = [], StandardScaler.transform
    monkeypatch.setattr(StandardScaler, "transform", lambda self, X, **more: calls.append(1) or transform(self, X))
    last, seen = prepared(model, FEATURES[TEST])
    assert said_by(last, seen).shape == (80, 2)
    assert last.predict(seen).shape == (80,)
    assert calls == [1]
