"""What is said of a column that changed, worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from edge.stream.changes import Change, change


def test_a_number_is_said_by_its_middles():
    before, after = pd.Series([5.0] * 10), pd.Series([7.0] * 10)
    assert change(before, after) == Change("median", 5.0, 7.0)
    assert change(before, after[:4]) == Change("median", 5.0, None), "of four rows nothing is said"
    assert change(before, pd.Series([math.nan] * 9)) == Change("share of missing values", 0.0, 1.0)


def test_where_the_middle_stays_the_share_of_a_value_is_said():
    before, after = pd.Series([0.0] * 97 + [2.0] * 3), pd.Series([0.0] * 60 + [2.0] * 40)
    assert change(before, after) == Change("share of 0", 0.97, 0.6)
    lamp = pd.Series([0.0] * 97 + [1.0] * 3), pd.Series([0.0] * 5 + [1.0] * 95)
    assert change(*lamp) == Change("share of 1", 0.03, 0.95)


def test_values_that_are_missing_now_are_what_changed():
    numbers = pd.Series(np.arange(100.0))
    assert change(numbers, numbers.where(numbers % 4 != 0)) == Change("share of missing values", 0.0, 0.25)
    texts = pd.Series(["a", "b"] * 50, dtype=object)
    assert change(texts, texts.where(numbers % 4 != 0, None)) == Change("share of missing values", 0.0, 0.25)


def test_the_category_whose_share_moved_most_is_named_whether_it_grew_or_shrank():
    before = pd.Series(["a"] * 50 + ["b"] * 30 + ["c"] * 20, dtype=object)
    after = pd.Series(["a"] * 20 + ["b"] * 45 + ["c"] * 20 + ["d"] * 15, dtype=object)
    assert change(before, after) == Change("share of 'a'", 0.5, 0.2)
    gone = pd.Series(["b"] * 100, dtype=object)
    assert change(before, gone) == Change("share of 'b'", 0.3, 1.0)


@pytest.mark.parametrize(("rows", "named"), [(9, "b"), (10, "new")])
def test_a_category_of_ten_rows_is_the_rarest_to_be_named(rows, named):
    before = pd.Series(["b"] * 12 + ["c"] * 8, dtype=object)
    after = pd.Series(["b"] * 2 + ["c"] * 2 + ["new"] * rows, dtype=object)
    found = change(before, after)
    assert found.of == f"share of {named!r}"
    if named == "new":
        assert (found.before, found.after) == (0.0, pytest.approx(10 / 14))


def test_where_no_category_may_be_named_the_missing_ones_are_counted():
    before = pd.Series(["a"] * 4 + ["b"] * 4 + [None] * 2, dtype=object)
    after = pd.Series(["a", "c", "c", None], dtype=object)
    assert change(before, after) == Change("share of missing values", 0.2, 0.25)
    assert change(before[:0], after[:0]).of == "share of missing values"


def test_a_rare_category_is_never_named():
    before = pd.Series(["a"] * 50 + ["b"] * 50, dtype=object)
    after = pd.Series(["a"] * 5 + ["someone"] * 5, dtype=object)
    assert "someone" not in change(before, after).of


def test_where_no_category_can_be_named_the_missing_values_are_counted():
    rare = [f"one of a kind {place}" for place in range(6)]
    before, after = (pd.Series([*rare, *[None] * n], dtype=object) for n in (2, 18))
    assert change(before, after) == Change("share of missing values", 0.25, 0.75)
