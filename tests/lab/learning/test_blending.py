"""Blends are the averages that they are called, their weights come from inner rows alone, and they are members of their side."""

import dataclasses

import numpy as np
import pytest
from oracles import ensembles, intervals
from samples import golden

from lab.data.load import load
from lab.learning.blending import Blend, blend_fold, blends_of, greedy_weights
from lab.learning.comparison import Group, compare
from lab.learning.families import LOGISTIC, Family
from lab.learning.folds import Fold, split
from lab.learning.inner import kept
from lab.learning.outer import FoldRow
from lab.learning.planning import trials
from lab.learning.scoring import BESIDE, Metric, scored_beside
from lab.spoiling import LEARNED, check_spoiling
from lab.work.resume import run_plan_here

AUC = Metric("roc_auc", "ROC AUC", "points", 100.0)
AVERAGE, GREEDY = blends_of("ab", "pair")
A, B, C, D = (Family(name, f"model {name}", LOGISTIC.build) for name in "abcd")
SIDE = Group("ab", "pair", (A, B, C), blends=(AVERAGE, GREEDY))
TABLES = {"two classes": load("breast-cancer"), "three classes": load("wine"), "number": golden.table("number")}
SCORERS = {"two classes": "roc_auc", "three classes": "neg_log_loss", "number": "r2"}
FOLD = Fold(3, 1, 5, 1)


def made(table, noises, *, parts=3):
    """Rows of models by key, whose errors are independent: what they say of the inner and the test rows of a fold."""
    rng = np.random.default_rng(1)
    train, test = split(table, FOLD)
    order, n_classes = rng.permutation(train), len(table.classes)
    sizes = [len(part) for part in np.array_split(order, parts)]

    def said(rows, noise):
        if n_classes == 0:
            return table.target[rows] + 10 * noise * rng.normal(size=len(rows))
        odds = 2.0 * np.eye(n_classes)[table.target[rows]] + noise * rng.normal(size=(len(rows), n_classes))
        return np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)

    found = {}
    for name, noise in noises.items():
        predictions = said(test, noise)
        found[f"{name}-fold01"] = FoldRow(
            0.5, predictions, scored_beside(predictions, table.target[test], n_classes), test_rows=test, parameters={},
            inner_score=0.5, inner=kept(order, said(order, noise), sizes),
        )  # fmt: skip
    return found


def blended(table, rows, blend, scorer):
    members = {key[: -len("-fold01")]: key for key in rows}
    return blend_fold(table, seed=0, blend=blend, fold=FOLD, members=members, scorer=scorer, inputs=rows)


NOISES = {"a": 2.0, "b": 1.0, "c": 6.0, "d": 1.2}


@pytest.mark.parametrize("kind", TABLES)
def test_the_average_is_that_of_all_members_on_the_test_and_on_the_inner_rows(kind):
    table, scorer = TABLES[kind], SCORERS[kind]
    rows = made(table, NOISES)
    found, (first, *_) = blended(table, rows, AVERAGE, scorer), rows.values()
    outer = sum(row.predictions for row in rows.values()) / 4
    inner = sum(row.inner.said.astype(float) for row in rows.values()) / 4
    np.testing.assert_allclose(found.predictions, outer, rtol=1e-12)
    np.testing.assert_allclose(found.inner.said, inner, rtol=1e-6)
    np.testing.assert_array_equal(found.inner.rows, first.inner.rows)
    np.testing.assert_array_equal(found.test_rows, first.test_rows)
    assert found.score == pytest.approx(ensembles.score(scorer, outer, table.target[first.test_rows]))
    truth = table.target[first.inner.rows]
    assert found.inner_score == pytest.approx(ensembles.score(scorer, inner, truth), abs=1e-6)
    assert found.parameters == {"weights": dict.fromkeys("abcd", 0.25)}
    assert set(found.beside) == set(BESIDE[table.task])


@pytest.mark.parametrize("kind", TABLES)
def test_greedy_weights_are_those_of_a_plain_loop(kind):
    table, scorer = TABLES[kind], SCORERS[kind]
    rows = made(table, NOISES)
    found, (first, *_) = blended(table, rows, GREEDY, scorer), rows.values()
    inner, truth = [row.inner.said.astype(float) for row in rows.values()], table.target[first.inner.rows]
    weights = ensembles.greedy(inner, truth, scorer)
    assert found.parameters["weights"] == pytest.approx(
        {name: weight for name, weight in zip("abcd", weights, strict=True) if weight}
    )
    assert np.count_nonzero(weights) > 1
    assert max(weights) > 0.25, "the tables of the test itself: not the plain average"
    outer = sum(weight * row.predictions for weight, row in zip(weights, rows.values(), strict=True))
    np.testing.assert_allclose(found.predictions, outer, rtol=1e-12)
    assert found.score == pytest.approx(ensembles.score(scorer, outer, table.target[first.test_rows]))


def test_a_model_is_taken_again_where_that_scores_best_and_nothing_where_all_are_worse():
    truth = np.tile([0.0, 1.0], 50)
    rng = np.random.default_rng(0)
    good, bad = truth + 0.1 * rng.normal(size=100), truth + 0.3 * rng.normal(size=100)
    weights = greedy_weights(np.stack([bad, good]), truth, "r2")
    best = 0.3**2 / (0.1**2 + 0.3**2)  # of two unbiased forecasts, by their variances (Bates and Granger 1969)
    assert weights[1] == pytest.approx(best, abs=0.05)
    assert greedy_weights(np.stack([good, 5 + bad]), truth, "r2").tolist() == [1, 0]
    assert greedy_weights(np.stack([good, good]), truth, "r2").tolist() == [1, 0], "of equals the first"


@pytest.mark.parametrize("parts", [3, 1])
def test_the_greedy_weights_are_scored_on_inner_rows_that_they_do_not_come_from(parts):
    """Labels of one inner part are exchanged: what is said of that part stays, and the rest changes."""
    table = TABLES["two classes"]
    rows = made(table, NOISES | {"e": 1.1, "f": 1.3}, parts=parts)
    first = next(iter(rows.values())).inner
    ends = first.folds if parts > 1 else [slice(0, len(first.rows) // 2), slice(len(first.rows) // 2, None)]
    before = blended(table, rows, GREEDY, "neg_log_loss").inner.said
    for part in ends:
        target = table.target.copy()
        target[first.rows[part]] = 1 - target[first.rows[part]]
        after = blended(dataclasses.replace(table, target=target), rows, GREEDY, "neg_log_loss").inner.said
        np.testing.assert_array_equal(before[part], after[part])
        assert not np.array_equal(before, after)


def test_models_of_other_inner_rows_are_not_combined():
    table = TABLES["two classes"]
    rows = made(table, {"a": 1.0, "b": 2.0})
    row = rows["b-fold01"]
    for inner in (None, dataclasses.replace(row.inner, rows=row.inner.rows[::-1].copy())):
        with pytest.raises(ValueError, match="same inner folds"):
            blended(table, rows | {"b-fold01": dataclasses.replace(row, inner=inner)}, AVERAGE, "roc_auc")


def test_a_plan_combines_each_fold_after_its_families_and_a_failed_member_leaves_the_others():
    families = tuple(dataclasses.replace(LOGISTIC, name=name) for name in "abc")
    group = dataclasses.replace(SIDE, families=families)
    plan = trials((group, Group("d", "d", (D,))), folds=2, repeats=1, seed=7, metric=AUC, candidates=1)
    names = ["a", "b", "c", "ab-average", "ab-greedy", "d"]
    assert [trial.key for trial in plan] == [f"{name}-fold{fold:02d}" for fold in range(2) for name in names]
    assert plan[3].needs == ("a-fold00", "b-fold00", "c-fold00")
    data = golden.table()
    results = run_plan_here(plan, data)
    assert not results.failures
    check_spoiling([plan[4]], data, results.rows)
    assert "inner" in LEARNED
    found = compare(data, (group, Group("d", "d", (D,))), results.rows, folds=2, repeats=1, metric=AUC)
    assert list(found.families) == names
    lost = {
        key: row
        for key, row in results.rows.items()
        if key not in ("a-fold00", "ab-average-fold00", "ab-greedy-fold00")
    }
    again = compare(data, (group, Group("d", "d", (D,))), lost, folds=2, repeats=1, metric=AUC)
    assert not np.isnan(again.best["ab"].values).any()


@dataclasses.dataclass(frozen=True)
class Peeked:
    parameters: dict
    predictions: np.ndarray


def peeks(dataset, *, seed, blend, fold, inputs):
    """Weigh the members by the test rows."""
    _, test = split(dataset, fold)
    said = np.stack([inputs[f"{name}-fold00"].predictions for name in "abc"])
    weights = greedy_weights(said, dataset.target[test], "neg_log_loss")
    return Peeked({"weights": weights.tolist()}, np.tensordot(weights, said, axes=1))


def test_weights_from_the_test_rows_are_found_out():
    families = tuple(
        dataclasses.replace(LOGISTIC, name=name, build=lambda f, s, c=c: LOGISTIC.build(f, s).set_params(model__C=c))
        for name, c in zip("abc", (1e-4, 1.0, 1e4), strict=True)
    )
    data = golden.table()
    plan = trials((dataclasses.replace(SIDE, families=families),), folds=2, repeats=1, seed=7, metric=AUC, candidates=1)
    rows = dict(run_plan_here(plan, data).rows)
    peeking = dataclasses.replace(
        plan[4], function=peeks, key="peeked", row_type=Peeked, arguments={"blend": GREEDY, "fold": plan[4].arguments["fold"]},
    )  # fmt: skip
    rows["peeked"] = peeks(data, seed=0, inputs=rows, **peeking.arguments)
    with pytest.raises(AssertionError, match="changes with the labels"):
        check_spoiling([peeking], data, rows)


def side_rows(strengths):
    """Golden rows of a, b and c with inner predictions, and those of their blends, fold by fold."""
    data, rows = golden.table(), {}
    rng = np.random.default_rng(8)
    for name, strength in strengths.items():
        for key, row in golden.fold_rows(name, golden.said(name, strength), [0.5] * 6).items():
            inner = np.setdiff1d(np.arange(golden.N_ROWS), row.test_rows)
            chances = 1 / (1 + np.exp(-strength * (2 * data.target[inner] - 1) - rng.normal(size=len(inner))))
            rows[key] = dataclasses.replace(
                row, inner=kept(inner, np.column_stack([1 - chances, chances]), [len(inner) // 2] * 2)
            )
    return rows


def test_a_blend_is_chosen_by_its_inner_rows_like_any_member_and_never_among_the_single_ones():
    rows, data = side_rows({"a": 0.5, "b": 0.5, "c": 0.5, "d": 0.3}), golden.table()
    places = golden.parts()
    for blend, strength in ((AVERAGE, 6.0), (GREEDY, 0.0)):
        for place, test in enumerate(places):
            like = rows[f"a-fold{place:02d}"]
            inner, strong = like.inner.rows, strength * (place != 4)
            chances = 1 / (1 + np.exp(-strong * (2 * data.target[inner] - 1)))
            own = kept(inner, np.column_stack([1 - chances, chances]), like.inner.sizes)
            rows[f"{blend.name}-fold{place:02d}"] = dataclasses.replace(like, score=0.25, test_rows=test, inner=own)
    groups = (SIDE, Group("d", "d", (D,)))
    found = compare(data, groups, rows, folds=3, repeats=2, metric=AUC)
    assert [label == AVERAGE.label for label in found.best["ab"].chosen] == [True] * 4 + [False, True]
    assert found.best["ab"].values[0] == 25.0
    for place in range(6):
        heights = {
            name: intervals.auc(row.inner.said, data.target[row.inner.rows] == 1)
            for name in "abc"
            if (row := rows[f"{name}-fold{place:02d}"])
        }
        assert found.single["ab"].chosen[place] == f"model {max(heights, key=heights.get)}"
    assert {AVERAGE.label, GREEDY.label} <= {line[0] for line in found.table().rows}
    shown = {value["label"] for value in found.figure("t", "c").spec["data"]["values"]}
    assert {AVERAGE.label, GREEDY.label, "best pair"} <= shown
    assert ("best pair", AVERAGE.label, 5) in found.choices().rows


def test_a_blend_is_named_after_its_group():
    assert blends_of("black", "black boxes")[0] == Blend("black-average", "average of the black boxes", "average")


def test_a_family_that_stands_apart_is_in_no_blend():
    apart = dataclasses.replace(SIDE, apart=("b",))
    how = {"folds": 2, "repeats": 1, "seed": 3, "metric": AUC, "candidates": 1}
    plan = {trial.key: trial for trial in trials((apart,), **how)}
    assert list(plan["ab-greedy-fold00"].arguments["members"]) == ["a", "c"]
    assert plan["ab-greedy-fold00"].needs == ("a-fold00", "c-fold00")
    assert "b-fold00" in plan
