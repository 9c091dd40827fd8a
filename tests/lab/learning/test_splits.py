"""No split of a table parts what belongs together, or learns from what comes later than what it is tested on."""

import dataclasses
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from lab.belonging import Belonging
from lab.data.sampling import sample_rows
from lab.errors import DataError
from lab.learning.folds import all_folds, require_rows, split
from lab.learning.splits import forward_folds, grouped_folds, k_folds, units_by_stratum
from lab.protocol import Dataset
from lab.spoiling import folds_stay


def made(n_units=60, *, task="classes", times=None, largest=9, units=None):
    """A table of units of 1 to `largest` rows in random order; three classes, or a number."""
    rng = np.random.default_rng(0)
    if units is None:
        units = rng.permutation(np.repeat(np.arange(n_units), rng.integers(1, largest + 1, n_units)))
    n_rows = len(units)
    target = rng.choice(3, n_rows, p=[0.5, 0.3, 0.2]) if task == "classes" else rng.normal(size=n_rows)
    classes = ("a", "b", "c") if task == "classes" else ()
    belonging = Belonging(units, None if times is None else times(rng, n_rows), by="who")
    features = pd.DataFrame({"x": rng.normal(size=n_rows)})
    return Dataset("t", features, target, "y", classes, {"x": "number"}, "", (), belonging)


def on_both_sides(units, train, test):
    return set(units[train].tolist()) & set(units[test].tolist())


@pytest.mark.slow
@pytest.mark.parametrize("task", ["classes", "number"])
@pytest.mark.parametrize("n_units", [40, 2_500])
def test_no_unit_is_on_both_sides_of_an_outer_or_inner_split_and_every_row_is_tested_once(task, n_units):
    dataset = made(n_units, task=task, largest=4)
    units = dataset.belonging.units
    for repeat in range(2):
        tested = Counter()
        for fold in all_folds(4, 2, 7)[4 * repeat : 4 * repeat + 4]:
            train, test = split(dataset, fold)
            assert not on_both_sides(units, train, test)
            assert len(train) + len(test) == dataset.n_rows
            tested.update(test.tolist())
            for inner, held in k_folds(dataset.target[train], dataset.belonging.of(train), 3, 1):
                assert not on_both_sides(units[train], inner, held)
                assert len(inner) + len(held) == len(train)
        assert set(tested) == set(range(dataset.n_rows))
        assert set(tested.values()) == {1}


@pytest.mark.parametrize("n_units", [200, 2_500])
def test_folds_of_whole_units_hold_the_classes_in_proportion(n_units):
    dataset = made(n_units, largest=5)
    shares = np.bincount(dataset.target) / dataset.n_rows
    for _, test in grouped_folds(dataset.target, dataset.belonging.units, 5, 0):
        assert len(test) == pytest.approx(dataset.n_rows / 5, rel=0.1)
        assert np.bincount(dataset.target[test]) / len(test) == pytest.approx(shares, abs=0.05)


@pytest.mark.parametrize("n_units", [60, 2_500])
def test_units_may_have_any_codes(n_units):
    dataset = made(n_units)
    gaps = 3 * dataset.belonging.units + 11
    for (train, test), (same, tested) in zip(
        grouped_folds(dataset.target, gaps, 3, 0),
        grouped_folds(dataset.target, dataset.belonging.units, 3, 0),
        strict=True,
    ):
        assert not on_both_sides(gaps, train, test)
        assert (len(same), len(tested)) == (len(train), len(test))


@pytest.mark.parametrize("times", [None, lambda rng, n: rng.integers(0, 200, n)])
def test_repetitions_are_different_and_the_same_call_gives_the_same_folds(times):
    dataset = made(80, times=times)
    tests = [tuple(split(dataset, fold)[1]) for fold in all_folds(4, 3, 5)]
    assert [tuple(split(dataset, fold)[1]) for fold in all_folds(4, 3, 5)] == tests
    assert len({frozenset(tests[4 * repeat : 4 * repeat + 4]) for repeat in range(3)}) == 3


@pytest.mark.parametrize("moments", [30, 200, 1_000])
@pytest.mark.parametrize("is_grouped", [False, True])
def test_models_only_learn_from_earlier_rows_with_a_gap_of_a_hundredth_of_the_moments(moments, is_grouped):
    rng = np.random.default_rng(1)
    times = rng.permutation(np.arange(1_500) % moments)
    units = rng.integers(0, 300, 1_500)
    dataset = made(units=units)
    dataset = dataclasses.replace(dataset, belonging=Belonging(units if is_grouped else None, times, time="when"))
    gap = moments // 100
    for fold in all_folds(5, 3, 0):
        train, test = split(dataset, fold)
        assert len(train)
        assert len(test) > 1_500 / 10
        assert times[train].max() < times[test].min() - gap
        if is_grouped:
            assert not on_both_sides(units, train, test)
        for inner, held in k_folds(dataset.target[train], dataset.belonging.of(train), 3, 1):
            assert times[train][inner].max() < times[train][held].min()
            if is_grouped:
                assert not on_both_sides(units[train], inner, held)


def test_blocks_forward_in_time_are_disjoint_and_end_with_the_last_row():
    times = np.repeat(np.arange(60), 5)
    found = forward_folds(Belonging(times=times), 5)
    blocks = [set(test.tolist()) for _, test in found]
    assert sum(map(len, blocks)) == len(set().union(*blocks)) == 250, "a sixth is only learned from"
    assert len(times) - 1 in blocks[-1]
    assert [len(train) for train, _ in found] == [50, 100, 150, 200, 250]


def test_rows_of_one_moment_are_never_parted():
    times = np.repeat(np.arange(12), [1, 30, 2, 40, 1, 1, 25, 3, 9, 50, 2, 1])
    for train, test in forward_folds(Belonging(times=times), 3):
        assert not on_both_sides(times, train, test)


def test_rows_without_times_cannot_be_parted_forward():
    with pytest.raises(ValueError, match="times"):
        forward_folds(Belonging(units=np.arange(9)), 3)


def test_inner_blocks_that_lack_a_class_are_left_out_and_where_all_do_whole_units_are_kept():
    times = np.arange(90)
    late = (times >= 60).astype(np.int64)
    assert all(
        set(late[train]) == set(late[test]) == {0, 1} for train, test in k_folds(late, Belonging(times=times), 3, 0)
    )
    units = times // 3
    target = (times >= 87).astype(np.int64) | (units % 10 == 29)
    found = k_folds(target, Belonging(units=units, times=times), 3, 0)
    assert len(found) == 3
    assert not any(on_both_sides(units, train, test) for train, test in found)


def test_of_numbers_blocks_of_a_single_row_are_left_out_forward_in_time():
    for times, parts in (
        ([0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2], [(6, 6)]),  # the first block has one row to learn from
        ([0, 0, 1, 2, 2, 2], [(3, 3)]),  # or one row to test
        ([0, 0, 1, 1, 2, 2], [(2, 2), (4, 2)]),
    ):
        target = np.random.default_rng(0).normal(size=len(times))
        found = k_folds(target, Belonging(times=np.array(times)), 2, 0)
        assert [(len(train), len(test)) for train, test in found] == parts


def test_units_of_a_class_are_counted_as_a_dictionary_counts_them():
    dataset = made(50)
    seen = {(int(y), int(unit)) for y, unit in zip(dataset.target, dataset.belonging.units, strict=True)}
    wanted = [sum(code == y for y, _ in seen) for code in range(4)]
    assert units_by_stratum(dataset.target, dataset.belonging, 4).tolist() == wanted
    assert units_by_stratum(dataset.target, Belonging(), 4).tolist() == [
        list(dataset.target).count(c) for c in range(4)
    ]


@pytest.mark.parametrize("task", ["classes", "number"])
@pytest.mark.parametrize("asked", [500, 700])
def test_samples_hold_whole_units_and_about_the_rows_asked_for(task, asked):
    dataset = made(400, task=task, largest=6)
    everyone = Counter(dataset.belonging.units.tolist())
    sample = sample_rows(dataset, asked, 3)
    kept = Counter(sample.belonging.units.tolist())
    assert all(everyone[unit] == count for unit, count in kept.items()), "a unit was torn apart"
    assert 0.8 * asked <= sample.n_rows <= asked
    rows = {float(x): int(unit) for x, unit in zip(dataset.features["x"], dataset.belonging.units, strict=True)}
    assert [rows[float(x)] for x in sample.features["x"]] == sample.belonging.units.tolist(), "units of other rows"
    if task == "classes":
        shares = np.bincount(dataset.target) / dataset.n_rows
        assert np.bincount(sample.target, minlength=3) / sample.n_rows == pytest.approx(shares, abs=0.15)


@pytest.mark.parametrize("sizes", [[500] * 12, [900, 900, *[1] * 60], [5_000, 5_000], [30] * 60])
def test_of_units_too_large_for_a_sample_some_rows_are_taken(sizes):
    units = np.repeat(np.arange(len(sizes)), sizes)
    sample = sample_rows(made(units=units), 300, 0)
    assert sample.n_rows == 300
    held = dict(zip(made(units=units).features["x"], units.tolist(), strict=True))
    assert [held[x] for x in sample.features["x"]] == sample.belonging.units.tolist()
    large = [unit for unit, size in enumerate(sizes) if size > 1]
    assert set(large) <= set(sample.belonging.units.tolist())


def test_too_few_units_are_refused_and_enough_are_not():
    for n_units in (8, 9):
        dataset = made(units=np.arange(90) % n_units)
        if n_units == 9:
            require_rows(dataset, 3)
        else:
            with pytest.raises(DataError, match=r"'who' has 8 different values, fewer than the 9 that 3 folds"):
                require_rows(dataset, 3)


def test_the_check_of_spoiled_rows_keeps_the_folds_of_whole_units_too():
    """Else a table whose labels are spoiled has other folds, and the check compares two different trials."""
    dataset = made(60)
    fold = all_folds(3, 1, 0)[1]
    _, test = split(dataset, fold)
    twin = dataclasses.replace(dataset, target=np.where(np.isin(np.arange(dataset.n_rows), test), 0, dataset.target))
    assert not np.array_equal(split(twin, fold)[1], test)
    with folds_stay(dataset):
        assert np.array_equal(split(twin, fold)[1], test)


@pytest.mark.parametrize("units", [None, np.repeat(np.arange(30), 2), np.arange(60)])
def test_a_class_of_fewer_rows_than_folds_is_split_without_a_word_of_the_library(units):
    """Warnings are errors here."""
    target = (np.arange(60) >= 58).astype(int)
    parted = k_folds(target, Belonging(units), 5, 0)
    assert sorted(np.concatenate([test for _, test in parted])) == list(range(60))
