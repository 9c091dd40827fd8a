"""An average has learning curves too: at every size it is that of what its members said after learning from so many rows."""

import dataclasses
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from oracles import ensembles
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.naive_bayes import GaussianNB

from lab.data.frames import from_arrays
from lab.data.sampling import sample_rows
from lab.learning.at_size import SizePlan, side_at_sizes, trials
from lab.learning.blending import blends_of
from lab.learning.comparison import Group
from lab.learning.families import CONSTANT, LOGISTIC, Family
from lab.learning.folds import Fold, split
from lab.learning.nested import nested
from lab.learning.sized import Said, SizeRow, blend_at_size, score_at_size, size_key
from lab.spoiling import folds_stay
from lab.work.resume import run_plan_here
from lab.work.rows import typed
from lab.work.storage import through_storage

AVERAGE, GREEDY = blends_of("side", "models")
BAYES = Family("bayes", "naive Bayes", lambda features, seed: GaussianNB())
STOPS = Family("stops", "a model that stops", lambda features, seed: GaussianNB(), most_rows=100)
PLAN = SizePlan((100, 200, 400), (Fold(5, 1, 3, 0), Fold(5, 1, 3, 1)))
SIDE = Group("side", "side", (LOGISTIC, BAYES, STOPS, CONSTANT), blends=(AVERAGE, GREEDY), apart=(CONSTANT.name,))


@pytest.fixture(scope="module", params=[2, 3])
def whole(request):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(1_500, 3))
    odds = features @ rng.normal(size=(3, request.param)) + (features**2) @ rng.normal(size=(3, request.param))
    target = np.argmax(odds + rng.gumbel(size=odds.shape), axis=1)
    return from_arrays("made", pd.DataFrame(features, columns=list("abc")), np.array(list("xyz"))[target])


def planned(**more):
    return trials([SIDE], PLAN, scorer="neg_log_loss", candidates=1, seed=0, **more)


@pytest.fixture(scope="module")
def rows(whole):
    done = run_plan_here(planned(tested_rows=250), sample_rows(whole, 300, 0))
    assert not done.failures
    return done.rows


def of(rows, name, size, repeat):
    return rows[f"{name}-rows{size}-{repeat}"]


@pytest.mark.parametrize("repeat", [0, 1])
@pytest.mark.parametrize("size", PLAN.sizes)
def test_the_point_of_an_average_is_that_of_its_members_after_so_many_rows(whole, rows, size, repeat):
    """Oracle: the members fitted here, on the rows that they say they saw, and a plain loop for the weights."""
    parts = nested(whole, PLAN.folds[repeat])
    chosen, tested = parts.choosing[:250], parts.test_in_order[:250]
    features, target = whole.features, whole.target
    said = []
    for build, n in ((LOGISTIC.build, size), (BAYES.build, size), (BAYES.build, 100)):
        learned = parts.learned[:n]
        model = build(features, 0).fit(features.iloc[learned], target[learned])
        said.append([model.predict_proba(features.iloc[those]) for those in (chosen, tested)])
    equal = sum(test for _, test in said) / 3
    score = ensembles.score("neg_log_loss", equal, target[tested])
    assert of(rows, AVERAGE.name, size, repeat).score == pytest.approx(score, abs=1e-6)
    inner = ensembles.score("neg_log_loss", sum(one for one, _ in said) / 3, target[chosen])
    assert of(rows, AVERAGE.name, size, repeat).inner_score == pytest.approx(inner, abs=1e-6)
    weights = ensembles.greedy([one for one, _ in said], target[chosen], "neg_log_loss")
    mixed = sum(weight * test for weight, (_, test) in zip(weights, said, strict=True))
    assert of(rows, GREEDY.name, size, repeat).score == pytest.approx(
        ensembles.score("neg_log_loss", mixed, target[tested]), abs=1e-6
    )
    assert of(rows, GREEDY.name, size, repeat).rows == size


def test_an_average_fits_nothing_and_needs_its_members_at_the_size_or_where_they_stop():
    found = {trial.key: trial for trial in planned()}
    assert len(found) == 2 * (3 * 3 + 1 + 2 * 3), "three families at three sizes, one at the smallest, two averages"
    average = found[f"{AVERAGE.name}-rows400-1"]
    assert average.function is blend_at_size
    assert average.needs == ("logistic-rows400-1", "bayes-rows400-1", "stops-rows100-1")
    keeping = {t.arguments["family"].name: t.arguments.get("is_averaged", False) for t in found.values() if not t.needs}
    assert keeping == {"logistic": True, "bayes": True, "stops": True, "constant": False}
    single = trials([dataclasses.replace(SIDE, blends=())], PLAN, scorer="neg_log_loss", candidates=1, seed=0)
    assert not any(t.needs or "is_averaged" in t.arguments for t in single), "nothing is kept that nobody averages"


class Counted(GaussianNB):
    """It keeps the number of rows of each of its fits."""

    rows: ClassVar[list[int]] = []

    def fit(self, X, y, sample_weight=None):
        self.rows.append(len(y))
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("size", [90, 450])
def test_one_split_compares_the_candidates_at_every_size(whole, size):
    family = Family("counted", "counted", lambda features, seed: Counted(), {"var_smoothing": [1e-9, 1e-8, 1e-7]})
    Counted.rows.clear()
    score_at_size(whole, seed=0, family=family, fold=Fold(3, 1, 0, 0), size=size, scorer="accuracy", candidates=3)
    assert Counted.rows == [2 * size // 3] * 3 + [size]


def test_an_average_is_taken_as_the_best_of_its_side_where_it_is(rows):
    side, alone = (side_at_sizes(group, PLAN, rows) for group in (SIDE, dataclasses.replace(SIDE, blends=())))
    names = ["logistic", "bayes", AVERAGE.name, GREEDY.name]
    for repeat, place in np.ndindex(2, 3):
        size = PLAN.sizes[place]
        there = [of(rows, name, size, repeat) for name in names] + [of(rows, "stops", 100, repeat)]
        best = max(there, key=lambda row: row.inner_score)
        assert side.scores[repeat, place] == best.score
    assert not np.array_equal(side.scores, alone.scores)
    assert side.seen == {LOGISTIC.label: 400, BAYES.label: 400, STOPS.label: 100, CONSTANT.label: 400}


def test_an_average_goes_on_with_the_members_that_do_and_holds_the_others_as_they_were():
    plan = dataclasses.replace(PLAN, further=(800,))
    further = {t.key: t for t in trials([SIDE], plan, scorer="roc_auc", candidates=1, seed=0) if "rows800-1" in t.key}
    assert further.keys() == {f"{name}-rows800-1" for name in ("logistic", "constant", AVERAGE.name, GREEDY.name)}
    assert further[f"{GREEDY.name}-rows800-1"].needs == ("logistic-rows800-1", "bayes-rows400-1", "stops-rows100-1")
    slow = dataclasses.replace(SIDE, families=(BAYES, STOPS, CONSTANT))
    alone = [t.key for t in trials([slow], plan, scorer="roc_auc", candidates=1, seed=0) if "rows800-1" in t.key]
    assert alone == ["constant-rows800-1"], "nobody whom an average holds goes on"
    assert plan.common([LOGISTIC]) == plan.common([LOGISTIC, AVERAGE]) == plan.common([AVERAGE]) == (100, 200, 400, 800)
    assert plan.common([BAYES, AVERAGE]) == PLAN.sizes


def test_the_weights_of_a_half_are_scored_on_the_other_half(whole):
    """Oracle: the plain loop on one half, and what it makes of the other."""
    parts = nested(whole, PLAN.folds[0])
    rng, n_classes = np.random.default_rng(2), len(whole.classes)
    chosen = parts.choosing

    def said(those, noise):
        odds = 2.0 * np.eye(n_classes)[whole.target[those]] + noise * rng.normal(size=(len(those), n_classes))
        shares = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
        return shares[:, 1] if n_classes == 2 else shares

    inputs = {
        f"{name}-rows100-0": SizeRow(100, 0.0, 0.0, Said(said(chosen, noise), said(parts.test, noise)))
        for name, noise in {"a": 2.0, "b": 1.0, "c": 1.1, "d": 1.2}.items()
    }
    found = blend_at_size(
        whole, seed=0, blend=GREEDY, fold=PLAN.folds[0], size=100, members={key[0]: key for key in inputs},
        scorer="neg_log_loss", inputs=inputs,
    )  # fmt: skip
    truth, cut = whole.target[chosen], len(chosen) // 2
    full = [row.said.choosing for row in inputs.values()]
    full = [np.column_stack([1 - each, each]) if n_classes == 2 else each for each in full]
    combined = []
    for own, other in ((slice(0, cut), slice(cut, None)), (slice(cut, None), slice(0, cut))):
        weights = ensembles.greedy([each[other] for each in full], truth[other], "neg_log_loss")
        combined.append(sum(weight * each[own] for weight, each in zip(weights, full, strict=True)))
    expected = ensembles.score("neg_log_loss", np.concatenate(combined), truth)
    assert found.inner_score == pytest.approx(expected, abs=1e-6)


def test_nothing_of_the_test_rows_is_in_the_weights(whole):
    """The labels of the test rows are exchanged: what is chosen by stays as it was."""
    table = sample_rows(whole, 300, 0)
    plan = [t for t in planned() if t.arguments["fold"] is PLAN.folds[0] and t.arguments["size"] == 100]
    before = run_plan_here(plan, table).rows
    test = split(whole, PLAN.folds[0])[1]
    other = whole.target.copy()
    other[test] = (other[test] + 1) % len(whole.classes)
    changed = dataclasses.replace(table, whole=dataclasses.replace(whole, target=other))
    with folds_stay(whole):
        after = run_plan_here(plan, changed).rows
    for name in (AVERAGE.name, GREEDY.name):
        assert of(before, name, 100, 0).inner_score == of(after, name, 100, 0).inner_score
        assert of(before, name, 100, 0).score != of(after, name, 100, 0).score


class Unaware(ClassifierMixin, BaseEstimator):
    """Learns from rows among which there is no second class."""

    def fit(self, features, target):
        self.classes_ = np.array([0, 2])
        return self

    def predict_proba(self, features):
        return np.tile([0.4, 0.6], (len(features), 1))

    def predict(self, features):
        return np.full(len(features), 2)


def test_a_class_that_a_model_has_not_met_has_no_chance():
    features = pd.DataFrame(np.random.default_rng(0).normal(size=(900, 2)), columns=list("ab"))
    table = from_arrays("made", features, np.array(list("xyz"))[np.arange(900) % 3])
    family = Family("unaware", "unaware", lambda features, seed: Unaware())
    arguments = {"fold": PLAN.folds[0], "size": 100, "scorer": "accuracy", "candidates": 1, "is_averaged": True}
    row = score_at_size(table, seed=0, family=family, **arguments)
    assert row.score == pytest.approx(1 / 3, abs=0.02), "it says the third class of every row"
    assert row.said.test == pytest.approx(np.tile([0.4, 0.0, 0.6], (len(row.said.test), 1)))


def test_what_was_said_is_stored_with_the_row(rows):
    row = of(rows, "bayes", 200, 0)
    again = typed(through_storage(row), SizeRow)
    np.testing.assert_array_equal(again.said.choosing, row.said.choosing)
    assert again.said.test.dtype == np.float32
    assert of(rows, CONSTANT.name, 200, 0).said is None
    assert size_key(BAYES, 200, 0).found(rows) is row
