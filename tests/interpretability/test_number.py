"""Where the target is a number: the models' twins, their reading, and the whole run say what is true."""

import dataclasses
import inspect
import json

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from samples import vega
from samples.here import with_rows_once
from samples.interpretability_rows import finalist
from samples.less_work import few_trees, with_small_follow_up, with_small_machines, with_suspicions_once
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import mean_absolute_error, r2_score, roc_auc_score
from sklearn.model_selection import cross_val_score

from interpretability.export.additive import largest_difference, to_onnx
from interpretability.export.file import answers_of
from interpretability.follow_up import editing, explaining, privacy, stress
from interpretability.groups import classes, numbers
from interpretability.lab import LAB
from interpretability.models import classifiers, regressors
from interpretability.models.complexity import parts_to_read
from interpretability.models.regressors import EBM, EBM_PAIRS, FOREST, LINEAR, RULE_SUM, SPLINES, TREE
from interpretability.reading.additive import frame_of, largest_gap, lay_open
from interpretability.reading.read import read_model
from interpretability.settings import Settings
from interpretability.sides.finalists import folds_of
from lab import sections
from lab.data.frames import from_arrays
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.errors import SettingsError
from lab.learning.comparison import Group, Scores
from lab.learning.outer import FoldRow, score_fold
from lab.protocol import Estimate, Evidence
from lab.report import additive
from lab.testing import check_lab

pytestmark = pytest.mark.filterwarnings("ignore:Missing values detected")  # of the library's own pictures
SPLIT = {"folds": 3, "repeats": 1, "scorer": "r2", "fold_seed": 5}


@pytest.fixture(scope="module")
def diabetes():
    return load("diabetes")


@pytest.fixture(scope="module")
def prices():
    """Numbers, dates, booleans, and texts with missing values; the price is a sum of them, in thousands."""
    loans, rng = load("loans"), np.random.default_rng(0)
    features = loans.features.iloc[:500].reset_index(drop=True)
    price = (
        20_000 * np.log(features["income"].fillna(2_500))
        + 30_000 * features["debt share"]
        - 15_000 * (features["employment"] == "retired")
        + rng.normal(scale=8_000, size=500)
    )
    kept = dataclasses.replace(loans, features=features, target=price.to_numpy(), target_name="price", classes=())
    assert kept.task == "number"
    return kept


SMALL = few_trees(FOREST)


@pytest.fixture
def few_families(monkeypatch):
    with_rows_once(monkeypatch)
    with_suspicions_once(monkeypatch)
    with_small_follow_up(monkeypatch)
    with_small_machines(monkeypatch)
    readable = tuple(dataclasses.replace(f, complexity=parts_to_read) for f in (LINEAR, TREE))
    monkeypatch.setattr(regressors, "glass", lambda n_columns: Group("glass", "readable model", readable))
    monkeypatch.setattr(regressors, "black", lambda: Group("black", "black box", (SMALL,)))


FAST = Settings(folds=2, repeats=2, candidates=1)


@pytest.mark.slow
def test_the_lab_keeps_to_the_protocol_on_a_number_with_groups_and_privacy(tmp_path, few_families, diabetes):
    settings = dataclasses.replace(FAST, groups="sex", privacy=(8.0,))
    record = check_lab(LAB, sample_rows(diabetes, 120, 0), settings, tmp_path)
    assert vega.problems_of(record) == {}
    assert record.data["classes"] == {}
    found = record.evidence
    parts = (*found.figures, *found.tables, *found.panels)
    shown = json.dumps([dataclasses.asdict(part) for part in parts])
    for title in ("The price of readability", "What if the data get worse?", "What does privacy cost?", "How far apart",
                  "Predicted against observed", "Try the model", "What does it cost to correct the model?"):  # fmt: skip
        assert title in shown, title
    for word in ("log-odds", "calibrat", "probabilit", "class"):
        assert word not in shown, word
    assert any("a points scorecard needs two classes and was not tried" in caveat for caveat in found.caveats)


def test_every_family_of_classes_but_the_scorecard_has_a_twin(diabetes):
    of_numbers = [*regressors.glass(10).families, *regressors.black().families]
    of_classes = [*classifiers.glass(2, 10).families, *classifiers.black().families]
    assert {f.name for f in of_classes} - {f.name for f in of_numbers} <= {
        "logistic",
        "logistic-sparse",
        "scorecard",
        "xgboost",
    }
    assert {"linear", "linear-sparse"} <= {f.name for f in of_numbers}
    for family in of_numbers:
        model = family.build(diabetes.features, 0)
        known = {*model.get_params(), *(f"model__{name}" for name in inspect.signature(type(model[-1])).parameters)}
        assert set(family.space) <= known, family.name


@pytest.mark.parametrize("name", ["linear", "linear-sparse", "splines", "tree", "ebm", "figs", "mlp", "svm"])
def test_what_a_family_says_does_not_depend_on_the_unit_of_the_target(name, diabetes):
    both = (*regressors.glass(10).families, *regressors.black().families)
    family = next(f for f in both if f.name == name)
    some = diabetes.features.iloc[:150]
    target = diabetes.target[:150]
    one, other = (family.build(some, 0).fit(some, 1e4 * target * by).predict(some) / by for by in (1.0, 1e-6))
    # the last digits differ, and an optimiser may stop a step earlier
    np.testing.assert_allclose(one, other, atol=1e-3 * np.std(1e4 * target))


def test_scores_are_those_of_cross_validation_by_hand(diabetes):
    sides = LAB.context(diabetes, FAST, seed=0)
    folds = folds_of(diabetes, folds=3, repeats=1, seed=5)
    from lab.learning.folds import Fold

    for family in (sides.glass.families[0], TREE, SMALL):
        ours = [
            score_fold(diabetes, seed=0, family=family, fold=Fold(3, 1, 5, i), scorer="r2", candidates=1).score
            for i in range(3)
        ]
        theirs = cross_val_score(family.build(diabetes.features, 0), diabetes.features, diabetes.target, cv=folds)
        assert ours == pytest.approx(theirs.tolist(), rel=1e-12)


@pytest.mark.parametrize("family", [LINEAR, SPLINES, EBM, EBM_PAIRS], ids=lambda family: family.name)
def test_the_panel_and_the_exported_file_say_what_the_model_says(family, prices):
    model = family.build(prices.features, 0).fit(prices.features, prices.target)
    opened = lay_open(family.name, model, prices)
    assert (opened.link, opened.output) == ("identity", "price")
    usual, states = [item.start for item in opened.inputs], []
    for term in opened.terms:
        for where, bins in zip(term.inputs, term.bins, strict=True):
            values = (
                [None, "never seen", *bins] if opened.inputs[where].kind == "category" else [None, -1e6, 1e6, *bins]
            )
            states += [[*usual[:where], value, *usual[where + 1 :]] for value in values]
    rows = pd.concat([prices.features.iloc[:100], frame_of(opened.inputs, states)], ignore_index=True)
    content, model_says = to_onnx(opened), model.predict(rows)
    assert largest_gap(opened, model, rows.iloc[:100]) < 1e-6
    assert largest_difference(content, prices.kinds, model, rows.iloc[:100]) < 1e-6
    # a number a million from its range reaches 1e11, of which a double keeps 5 digits behind the point
    said = [additive.answer(opened, state) for state in states]
    np.testing.assert_allclose(said, model_says[100:], rtol=1e-12, atol=1e-6)
    np.testing.assert_allclose(answers_of(content, prices.kinds, rows)[:, 0], model_says, rtol=1e-12, atol=1e-6)


def test_the_rules_of_a_tree_are_sentences_with_the_mean_and_the_spread_of_their_rows(prices):
    row = read_model(prices, seed=0, family=TREE, scorer="r2", candidates=1)
    table = row.tables[0]
    assert table.columns == ("if", "then price is", "standard deviation", "rows")
    assert sum(rule[3] for rule in table.rows) == prices.n_rows
    whole = sum(mean * rows for _, mean, _, rows in table.rows) / prices.n_rows
    assert whole == pytest.approx(prices.target.mean())
    within = sum(spread**2 * rows for _, _, spread, rows in table.rows)
    between = sum((mean - whole) ** 2 * rows for _, mean, _, rows in table.rows)
    assert within + between == pytest.approx(prices.n_rows * prices.target.var())


@pytest.mark.parametrize("family", [LINEAR, SPLINES, EBM_PAIRS, RULE_SUM], ids=lambda family: family.name)
def test_a_reading_is_in_the_unit_of_the_target(family, prices):
    if family is RULE_SUM:
        pytest.importorskip("imodels")
    row = read_model(prices, seed=0, family=family, scorer="r2", candidates=1)
    text = json.dumps([dataclasses.asdict(item) for item in (*row.figures, *row.tables, *row.panels)])
    assert "price" in text
    assert "log-odds" not in text
    assert "likelier" not in text
    if row.panels:
        assert row.export.difference < 1e-6
    assert bool(row.panels) == (family is not RULE_SUM)


@pytest.mark.skipif(not explaining.importlib.util.find_spec("shap"), reason="an extra")
def test_shap_values_of_a_number_add_up_to_the_prediction(diabetes):
    model = (
        FOREST.build(diabetes.features, 0).set_params(model__n_estimators=10).fit(diabetes.features, diabetes.target)
    )
    some = diabetes.features.iloc[:20]
    base = model.predict(some) - explaining.shap_values(model, some, list(diabetes.features)).sum(axis=1)
    np.testing.assert_allclose(base, base.mean(), atol=1e-9)
    assert base.mean() == pytest.approx(diabetes.target.mean(), rel=0.1)


@pytest.fixture(scope="module")
def additive_numbers():
    """Three a minus b, and c says nothing."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 3))
    target = 3 * features[:, 0] - features[:, 1] + rng.normal(size=400)
    return from_arrays("additive", pd.DataFrame(features, columns=list("abc")), target)


def test_the_explanations_of_a_number_agree_with_the_known_truth(additive_numbers):
    row = explaining.explain_black_box(
        additive_numbers,
        seed=0,
        groups={"glass": (LINEAR,), "black": (SMALL,)},
        inputs=finalist(glass="linear", black="forest"),
        **SPLIT,
    )
    values = row.figures[0].spec["data"]["values"]
    for method in {point["group"] for point in values}:
        shares = {point["label"]: point["value"] for point in values if point["group"] == method}
        assert sorted(shares, key=shares.get, reverse=True) == ["a", "b", "c"], method
    measured = dict(row.tables[0].rows)
    assert next(value for words, value in measured.items() if words.startswith("fidelity")) > 0.9
    assert measured["stability over refits: rank agreement of the importances of the linear regression"] == 1.0


def test_untouched_numbers_score_as_in_the_folds_and_a_model_that_remembers_is_found_out(additive_numbers):
    row = stress.stress_finalist(
        additive_numbers, seed=1, side="glass", families=(LINEAR,), inputs=finalist(glass="linear"), **SPLIT
    )
    train, test = folds_of(additive_numbers, folds=3, repeats=1, seed=5)[0]
    data, target = additive_numbers.features, additive_numbers.target
    model = LINEAR.build(data, 1).fit(data.iloc[train], target[train])
    assert row.scores["as it is"][0] == pytest.approx(r2_score(target[test], model.predict(data.iloc[test])))
    lost = model.predict(data.iloc[test].assign(a=np.nan))
    assert row.scores["its strongest column lost"][0] == pytest.approx(r2_score(target[test], lost))
    assert np.mean(row.scores["30% wrong targets in training"]) < np.mean(row.scores["as it is"])
    forest = FOREST.build(data, 0).set_params(model__min_samples_leaf=1).fit(data.iloc[train], target[train])
    known = stress._membership(forest, additive_numbers, train, test, np.random.default_rng(0))
    errors = np.abs(forest.predict(data) - target)
    every = roc_auc_score(np.isin(np.arange(400), train), -errors)
    assert known == pytest.approx(every, abs=0.06)
    assert known > 0.65


def test_the_cost_of_a_flat_curve_is_measured_on_the_same_folds(additive_numbers):
    row = editing.edit_terms(additive_numbers, seed=1, family=EBM, inputs=finalist(glass="ebm"), **SPLIT).scores
    falls = {words: np.mean(row["as it is"]) - np.mean(scores) for words, scores in row.items()}
    # by construction a carries 9 of 11 parts of the variance, b one, and noise the last
    assert falls["'a' made flat"] == pytest.approx(9 / 11, abs=0.1)
    assert falls["'b' made flat"] == pytest.approx(1 / 11, abs=0.05)
    assert abs(falls["'a' made monotone"]) < 0.01


def test_errors_by_group_are_those_of_counting(diabetes):
    rng = np.random.default_rng(0)
    said = diabetes.target + rng.normal(scale=20, size=diabetes.n_rows) + 10 * (diabetes.features["sex"] == 1)
    rows = [
        FoldRow(0.0, said.to_numpy()[test], {}, test_rows=test, parameters={})
        for _, test in folds_of(diabetes, folds=3, repeats=1, seed=0)
    ]
    scores = Scores("best readable model", "readable model", np.zeros(3), tuple(rows))
    table = numbers.group_table("sex", diabetes, [scores], 3)
    groups = diabetes.features["sex"].map("{:g}".format)
    frame = MetricFrame(
        metrics={"r2": r2_score, "mae": mean_absolute_error, "bias": lambda y, p: np.mean(p - y)},
        y_true=diabetes.target, y_pred=said, sensitive_features=groups,
    )  # fmt: skip
    for row in table.rows:
        expected = frame.by_group.loc[row[1]]
        assert row[2] == (groups == row[1]).sum()
        assert (row[3] / 100, row[6], row[9]) == pytest.approx((expected["r2"], expected["mae"], expected["bias"]))
        assert all(row[place + 1] < row[place] < row[place + 2] for place in (3, 6, 9))
    drawn = numbers.group_figure("sex", diabetes, [scores], 3, 0).spec["data"]["values"]
    assert [point["value"] for point in drawn] == pytest.approx(frame.difference()[["mae", "bias"]].tolist())
    assert drawn[1]["low"] > 4, "the built-in bias of 10 is told from none"


def test_privacy_of_a_number_costs_more_the_stricter_it_is(additive_numbers):
    strict, lax = (
        privacy.score_private(additive_numbers, seed=0, epsilon=epsilon, **SPLIT).scores for epsilon in (0.1, 100.0)
    )
    assert np.mean(lax) > 0.7
    assert np.mean(lax) - np.mean(strict) > 0.3


def test_groups_of_a_number_need_no_other_library(diabetes, monkeypatch):
    monkeypatch.setattr(classes.importlib.util, "find_spec", lambda name: None)
    classes.check_groups("sex", diabetes)


def test_a_margin_above_one_is_for_metrics_without_points(diabetes):
    with pytest.raises(SettingsError, match=r"margin is 2; for R² \(explained variance\) it must be from 0 to 1"):
        LAB.context(diabetes, Settings(margin=2.0), seed=0)
    errors = Settings(margin=2.0, metric="neg_mean_absolute_error", depth="verdict")
    assert sections.plan(LAB, LAB.context(diabetes, errors, seed=0))


def test_the_verdict_of_a_number_names_points_of_r2_or_the_unit_of_the_error():
    facts = {
        "metric": "R² (explained variance)",
        "margin": 1.0,
        "rows_to_settle": 3_000,
        "n_rows": 9_000,
        "rows_in_table": 9_000,
        "detectable": 2.5,
        "readable": "linear regression",
        "black_box": "random forest",
        "probability_costs": 0.99,
        "probability_equal": 0.01,
        "probability_gains": 0.0,
    }
    said = LAB.judge(Evidence({"loss": Estimate(4.0, 2.0, 6.0, "points")}, facts, (), ()), Settings()).sentence
    assert "4.0 points below the best black box in R² (95 % interval 2.0 to 6.0 points below)" in said
    facts |= {"metric": "mean absolute error (negative)", "margin": 500.0}
    said = LAB.judge(Evidence({"loss": Estimate(-120.0, -2_345.6, -50.0, "")}, facts, (), ()), Settings()).sentence
    assert "120 above the best black box in mean absolute error (negative) (95 % interval 50 to 2,350 above)" in said


@pytest.mark.slow
def test_a_table_of_3000_different_numbers_with_texts_and_holes_runs_through(lab, tmp_path, table, few_families):
    rng = np.random.default_rng(3)
    n, area, town = 3_000, rng.gamma(3.0, 30.0, size=3_000), rng.choice(["North", "South, old", "<blink>"], 3_000)
    price = 1_000 * area + 50_000 * (town == "North") + rng.normal(scale=10_000, size=n)
    places = [json.dumps(str(name)) if rng.random() > 0.05 else "" for name in town]
    sold = pd.date_range("2020-01-01", periods=n, freq="7h").strftime("%Y-%m-%d").to_numpy()
    holed = np.where(rng.random(n) < 0.1, "", area.round(2).astype(str))
    path = table(n_rows=n, area=holed, town=places, sold=sold, price=price.round(6))
    words = ("--target", "price", "--drop", "churn", "--folds", "2", "--repeats", "2", "--candidates", "1")
    called = lab(
        "run",
        "interpretability",
        path,
        *words,
        "--depth",
        "verdict",
        "--max-rows",
        "1000",
        "--curve-rows",
        "0",
        "--json",
    )
    assert called.code == 0, called.err
    found = json.loads(called.out)
    assert found["estimates"]["glass"]["unit"] == "points"
    assert found["estimates"]["glass"]["value"] > 60
    record = json.loads((tmp_path / found["record"]).read_text(encoding="utf-8"))
    assert record["trials"]["failed"] == {}
    assert record["data"]["classes"] == {}
    assert any(
        "3,000 different numbers: it is predicted as a number (regression)" in note for note in record["data"]["notes"]
    )
    page = (tmp_path / found["report"]).read_text(encoding="utf-8")
    assert "target price\n(numeric)" in page
    assert "<blink>" not in page  # the page makes words bold itself


def test_models_that_need_a_unit_scale_are_given_one(diabetes):
    for family in regressors.black().families:
        if family.name in ("mlp", "svm"):
            assert isinstance(family.build(diabetes.features, 0)["model"], TransformedTargetRegressor)
