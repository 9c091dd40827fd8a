"""A scorecard is what it says: whole points, few lines, and a probability read off the total."""

import numpy as np
import pandas as pd
import pytest

from interpretability.models.classifiers import RULE_SUM, SCORECARD, SPLINES, TREE
from interpretability.models.complexity import parts_to_read
from interpretability.models.scorecard import Scorecard
from interpretability.models.splines import SplineColumns
from interpretability.reading.read import read_model
from lab.data.load import load
from lab.learning.families import LOGISTIC


@pytest.fixture(scope="module")
def loans():
    return load("loans")


def test_the_points_in_words_add_up_to_the_probability(loans):
    row = read_model(loans, seed=1, family=SCORECARD, scorer="roc_auc", candidates=1)
    card, chances = row.tables
    model = SCORECARD.build(loans.features, 1).fit(loans.features, loans.target)
    read_off = dict(chances.rows)
    checked = 0
    for place in range(0, loans.n_rows, 40):
        values, total = loans.features.iloc[place], 0
        for words, points in card.rows:
            assert isinstance(points, int)
            if " is above " in words:
                name, _, bound = words.partition(" is above ")
                holds = values[name] > float(bound.replace(",", ""))
            elif " is after " in words:
                name, _, day = words.partition(" is after ")
                holds = values[name] >= np.datetime64(day).astype(int) + 1
            elif words.endswith(" is true"):
                holds = values[words.removesuffix(" is true")] > 0.5
            else:
                name, _, text = words.partition(" is ")
                given = values[name]
                missing = given == "" if isinstance(given, str) else given != given
                holds = missing if text == "missing" else given == text
            total += points * bool(holds)
        if total in read_off:
            said = model.predict_proba(loans.features.iloc[[place]])[0, 1]
            assert said == pytest.approx(read_off[total], abs=1e-9)
            checked += 1
    assert checked >= 10
    assert row.parts == len(card.rows)


@pytest.mark.parametrize("lines", [1, 3, 6])
def test_a_card_has_no_more_lines_and_points_than_it_may(loans, lines):
    card = Scorecard(max_conditions=lines, max_points=3).fit(loans.features, loans.target)
    assert 1 <= len(card.conditions_) <= lines
    assert np.abs(card.points_).max() <= 3


def test_a_card_finds_the_rule_that_made_the_labels():
    rng = np.random.default_rng(0)
    features = pd.DataFrame({"a": rng.uniform(size=600), "b": rng.uniform(size=600), "c": rng.uniform(size=600)})
    labels = ((features["a"] > 0.5) & (rng.random(600) < 0.95)).astype(int).to_numpy()
    card = Scorecard(max_conditions=2, cuts=9).fit(features, labels)
    (strongest,) = [
        line for line, points in zip(card.conditions_, card.points_, strict=True) if points == card.points_.max()
    ]
    assert strongest[:2] == ("a", "above")
    assert strongest[2] == pytest.approx(0.5, abs=0.1)  # the cuts are deciles


def test_a_card_of_nothing_gives_the_share_of_the_classes():
    features = pd.DataFrame({"a": np.ones(50)})
    card = Scorecard().fit(features, np.arange(50) % 2)
    np.testing.assert_allclose(card.predict_proba(features), 0.5, atol=1e-6)


def test_three_classes_are_refused():
    with pytest.raises(ValueError, match="two classes"):
        Scorecard().fit(pd.DataFrame({"a": np.arange(30.0)}), np.arange(30) % 3)


def test_a_spline_goes_on_as_a_line_and_few_values_stay_as_they_are():
    rng = np.random.default_rng(0)
    columns = np.column_stack([rng.normal(size=200), rng.integers(0, 3, 200)])
    basis = SplineColumns().fit(columns)
    far = basis.column(0, np.array([10.0, 11.0, 12.0]))
    np.testing.assert_allclose(far[2] - far[1], far[1] - far[0], atol=1e-9)
    np.testing.assert_array_equal(basis.column(1, np.array([0.0, 2.0])), [[0.0], [2.0]])
    inside = basis.column(0, np.linspace(-1, 1, 5))
    assert (np.abs(np.diff(inside, 2, axis=0)) > 1e-3).any(), "inside it is curved"


def test_the_parts_to_read_are_counted_as_a_person_would(loans):
    names = LOGISTIC.build(loans.features, 0).fit(loans.features, loans.target)
    assert parts_to_read(names) == 5 + 4 + 5  # numbers, regions, employments with "missing"
    assert parts_to_read(SPLINES.build(loans.features, 0).fit(loans.features, loans.target)) == 5 + 4 + 5
    tree = TREE.build(loans.features, 0).fit(loans.features, loans.target)
    assert parts_to_read(tree) == len(np.unique(tree.named_steps["model"].apply(tree[:-1].transform(loans.features))))


def test_the_rules_of_the_sum_of_trees_predict_what_it_predicts(loans):
    pytest.importorskip("imodels")
    row = read_model(loans, seed=1, family=RULE_SUM, scorer="roc_auc", candidates=1)
    (table,) = row.tables
    model = RULE_SUM.build(loans.features, 1).fit(loans.features, loans.target)
    assert len(table.rows) == row.parts
    medians = loans.features.select_dtypes("number").median()
    odds = []
    for place in range(0, loans.n_rows, 60):
        values, total = loans.features.iloc[place], 0.0
        for rule in table.rows:
            if all(_holds(part, values, medians) for part in rule[1].split(" and ") if part != "always"):
                total += rule[-1] - (rule[2] if len(rule) == 4 else 0)
        odds.append(total)
    said = model.predict_proba(loans.features.iloc[::60])[:, 1]
    assert (
        np.argsort(np.round(odds, 9), kind="stable").tolist() == np.argsort(np.round(said, 9), kind="stable").tolist()
    )


def _holds(part, values, medians):
    for word, true in ((" is at most ", np.less_equal), (" is above ", np.greater)):
        if word in part:
            name, _, bound = part.partition(word)
            value = values[name] if values[name] == values[name] else medians[name]
            return bool(true(value, float(bound.replace(",", ""))))
    for word, later in ((" is up to ", False), (" is after ", True)):
        if word in part:
            name, _, day = part.partition(word)
            return (values[name] >= np.datetime64(day).astype(int) + 1) == later
    name, _, text = part.partition(" is ")
    if text in ("true", "false"):
        value = values[name] if values[name] == values[name] else medians[name]
        return (value > 0.5) == (text == "true")
    wanted, negated = text.removeprefix("not "), text.startswith("not ")
    return (values[name] == ("" if wanted == "missing" else wanted)) != negated
