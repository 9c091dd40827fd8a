"""What a person reads is what the model does: every reading is recomputed from the model by another way."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from interpretability.models.classifiers import EBM, SPLINES, TREE
from interpretability.reading.boosting import smooth_curves
from interpretability.reading.curves import pair_map
from interpretability.reading.days import first_day
from interpretability.reading.read import read_model
from interpretability.reading.tree import condition
from lab.data.frames import from_arrays
from lab.data.load import load
from lab.learning.families import LOGISTIC
from lab.learning.tuning import tune
from lab.protocol import Input, Term, WhatIf

BUDGET = {"scorer": "roc_auc", "candidates": 1}


@pytest.fixture(scope="module")
def loans():
    return load("loans")


def fitted(family, dataset):
    return tune(family, dataset.features, dataset.target, seed=1, **BUDGET).model


def number(words):
    return float(words.replace(",", ""))


def holds(sentence, row, medians):
    """Evaluate a rule's words on a row of the table, missing numbers at their median."""
    for part in sentence.split(" and "):
        if found := re.fullmatch(r"(.+) is (at most|above) (\S+)", part):
            name, word, bound = found.groups()
            value = row[name] if row[name] == row[name] else medians[name]
            true = value <= number(bound) if word == "at most" else value > number(bound)
        elif found := re.fullmatch(r"(.+) is (up to|after) (\S+)", part):
            name, word, day = found.groups()
            limit = np.datetime64(day).astype(int) + 1  # up to the end of that day
            value = row[name] if row[name] == row[name] else medians[name]
            true = value < limit if word == "up to" else value >= limit
        elif found := re.fullmatch(r"(.+) is (true|false)", part):
            name, word = found.groups()
            value = row[name] if row[name] == row[name] else medians[name]
            true = (value > 0.5) == (word == "true")
        elif found := re.fullmatch(r"(.+) is not (.+)", part):
            true = row[found[1]] != ("" if found[2] == "missing" else found[2])
        else:
            name, _, category = part.partition(" is ")
            true = row[name] == ("" if category == "missing" else category)
        if not true:
            return False
    return True


def test_the_rules_of_the_tree_in_words_predict_what_the_tree_predicts(loans):
    (table,) = read_model(loans, seed=1, family=TREE, **BUDGET).tables
    predicted = fitted(TREE, loans).predict(loans.features)
    medians = loans.features.select_dtypes("number").median()
    rows = loans.features.to_dict("records")
    for place in range(0, len(rows), 7):
        matching = [rule for rule in table.rows if holds(rule[0], rows[place], medians)]
        assert len(matching) == 1, "exactly one rule must hold"
        assert matching[0][1] == loans.classes[predicted[place]]
    assert sum(rule[3] for rule in table.rows) == loans.n_rows


def test_the_weights_give_the_probabilities_of_the_logistic_regression(loans):
    (table,) = read_model(loans, seed=1, family=LOGISTIC, **BUDGET).tables
    model = fitted(LOGISTIC, loans)
    features = loans.features
    numbers = model.named_steps["prepare"].transformers_[0]
    fills = dict(zip(numbers[2], numbers[1].named_steps["impute"].statistics_, strict=True))
    log_odds = np.full(loans.n_rows, model.named_steps["model"].intercept_[0])
    for name, weight in table.rows:
        if name in features:
            values = features[name].fillna(fills[name])
            log_odds += weight * ((values - values.mean()) / values.std(ddof=0)).to_numpy()
        else:
            column, _, category = name.rpartition(" is ")
            log_odds += weight * (features[column] == ("" if category == "missing" else category)).to_numpy()
    np.testing.assert_allclose(1 / (1 + np.exp(-log_odds)), model.predict_proba(features)[:, 1], atol=1e-9)


@pytest.mark.filterwarnings("ignore:Missing values detected")  # the library's pictures leave them out; ours say it
def test_the_curves_are_those_of_the_explainable_boosting_machine(loans):
    row = read_model(loans, seed=1, family=EBM, **BUDGET)
    figures, (table,) = row.figures, row.tables
    ebm = fitted(EBM, loans).named_steps["model"]
    shown = ebm.explain_global()  # the library's own account of itself
    overall = dict(zip(shown.data()["names"], shown.data()["scores"], strict=True))
    assert dict(row[:2] for row in table.rows) == pytest.approx(overall)
    income = next(figure for figure in figures if figure.title == "Effect of 'income'")
    missing = ebm.term_scores_[ebm.term_names_.index("income")][0]
    assert f"A missing value adds {missing:.3g}." in income.caption
    checked = 0
    for figure in figures[1:]:
        name = re.fullmatch(r"Effect of '(.+)'", figure.title)[1]
        account = shown.data(ebm.term_names_.index(name))
        values = [point["value"] for point in figure.spec["data"]["values"]]
        if loans.kinds[name] == "category":
            assert values == pytest.approx(list(account["scores"]))
        else:
            edges = [point["x"] for point in figure.spec["data"]["values"]]
            if loans.kinds[name] == "date":
                days = [(np.datetime64(edge) - np.datetime64("1970-01-01")).astype(int) for edge in edges]
                assert days == [np.ceil(cut) for cut in account["names"]]
            else:
                assert edges == pytest.approx(list(account["names"]))
            assert values[:-1] == pytest.approx(list(account["scores"]))
        checked += 1
    assert checked >= 3


@pytest.mark.parametrize(
    ("name", "kinds", "is_left", "words"),
    [
        ("age", {"age": "number"}, True, "age is at most 0.5"),
        ("owner", {"owner": "boolean"}, True, "owner is false"),
        ("owner", {"owner": "boolean"}, False, "owner is true"),
        ("job is retired", {"job": "category"}, True, "job is not retired"),
        ("job is retired", {"job": "category"}, False, "job is retired"),
    ],
)
def test_a_split_is_said_in_words(name, kinds, is_left, words):
    assert condition(name, kinds, 0.5, is_left=is_left) == words


def dated(classes):
    """A table whose date alone tells the class, with as many classes as asked; rows of one whole day each."""
    days = pd.date_range("2019-03-01", periods=300, freq="3D")
    noise = np.random.default_rng(3).normal(size=300)
    parts = ["abc"[place * classes // 300] for place in range(300)]
    return from_arrays("dated", pd.DataFrame({"since": days, "noise": noise}), parts)


@pytest.mark.parametrize(("family", "classes"), [(EBM, 2), (EBM, 3), (SPLINES, 2)], ids=["steps", "classes", "curve"])
def test_the_axis_of_a_column_of_dates_has_dates(family, classes):
    dataset = dated(classes)
    scorer = "roc_auc" if classes == 2 else "roc_auc_ovr"
    figures = read_model(dataset, seed=1, family=family, scorer=scorer, candidates=1).figures
    spec = next(figure.spec for figure in figures if figure.title == "Effect of 'since'")
    assert "1970" not in str(spec)
    places = [row["x"] for row in spec["data"]["values"]]
    assert pd.Timestamp("2019-02-01") < pd.Timestamp(min(places)) < pd.Timestamp("2019-04-30")
    assert pd.Timestamp("2021-06-01") < pd.Timestamp(max(places)) < pd.Timestamp("2021-09-30")
    across = [
        layer["encoding"]["x"]["type"] for part in spec.get("vconcat", [spec]) for layer in part.get("layer", [part])
    ]
    assert set(across) == {"temporal"}
    below = [row for part in spec.get("vconcat", ()) for row in part.get("data", {"values": ()})["values"]]
    assert sum(row["rows"] for row in below) in (0, *range(280, 301))
    assert all(pd.Timestamp(row["from"]) < pd.Timestamp(row["to"]) for row in below)


def test_a_step_over_dates_begins_with_the_first_day_that_it_holds_for():
    dataset = dated(2)
    ebm = fitted(EBM, dataset).named_steps["model"]
    figures = read_model(dataset, seed=1, family=EBM, **BUDGET).figures
    spec = next(figure.spec for figure in figures if figure.title == "Effect of 'since'")
    steps = {np.datetime64(row["x"]): row["value"] for row in spec["data"]["values"]}
    scores = ebm.eval_terms(dataset.features)[:, ebm.term_names_.index("since")]
    day_of = np.array("1970-01-01", dtype="M8[D]") + dataset.features["since"].to_numpy().astype(int)
    for day, score in zip(day_of[5:-5], scores[5:-5], strict=True):
        assert steps[max(start for start in steps if start <= day)] == pytest.approx(score)


@pytest.mark.parametrize("cut", [-400.5, -1.0, 0.0, 11.25, 19_000.75])
def test_a_cut_between_two_days_is_named_by_the_later_one(cut):
    later = next(day for day in range(-500, 20_000) if day >= cut)
    assert first_day(cut) == str(np.datetime64("1970-01-01") + later)


@pytest.mark.parametrize(("threshold", "words"), [(1_234_560.0, "1,234,560"), (0.0000125, "0.0000125"), (41.5, "41.5")])
def test_no_cut_is_said_with_an_exponent(threshold, words):
    assert condition("pay", {"pay": "number"}, threshold, is_left=True) == f"pay is at most {words}"
    ends = Input("pay", "number", threshold, 0.0, 2 * threshold), Input("age", "number", 1.0, 0.0, 2.0)
    term = Term("pay & age", (0, 1), ((threshold,), (1.0,)), ((0.0, 0.0, 0.0), (0.0, 1.0, 2.0), (0.0, 3.0, 4.0)))
    opened = WhatIf("t", "c", "p", "logit", 0.0, ends, (term,))
    cells = pair_map(opened, term, SimpleNamespace(upwards="raises it", unit="log-odds")).spec["data"]["values"]
    assert {cell["x"]: cell["value"] for cell in cells if cell["y"] == "below 1"} == {
        f"below {words}": 1.0,
        f"from {words}": 3.0,
    }


def test_a_numeric_column_of_two_values_is_drawn_as_a_category():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"length": rng.normal(size=120), "sex": 1.0 + np.arange(120) % 2})
    dataset = from_arrays("people", frame, frame["length"] + frame["sex"] + rng.normal(size=120) > 1.5)
    model = SPLINES.build(dataset.features, 0).fit(dataset.features, dataset.target)
    shown = {figure.title: figure.spec for figure in smooth_curves(model, dataset).figures}
    bars = {row["label"]: row["value"] for row in shown["Effect of 'sex'"]["data"]["values"]}
    assert list(bars) == ["1", "2"]
    one, two = model.decision_function(pd.DataFrame({"length": [0.0, 0.0], "sex": [1.0, 2.0]}))
    assert bars["2"] - bars["1"] == pytest.approx(two - one)
    assert "vconcat" in shown["Effect of 'length'"], "a measured column is a curve with the rows below it"
