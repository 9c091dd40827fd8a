"""What was said of each row is gathered from the folds of the first repetition, with its target, group and unit."""

import numpy as np
import pandas as pd
import pytest

from interpretability.groups.out_of_fold import MIN_ROWS, Told, out_of_fold
from lab.belonging import Belonging
from lab.learning.comparison import Scores
from lab.learning.outer import FoldRow
from lab.protocol import Dataset

N_ROWS = 30
ORDER = np.random.default_rng(0).permutation(N_ROWS)
GROUPS = np.array(["north", "south", "east"], dtype=object)[np.arange(N_ROWS) % 3]


def gathered(*, number, lost=None, belonging=None):
    """Every row is told its own number, over 100; the second repetition says something else."""
    target = np.arange(N_ROWS) * 10.0 if number else np.arange(N_ROWS) % 2
    more = {} if belonging is None else {"belonging": belonging}
    dataset = Dataset(
        "t", pd.DataFrame({"x": target}), target, "y", () if number else ("a", "b"), {"x": "number"}, "", **more
    )
    rows = []
    for repetition in range(2):
        for tested in np.array_split(ORDER, 3):
            said = tested / 100 if repetition == 0 else np.full(len(tested), 0.99)
            said = said if number else np.stack([1 - said, said], axis=1)
            rows.append(FoldRow(0.0, said, {}, test_rows=tested, parameters={}))
    rows = [None if place == lost else row for place, row in enumerate(rows)]
    return out_of_fold(Scores("model", "side", np.zeros(6), tuple(rows)), dataset, GROUPS, 3), target


@pytest.mark.parametrize("lost", [None, 1])
@pytest.mark.parametrize("number", [False, True])
def test_rows_are_told_in_the_order_of_the_folds(number, lost):
    units = np.arange(N_ROWS) // 4
    told, target = gathered(number=number, lost=lost, belonging=Belonging(units=units, by="who"))
    folds = np.array_split(ORDER, 3)
    places = np.concatenate([fold for place, fold in enumerate(folds) if place != lost])
    np.testing.assert_allclose(told.said, places / 100)
    assert told.target.tolist() == target[places].tolist()
    assert told.groups.tolist() == GROUPS[places].tolist()
    assert told.units.tolist() == units[places].tolist()


def test_rows_that_stand_alone_have_no_units():
    told, _ = gathered(number=True)
    assert told.units is None
    assert all(part.units is None for _, part in told.by_group())


def test_groups_of_ten_rows_and_more_are_given_in_the_order_of_their_names():
    groups = np.array(["b"] * 10 + ["c"] * 9 + ["a"] * 11, dtype=object)[ORDER]
    told = Told(np.arange(30) / 100, np.arange(30) * 10, groups, np.arange(30) // 2)
    found = list(told.by_group())
    assert MIN_ROWS == 10
    assert [(type(name), name, len(part.said)) for name, part in found] == [(str, "a", 11), (str, "b", 10)]
    for name, part in found:
        rows = [row for row in range(30) if groups[row] == name]
        assert part.said.tolist() == [row / 100 for row in rows]
        assert part.target.tolist() == [10 * row for row in rows]
        assert part.groups.tolist() == [name] * len(rows)
        assert part.units.tolist() == [row // 2 for row in rows]
