"""Explanations are held against a truth that is known, by measures that are right themselves."""

import numpy as np
import pytest

from interpretability.follow_up.known_truth import explain_known, made_table, rightness
from interpretability.sides.finalists import Finalists
from lab.learning.families import FOREST, LOGISTIC


def test_the_truth_itself_is_right_and_its_opposite_wrong():
    truth = made_table(3)[1]
    assert rightness(truth, truth)[0] == pytest.approx(1)
    assert rightness(truth, truth)[2] == pytest.approx(1)
    assert rightness(5 + 2 * truth, truth)[1] > 0.99, "neither scale nor offset matters"
    assert rightness(-truth, truth)[1:] == pytest.approx((0, -1), abs=0.01)
    noise = np.random.default_rng(0).normal(size=truth.shape)
    assert rightness(noise, truth)[1] == pytest.approx(0.5, abs=0.06)
    assert rightness(noise, truth)[2] == pytest.approx(0, abs=0.1)


def test_the_labels_of_the_made_table_are_drawn_with_the_odds_that_the_truth_says():
    table, truth = made_table(0)
    chances = 1 / (1 + np.exp(-truth.sum(axis=1)))
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1)):
        there = (chances >= low) & (chances < high)
        gap = table.target[there].mean() - chances[there].mean()
        assert abs(gap) < 3 * np.sqrt(0.25 / there.sum())


def test_a_linear_model_is_right_about_what_is_linear_and_the_report_says_so():
    finalists = {"finalists": Finalists("logistic", "forest", simplest=None, parameters={})}
    groups = {"glass": (LOGISTIC,), "black": (FOREST,)}
    table = explain_known(None, seed=1, groups=groups, inputs=finalists).table
    assert "Here the surrogate is nearer to the truth than the readable model's own terms" in table.caption
    found = {line[0]: line[1:] for line in table.rows}
    own = found["terms of the logistic regression"]
    surrogate = found["additive surrogate of the random forest"]
    assert own[1] < surrogate[1], "a line cannot follow what bends and waves"
    assert surrogate[2] > 0.7
    assert found["permutation importance of the random forest"][1:] == (None, None)
