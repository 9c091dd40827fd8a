"""What is said of a change is beyond chance; where nothing is, it is said in which way the values moved."""

import dataclasses

import numpy as np
import pytest
from samples import watch_rows
from samples.watch_rows import PROFILE, alarms, calendar, monitor, rows, watched

from edge.watch.changes import described, described_codes, is_of_the_source
from edge.watch.group import N_SUMS
from edge.watch.places import MISSING, UNREADABLE

HEAT = PROFILE.columns[0]
assert HEAT.name == "heat"


def counted(n_rows, *, missing=0, unreadable=0, mean=0.0, spread=1.0):
    """Counts and sums of some rows, as a signal of the heat holds them."""
    counts = np.zeros(HEAT.places.n_codes + N_SUMS)
    there = n_rows - missing - unreadable
    counts[0], counts[HEAT.places.n_codes + MISSING], counts[HEAT.places.n_codes + UNREADABLE] = (
        there, missing, unreadable
    )  # fmt: skip
    counts[-N_SUMS:] = there, there * mean, there * (spread**2 + mean**2)
    return counts


def test_a_move_as_far_as_chance_goes_is_not_named_and_blames_no_source():
    before, since = counted(3_000, missing=148), counted(1_000, missing=60, mean=0.03, spread=1.02)
    assert described(HEAT, before, since).startswith("its values lie elsewhere")
    assert not is_of_the_source(HEAT, before, since)
    assert described_codes(["a", "b"], np.array([500.0, 500.0]), np.array([252.0, 248.0])) == ""


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (counted(1_000, missing=120), "share of missing values 4.93 % before, 12 % since"),
        (counted(1_000, missing=49, mean=0.3), "mean"),
        (counted(1_000, missing=49, spread=1.5), "standard deviation"),
        (counted(1_000, missing=49, unreadable=20), "cannot be read 0 % before, 2 % since"),
    ],
)
def test_a_move_beyond_chance_is_named(since, words):
    before = counted(3_000, missing=148)
    assert words in described(HEAT, before, since)
    assert is_of_the_source(HEAT, before, since) == ("values" in words or "read" in words)


def test_nothing_is_said_of_fewer_than_five_rows_and_sums_beyond_all_bounds_end_nothing():
    assert described(HEAT, counted(3_000), counted(4, missing=4)) == ""
    since = counted(1_000)
    since[-2:] = 1e200, 1e308
    assert "since" in described(HEAT, counted(3_000), since)
    since[-2:] = np.inf, np.inf
    assert "mean" not in described(HEAT, counted(3_000), since).removesuffix("the mean or the spread")


def test_a_pattern_over_the_day_that_turned_is_told_as_one():
    n_rows = 4_800
    days = np.arange(n_rows) / 24
    wave = 6 * np.sin(2 * np.pi * np.floor(days * 24 + 1e-9) / 24)
    reference, labels = rows(99, n_rows)
    reference["heat"] += wave
    table = dataclasses.replace(
        watch_rows.reference(n_rows),
        features=watch_rows.pd.DataFrame(reference), target=(labels == "hot").astype(np.int64),
    )  # fmt: skip
    seasons = watch_rows.seasons_at(days, ("hour",))
    known = watch_rows.profile_of(table, seed=1, seasons=seasons, n_seasons=24)
    columns, _ = rows(31, n_rows)
    columns["heat"] += np.where(np.arange(n_rows) >= 2_400, -wave, wave)
    columns["time"] = days * 86_400
    found = alarms(watched(monitor(known=known, calendar=calendar("hour"), predicts=False), columns))
    assert list(found) == ["heat"]
    assert "at some hours or days it holds other values than it held there before" in found["heat"].sentence
