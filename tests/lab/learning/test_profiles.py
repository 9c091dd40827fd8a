"""Rows that share most of their cells are found as groups, and independent rows of the same columns are not."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lab.belonging import Belonging
from lab.learning import profiles as module
from lab.learning import undeclared
from lab.learning.profiles import profiles
from lab.learning.recognition import Recognition
from lab.learning.undeclared import suspicions
from lab.protocol import Dataset


def table(cells, target, **more):
    frame = pd.DataFrame(
        {
            f"q{place}": pd.Series([f"level {code}" for code in column], dtype=object)
            for place, column in enumerate(cells.T)
        }
    )
    classes = () if target.dtype.kind == "f" else tuple(f"c{code}" for code in np.unique(target))
    return Dataset("t", frame, target, "y", classes, dict.fromkeys(frame, "category"), "", **more)


def customers(n=120, size=5, n_columns=12, changed=1, seed=0):
    """Each visit has another value in up to `changed` of its customer's columns; the target is the customer's."""
    rng = np.random.default_rng(seed)
    who = rng.permutation(np.repeat(np.arange(n), size))
    cells = rng.integers(0, 4, size=(n, n_columns))[who]
    for row in cells:
        row[rng.permutation(n_columns)[:changed]] = rng.integers(0, 4, changed)
    return table(cells, rng.permutation(n)[who] % 2), who


def independent(seed, n=600, n_columns=12):
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 4, size=(n, n_columns))
    return table(cells, ((cells[:, 0] + cells[:, 1] + rng.integers(0, 3, n)) > 3).astype(int))


def test_the_groups_are_the_customers():
    data, who = customers(n_columns=20)
    found = profiles(data, seed=3)
    assert found.size == 5
    assert 1 <= found.differ <= 6
    assert list(found.rows) == list(range(600))  # each is asked about, or like one that is
    pairs = pd.crosstab(who, found.units).to_numpy() > 0
    assert (pairs.sum(axis=0) == 1).mean() > 0.95, "nearly all groups hold rows of one customer"
    assert (pairs.sum(axis=1) == 1).mean() > 0.95, "nearly all rows of a customer are in one group"


def test_they_hold_the_verdict_and_independent_rows_do_not():
    (said,) = suspicions(customers()[0], seed=0)
    assert said.is_firm
    assert said.sentence.startswith(
        "rows seem to come in groups of about 5 that no column names: they have the same values in nearly all"
    )
    assert said.found.known > 0.5 > 0.1 > said.found.new
    assert "--by" in said.way_out
    assert "--independent" in said.way_out
    assert (
        suspicions(
            customers()[0].__class__(**{**vars(customers()[0]), "belonging": Belonging(is_independent=True)}), seed=0
        )
        == ()
    )
    for seed in range(3):
        assert profiles(independent(seed), seed=0) is None
        assert suspicions(independent(seed), seed=0) == ()


def test_counts_of_independent_trials_have_no_end_of_groups_and_pairs_that_lie_apart_have():
    pairs = 100_000
    plain = np.round(pairs * stats.binom.pmf(np.arange(13), 12, 0.75)).astype(np.int64)
    assert module._end_of_groups(plain) == -1
    apart = plain + np.array([300, 900, 400, *[0] * 10])
    assert module._end_of_groups(apart) == 2
    few = plain + np.array([10, 20, 10, *[0] * 10])
    assert module._end_of_groups(few) == -1, "so few pairs are an accident"


@pytest.mark.parametrize(("least", "expected"), [(61, 0), (60, -1)])
def test_groups_are_three_times_as_many_pairs_as_chance_would_have(least, expected):
    assert module._end_of_groups(np.array([least, 0, 0, 0, 400, 9_000])) == expected, "no fewer than 20 are expected"


def test_copies_count_once():
    """Rows that are equal in all cells are no groups of their own where they are known as copies."""
    rng = np.random.default_rng(1)
    once = rng.integers(0, 4, size=(200, 12))
    who = np.repeat(np.arange(200), 3)
    data = table(once[who], np.repeat(rng.integers(0, 2, 200), 3))
    assert profiles(data, seed=0).size == 3
    known = table(once[who], data.target, belonging=Belonging(units=who, copies=400, copied=who))
    assert profiles(known, seed=0) is None


def test_columns_of_distinct_values_and_dates_say_nothing_and_numbers_that_repeat_do():
    data, _ = customers(n_columns=4)
    assert profiles(data, seed=0) is None, "four columns are too few"
    frame = data.features.assign(amount=np.random.default_rng(0).normal(size=600), day=np.repeat(np.arange(100.0), 6))
    kinds = {**data.kinds, "amount": "number", "day": "date"}
    more = Dataset("t", frame, data.target, "y", data.classes, kinds, "")
    assert module._cells(more, np.arange(600)).shape == (4, 600)
    frame = frame.assign(amount=np.where(np.arange(600) < 301, 1.0, frame["amount"]))
    assert module._cells(Dataset("t", frame, data.target, "y", data.classes, kinds, ""), np.arange(600)).shape == (
        5,
        600,
    )


def test_a_few_large_groups_are_the_levels_of_something():
    assert profiles(customers(n=24, size=40)[0], seed=0) is None
    assert profiles(customers(n=40, size=24)[0], seed=0) is not None


@pytest.mark.parametrize(
    ("known", "new", "sureness", "is_suspected"),
    [(0.4, 0.29, 4.1, True), (0.4, 0.31, 9.0, False), (0.4, 0.1, 3.9, False)],
)
def test_what_the_groups_must_cost(monkeypatch, known, new, sureness, is_suspected):
    monkeypatch.setattr(undeclared, "recognition", lambda *given, **more: Recognition(known, new, sureness))
    assert bool(list(undeclared._by_profiles(customers()[0], 0))) is is_suspected
