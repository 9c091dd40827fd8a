"""Points between rows: as round as they can be, by an exhaustive look at decimals, and none of them a cell."""

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from lab.learning.preparation import dense_columns
from lab.privacy.aggregates import cut_points, middle


def _inside(low, high, unit, rows):
    """Give all multiples of a unit strictly between two numbers that are no row."""
    first, last = math.floor(low / unit), math.ceil(high / unit)
    return [unit * count for count in range(first, last + 1) if low < unit * count < high and unit * count not in rows]


@pytest.mark.parametrize("scale", [-7, -2, 0, 3, 9])
def test_the_middle_of_five_is_the_roundest_number_there(scale):
    rng = np.random.default_rng(scale + 100)
    for _ in range(40):
        rows = [Decimal(int(n)).scaleb(scale) for n in np.sort(rng.choice(10_000, 5, replace=False)) - 3_000]
        found = Decimal(repr(middle([float(row) for row in rows])))
        low, high, centre = rows[1], rows[3], (rows[1] + rows[3]) / 2
        wanted = None
        for power in range(scale + 6, scale - 5, -1):  # the coarsest unit of which there is a multiple, halves first
            wanted = next(
                (there for unit in (5, 1) if (there := _inside(low, high, Decimal(unit).scaleb(power), rows))), None
            )
            if wanted:
                break
        assert found in wanted
        assert abs(found - centre) == min(abs(each - centre) for each in wanted)


def test_the_roundest_number_is_passed_over_where_a_row_has_it():
    assert middle([1.1, 3_111, 5_000, 7_222, 9_999]) == 6_000


def test_every_pair_of_many_values_that_rows_share_is_divided():
    values = np.arange(2_600) / 7
    cuts = cut_points(np.repeat(values, 6), at_most=5_000)
    np.testing.assert_array_equal(np.searchsorted(cuts, values), np.arange(2_600))
    assert not np.isin(cuts, values).any()


def test_what_is_missing_is_filled_with_the_middle_of_the_training_rows():
    seen = pd.DataFrame({"x": [48_211, 50_117, 51_234, 53_777, 9_876_543, np.nan], "few": [1.0, 2.0, *[np.nan] * 4]})
    filled = dense_columns(scale=False).fit(seen).transform(seen)
    assert filled[5, 0] == 52_000
    np.testing.assert_array_equal(filled[:, 1], [1.0, 2.0, 0, 0, 0, 0])
    np.testing.assert_array_equal(filled[:5, 0], seen["x"][:5])
