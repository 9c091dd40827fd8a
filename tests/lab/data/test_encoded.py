"""Columns that were computed from the target are left out, and columns that only tell of it stay."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lab.data.encoded import encoded_target
from lab.data.load import check

N = 1_200


def averages(target, rng, n_groups=300):
    return pd.Series(target).groupby(rng.integers(0, n_groups, len(target))).transform("mean").to_numpy(copy=True)


def noise(number, n_classes=2, n=N):
    rng = np.random.default_rng(4)
    return rng, rng.normal(size=n) if number else rng.integers(0, n_classes, n)


WRITTEN = {
    "as they are": lambda share: share,
    "in percent, rounded": lambda share: (100 * share).round(1),
    "turned round": lambda share: 1 - share,
    "as log-odds": lambda share: np.log(np.clip(share, 0.01, 0.99) / np.clip(1 - share, 0.01, 0.99)),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_averages_of_the_target_are_found_however_they_are_written(written):
    rng, target = noise(number=False)
    assert "averages of the target" in encoded_target(WRITTEN[written](averages(target, rng)), "number", target, 2)


def test_averages_of_a_number_and_of_one_class_of_many_are_found_and_missing_ones_do_not_hide_them():
    rng, target = noise(number=True)
    values = averages(target, rng)
    values[rng.random(N) < 0.1] = np.nan  # the means of those that are left are other means: only whole groups may go
    assert encoded_target(values, "number", target, 0) is None
    whole = averages(target, rng)
    whole[np.isin(whole, rng.choice(np.unique(whole), 40, replace=False))] = np.nan
    assert encoded_target(whole, "number", target, 0)
    rng, target = noise(number=False, n_classes=4)
    assert encoded_target(averages((target == 2).astype(float), rng), "number", target, 4)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("number", [False, True])
def test_what_goes_with_the_target_on_a_line_but_not_without_error_is_no_average_of_it(number, seed):
    """A grade, a risk that was known before, a copy with a little noise, the means of other rows."""
    rng = np.random.default_rng(seed)
    grade = rng.integers(0, 20, N) / 20
    target = grade + rng.normal(size=N) if number else (rng.random(N) < grade).astype(np.int64)
    group = rng.integers(0, 300, N)
    other = pd.Series(target[rng.permutation(N)]).groupby(group).transform("mean").to_numpy(copy=True)
    near = np.round(target + 0.02 * rng.normal(size=N), 2)
    for values in (grade, other, near, np.round(rng.normal(size=N), 1)):
        assert encoded_target(values.astype(float), "number", target, 0 if number else 2) is None


def filled(values, target, rng, by, share=0.3):
    """Fill in missing cells with the mean of all rows that are alike in `by`."""
    gone = rng.random(len(values)) < share
    return np.where(gone, pd.Series(values).groupby(by).transform("mean"), values)


def test_missing_cells_filled_in_by_class_are_found_and_those_filled_in_by_another_column_are_not():
    rng, target = noise(number=False, n_classes=3)
    values = rng.normal(size=N)
    assert "filled in" in encoded_target(filled(values, target, rng, by=target), "number", target, 3)
    for _ in range(20):
        assert encoded_target(filled(values, target, rng, by=rng.integers(0, 3, N)), "number", target, 3) is None
    assert encoded_target(filled(values, target, rng, by=np.zeros(N)), "number", target, 3) is None
    assert encoded_target(filled(values, target, rng, by=target, share=0.01), "number", target, 3) is None, "too few"


def test_such_a_column_is_left_out_of_a_table_with_the_reason():
    rng, target = noise(number=False)
    table = pa.table({"rate": averages(target, rng), "x": rng.normal(size=N), "y": target})
    found = check(table, "y", name="t", content=b"")
    assert list(found.features) == ["x"]
    assert "'rate' was left out: its values are averages of the target" in found.notes[0]
