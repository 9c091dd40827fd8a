"""Bins, windows, estimates and findings of the stream monitor, worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from oracles import gamblers
from scipy import stats

from edge.stream.accuracy import estimated_accuracy, expected_accuracy, rolling_accuracy, window_of
from edge.stream.changes import Change, change
from edge.stream.martingale import CUTS
from edge.stream.monitor import Signal, watch


@pytest.mark.parametrize(("n_rows", "window"), [(1, 1), (99, 99), (100, 100), (2_000, 100), (2_019, 100), (2_020, 101)])
def test_a_window_is_a_twentieth_of_the_rows_and_a_hundred_of_them_at_least(n_rows, window):
    assert window_of(n_rows) == window


def test_only_whole_windows_are_counted():
    found = rolling_accuracy(np.array([True, False, True, True, False, True, True]), window=3)
    assert [(row, share.value) for row, share in found] == [(2, pytest.approx(2 / 3)), (5, pytest.approx(2 / 3))]
    assert [row for row, _ in rolling_accuracy(np.ones(5, dtype=bool), window=3)] == [2], "one row is missing"


KNOWN = (
    np.repeat([0.6, 0.8], [10, 20]),
    np.repeat([True, False, True, False], [5, 5, 18, 2]),
)  # half right, then 9 of 10


def test_before_labels_come_an_answer_is_right_as_often_as_known_ones_of_its_confidence():
    confidence = np.concatenate([np.full(150, 0.6), np.full(100, 0.8), np.full(30, 0.7)])
    found = estimated_accuracy(confidence, *KNOWN)
    # windows of 100 rows: the first all of 0.6, the second half of each; the last 80 rows make no window
    assert [row for row, _ in found] == [99, 199]
    assert [share for _, share in found] == pytest.approx([0.5, 0.7])
    assert [row for row, _ in estimated_accuracy(confidence[:199], *KNOWN)] == [99], "one row is missing"
    low, high = estimated_accuracy(np.repeat([0.1, 1.0], 100), *KNOWN)
    assert (low[1], high[1]) == pytest.approx((0.5, 0.9)), "beyond what is known, as at its ends"


def test_the_expected_share_has_an_interval_of_two_chances():
    found = expected_accuracy(np.repeat([0.6, 0.8], 20), *KNOWN, seed=0)
    assert found.value == pytest.approx(0.7)
    assert (found.unit, found.confidence) == ("share", 0.95)
    assert expected_accuracy(np.repeat([0.6, 0.8], 20), *KNOWN, seed=1) != found, "the seed decides the draws"


def test_with_much_known_the_interval_is_that_of_the_answers_alone():
    known = np.full(40_000, 0.7), np.arange(40_000) % 10 < 7
    found = expected_accuracy(np.full(400, 0.7), *known, seed=2)
    low, high = stats.binom(400, 0.7).interval(0.95)
    assert found.value == pytest.approx(0.7)
    assert (found.low, found.high) == pytest.approx((low / 400, high / 400), abs=0.012)  # of 200 draws


def test_with_many_answers_the_interval_is_that_of_what_is_known():
    known = np.full(50, 0.7), np.arange(50) % 10 < 7
    found = expected_accuracy(np.full(20_000, 0.7), *known, seed=2)
    low, high = stats.binom(50, 0.7).interval(0.95)
    assert (found.low, found.high) == pytest.approx((low / 50, high / 50), abs=0.04)  # of 200 draws, in steps of 0.02


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


def test_beyond_the_known_confidences_an_answer_is_right_as_often_as_at_their_ends():
    low, high = (expected_accuracy(np.full(40, sure), *KNOWN, seed=0) for sure in (0.3, 0.99))
    assert (low.value, high.value) == pytest.approx((0.5, 0.9))
    assert 0 <= low.low < 0.5 < low.high < high.high <= 1


def drifting(n_codes, n_rows, at):
    rng = np.random.default_rng(1)
    last = n_codes - 1
    return Signal(
        "x",
        rng.integers(0, n_codes, 200),
        np.concatenate([rng.integers(0, n_codes, at), np.full(n_rows - at, last)]),
        n_codes,
    )


@pytest.mark.parametrize(("n_codes", "cuts"), [(2, CUTS), (3, CUTS), (4, ())])
def test_a_finding_is_the_gamblers_path_in_powers_of_ten_and_in_rows(n_codes, cuts, monkeypatch):
    """Two or three values are told by cuts, more by all ten bins; blocks are of 50 rows, and an alarm is their last."""
    p = np.concatenate([np.random.default_rng(3).random(130), np.random.default_rng(4).beta(4, 1, 110)])
    monkeypatch.setattr("edge.stream.monitor.ranks", lambda *given, seed: p)
    (found,) = watch([drifting(n_codes, 240, 130)], false_alarms=0.05, seed=0)
    whole, each = gamblers.path(p, 50, cuts)
    alarm = next(place for place, logarithm in enumerate(whole) if logarithm >= math.log(20))
    assert found.name == "x"
    np.testing.assert_allclose(found.evidence, (np.array(whole[: alarm + 1]) - math.log(20)) / math.log(10))
    assert found.alarm == min((alarm + 1) * 50, 240) - 1
    likely, early, late = (50 * place for place in gamblers.start_of(each[alarm]))
    assert found.start == (likely, max(early - 49, 0), min(late + 50, 240) - 1), (
        "a change lies up to a block beside a start"
    )


def test_a_change_inside_a_block_lies_within_the_interval_of_its_beginning():
    covered = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        at = int(rng.integers(300, 700))
        codes = np.where(np.arange(1_000) < at, rng.integers(0, 8, 1_000), rng.integers(5, 8, 1_000))
        (found,) = watch([Signal("x", rng.integers(0, 8, 500), codes, 8)], false_alarms=0.05, seed=seed)
        covered += found.start is not None and found.start[1] <= at <= found.start[2]
    assert covered >= 18


def test_an_alarm_in_the_last_block_is_at_the_last_row():
    (found,) = watch([drifting(4, 240, 200)], false_alarms=0.05, seed=0)
    assert found.alarm == 239


def test_signals_are_ranked_with_draws_of_their_own():
    signal = drifting(4, 300, 300)
    one, other = watch([signal, signal], false_alarms=0.05, seed=0)
    (again,) = watch([signal], false_alarms=0.025, seed=0)
    (seeded,) = watch([signal], false_alarms=0.025, seed=1)
    assert (one.evidence != other.evidence).any()
    np.testing.assert_array_equal(one.evidence, again.evidence)
    assert (one.evidence != seeded.evidence).any()
    assert (one.alarm, one.start) == (None, None)
