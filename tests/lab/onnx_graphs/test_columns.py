"""A column's steps are those of the original, worked out by plain arithmetic in Python."""

import math

import numpy as np
import pytest

from lab.onnx_graphs.columns import Constant, NotLoweredError, Number, Text, text_columns

NAN = math.nan
PLAIN = {"add": lambda x, c: x + c, "sub": lambda x, c: x - c, "mul": lambda x, c: x * c, "div": lambda x, c: x / c}


@pytest.mark.parametrize("name", PLAIN)
def test_a_step_changes_each_known_text_and_all_others(name):
    found = Text(1, {"a": 3.0, "b": -0.7}, 5.0).then(name, 0.3)
    assert found == Text(1, {"a": PLAIN[name](3.0, 0.3), "b": PLAIN[name](-0.7, 0.3)}, PLAIN[name](5.0, 0.3))
    assert Constant(-2.0).then(name, 0.3) == Constant(PLAIN[name](-2.0, 0.3))


def test_only_what_is_missing_is_filled():
    assert Text(2, {"a": NAN, "b": 1.0}, NAN).fill(9.0) == Text(2, {"a": 9.0, "b": 1.0}, 9.0)
    assert Text(2, {"a": 0.0}, 4.0).fill(9.0) == Text(2, {"a": 0.0}, 4.0)
    assert Constant(NAN).fill(9.0) == Constant(9.0)
    assert Constant(0.0).fill(9.0) == Constant(0.0)
    assert Number(3).fill(9.0).fill(7.0) == Number(3, (), 9.0, 9.0)


def test_a_number_goes_through_its_steps_in_order_and_the_missing_one_with_it():
    steps = [("sub", 4.0), ("div", 0.5), ("add", 1.0), ("mul", 3.0)]
    found = Number(3).fill(10.0)
    for step in steps:
        found = found.then(*step)
    assert (found.source, found.steps, found.filled) == (3, tuple(steps), 10.0)
    by_hand = [((x - 4.0) / 0.5 + 1.0) * 3.0 for x in (-1.0, 10.0, 0.1)]
    assert found.through(np.array([-1.0, 10.0, 0.1])).tolist() == by_hand
    assert found.missing == by_hand[1]
    assert found.affine() == (6.0, -21.0)


def test_numbers_of_single_precision_go_through_in_double_precision():
    found = Number(0).then("div", 3.0).through(np.array([[1.0, 0.1]], dtype=np.float32))
    assert found.dtype == np.float64
    assert found.tolist() == [[1.0 / 3.0, float(np.float32(0.1)) / 3.0]]


def test_what_passes_the_largest_double_is_infinite_without_a_warning():
    found = Number(0).then("mul", 10.0).then("sub", math.inf)
    assert found.through(np.array([1.0, -1e308])).tolist() == [-math.inf, -math.inf]
    assert math.isnan(found.through(np.array([1e308]))[0])


def test_a_number_that_is_filled_late_is_filled_with_the_raw_one_that_leads_there():
    found = Number(0).then("sub", 4.0).then("div", 0.5).fill(3.0)
    assert (found.missing, found.filled) == (3.0, 5.5)
    assert found.through(np.array([found.filled])).tolist() == [3.0]


def test_texts_are_listed_by_source_and_in_order():
    columns = [
        Text(4, {"b": 1.0, "é": 0.0}, 0.0),
        Number(0),
        Text(1, {"z": 1.0}, 0.0),
        Text(4, {"a": 1.0, "b": 2.0}, 0.0),
    ]
    assert text_columns([*columns, Constant(1.0)]) == [(1, ["z"]), (4, ["a", "b", "é"])]


def test_what_is_not_lowered_says_the_way_out():
    error = NotLoweredError("a Thing with a lid")
    assert error.part == "a Thing with a lid"
    assert str(error) == (
        "a Thing with a lid; use another step of scikit-learn there, or have a converter make an ONNX file and give that"
    )
