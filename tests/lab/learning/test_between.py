"""Rows that were mixed of others are noticed, in few columns or many; independent rows on grids and on lines are not."""

import numpy as np
import pandas as pd
import pytest

from lab.learning.between import between
from lab.learning.undeclared import suspicions
from lab.protocol import Dataset


def table(x, target):
    frame = pd.DataFrame({f"x{place}": column for place, column in enumerate(np.asarray(x, dtype=float).T)})
    classes = () if target.dtype.kind == "f" else ("no", "yes")
    return Dataset("t", frame, target, "y", classes, dict.fromkeys(frame, "number"), "")


def rows(n_columns, n=400, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, n_columns))
    return rng, x, (x[:, 0] + rng.normal(size=n) > 1.2).astype(np.int64)


def balanced(n_columns, seed=0):
    """Rows of the rarer class are filled up by mixtures of pairs of neighbours; also gives how many were made."""
    rng, x, target = rows(n_columns, seed=seed)
    some, made = x[target == 1], []
    for _ in range(int(np.sum(target == 0) - np.sum(target == 1))):
        one = rng.integers(len(some))
        other = np.argsort(((some - some[one]) ** 2).sum(axis=1))[rng.integers(1, 6)]
        made.append(some[one] + rng.random() * (some[other] - some[one]))
    order = rng.permutation(len(x) + len(made))
    return np.concatenate([x, made])[order], np.concatenate([target, np.ones(len(made), np.int64)])[order], len(made)


@pytest.mark.parametrize(("n_columns", "digits"), [(2, None), (2, 7), (3, 4), (8, 4)])
def test_mixed_rows_are_counted(n_columns, digits):
    x, target, n_made = balanced(n_columns)
    share = between(table(x if digits is None else x.round(digits), target), seed=0)
    assert share == pytest.approx(n_made / len(x), abs=0.1)


def test_they_hold_the_verdict_with_a_way_out():
    x, target, _ = balanced(3)
    (said,) = suspicions(table(x, target), seed=0)
    assert said.is_firm
    assert "lie exactly between two others of their class" in said.sentence
    assert "leave out the rows that were made" in said.way_out


def two_taxes(rng, x):
    """A price and the tax on it, at one of two rates: all rows lie on two lines."""
    return np.column_stack([x[:, 0], x[:, 0] * np.where(rng.random(len(x)) < 0.5, 0.07, 0.19)])


INDEPENDENT = {
    "normal": lambda rng, x: x,
    "rounded": lambda rng, x: x.round(2),
    "on a grid": lambda rng, x: rng.integers(0, 1_000, x.shape),
    "on two lines": two_taxes,
    "a sum of others": lambda rng, x: np.column_stack([x, x.sum(axis=1)]),
    "the same twice": lambda rng, x: np.column_stack([x, 3 * x[:, :1]]),
    "one number": lambda rng, x: np.column_stack([x[:, 0], 2 * x[:, 0] + 1]),
    "a walk": lambda rng, x: np.cumsum(x, axis=0),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("drawn", INDEPENDENT)
def test_rows_that_nobody_mixed_are_left_alone(drawn, seed):
    rng, x, target = rows(2, seed=seed)
    assert between(table(INDEPENDENT[drawn](rng, x), target), seed=0) == 0


def test_nothing_is_said_of_numbers_to_predict_nor_of_few_rows():
    x, target, _ = balanced(3)
    assert between(table(x, target.astype(float)), seed=0) == 0
    assert between(table(x[:50], target[:50]), seed=0) == 0
