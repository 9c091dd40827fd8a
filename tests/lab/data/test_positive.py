"""Scores of one class are those of the class that is looked for, whatever it is called."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from lab.data.load import load
from lab.data.positive import looked_for
from lab.errors import DataError
from lab.learning.scoring import primary_metric, score_model

N = 300


def table(tmp_path, rare="fraud", usual="ok"):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 2)).round(4)
    is_rare = x[:, 0] + rng.normal(size=N) > 1.7
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": np.where(is_rare, rare, usual)})
    frame.to_csv(tmp_path / "t.csv", index=False)
    return str(tmp_path / "t.csv"), x, is_rare


@pytest.mark.parametrize(("rare", "usual"), [("fraud", "ok"), ("scored ok", "fraud"), ("yes", "no"), ("0", "1")])
@pytest.mark.parametrize("metric", ["f1", "precision", "recall", "average_precision"])
def test_the_rarer_class_is_looked_for_whatever_it_is_called(tmp_path, rare, usual, metric):
    path, x, is_rare = table(tmp_path, rare, usual)
    found = looked_for(load(path, "y"), metric)
    assert found.positive == found.classes[1] == rare
    assert found.target.tolist() == is_rare.astype(int).tolist()
    assert any(f"class {rare!r}, the rarer one" in note for note in found.notes)
    chosen = primary_metric(metric, found)
    assert chosen.label.endswith(f"of class {rare!r}")
    model = LogisticRegression().fit(x, found.target)
    if metric == "f1":
        expected = f1_score(is_rare, LogisticRegression().fit(x, is_rare).predict(x))
        assert score_model(model, x, found.target, "f1", 2).score == pytest.approx(expected)


@pytest.mark.parametrize("metric", ["auto", "roc_auc", "accuracy", "f1_macro", "balanced_accuracy"])
def test_what_scores_both_classes_leaves_them_as_they_are(tmp_path, metric):
    dataset = load(table(tmp_path)[0], "y")
    assert looked_for(dataset, metric) is dataset


def test_the_user_has_the_last_word(tmp_path):
    path, _, is_rare = table(tmp_path)
    found = load(path, "y", positive="ok")
    assert looked_for(found, "f1") is found
    assert found.classes == ("fraud", "ok")
    assert found.target.tolist() == (~is_rare).astype(int).tolist()
    assert primary_metric("f1", found).label == "F1 score of class 'ok'"
    turned = load(path, "y", positive="fraud")
    assert turned.classes == ("ok", "fraud")
    assert turned.target.tolist() == is_rare.astype(int).tolist()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "no class 'frad' .*did you mean 'fraud'"),
        ({"classes": ("a", "b", "c")}, "3 classes"),
        ({"classes": ()}, "numbers"),
    ],
)
def test_a_class_that_cannot_be_looked_for_is_refused(tmp_path, change, says):
    from lab.data.positive import with_positive

    dataset = dataclasses.replace(load(table(tmp_path)[0], "y"), **change)
    with pytest.raises(DataError, match=says):
        with_positive(dataset, "frad")
