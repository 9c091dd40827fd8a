"""What belongs together is read from the columns that the user names, and from copies that are no accident."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lab.data.copies import copies_of
from lab.data.load import check
from lab.errors import DataError


def dataset(columns, **said):
    return check(pa.table(columns), "y", name="t", content=b"", **said)


def numbers(n=60, seed=0, columns=3):
    rng = np.random.default_rng(seed)
    return {f"x{i}": rng.normal(size=n) for i in range(columns)} | {"y": ["yes", "no"] * (n // 2)}


def partition(codes):
    """The sets of rows that a coding holds together, whatever its codes."""
    held = {}
    for row, code in enumerate(np.asarray(codes).tolist()):
        held.setdefault(code, set()).add(row)
    return {frozenset(rows) for rows in held.values()}


def near(frame):
    """Rows that are equal in all columns or all but one, by comparing each pair (NaN equals NaN), and what that links."""
    rows = [tuple("missing" if pd.isna(v) else v for v in row) for row in frame.itertuples(index=False)]
    held = {row: {row} for row in range(len(rows))}
    for one in range(len(rows)):
        for other in range(one):
            differ = sum(a != b for a, b in zip(rows[one], rows[other], strict=True))
            if differ <= (1 if frame.shape[1] >= 3 else 0) and held[one] is not held[other]:
                joined = held[one] | held[other]
                for row in joined:
                    held[row] = joined
    return {frozenset(rows) for rows in held.values()}


@pytest.mark.parametrize("columns", [2, 3, 6])
@pytest.mark.parametrize("kind", ["exact", "one column differs", "missing", "both"])
def test_copies_are_found_as_by_comparing_each_pair(columns, kind):
    rng = np.random.default_rng(columns)
    frame = pd.DataFrame(rng.normal(size=(500, columns)), columns=[f"x{i}" for i in range(columns)])
    for place in range(20, 40):
        frame.iloc[place] = frame.iloc[place - 20]
        if kind in ("one column differs", "both"):
            frame.iloc[place, rng.integers(columns)] = rng.normal()
    if kind in ("missing", "both"):
        frame.iloc[[3, 23], 0] = np.nan
    codes, n_copies = copies_of(frame)
    wanted = near(frame)
    assert partition(codes) == wanted
    assert n_copies == len(frame) - len(wanted)
    assert (n_copies > 0) == (columns > 2 or kind in ("exact", "missing"))


def test_a_copy_of_a_copy_belongs_to_both():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(400, 4)))
    frame.iloc[1] = frame.iloc[0]
    frame.iloc[1, 0] = 9.0
    frame.iloc[2] = frame.iloc[1]
    frame.iloc[2, 3] = 9.0
    assert copies_of(frame)[0][0] == copies_of(frame)[0][2]
    assert copies_of(frame)[1] == 2


def test_texts_and_numbers_of_one_code_are_told_apart():
    """Columns are coded one by one: equal codes in different columns are no equal values."""
    values = np.random.default_rng(0).permutation(50).astype(float)
    frame = pd.DataFrame({"a": values, "b": values[::-1], "c": [f"t{i}" for i in range(50)]})
    assert copies_of(frame)[1] == 0


SPARSE = np.random.default_rng(7)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(SPARSE.integers(0, 2, (300, 3)).astype(float)),
        pd.DataFrame(np.eye(12)[SPARSE.integers(0, 12, 300)]),
        pd.DataFrame(SPARSE.poisson(0.05, (300, 40)).astype(float)),
        pd.DataFrame(SPARSE.integers(0, 5, (200, 4)).astype(float)),
        pd.DataFrame({"a": SPARSE.integers(18, 90, 400), "b": SPARSE.choice(["u", "v", "w"], 400), "c": SPARSE.integers(0, 2, 400)}),
        pd.DataFrame({"a": SPARSE.normal(size=400), "b": SPARSE.choice(["u", "v", "w"], 400)}),
        pd.DataFrame(np.where(SPARSE.random((300, 6)) < 0.9, np.nan, SPARSE.integers(0, 4, (300, 6)))),
    ],
    ids=["binary", "one-hot", "all-zero rows", "five grades", "age, class, flag", "two columns", "mostly missing"],
)  # fmt: skip
def test_equal_rows_of_columns_with_few_values_are_no_copies(frame):
    assert copies_of(frame)[1] == 0


def repeated(times, n=40, columns=6, seed=0):
    rng = np.random.default_rng(seed)
    rows = np.repeat(np.arange(n), times)
    return pd.DataFrame(rng.normal(size=(n, columns))[rows]), rng.integers(0, 2, n)[rows]


@pytest.mark.parametrize("times", [3, 25, 60])
def test_rows_that_are_there_many_times_with_their_target_are_copies(times):
    frame, target = repeated(times)
    assert copies_of(frame, target)[1] == 40 * (times - 1)


def test_a_plan_of_few_settings_that_are_tried_again_and_again_has_no_copies():
    frame, target = repeated(25)
    shuffled = np.random.default_rng(1).permutation(target)
    assert copies_of(frame, shuffled)[1] == 0
    assert copies_of(frame)[1] == 0


def test_copies_that_lost_their_last_digits_are_copies():
    frame, target = repeated(3)
    rng = np.random.default_rng(2)
    near = frame * (1 + 1e-9 * rng.normal(size=frame.shape))
    assert copies_of(near, target)[1] >= 75  # of 80: now and then a digit tips over
    assert copies_of(frame * (1 + 1e-3 * rng.normal(size=frame.shape)), target)[1] == 0


def test_streets_of_one_city_are_no_copies():
    """The city follows from the street, so that it adds nothing to the chance that rows are equal."""
    rng = np.random.default_rng(3)
    street = rng.integers(0, 60, 400)
    frame = pd.DataFrame(
        {
            "street": [f"S{s}" for s in street],
            **{f"of the street {i}": rng.integers(0, 9, 60)[street] for i in range(4)},
            "open": rng.integers(0, 3, 400),
            "kind": rng.integers(0, 3, 400),
        }
    )
    assert copies_of(frame)[1] == 0


@pytest.mark.parametrize("seed", range(3))
def test_answers_that_follow_one_habit_are_no_copies(seed):
    rng = np.random.default_rng(seed)
    habit = rng.normal(size=(800, 1))
    answers = np.clip(np.round(3 + habit + 0.25 * rng.normal(size=(800, 10))), 1, 5)
    assert pd.DataFrame(answers).duplicated().sum() > 50
    assert copies_of(pd.DataFrame(answers))[1] == 0


def test_copies_are_kept_together_counted_and_said():
    made = {name: np.concatenate([values, values[:10]]) for name, values in numbers().items()}
    found = dataset(made)
    assert found.belonging.copies == 10
    assert partition(found.belonging.units) == {frozenset({i, 60 + i}) for i in range(10)} | {
        frozenset({i}) for i in range(10, 60)
    }
    assert any("10 of the 70 rows are copies" in note for note in found.notes)
    assert dataset(numbers()).belonging.is_plain


def test_rows_of_one_value_belong_together_and_the_column_is_no_feature():
    who = np.random.default_rng(1).integers(0, 20, 60)
    for values in (who, [f"k{i}" for i in who], who / 4, [dt.date(2024, 1, 1 + i) for i in who.tolist()]):
        found = dataset(numbers() | {"who": values}, by="who")
        assert partition(found.belonging.units) == partition(who)
        assert "who" not in found.features
        assert found.belonging.by == "who"
        assert any("'who' are kept together" in note for note in found.notes)


def test_rows_without_a_value_stand_alone():
    who = [None if i % 4 == 0 else f"k{i % 12}" for i in range(60)]
    wanted = {frozenset({i}) for i in range(0, 60, 4)} | {
        frozenset(i for i in range(60) if i % 12 == k) for k in range(12) if k % 4
    }
    found = dataset(numbers() | {"who": who}, by="who")
    assert partition(found.belonging.units) == wanted
    assert any("the 15 rows without a value stand alone" in note for note in found.notes)


def test_copies_in_two_groups_join_them():
    made = numbers() | {"who": np.arange(60) // 3}
    for name in ("x0", "x1", "x2"):
        made[name][59] = made[name][0]
    found = dataset(made, by="who")
    assert frozenset({0, 1, 2, 57, 58, 59}) in partition(found.belonging.units)


def test_groups_are_those_of_the_rows_with_a_target():
    made = numbers() | {"who": np.arange(60) // 3}
    made["y"][::2] = [None] * 30
    made["y"][1::2] = ["yes", "no"] * 15
    found = dataset(made, by="who")
    assert found.n_rows == 30
    assert partition(found.belonging.units) == partition(np.arange(1, 60, 2) // 3)


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).integers(0, 25, 60),
        np.random.default_rng(0).integers(0, 25, 60) / 8 - 1,
        np.datetime64("2023-12-25") + np.random.default_rng(0).integers(0, 25, 60).astype("timedelta64[D]"),
        np.datetime64("2023-12-25") + np.random.default_rng(0).integers(0, 25, 60).astype("timedelta64[s]"),
    ],
)
def test_times_are_ranks_with_ties(values):
    found = dataset(numbers() | {"when": values}, time="when")
    ordered = sorted(set(values.tolist()))
    assert found.belonging.times.tolist() == [ordered.index(value) for value in values.tolist()]
    assert "when" not in found.features
    assert found.belonging.units is None


def test_by_and_time_go_together():
    found = dataset(numbers() | {"when": np.arange(60) // 2, "who": np.arange(60) % 20}, by="who", time="when")
    assert found.belonging.times.tolist() == (np.arange(60) // 2).tolist()
    assert partition(found.belonging.units) == partition(np.arange(60) % 20)
    assert list(found.features) == ["x0", "x1", "x2"]


def test_the_word_that_rows_are_independent_is_kept_and_contradictions_are_refused():
    found = dataset(numbers(), independent=True)
    assert found.belonging.is_independent
    assert found.belonging.is_plain
    for said in ({"by": "x0"}, {"time": "x0"}):
        with pytest.raises(DataError, match="--independent says"):
            dataset(numbers(), independent=True, **said)
