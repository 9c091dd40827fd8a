"""Windows and estimates of accuracy in a stream, worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from edge.stream.accuracy import estimated_accuracy, rolling_accuracy, window_of
from edge.watch.expecting import expected_share
from edge.watch.profile import FINE
from edge.watch.profiling import answered_by


@pytest.mark.parametrize(("n_rows", "window"), [(1, 1), (99, 99), (100, 100), (2_000, 100), (2_019, 100), (2_020, 101)])
def test_a_window_is_a_twentieth_of_the_rows_and_a_hundred_of_them_at_least(n_rows, window):
    assert window_of(n_rows) == window


def test_only_whole_windows_are_counted():
    found = rolling_accuracy(np.array([True, False, True, True, False, True, True]), window=3)
    assert [(row, share.value) for row, share in found] == [(2, pytest.approx(2 / 3)), (5, pytest.approx(2 / 3))]
    assert [row for row, _ in rolling_accuracy(np.ones(5, dtype=bool), window=3)] == [2], "one row is missing"


def test_windows_count_right_answers():
    right = np.array([True] * 120 + [False] * 80 + [True] * 60)
    found = rolling_accuracy(right, window=100)
    assert [(row, share.value) for row, share in found] == [(99, 1.0), (199, 0.2)]
    exact = stats.binomtest(20, 100).proportion_ci()
    assert (found[1][1].low, found[1][1].high) == pytest.approx((exact.low, exact.high))


def known(*of_each):
    """What is known of a model: (confidence, answers, right ones)."""
    sure = np.repeat([each[0] for each in of_each], [each[1] for each in of_each])
    right = np.concatenate([np.arange(asked) < n_right for _, asked, n_right in of_each])
    return answered_by(np.stack([sure, 1 - sure], axis=1), (~right).astype(np.int64), is_own=True)


def steps(*of_each):
    """The steps of some answers: (confidence, answers)."""
    return np.repeat([int(sure * FINE) for sure, _ in of_each], [count for _, count in of_each])


def counts(*of_each):
    return np.bincount(steps(*of_each), minlength=FINE)


KNOWN = known((0.61, 10, 5), (0.81, 20, 18))


def test_before_labels_come_an_answer_is_right_as_often_as_known_ones_of_its_confidence():
    # windows of 100 rows: the first all of 0.61, the second half of each; the last 80 rows make no window
    found = estimated_accuracy(steps((0.61, 150), (0.81, 100), (0.71, 30)), KNOWN, seed=0)
    assert [row for row, _ in found] == [99, 199]
    assert [share for _, share in found] == pytest.approx([0.5, 0.7])
    assert [row for row, _ in estimated_accuracy(steps((0.61, 199)), KNOWN, seed=0)] == [99], "one row is missing"
    low, high = estimated_accuracy(steps((0.1, 100), (0.999, 100)), KNOWN, seed=0)
    assert (low[1], high[1]) == pytest.approx((0.5, 0.9)), "beyond what is known, as at its ends"


def test_the_expected_share_has_an_interval_of_two_chances():
    asked = counts((0.61, 20), (0.81, 20))
    found = expected_share(KNOWN, asked, seed=0)
    assert found.value == pytest.approx(0.7)
    assert (found.unit, found.confidence) == ("share", 0.95)
    assert expected_share(KNOWN, asked, seed=1) != found, "the seed decides the draws"


def test_with_much_known_the_interval_is_that_of_the_answers_alone():
    found = expected_share(known((0.71, 40_000, 28_000)), counts((0.71, 400)), seed=2)
    low, high = stats.binom(400, 0.7).interval(0.95)
    assert found.value == pytest.approx(0.7)
    assert (found.low, found.high) == pytest.approx((low / 400, high / 400), abs=0.015)  # of 200 draws


def test_with_many_answers_the_interval_is_that_of_what_is_known():
    found = expected_share(known((0.71, 50, 35)), counts((0.71, 20_000)), seed=2)
    low, high = stats.binom(50, 0.7).interval(0.95)
    assert (found.low, found.high) == pytest.approx((low / 50, high / 50), abs=0.04)  # of 200 draws, in steps of 0.02


def test_beyond_the_known_confidences_an_answer_is_right_as_often_as_at_their_ends():
    low, high = (expected_share(KNOWN, counts((sure, 40)), seed=0) for sure in (0.3, 0.99))
    assert (low.value, high.value) == pytest.approx((0.5, 0.9))
    assert 0 <= low.low < 0.5 < low.high < high.high <= 1


def test_the_estimate_without_labels_follows_a_change_of_the_columns():
    rng = np.random.default_rng(5)

    def made(confidence):
        return rng.random(len(confidence)) < 0.4 + 0.6 * confidence**2  # not calibrated, but monotone

    sure = rng.uniform(0.5, 1, 5_000)
    learned = answered_by(np.stack([sure, 1 - sure], axis=1), (~made(sure)).astype(np.int64), is_own=True)
    easy, hard = rng.uniform(0.8, 1, 4_000), rng.uniform(0.5, 0.7, 4_000)
    found = dict(estimated_accuracy((np.concatenate([easy, hard]) * FINE).astype(int), learned, seed=0))
    truth = [made(part).mean() for part in (easy, hard)]
    halves = [np.mean([share for row, share in found.items() if (row < 4_000) == first]) for first in (True, False)]
    assert halves == pytest.approx(truth, abs=0.03)
