"""Scores, prices and finalists of hand-made rows are what the oracle works out from the same folds."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from samples.golden import (
    FOLDS,
    N_ROWS,
    at_random_is_planned,
    auc_of,
    table,
    with_random,
)
from samples.interpretability_rows import (
    BLACK,
    DATA,
    FOLDED,
    GLASS,
    LABELS,
    PARTS,
    SETTINGS,
    loss_of,
    made_rows,
    mean,
    summarised,
    titled,
)

from interpretability.lab import LAB
from interpretability.sides import at_random, finalists, price, scores
from interpretability.sides.finalists import choose_finalists
from lab.belonging import Belonging
from lab.learning.families import Family
from lab.learning.inner import kept
from lab.protocol import Evidence


@pytest.fixture(scope="module")
def rows():
    return made_rows()


@pytest.fixture(scope="module")
def evidence(rows):
    pytest.importorskip("fairlearn")
    return summarised(SETTINGS, rows)


def test_the_prices_are_those_of_the_same_folds(evidence):
    lines = titled(evidence, "The price of readability").rows
    assert [line[0] for line in lines] == [LABELS[name] for name in ("tree-2", "logistic", "tree-4", "ebm")]
    best = -np.inf
    for line, name in zip(lines, ("tree-2", "logistic", "tree-4", "ebm"), strict=True):
        score = mean(FOLDED[name])[0]
        assert line[1:6] == pytest.approx((PARTS[name], score, *loss_of(FOLDED[name])))
        assert line[6] == ("yes" if score > best else "no")
        best = max(best, score)
    figure = next(each for each in evidence.figures if each.title == "The price of readability")
    assert f"best black box ({mean(BLACK)[0]:.1f} points), the dotted one lies 3.0 points below" in figure.caption


def test_the_simplest_model_within_the_margin_is_named(rows):
    reach = loss_of(FOLDED["tree-4"])[2]
    assert reach < min(loss_of(FOLDED[name])[2] for name in ("tree-2", "logistic", "ebm"))
    for margin, expected in ((reach + 0.5, LABELS["tree-4"]), (reach - 0.5, None)):
        settings = dataclasses.replace(SETTINGS, margin=margin / 100, groups=None)
        assert summarised(settings, rows).facts["simplest"] == expected


def test_the_finalists_are_those_taken_most_often_with_what_each_fold_found(rows):
    scored = {key: row for key, row in rows.items() if "-fold" in key and not key.startswith("constant")}
    context = LAB.context(DATA, SETTINGS, seed=11)
    (planned,) = finalists.plan(context)
    assert set(scored) <= set(planned.needs)
    assert planned.cost < 1, "choosing takes less than a fit"
    arguments = dict(planned.arguments) | {"inputs": scored}
    reach = loss_of(FOLDED["tree-4"])[2]
    found = choose_finalists(DATA, seed=11, **arguments | {"margin": (reach + 0.5) / 100})
    assert (found.glass, found.black, found.simplest) == ("ebm", "forest", "tree-4")
    assert found.parameters["forest"] == ({"depth": 0}, {"depth": 1}, {"depth": 2})
    narrow = choose_finalists(DATA, seed=11, **arguments | {"margin": (reach - 0.5) / 100})
    assert narrow.simplest is None


def test_for_a_black_box_that_answers_slowly_the_best_of_the_others_stands_in(rows):
    scored = {key: row for key, row in rows.items() if "-fold" in key and not key.startswith("constant")}
    context = LAB.context(DATA, SETTINGS, seed=11)
    slow = tuple(dataclasses.replace(each, answers_slowly=each.name == "forest") for each in context.black.families)
    context = dataclasses.replace(context, black=dataclasses.replace(context.black, families=slow))
    (planned,) = finalists.plan(context)
    found = choose_finalists(DATA, seed=11, **dict(planned.arguments) | {"inputs": scored})
    assert (found.glass, found.black) == ("ebm", "boosting")
    assert found.parameters["forest"] == ({"depth": 0}, {"depth": 1}, {"depth": 2}), "it is compared all the same"
    (said, *_) = [each for each in scores.evidence(context, rows).caveats if "in its place" in each]
    assert (
        "answers slowly; what is explained, timed and stress-tested in its place is the best single one of the others, the"
        in said
    )
    assert said.endswith("gradient boosting")


def test_the_picture_of_all_models_says_how_they_were_compared(evidence):
    figure = next(each for each in evidence.figures if each.title == "All models")
    assert figure.caption.startswith("ROC AUC, 2 x 3-fold cross-validation, all models on the same folds")
    assert "4 hyperparameter settings each (standard effort)" in figure.caption
    assert LABELS["ebm"] in str(figure.spec["data"])
    assert "constant" not in str(figure.spec["data"])


def test_of_families_taken_equally_often_the_one_that_came_first_stands_for_its_side_as_in_the_picture():
    taken = SimpleNamespace(single={"glass": SimpleNamespace(chosen=("B", "an average", "A", "A", "B", "C"))})
    for names in ({"a": "A", "b": "B", "c": "C"}, {"b": "B", "c": "C", "a": "A"}):
        assert price.chosen_family(taken, "glass", names) == "b"


@pytest.mark.parametrize(
    ("metric", "title"), [("auto", "ROC AUC (points, of 100)"), ("neg_log_loss", "log loss (negative)")]
)
def test_the_axis_of_the_prices_has_the_unit_where_there_is_one(rows, metric, title):
    context = LAB.context(DATA, dataclasses.replace(SETTINGS, metric=metric), seed=11)
    (figure,) = price.evidence(context, rows).figures
    titles = {layer["encoding"]["y"].get("title") for layer in figure.spec["layer"] if "y" in layer["encoding"]}
    assert title in titles | {figure.spec.get("encoding", {}).get("y", {}).get("title")}


def test_every_family_of_both_sides_is_searched_on_every_fold_and_a_constant_is_fitted():
    context = LAB.context(DATA, SETTINGS, seed=11)
    searched = [family.name for side in (context.glass, context.black) for family in side.families]
    assert {"logistic", "ebm", "forest", "boosting"} <= set(searched)
    planned = scores.plan(context)
    plan = [trial for trial in planned if "candidates" in trial.arguments]
    blended = [trial for trial in planned if trial not in plan]
    assert {trial.key for trial in blended} == {
        f"black-{rule}-fold{fold:02d}" for rule in ("average", "greedy") for fold in range(6)
    }, "an average of readable models cannot be read"
    for trial in blended:
        assert set(trial.needs) == {f"{family.name}-{trial.key[-6:]}" for family in context.black.families}
    assert {(trial.key, trial.arguments["candidates"]) for trial in plan} == {
        (f"{name}-fold{fold:02d}", 0 if name == "constant" else SETTINGS.candidates)
        for name in (*searched, "constant")
        for fold in range(6)
    }
    assert SETTINGS.candidates > 0
    steps = price.plan(context)
    assert {(trial.key, trial.arguments["candidates"]) for trial in steps} == {
        (f"{family.name}-fold{fold:02d}", 0) for family in context.steps for fold in range(6)
    }


OF_CUSTOMERS = dataclasses.replace(DATA, belonging=Belonging(units=np.arange(N_ROWS) // 3, by="customer"))


def test_both_sides_are_scored_on_folds_at_random_too():
    context = LAB.context(OF_CUSTOMERS, SETTINGS, seed=11)
    at_random_is_planned(at_random.plan(context), (context.black, context.glass), SETTINGS, 11, "roc_auc")
    assert at_random.plan(LAB.context(DATA, SETTINGS, seed=11)) == []
    brief = LAB.context(OF_CUSTOMERS, dataclasses.replace(SETTINGS, depth="verdict"), seed=11)
    assert at_random.plan(brief) == []
    assert at_random.evidence(brief, {}) == Evidence()


def test_what_the_black_box_recognises_is_the_difference_of_its_means(rows):
    context = LAB.context(OF_CUSTOMERS, SETTINGS, seed=11)
    found = at_random.evidence(context, with_random(rows))
    mixed = np.mean([100 * auc_of(chances, places % 2) for chances, places in BLACK[FOLDS:]])
    assert found.estimates["recognition"].value == pytest.approx(mixed - mean(BLACK)[0])
    assert [line[0] for line in found.tables[0].rows] == [
        "best black box", "best readable model", "the best black box minus the best readable model"
    ]  # fmt: skip


def test_what_was_said_is_drawn_against_what_happened_in_tenths_of_the_rows(evidence):
    figure = titled(evidence, "Are the probabilities calibrated?")
    for label, folds in (("best readable model", GLASS), ("best black box", BLACK)):
        chances = np.concatenate([said[:, 1] for said, _ in folds])
        truth = np.concatenate([places % 2 for _, places in folds])
        order = np.argsort(chances, kind="stable")
        bins = [(chances[part].mean(), truth[part].mean()) for part in np.array_split(order, 10)]
        drawn = [(value["x"], value["y"]) for value in figure.spec["data"]["values"] if value["series"] == label]
        assert np.array(drawn) == pytest.approx(np.array(bins))


@pytest.mark.parametrize(("name", "full"), [("depth", "model__depth"), ("prepare__bins", "prepare__bins")])
def test_a_finalist_is_fitted_with_what_its_search_found_on_the_rows_it_is_given(name, full):
    calls = []

    class Model:
        def set_params(self, **given):
            calls.append(given)

        def fit(self, features, target):
            return features.index.tolist(), target.tolist()

    data, rows = table(), np.array([3, 4, 40])
    family = Family("made", "made", lambda features, seed: calls.append((len(features), seed)) or Model())
    fitted = finalists.fitted_on(family, data, rows, {name: [2, 3]}, 7)
    assert calls == [(3, 7), {full: (2, 3)}]
    assert fitted == (data.features.index[rows].tolist(), [1, 0, 0])
    assert finalists.fitted_on(family, data, rows, None, 7, np.array([5, 6, 7]))[1] == [5, 6, 7]


def test_where_a_blend_is_the_best_black_box_the_report_says_what_stands_in_for_it(rows):
    """The average is right on all inner rows of the folds 0 to 3, where `boosting` is the better single one; then `forest` is best."""
    made, names = dict(rows), [family.name for family in LAB.context(DATA, SETTINGS, seed=11).black.families]
    for name in ("forest", "boosting"):
        for place in range(6):
            inner = np.setdiff1d(np.arange(N_ROWS), (row := rows[f"{name}-fold{place:02d}"]).test_rows)
            truth = DATA.target[inner]
            said = np.where(np.arange(len(inner)) < (4 if (name == "boosting") == (place < 4) else 9), 1 - truth, truth)
            for key, wrong in ((name, said), ("black-average", np.where(place < 4, truth, said))):
                chances = 0.5 + 0.4 * (2 * wrong - 1)
                made[f"{key}-fold{place:02d}"] = dataclasses.replace(
                    row, inner=kept(inner, np.column_stack([1 - chances, chances]), [len(inner)])
                )
    assert {"forest", "boosting"} <= set(names)
    (said,) = [caveat for caveat in summarised(SETTINGS, made).caveats if "average of several" in caveat]
    assert said == (
        "in 4 of 6 folds the best black box is an average of several; what is explained, timed and stress-tested in its place "
        "is the best single one, the gradient boosting"
    )
    scored = {key: row for key, row in made.items() if "-fold" in key and not key.startswith("constant")}
    (planned,) = finalists.plan(LAB.context(DATA, SETTINGS, seed=11))
    assert {f"black-{rule}-fold05" for rule in ("average", "greedy")} <= set(planned.needs)
    found = choose_finalists(DATA, seed=11, **dict(planned.arguments) | {"inputs": scored})
    assert found.black == "boosting"
    assert "black-average" not in found.parameters
    brief = dataclasses.replace(SETTINGS, depth="verdict", groups=None)
    assert not any("average of several" in caveat for caveat in summarised(brief, made).caveats)
    assert not any("average of several" in caveat for caveat in summarised(SETTINGS, rows).caveats)
