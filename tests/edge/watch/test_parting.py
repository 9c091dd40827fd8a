"""What was right before a change and since is counted row by row, in whatever order labels come, and in bounded room."""

import numpy as np
import pytest

from edge.watch.expecting import Accuracy
from edge.watch.labels import Judged
from edge.watch.parting import Parting


def judged(rows, right):
    return Judged(np.array(rows), np.full(len(rows), 0.9), np.array(right, dtype=bool), np.ones(len(rows), dtype=bool))


def taken(order, right, at_once=250):
    found = Accuracy(None, seed=0)
    for _ in range(len(right) // 100):
        found.answered(np.zeros(100, dtype=np.int64))
    for first in range(0, len(order), at_once):
        rows = order[first : first + at_once]
        found.judged(judged(rows, right[rows]))
    return found


ROWS = np.arange(6_000)
RIGHT = np.random.default_rng(1).random(6_000) < np.where(ROWS >= 2_000, 0.5, 0.9)


@pytest.mark.parametrize("order", [ROWS, ROWS[::-1], np.random.default_rng(0).permutation(ROWS)])
def test_both_sides_are_counted_by_row_far_beyond_the_labels_that_came_last(order):
    found = taken(order, RIGHT)
    assert (found.start, found.before(), found.since()) == (None, None, None)
    assert found.now().value == RIGHT[5_000:].mean(), "the last rows, not the last labels"
    found.began(2_000)
    left_out = 6_000 - (found._parting.before[0] + found._parting.since[0])
    assert 0 <= left_out <= 400, "but for the piece in which the change lies"
    assert abs(found.before().value - RIGHT[:2_000].mean()) < 0.02
    assert abs(found.since().value - RIGHT[2_000:].mean()) < 0.02


def test_the_earliest_change_counts_and_later_labels_go_to_their_side():
    found = taken(ROWS[:3_000], RIGHT[:3_000])
    found.began(2_500)
    found.began(2_700)
    assert (found.start, found._parting.since.tolist()) == (2_500, [500, RIGHT[2_500:3_000].sum()])
    found.began(2_100)
    found.judged(judged([2_099, 2_100], [True, True]))
    assert (found.start, found._parting.since.tolist()) == (2_100, [901, RIGHT[2_100:3_000].sum() + 1])
    assert found.before(3_000) is None
    assert found.before().value == pytest.approx((RIGHT[:2_100].sum() + 1) / 2_101)


def test_what_is_held_does_not_grow_with_the_stream():
    found = Parting()
    for block in range(3_000):
        found.block(100)
        found.aged(np.array([[100 * block, 1]]))
    held = found.state()
    assert len(held["rungs"]) < 200
    assert held["counts"].sum(axis=0).tolist() == [3_000, 3_000]
