"""Any change of a column moves the place of its values: new ones, rare ones, missing ones, up and down."""

import math

import numpy as np
import pandas as pd
import pytest

from edge.stream.bins import bins_of, missing_only
from edge.stream.monitor import Signal, watch

TRAIN, BEGIN, CHANGE, ROWS = 700, 1_000, 1_500, 2_000


def places(bins, *values):
    return bins.codes(pd.Series(list(values), dtype=object if isinstance(values[0], str) else float)).tolist()


def test_the_ends_of_what_is_known_part_what_lies_beyond():
    bins = bins_of(pd.Series(np.arange(1_001.0)))
    below, lowest, highest, above = places(bins, -1, 0, 1_000, 1_001)
    assert (below, above) == (0, bins.n_codes - 2)
    assert below < lowest < highest < above
    inner = [places(bins, value)[0] for value in (20, 60, 110, 160, 495, 505, 940, 980)]
    assert inner == sorted(set(inner)), "5 % of the rows between two places"
    assert places(bins, math.nan) == [bins.n_codes - 1]


def test_a_value_that_many_rows_share_has_a_place_of_its_own():
    training = pd.Series([0.0] * 970 + list(np.linspace(1, 30, 60)))
    bins = bins_of(training)
    below, zero, between, above = places(bins, -0.1, 0, 0.1, 31)
    assert len({below, zero, between, above}) == 4
    assert bins.counts[zero] == 970


def test_every_value_of_a_few_and_what_lies_between_them_has_a_place():
    bins = bins_of(pd.Series([5.0, 2.0, 2.0, 3.0] * 10))
    assert places(bins, 1, 2, 2.5, 3, 4, 5, 6, math.nan) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert bins.counts.tolist() == [0, 20, 0, 10, 0, 10, 0, 0]


def test_thirty_values_are_few_and_one_more_is_many():
    assert not bins_of(pd.Series(np.arange(30.0))).is_dense
    assert bins_of(pd.Series(np.arange(31.0))).is_dense


def test_a_column_without_any_number_has_one_place_and_one_for_missing_values():
    bins = bins_of(pd.Series([math.nan, math.nan]))
    assert places(bins, 3.0, math.nan) == [0, 1]
    assert bins.counts.tolist() == [0, 2]


def test_the_thirty_commonest_categories_others_that_are_known_and_new_ones_are_told_apart():
    names = [f"c{place:02d}" for place in range(32)]
    rows = [name for place, name in enumerate(names) for _ in range(40 - place)]
    bins = bins_of(pd.Series([*rows, None], dtype=object))
    assert places(bins, "c00", "c29", "c30", "c31", "new") == [0, 29, 30, 30, 31]
    assert bins.codes(pd.Series([None, "c00"], dtype=object)).tolist() == [32, 0]


def test_of_dates_only_what_is_missing_is_told():
    bins = missing_only(pd.Series([1.0, 2.0, math.nan]))
    assert places(bins, 1.0, 1e9, math.nan) == [0, 0, 1]


def test_what_was_never_seen_is_one_event_and_usual_places_of_many_values_are_none():
    few = bins_of(pd.Series([0.0] * 95 + [1.0] * 5))
    assert few.events == ((0, 2, 4), (5,), (1,), (3,))
    many = bins_of(pd.Series(np.arange(1_000.0)))
    assert many.events[:2] == ((0, many.n_codes - 2), (many.n_codes - 1,))
    assert 1 <= len(many.events) - 2 <= 6, "the outermost"


DENSE = np.random.default_rng(1).normal(size=ROWS)
RARE = np.random.default_rng(2).random(ROWS)
LATER = np.arange(ROWS) >= CHANGE
CHANGES = {
    "a counter of errors rises": np.where(LATER, 40 + np.round(DENSE), np.where(RARE < 0.03, 2.0, 0.0)),
    "a counter of many values rises": np.where(RARE < 0.9, 0.0, np.where(LATER, 30.0, 1.0) * np.exp(DENSE)),
    "a lamp goes on": np.where(LATER, RARE > 0.05, RARE < 0.03).astype(float),
    "a lamp goes off": np.where(LATER, RARE < 0.05, RARE > 0.03).astype(float),
    "a level rises": np.where(LATER, 160 + DENSE, np.where(RARE < 0.03, 90.0, 100.0)),
    "a level falls": np.where(LATER, 60 + DENSE, np.where(RARE < 0.03, 90.0, 100.0)),
    "a constant jumps up": np.where(LATER, 7.0, 5.0),
    "a constant jumps down": np.where(LATER, 5.0, 7.0),
    "a column becomes constant": np.where(LATER, 0.25, DENSE),
    "a switch becomes constant": np.where(LATER, 1.0, RARE < 0.5),
    "a unit is a thousand times smaller": np.where(LATER, 1e3, 1.0) * DENSE,
    "a unit is a thousand times larger": np.where(LATER, 1e-3, 1.0) * DENSE,
    "a value between two others is new": np.where(LATER & (RARE < 0.1), 2.5, np.round(4 * RARE)),
    "a category is new": np.where(LATER & (RARE < 0.1), "new", np.where(DENSE > 0, "a", "b")).astype(object),
    "values are missing now": np.where(LATER & (RARE < 0.1), np.nan, DENSE),
    "values are no longer missing": np.where(~LATER & (RARE < 0.2), np.nan, DENSE),
    "an empty column is filled": np.where(LATER, DENSE, np.nan),
    "a rare event is less rare": (np.where(LATER, 0.06, 0.002) > RARE).astype(float),
    "values lie beyond the largest": np.where(LATER & (RARE < 0.08), 99.0, DENSE),
}  # fmt: skip


def signal_of(name, values):
    column = pd.Series(values, dtype=values.dtype)
    bins = bins_of(column[:TRAIN])
    codes = bins.codes(column[TRAIN:])
    known, stream = codes[: BEGIN - TRAIN], codes[BEGIN - TRAIN :]
    return Signal(name, known, stream, bins.n_codes, training=bins.counts, events=bins.events)


@pytest.mark.parametrize("kind", CHANGES)
def test_every_kind_of_change_is_noticed_soon_and_not_before(kind):
    others = [
        signal_of(str(place), values) for place, values in enumerate(np.random.default_rng(3).normal(size=(7, ROWS)))
    ]
    found, *quiet = watch([signal_of(kind, CHANGES[kind]), *others], false_alarms=0.05, seed=4)
    assert CHANGE <= found.alarm + BEGIN < CHANGE + 400
    assert abs(found.start[0] + BEGIN - CHANGE) <= 100
    assert [each.alarm for each in quiet] == [None] * 7


def test_streams_of_rare_and_sparse_values_without_a_change_hardly_ever_raise_an_alarm():
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        size = int(rng.choice([400, 1_500]))
        made = [(rng.random(size) < share).astype(float) for share in (0.002, 0.01, 0.05)]
        made += [rng.poisson(0.3, size).astype(float), np.where(rng.random(size) < 0.97, 0, rng.exponential(1, size))]
        made += [np.full(size, 5.0), np.array([f"z{value}" for value in rng.zipf(1.5, size)], dtype=object)]
        signals = []
        for values in made:
            column, train, begin = pd.Series(values, dtype=values.dtype), int(0.35 * size), size // 2
            bins = bins_of(column[:train])
            codes = bins.codes(column[train:])
            parts = codes[: begin - train], codes[begin - train :]
            signals.append(Signal("x", *parts, bins.n_codes, training=bins.counts, events=bins.events))
        alarms += any(found.alarm is not None for found in watch(signals, false_alarms=0.05, seed=seed))
    assert alarms <= 8  # of 60, where at most 5 % are expected: more have a chance below 1 %
