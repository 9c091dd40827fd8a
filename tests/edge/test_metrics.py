"""Accuracy is the edge lab's metric unless a class is rare; then ROC AUC, and the report says why."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from edge.context import Context
from edge.lab import LAB
from edge.metrics import named, remark
from edge.settings import Settings
from lab.protocol import Dataset


def table(*counts):
    target = np.repeat(np.arange(len(counts)), counts)
    features = pd.DataFrame({"x": np.arange(len(target), dtype=float)})
    return Dataset("made", features, target, "y", tuple("abcd"[: len(counts)]), {"x": "number"}, "")


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((100, 100), "accuracy"), ((100, 10), "accuracy"), ((100, 9), "roc_auc"), ((9, 100), "roc_auc"),
        ((100, 90, 9), "roc_auc_ovr"), ((100, 90, 10), "accuracy"),
    ],
)  # fmt: skip
def test_a_class_with_under_a_tenth_of_the_largest_ones_rows_is_rare(counts, expected):
    made = table(*counts)
    assert named("auto", made) == expected
    assert bool(remark("auto", made)) == (expected != "accuracy")
    assert named("f1_macro", made) == "f1_macro"
    assert remark("accuracy", made) == ()


def test_the_context_takes_it_and_the_user_may_override_it():
    made = table(300, 20)
    found: Context = LAB.context(made, Settings(), seed=0)
    assert (found.metric.scorer, found.metric.label) == ("roc_auc", "ROC AUC")
    asked = dataclasses.replace(Settings(), metric="accuracy")
    assert LAB.context(made, asked, seed=0).metric.scorer == "accuracy"
