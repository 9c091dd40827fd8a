"""Families learn from more and more rows of the whole table, and are scored on rows from which nothing was learned."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from lab.data.frames import from_arrays
from lab.data.sampling import sample_rows
from lab.learning import nested
from lab.learning.at_size import SizePlan, side_at_sizes, size_plan, trials
from lab.learning.comparison import Group
from lab.learning.families import FOREST, LOGISTIC, MLP, SVM, Family
from lab.learning.folds import Fold, split
from lab.learning.nested import in_order
from lab.learning.sized import SizeRow, score_at_size, size_key
from lab.protocol import Belonging
from lab.spoiling import folds_stay, spoiled

FITTED, ASKED = [], []


class Watched(ClassifierMixin, BaseEstimator):
    """Says the first column, and notes from which rows it learns and of which it is asked."""

    def fit(self, features, target):
        FITTED.append(set(features.index))
        self.classes_ = np.unique(target)
        return self

    def predict_proba(self, features):
        ASKED.append(set(features.index))
        chance = 1 / (1 + np.exp(-features["a"].to_numpy()))
        return np.column_stack([1 - chance, chance])


WATCHED = Family("watched", "a watched model", lambda features, seed: Watched())


def belonging(whole, **columns):
    """The same table, whose rows belong together, or have times."""
    return dataclasses.replace(whole, belonging=Belonging(**columns))


@pytest.fixture(scope="module")
def whole():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2_000, 2))
    return from_arrays("made", pd.DataFrame(features, columns=["a", "b"]), rng.random(2_000) < 0.2)


def run(dataset, size, repeat, family=WATCHED):
    FITTED.clear(), ASKED.clear()
    fold = Fold(5, 1, 3, repeat)
    row = score_at_size(dataset, seed=0, family=family, fold=fold, size=size, scorer="roc_auc", candidates=1)
    return row, FITTED[-1], ASKED[-2], ASKED[-1]


def test_samples_are_nested_and_learned_from_only(whole):
    sample = sample_rows(whole, 300, 0)
    before = set()
    for size in (100, 200, 800, 1_200):
        row, learned, choosing, tested = run(sample, size, repeat=4)
        assert before < learned
        assert len(learned) == row.rows == size
        assert not learned & choosing
        assert not learned & tested
        assert not choosing & tested
        assert tested == set(split(whole, Fold(5, 1, 3, 4))[1])  # the same for all sizes: a fold of the whole table
        share = np.mean(whole.target[sorted(learned)])
        assert share == pytest.approx(np.mean(whole.target), abs=1.5 / size)
        before = learned
    assert run(sample, 100, repeat=1)[3] != run(sample, 100, repeat=2)[3]


def test_a_repetition_is_parted_once_and_every_table_and_repetition_for_itself(whole, monkeypatch):
    calls, parted = [], nested.k_folds
    monkeypatch.setattr(nested, "k_folds", lambda *given: calls.append(1) or parted(*given))
    table = belonging(whole)
    first = [run(table, size, repeat=3)[1:] for size in (100, 400)]
    assert len(calls) == 1
    assert first[0][1:] == first[1][1:]
    other = run(belonging(whole, units=np.arange(whole.n_rows) // 4, by="who"), 100, repeat=3)[1:]
    again = run(table, 100, repeat=2)[1:]
    assert len(calls) == 3
    assert other[2] != first[0][2] != again[2]


def test_the_score_and_the_choice_are_of_their_own_rows(whole):
    row, _, choosing, tested = run(whole, 100, repeat=0)

    def auc(rows):  # oracle: the share of pairs that are in order
        chosen = sorted(rows)
        values, truth = whole.features["a"].to_numpy()[chosen], whole.target[chosen] == 1
        return np.mean(values[truth][:, None] > values[~truth])

    assert (row.score, row.inner_score) == pytest.approx((auc(tested), auc(choosing)))


def test_nothing_is_learned_from_the_test_rows(whole):
    fold = Fold(5, 1, 3, 2)
    arguments = {"seed": 0, "family": LOGISTIC, "fold": fold, "size": 200, "scorer": "roc_auc", "candidates": 2}
    there = score_at_size(whole, **arguments)
    with folds_stay(whole):
        again = score_at_size(spoiled(whole, split(whole, fold)[1], features=True), **arguments)
    assert again.inner_score == there.inner_score
    assert again.score != there.score


def test_rows_that_belong_together_are_on_one_side_and_come_together(whole):
    units = np.random.default_rng(1).integers(0, 150, whole.n_rows)
    grouped = belonging(whole, units=units, by="who")
    for repeat in (0, 4):
        few, many = (run(grouped, size, repeat) for size in (150, 900))
        sides = [set(units[sorted(rows)]) for rows in many[1:]]
        assert not sides[0] & sides[1] | sides[0] & sides[2] | sides[1] & sides[2]
        assert len(few[1]) == 150
        in_small, in_large = (np.bincount(units[sorted(found[1])], minlength=150) for found in (few, many))
        assert (
            (in_small == 0) | (in_small == np.bincount(units)[:150])
        ).sum() >= 149  # whole units, but for the last one
        assert few[1] < many[1]
        assert (in_large > 0).sum() < 110


def test_what_is_tested_is_later_than_what_is_learned_from(whole):
    times = np.random.default_rng(2).permutation(whole.n_rows)
    timed = belonging(whole, times=times, time="when")
    plan = size_plan(timed, most_rows=10**6, repeats=3, seed=1)
    for fold in plan.folds:
        row, learned, choosing, tested = run(timed, plan.sizes[-1], fold.index)
        assert max(times[sorted(learned)]) < min(times[sorted(choosing)])
        assert max(times[sorted(choosing)]) < min(times[sorted(tested)])
        assert row.rows == plan.sizes[-1]


def test_every_first_part_has_the_classes_in_their_shares():
    target = np.repeat([0, 1, 2], [700, 250, 50])
    order = in_order(target, np.arange(0, 1_000, 2), seed=1)
    assert sorted(order) == list(range(0, 1_000, 2))
    for n in range(20, 500, 37):
        assert np.bincount(target[order[:n]], minlength=3) / n == pytest.approx([0.7, 0.25, 0.05], abs=1.5 / n)
    assert list(in_order(target, np.arange(1_000), 1)) != list(in_order(target, np.arange(1_000), 2))


def test_sizes_go_up_to_what_folds_leave_and_no_class_is_lost(whole):
    plan = size_plan(whole, most_rows=10**6, repeats=3, seed=1)
    assert plan.sizes == (75, 150, 300, 600, 1_200)  # three of five folds; 15 rows of the fifth that is True
    assert len(plan.folds) == 3
    assert size_plan(whole, most_rows=900, repeats=3, seed=1).sizes[-1] == 900
    assert size_plan(whole, most_rows=400, repeats=3, seed=1) is None
    big = dataclasses.replace(whole, features=whole.features.iloc[:0], target=np.tile(whole.target, 100))
    small = dataclasses.replace(whole, whole=big)
    assert size_plan(small, most_rows=10**6, repeats=3, seed=1).sizes == (10_000, 20_000, 40_000, 80_000, 160_000)


def test_a_family_stops_where_more_rows_would_take_too_long():
    plan = SizePlan((1_000, 2_000, 4_000, 8_000), tuple(Fold(5, 1, 0, index) for index in range(2)))
    planned = trials([Group("a", "a", (SVM, LOGISTIC))], plan, scorer="roc_auc", candidates=1, seed=0)
    sizes = {
        name: {t.arguments["size"] for t in planned if t.arguments["family"].name == name}
        for name in ("svm", "logistic")
    }
    assert sizes == {"svm": {1_000, 2_000, 4_000}, "logistic": {1_000, 2_000, 4_000, 8_000}}
    assert len({trial.seed for trial in planned}) == len(planned) == 14


def test_a_cheap_family_goes_on_to_all_rows_and_is_compared_there_with_its_like_only(whole):
    big = dataclasses.replace(whole, features=whole.features.iloc[:0], target=np.tile(whole.target, 100))
    plan = size_plan(dataclasses.replace(whole, whole=big), most_rows=10_000, repeats=3, seed=1, cheap_go_on=True)
    assert plan.sizes == (625, 1_250, 2_500, 5_000, 10_000)
    assert plan.further == (40_000, 160_000)  # four times as many, up to eight of ten folds
    assert plan.sizes_of(LOGISTIC) == plan.common([LOGISTIC, MLP]) == (*plan.sizes, 40_000, 160_000)
    assert plan.sizes_of(FOREST) == plan.common([LOGISTIC, FOREST]) == plan.sizes
    planned = trials([Group("a", "a", (FOREST, LOGISTIC))], plan, scorer="roc_auc", candidates=1, seed=0)
    assert [t.arguments["family"].name for t in planned if t.arguments["size"] > 10_000] == ["logistic"] * 6
    wide = dataclasses.replace(big, kinds=dict.fromkeys(map(str, range(50)), "number"))  # at most 5 million values
    assert size_plan(wide, most_rows=10_000, repeats=3, seed=1, cheap_go_on=True).further == (31_623, 100_000)
    texts = dataclasses.replace(big, kinds=dict.fromkeys("abcde", "category"))  # each as ten numbers
    assert size_plan(texts, most_rows=10_000, repeats=3, seed=1, cheap_go_on=True).further == (31_623, 100_000)
    assert size_plan(big, most_rows=120_000, repeats=3, seed=1, cheap_go_on=True).further == ()
    rows = {size_key(LOGISTIC, n, 0).name: SizeRow(n, n / 1e6, 0.5) for n in plan.common([LOGISTIC])}
    side = side_at_sizes(Group("side", "side", (LOGISTIC,)), plan, rows, plan.common([LOGISTIC]))
    assert list(side.scores[0]) == pytest.approx([n / 1e6 for n in (*plan.sizes, 40_000, 160_000)])
    assert side.seen == {LOGISTIC.label: 160_000}


def test_the_best_of_a_side_is_chosen_at_each_size_by_the_inner_score():
    one, other = (Family(name, f"model {name}", lambda features, seed: None) for name in ("one", "other"))
    plan = SizePlan((10, 20, 30), (Fold(5, 1, 0, 0), Fold(5, 1, 0, 1)))
    rows = {
        size_key(one, 10, 0).name: SizeRow(10, 0.7, 0.9),  # better inside, worse outside: it is taken all the same
        size_key(other, 10, 0).name: SizeRow(10, 0.8, 0.6),
        size_key(other, 20, 0).name: SizeRow(20, 0.85, 0.95),
        size_key(other, 30, 0).name: SizeRow(30, 0.6, 0.8),  # the first one stands with what it learned from 10
        size_key(other, 20, 1).name: SizeRow(20, 0.5, 0.5),
    }
    side = side_at_sizes(Group("side", "side", (one, other)), plan, rows)
    assert np.array_equal(side.scores, [[0.7, 0.85, 0.7], [np.nan, 0.5, 0.5]], equal_nan=True)
    assert side.seen == {"model one": 10, "model other": 30}
