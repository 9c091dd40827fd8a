"""What follows on the verdict measures what it says: prices, edits, explanations, stress, groups and privacy."""

import dataclasses
import importlib.util

import numpy as np
import pandas as pd
import pytest
from samples.interpretability_rows import finalist
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier

from interpretability.follow_up import editing, explaining, privacy, stress
from interpretability.groups import classes
from interpretability.models.classifiers import EBM, TREE
from interpretability.models.limited import limited
from interpretability.sides.finalists import choose_finalists, fitted_on, folds_of
from interpretability.sides.price import Priced, price_list, simplest_within
from lab.data.frames import from_arrays
from lab.data.load import load
from lab.errors import DataError, SettingsError
from lab.learning.comparison import Group, Scores, compare
from lab.learning.families import FOREST, LOGISTIC, Family
from lab.learning.outer import FoldRow
from lab.learning.planning import seed_of, trials
from lab.learning.scoring import Metric
from lab.learning.settled import Looks
from lab.protocol import Estimate
from lab.work.resume import run_plan_here

AUC = Metric("roc_auc", "ROC AUC", "points", 100.0)
SPLIT = {"folds": 3, "repeats": 1, "scorer": "roc_auc", "fold_seed": 5}
pytestmark = pytest.mark.filterwarnings("ignore:Missing values detected")


@pytest.fixture(scope="module")
def loans():
    return load("loans")


@pytest.fixture(scope="module")
def additive():
    """Log-odds 2 a - b, and c says nothing."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(600, 3))
    odds = 2 * features[:, 0] - features[:, 1]
    labels = rng.random(600) < 1 / (1 + np.exp(-odds))
    return from_arrays("additive", pd.DataFrame(features, columns=list("abc")), labels)


def estimate(value, half):
    return Estimate(value, value - half, value + half, "points")


def test_the_simplest_model_is_the_first_whose_whole_interval_lies_within_the_margin():
    listed = [
        Priced("a", "a", 2, estimate(60, 1), estimate(30, 5), on_front=True),
        Priced("b", "b", 5, estimate(89, 1), estimate(0.5, 0.9), on_front=True),
        Priced("c", "c", 9, estimate(90, 1), estimate(0.1, 0.5), on_front=True),
    ]
    assert simplest_within(listed, 1.0).name == "c"
    assert simplest_within(listed, 2.0).name == "b"
    assert simplest_within(listed, 0.5) is None


def test_the_front_holds_what_nothing_simpler_equals(loans):
    shapes = {"a": (0.6, 2), "b": (0.8, 5), "c": (0.7, 9), "d": (0.9, 9)}
    tested = np.concatenate([np.flatnonzero(loans.target == code)[:2] for code in (0, 1)])
    rows = {
        f"{name}-fold{fold:02d}": FoldRow(
            score + 0.001 * fold,
            np.full((4, 2), 0.5),
            {},
            test_rows=tested,
            parameters={},
            inner_score=0.5,
            complexity=parts,
        )
        for name, (score, parts) in shapes.items()
        for fold in range(3)
    }
    glass = Group("glass", "readable", tuple(dataclasses.replace(LOGISTIC, name=n, label=n) for n in shapes))
    found = compare(loans, (glass,), rows, folds=3, repeats=1, metric=AUC)
    priced = price_list(found, found.families["d"], list(shapes))
    assert [(item.name, item.on_front) for item in priced] == [("a", True), ("b", True), ("d", True), ("c", False)]
    assert priced[0].loss.value == pytest.approx(30)


def test_the_finalists_are_those_taken_most_often_with_the_settings_found_in_the_folds(loans):
    groups = (
        Group("glass", "readable", (dataclasses.replace(LOGISTIC, complexity=lambda model: 3),)),
        Group("black", "black", (TREE,)),
    )
    plan = trials(groups, folds=3, repeats=1, seed=5, metric=AUC, candidates=2)
    rows = run_plan_here(plan, loans).rows
    row = choose_finalists(
        loans, seed=5, groups=groups, folds=3, looks=Looks(1, is_asked=False), metric=AUC, margin=0.5, inputs=rows
    )
    assert (row.glass, row.black, row.simplest) == ("logistic", "tree", "logistic")
    train, test = folds_of(loans, folds=3, repeats=1, seed=5)[0]
    model = fitted_on(TREE, loans, train, row.parameters["tree"][0], seed_of("tree-fold00", 5))
    again = roc_auc_score(loans.target[test], model.predict_proba(loans.features.iloc[test])[:, 1])
    assert again == pytest.approx(rows["tree-fold00"].score, abs=1e-12), "the search is not paid twice"


def test_an_edit_makes_the_curve_monotone_and_costs_what_it_costs(loans):
    model = EBM.build(loans.features, 0).fit(loans.features, loans.target)
    ebm = model.named_steps["model"]
    place = ebm.term_names_.index("age")
    assert np.ptp(np.sign(np.diff(ebm.term_scores_[place][1:-1]))) == 2, "by construction age goes down, then up"
    editing.monotone(model, "age")
    assert np.ptp(np.sign(np.diff(ebm.term_scores_[place][1:-1]))) <= 1
    parts = ebm.eval_terms(loans.features).sum(axis=1)
    without = parts - ebm.eval_terms(loans.features)[:, place]
    editing.flattened(model, "age")
    expected = 1 / (1 + np.exp(-(without + ebm.intercept_[0])))
    np.testing.assert_allclose(model.predict_proba(loans.features)[:, 1], expected, atol=1e-12)


def test_the_cost_of_an_edit_is_the_difference_on_the_same_folds(loans):
    row = editing.edit_terms(loans, seed=1, family=EBM, inputs=finalist(glass="ebm"), **SPLIT)
    table = editing.edit_table(row, AUC, 3)
    cost = {words: change for words, change, _, _ in table.rows}
    name = next(words for words in cost if words.endswith("made flat"))
    before = row.scores["as it is"]
    assert cost[name] == pytest.approx(100 * (np.mean(row.scores[name]) - np.mean(before)))
    train, test = folds_of(loans, folds=3, repeats=1, seed=5)[0]
    model = EBM.build(loans.features, 1).fit(loans.features.iloc[train], loans.target[train])
    direct = roc_auc_score(loans.target[test], model.predict_proba(loans.features.iloc[test])[:, 1])
    assert before[0] == pytest.approx(direct, abs=1e-12), "an edit must not stay in the next score"


def test_a_curve_that_the_model_of_a_fold_lacks_is_not_edited_there():
    rng = np.random.default_rng(5)
    noise = from_arrays(
        "noise", pd.DataFrame(rng.normal(size=(120, 5)), columns=list("abcde")), rng.integers(2, size=120)
    )
    row = editing.edit_terms(noise, seed=1, family=limited(EBM, 1), inputs=finalist(glass="ebm"), **SPLIT)
    (name,) = (words.split("'")[1] for words in row.scores if words.endswith("made flat"))
    edited, before = row.scores[f"{name!r} made flat"], row.scores["as it is"]
    assert edited[0] == 0.5, "the only curve of the first fold is flat"
    assert edited[1:] == before[1:], "others have a curve of another column"


def test_the_explanations_agree_with_the_known_truth_of_an_additive_table(additive):
    row = explaining.explain_black_box(
        additive,
        seed=0,
        groups={"glass": (LOGISTIC,), "black": (FOREST,)},
        inputs=finalist(glass="logistic", black="forest"),
        **SPLIT,
    )
    values = row.figures[0].spec["data"]["values"]
    methods = {point["group"] for point in values}
    for method in methods:
        shares = {point["label"]: point["value"] for point in values if point["group"] == method}
        assert sorted(shares, key=shares.get, reverse=True) == ["a", "b", "c"], method
        assert shares["c"] < 0.2
    measured = dict(row.tables[0].rows)
    fidelity = next(value for words, value in measured.items() if words.startswith("fidelity"))
    assert 0.6 < fidelity <= 1
    if "SHAP" in methods:
        same = next(value for words, value in measured.items() if words.startswith("same direction"))
        assert same == 1.0


@pytest.mark.skipif(importlib.util.find_spec("shap") is None, reason="an extra")
def test_shap_values_add_up_to_what_the_model_says(loans):
    model = FOREST.build(loans.features, 0).set_params(model__n_estimators=10).fit(loans.features, loans.target)
    some = loans.features.iloc[:20]
    found = explaining.shap_values(model, some, list(loans.features))
    says = model.predict_proba(some)[:, 1]
    base = says - found.sum(axis=1)  # the same for every row, or the parts are not the whole
    np.testing.assert_allclose(base, base.mean(), atol=1e-9)
    assert 0.1 < base.mean() < 0.6


def test_untouched_data_score_as_in_the_folds_and_a_model_that_remembers_is_found_out(additive):
    def nearest(features, seed):
        return KNeighborsClassifier(1)

    remembers = Family("nearest", "nearest neighbour", nearest)
    rows = {
        family.name: stress.stress_finalist(
            additive, seed=1, side="glass", families=(family,), inputs=finalist(glass=family.name), **SPLIT
        )
        for family in (LOGISTIC,)
    }
    row = rows["logistic"]
    train, test = folds_of(additive, folds=3, repeats=1, seed=5)[0]
    model = LOGISTIC.build(additive.features, 1).fit(additive.features.iloc[train], additive.target[train])
    direct = roc_auc_score(additive.target[test], model.predict_proba(additive.features.iloc[test])[:, 1])
    assert row.scores["as it is"][0] == pytest.approx(direct)
    assert row.columns[0] == "a"
    lost = model.predict_proba(additive.features.iloc[test].assign(a=np.nan))[:, 1]
    assert row.scores["its strongest column lost"][0] == pytest.approx(roc_auc_score(additive.target[test], lost))
    assert np.mean(row.attack) == pytest.approx(0.5, abs=0.06)
    known = stress._membership(
        remembers.build(None, 0).fit(additive.features.iloc[train], additive.target[train]), additive, train, test,
        np.random.default_rng(0),
    )  # fmt: skip
    assert known > 0.55


def scores_of(dataset, said):
    rows = []
    for _, test in StratifiedKFold(3).split(dataset.features, dataset.target):
        rows.append(FoldRow(0.0, np.column_stack([1 - said[test], said[test]]), {}, test_rows=test, parameters={}))
    return Scores("best readable model", "readable model", np.zeros(3), tuple(rows))


def drawn_interval(target, said):
    """A bootstrap's interval of the ROC AUC: other code than the formula's."""
    rng, found = np.random.default_rng(1), []
    for _ in range(400):
        rows = rng.integers(0, len(said), len(said))
        found.append(roc_auc_score(target[rows], said[rows]))
    return tuple(np.quantile(found, [0.025, 0.975]))


@pytest.mark.slow
def test_rates_by_group_are_those_of_counting(loans):
    pytest.importorskip("fairlearn")
    said = np.random.default_rng(0).random(loans.n_rows)
    table = classes.group_table("region", loans, [scores_of(loans, said)], 3)
    assert (
        f"false positives: share of the rows that are not {loans.classes[1]!r} but are predicted to be" in table.caption
    )
    region, yes, positive = loans.features["region"].to_numpy(), said > 0.5, loans.target == 1
    for row in table.rows:
        there = region == row[1]
        assert row[2] == there.sum()
        assert row[3] == pytest.approx(roc_auc_score(loans.target[there], said[there]))
        assert row[4:6] == pytest.approx(drawn_interval(loans.target[there], said[there]), abs=0.02)
        assert row[6] == pytest.approx(100 * (yes & ~positive & there).sum() / (~positive & there).sum())
        assert row[9] == pytest.approx(100 * (~yes & positive & there).sum() / (positive & there).sum())
        assert row[12] == pytest.approx(100 * (said[there].mean() - positive[there].mean()))
    figure = classes.group_figure("region", loans, [scores_of(loans, said)], 3, 0)
    rates = [100 * yes[region == name].mean() for name in np.unique(region)]
    assert figure.spec["data"]["values"][0]["value"] == pytest.approx(max(rates) - min(rates))


def test_privacy_costs_more_the_stricter_it_is(additive):
    strict, lax = (privacy.score_private(additive, seed=0, epsilon=epsilon, **SPLIT).scores for epsilon in (0.05, 50.0))
    assert np.mean(lax) - np.mean(strict) > 0.1
    assert np.mean(lax) > 0.8


def test_a_private_model_of_few_parts_keeps_its_strongest_curves_alone(additive, monkeypatch):
    """Each part more than one says something of this table, so that a model of one part is worse and one of all parts the same."""
    kept = []
    scored = privacy.score_of
    monkeypatch.setattr(privacy, "score_of", lambda model, *rest: kept.append(model) or scored(model, *rest))
    whole, one, all_of_them = (
        privacy.score_private(additive, seed=0, epsilon=50.0, **SPLIT, parts=parts).scores for parts in (None, 1, 99)
    )
    n = SPLIT["folds"]
    for large, small in zip(kept[:n], kept[n : 2 * n], strict=True):
        strongest = int(np.argmax(large.term_importances()))
        assert small.term_features_ == [large.term_features_[strongest]]
        np.testing.assert_array_equal(small.term_scores_[0], large.term_scores_[strongest])
    assert all_of_them == whole
    assert np.mean(one) < np.mean(whole)


def test_groups_and_epsilons_that_cannot_be_are_refused(loans):
    with pytest.raises(SettingsError, match="names 1 twice"):
        privacy.check_epsilons((1.0, 1.0), loans)
    with pytest.raises(SettingsError, match="two classes"):
        privacy.check_epsilons((1.0,), load("wine"))
    pytest.importorskip("fairlearn")
    with pytest.raises(DataError, match="did you mean 'region'"):
        classes.check_groups("regoin", loans)
    with pytest.raises(DataError, match=r"'income' has 1,\d+ different values; at most 20"):
        classes.check_groups("income", loans)
