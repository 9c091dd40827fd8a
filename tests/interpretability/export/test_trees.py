"""A tree or a sum of trees as an ONNX file is the model itself, on its thresholds too; the edge lab takes every file we write."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from edge.given.family import family_of
from interpretability.export.additive import largest_difference, to_onnx
from interpretability.export.file import answers_of
from interpretability.export.trees import trees_to_onnx
from interpretability.models import regressors
from interpretability.models.classifiers import EBM_PAIRS, RULE_SUM, SCORECARD, SPLINES, TREE
from interpretability.reading.additive import lay_open
from lab.data.frames import from_arrays
from lab.data.load import load
from lab.learning.families import LOGISTIC

pytestmark = pytest.mark.filterwarnings("ignore:Missing values detected")  # of the boosting machine's own pictures


@pytest.fixture(scope="module")
def loans():
    table = load("loans")
    return dataclasses.replace(
        table, features=table.features.iloc[:600].reset_index(drop=True), target=table.target[:600]
    )


def thresholds_of(model):
    if hasattr(model, "tree_"):
        return model.tree_.threshold[model.tree_.children_left != -1]
    found, left = [], list(model.trees_)
    while left:
        node = left.pop()
        if node.left is not None:
            found.append(float(node.threshold))
            left += [node.left, node.right]
    return np.array(found)


def hard_rows(features, model):
    """Rows of the table, and rows that sit on, just under and just over every threshold, are missing, or were never seen."""
    usual = features.iloc[0]
    rows = []
    for name in features:
        if features[name].dtype == object:
            rows += [usual.to_dict() | {name: value} for value in ("", "never seen")]
            continue
        for value in thresholds_of(model.named_steps["model"]):
            near = [np.nextafter(value, -np.inf), value, np.nextafter(value, np.inf)]
            near += [float(np.nextafter(np.float32(value), np.float32(end))) for end in (-np.inf, np.inf)]
            near += [float(np.float32(value)), *np.linspace(near[3], near[4], 9)]
            rows += [usual.to_dict() | {name: one} for one in near]
        rows += [usual.to_dict() | {name: one} for one in (np.nan, -1e30, 1e30)]
    made = pd.DataFrame(rows).astype(features.dtypes.to_dict())
    return pd.concat([features, made], ignore_index=True)


@pytest.mark.parametrize("family", [regressors.TREE, regressors.RULE_SUM], ids=["tree", "figs"])
def test_the_file_of_a_number_says_what_the_trees_say(loans, family):
    if family is regressors.RULE_SUM:
        pytest.importorskip("imodels")
    target = 1e4 * loans.target + loans.features["age"].fillna(0).to_numpy() ** 2
    model = family.build(loans.features, 0).fit(loans.features, target)
    rows = hard_rows(loans.features, model)
    assert largest_difference(trees_to_onnx(model, loans.kinds), loans.kinds, model, rows) < 1e-9 * target.std()


@pytest.mark.parametrize("family", [TREE, RULE_SUM], ids=["tree", "figs"])
def test_the_file_says_what_the_trees_say_on_thresholds_missing_values_and_unseen_categories(loans, family):
    if family is RULE_SUM:
        pytest.importorskip("imodels")
    model = family.build(loans.features, 0).fit(loans.features, loans.target)
    rows = hard_rows(loans.features, model)
    assert len(rows) > 900
    assert largest_difference(trees_to_onnx(model, loans.kinds), loans.kinds, model, rows) < 1e-12


def test_a_tree_of_several_classes_gives_a_probability_for_each():
    wine = load("wine")
    model = TREE.build(wine.features, 0).fit(wine.features, wine.target)
    content = trees_to_onnx(model, wine.kinds)
    assert answers_of(content, wine.kinds, wine.features).shape == (wine.n_rows, 3)
    assert largest_difference(content, wine.kinds, model, hard_rows(wine.features, model)) < 1e-12


def test_a_tree_that_asks_nothing_gives_the_shares_of_the_classes():
    table = from_arrays("flat", pd.DataFrame({"a": np.arange(40) % 7.0}), np.arange(40) % 4 == 0)
    model = TREE.build(table.features, 0).set_params(model__ccp_alpha=1.0).fit(table.features, table.target)
    content = trees_to_onnx(model, table.kinds)
    np.testing.assert_allclose(answers_of(content, table.kinds, table.features), [[0.75, 0.25]] * 40)


@pytest.mark.parametrize(
    "family", [LOGISTIC, SPLINES, EBM_PAIRS, SCORECARD, TREE, RULE_SUM], ids=lambda family: family.name
)
def test_the_edge_lab_takes_the_file_of_every_readable_family_and_answers_as_the_model_does(tmp_path, loans, family):
    if family is RULE_SUM:
        pytest.importorskip("imodels")
    model = family.build(loans.features, 0).fit(loans.features, loans.target)
    trees = family in (TREE, RULE_SUM)
    content = trees_to_onnx(model, loans.kinds) if trees else to_onnx(lay_open(family.name, model, loans))
    path = tmp_path / "readable-model.onnx"
    path.write_bytes(content)
    taken = family_of(str(path), loans).build(loans.features, 0).fit(loans.features, loans.target)
    rows = loans.features.iloc[:200]
    np.testing.assert_allclose(taken.predict_proba(rows), model.predict_proba(rows), atol=1e-9)


def test_a_model_that_is_no_tree_is_refused(loans):
    model = LOGISTIC.build(loans.features, 0).fit(loans.features, loans.target)
    with pytest.raises(ValueError, match="neither a tree nor a sum"):
        trees_to_onnx(model, loans.kinds)
