"""A line comes onto a scorecard for what it says, and not because many conditions were looked at."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from interpretability.models import scorecard
from interpretability.models.scorecard import Scorecard

TABLES = 400
COLUMNS = (1, 6, 20)


def chosen(seed, n_columns, *, n_rows=120, share=0.5, planted=False):
    """Conditions taken where no column says anything, at eight cuts each; a planted one, which does, is the first."""
    rng = np.random.default_rng([seed, n_columns])
    columns = rng.normal(size=(n_rows, n_columns))
    cuts = np.quantile(columns, np.arange(1, 9) / 9, axis=0)
    holds = (columns > cuts[:, None]).transpose(1, 2, 0).reshape(n_rows, -1).astype(float)
    chances = np.full(n_rows, share)
    if planted:
        strong = rng.integers(0, 2, n_rows)
        holds, chances = np.column_stack([strong, holds]), 0.15 + 0.7 * strong
    labels = (rng.random(n_rows) < chances).astype(int)
    return scorecard._choose(holds, labels, 10, np.random.default_rng(seed)).tolist()


def test_on_pure_noise_a_line_is_chosen_in_one_of_a_hundred_tables_whatever_the_number_of_columns():
    found = [sum(bool(chosen(seed, columns)) for seed in range(TABLES)) for columns in COLUMNS]
    assert max(found) <= stats.binom.ppf(0.9995, TABLES, 0.01)
    least, most = stats.binom.ppf([0.0005, 0.9995], TABLES * len(COLUMNS), 0.01)
    assert least <= sum(found) <= most


def test_the_level_is_kept_where_one_class_is_rare():
    """Of 120 rows 10 are of the second class: a normal approximation would let far more through."""
    found = sum(bool(chosen(seed, 20, share=1 / 12)) for seed in range(TABLES))
    assert found <= stats.binom.ppf(0.9995, TABLES, 0.01)


def test_beside_a_line_that_says_something_noise_comes_onto_the_card_no_more_often():
    taken = [chosen(seed, 6, planted=True) for seed in range(TABLES)]
    assert sum(0 in lines for lines in taken) >= 0.99 * TABLES, "the planted one is found"
    assert sum(lines != [0] for lines in taken if 0 in lines) <= stats.binom.ppf(0.9995, TABLES, 0.01)


def test_the_same_column_twice_stands_on_the_card_once():
    rng = np.random.default_rng(3)
    told = rng.integers(0, 2, 300).astype(float)
    labels = (rng.random(300) < 0.2 + 0.6 * told).astype(int)
    card = Scorecard().fit(pd.DataFrame({"a": told, "b": told, "c": 1 - told}), labels)
    assert len(card.conditions_) == 1


@pytest.mark.parametrize("state", [0, 7])
def test_the_same_seed_gives_the_same_card(state):
    rng = np.random.default_rng(1)
    features = pd.DataFrame(rng.normal(size=(200, 4)), columns=list("abcd"))
    labels = (rng.random(200) < 1 / (1 + np.exp(-features["a"] - 0.4 * features["b"]))).astype(int).to_numpy()
    one, other = (Scorecard(random_state=state).fit(features, labels) for _ in range(2))
    assert one.conditions_ == other.conditions_
    np.testing.assert_array_equal(one.points_, other.points_)
