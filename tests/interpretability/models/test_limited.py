"""No readable model has more parts than a person wants to read, however it was tuned, and a model that is small enough is the same."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from interpretability.lab import LAB
from interpretability.models import classifiers, regressors
from interpretability.models.complexity import parts_to_read
from interpretability.models.limited import AtMostParts, at_most, steps_within
from interpretability.reading.read import read_model
from interpretability.settings import Settings
from lab.data.frames import from_arrays
from lab.learning.tuning import tune

pytestmark = pytest.mark.filterwarnings("ignore")
ROWS = 240


def rows_of(task, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(ROWS, 7)), columns=list("abcdefg"))
    frame["t"] = pd.Series(rng.choice(["u", "v", "w"], ROWS), dtype=object)
    sums = 2 * frame["c"] - frame["f"] + np.sin(3 * frame["b"]) + 1.5 * (frame["t"] == "v") + 0.2 * frame["a"]
    sums = (sums + 0.3 * rng.normal(size=ROWS)).to_numpy()
    if task == "number":
        return frame, sums
    return frame, np.digitize(sums, np.quantile(sums, [0.5] if task == "two" else [0.3, 0.7]))


def group_of(task):
    return regressors.glass(8) if task == "number" else classifiers.glass(2 if task == "two" else 3, 8)


def parts_by_hand(model):
    """Count what stands in a fitted model, from what it stores."""
    last, kind = model[-1], type(model[-1]).__name__
    if "Tree" in kind:
        return sum(last.tree_.children_left == -1)
    if "RuleSum" in kind:
        return sum(leaves(tree) for tree in last.trees_)
    if kind == "Scorecard":
        return len(last.points_)
    if "Boosting" in kind:
        return len(last.term_scores_)
    columns = [str(name).split("~")[0] for name in model[0].get_feature_names_out()]
    return len({column for place, column in enumerate(columns) if np.atleast_2d(last.coef_)[:, place].any()})


def leaves(node):
    return 1 if node.left is None else leaves(node.left) + leaves(node.right)


@pytest.mark.slow
@pytest.mark.parametrize(("task", "most"), [("two", 3), ("three", 6), ("number", 1)])
def test_every_readable_family_keeps_to_the_limit_with_every_setting_of_its_search(task, most):
    features, target = rows_of(task)
    group, left_out = at_most(group_of(task), most)
    assert {family.name for family in group_of(task).families} == {family.name for family in group.families} | (
        {"tree", "figs"} if most == 1 else set()
    )
    assert len(left_out) == (2 if most == 1 else 0)
    for family in group.families:
        model = family.build(features, 0)
        settings = [
            {},
            {name: values[-1] for name, values in family.space.items() if isinstance(values, list)},
            *family.always,
        ]
        for parameters in settings:
            if "ebm" in family.name:
                parameters = {
                    **parameters,
                    "model__outer_bags": 1,
                    "model__max_rounds": 50,
                    "model__learning_rate": 0.1,
                }
            fitted = clone(model).set_params(**parameters).fit(features, target)
            assert parts_by_hand(fitted) <= most, (family.name, parameters)
            assert parts_to_read(fitted) <= most


@pytest.mark.parametrize("name", ["logistic", "splines", "ebm"])
def test_what_is_kept_are_the_terms_that_matter_and_they_have_learned_again_alone(name):
    features, target = rows_of("two")
    (family,) = (family for family in at_most(group_of("two"), 2)[0].families if family.name == name)
    model = family.build(features, 0).fit(features, target)
    same = next(family for family in group_of("two").families if family.name == name).build(features[["c", "f"]], 0)
    alone = same.fit(features[["c", "f"]], target)
    np.testing.assert_allclose(model.predict_proba(features), alone.predict_proba(features[["c", "f"]]), atol=2e-3)


def test_a_model_that_is_small_enough_is_left_as_it_is():
    features, target = rows_of("two")
    for name in ("logistic", "ebm"):
        (family,) = (family for family in group_of("two").families if family.name == name)
        plain = family.build(features, 0).fit(features, target)
        model = AtMostParts(family.build(features, 0).steps, most=parts_to_read(plain)).fit(features, target)
        np.testing.assert_array_equal(model.predict_proba(features), plain.predict_proba(features))


def test_small_models_of_the_price_keep_to_the_limit():
    names = {step.name for step in steps_within(classifiers.ladder(2), 6)}
    assert names == {"tree-2", "tree-4", "scorecard-3", "scorecard-6"}


@pytest.mark.parametrize("name", ["logistic", "tree", "scorecard", "splines"])
def test_the_delivered_model_has_at_most_so_many_parts(name):
    features, target = rows_of("two")
    dataset = from_arrays("made", features, target)
    (family,) = (family for family in at_most(group_of("two"), 3)[0].families if family.name == name)
    shown = read_model(dataset, seed=0, family=family, scorer="accuracy", candidates=3)
    assert 1 <= shown.parts <= 3
    assert shown.export.difference < 1e-6
    if name in ("logistic", "splines"):
        (table,), (panel,) = shown.tables, shown.panels
        assert len(table.rows) == shown.parts
        assert 1 <= len(panel.terms) <= shown.parts, "nothing to set that changes nothing"
    tuned = tune(family, features, target, scorer="accuracy", candidates=3, seed=0)
    assert parts_by_hand(tuned.model) <= 3


def test_question_context_and_sentence_say_the_limit():
    features, target = rows_of("two")
    settings = Settings(parts=1, folds=2)
    assert "a model that we can read, of at most 1 part, for churn?" in LAB.question("churn", settings).text
    assert LAB.question("churn", Settings()).text.endswith("a model that we can read for churn?")
    context = LAB.context(from_arrays("made", features, target), settings, seed=0)
    assert set(context.too_large) >= {"pruned decision tree"}
    assert [step.name for step in context.steps] == []
    assert bool(importlib.util.find_spec("imodels")) == (len(context.too_large) == 2)
