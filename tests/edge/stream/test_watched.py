"""A table goes through the engine of the watch: any change of a column is noticed, up and down, and hardly anything else."""

import math

import numpy as np
import pytest
from oracles import endless
from samples.replays import alarms, answered, findings, table
from scipy import stats

from edge.stream.watched import block_of, watched
from edge.watch.inflow import BLOCK

TRAIN, BEGIN, CHANGE, ROWS = 700, 1_000, 1_500, 2_000
PARTS = {"train": TRAIN, "begin": BEGIN}

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


@pytest.mark.parametrize("kind", CHANGES)
def test_every_kind_of_change_is_noticed_soon_and_not_before(kind):
    others = dict(zip("abcdefg", np.random.default_rng(3).normal(size=(7, ROWS)), strict=True))
    found = findings({kind: CHANGES[kind], **others}, seed=4, **PARTS)
    assert alarms(found) == [kind]
    assert CHANGE <= found[kind].alarm < CHANGE + 400
    likely, earliest, latest = found[kind].start
    assert abs(likely - CHANGE) <= 100
    assert earliest <= CHANGE <= latest


def sparse(rng, n_rows):
    made = {f"event {share}": (rng.random(n_rows) < share).astype(float) for share in (0.002, 0.01, 0.05)}
    made["count"] = rng.poisson(0.3, n_rows).astype(float)
    made["zeros"] = np.where(rng.random(n_rows) < 0.97, 0, rng.exponential(1, n_rows))
    made["constant"] = np.full(n_rows, 5.0)
    made["kind"] = np.array([f"z{value}" for value in rng.zipf(1.5, n_rows)], dtype=object)
    return made


def test_streams_of_rare_and_sparse_values_without_a_change_hardly_ever_raise_an_alarm():
    """At a promise of 20 %, so that there is something to count."""
    raised = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n_rows = int(rng.choice([400, 1_500]))
        ends = {"train": int(0.35 * n_rows), "begin": n_rows // 2}
        raised += bool(alarms(findings(sparse(rng, n_rows), seed=seed, false_alarms=0.2, **ends)))
    assert stats.binomtest(raised, 60, 0.2, alternative="greater").pvalue > 0.01


def test_the_evidence_is_that_of_gamblers_who_begin_at_every_block(monkeypatch):
    """Of ranks that are given: five signals of two sides share 5 %, and the better side counts."""
    ranks = np.random.default_rng(3).beta(1, 1.3, size=(300, 6))
    monkeypatch.setattr(
        "edge.watch.ranking.Ranking.ranks",
        lambda self, codes, at, seasons: ranks[at : at + len(codes), : 2 * self.n_signals],
    )
    found = findings({"x": DENSE[:1_230]}, **PARTS)["x"]
    assert found.looks.tolist() == [1_049, 1_099, 1_149, 1_199, 1_229]
    for number, end in enumerate((50, 100, 150, 200, 230), start=1):
        sides = [[ranks[at : min(at + 50, end), side].tolist() for at in range(0, end, 50)] for side in (0, 3)]
        best = max(endless.capital_of(blocks, to_come=5) for blocks in sides)
        assert found.evidence[number - 1] == pytest.approx(math.log10(best) - math.log10(5 * 2 / 0.05), abs=1e-9)


def test_an_alarm_takes_more_evidence_where_more_signals_are_watched():
    """Twice as many signals, and twice as few false alarms, each take twice the capital."""
    column = np.random.default_rng(3).normal(size=ROWS)
    right = np.random.default_rng(4).random(ROWS) < 0.9
    alone = findings({"a": column}, right=right, **PARTS)["errors"]
    five = {f"a{place}": column for place in range(6)}
    np.testing.assert_allclose(
        findings(five, right=right, **PARTS)["errors"].evidence, alone.evidence - math.log10(10 / 5)
    )
    surer = findings({"a": column}, right=right, false_alarms=0.0005, **PARTS)["errors"]
    np.testing.assert_allclose(surer.evidence, alone.evidence - 2)


def test_a_few_points_of_accuracy_lost_are_noticed():
    noticed = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        right = rng.random(4_000) < np.where(np.arange(4_000) < 2_500, 0.85, 0.75)
        found = findings({"a": rng.normal(size=4_000)}, right=right, train=700, begin=1_400, seed=seed)["errors"]
        noticed.append(found.alarm)
    assert sum(alarm is not None for alarm in noticed) >= 9
    assert min(alarm for alarm in noticed if alarm is not None) >= 2_500


def test_a_model_that_is_worse_from_the_first_row_of_the_stream_is_noticed():
    rng = np.random.default_rng(0)
    right = rng.random(ROWS) < np.where(np.arange(ROWS) < BEGIN, 0.9, 0.6)
    found = findings({"a": rng.normal(size=ROWS)}, right=right, **PARTS)["errors"]
    assert found.alarm < BEGIN + 300
    assert found.start[0] == found.start[1] == BEGIN


@pytest.mark.parametrize("late", [0, 130])
def test_errors_are_known_when_their_labels_come(late):
    rng = np.random.default_rng(0)
    right = rng.random(ROWS) < np.where(np.arange(ROWS) < CHANGE, 0.95, 0.2)
    found = findings({"a": rng.normal(size=ROWS)}, right=right, label_delay=late, **PARTS)
    assert found["a"].alarm is None
    assert found["errors"].looks[0] == BEGIN + 49 + late
    assert found["errors"].alarm == CHANGE + 49 + late
    assert found["errors"].looks[-1] == found["errors"].alarm
    assert found["errors"].evidence[-1] >= 0
    assert found["errors"].start[0] == CHANGE, "rows count from the answer, not from its label"
    blind = findings({"a": rng.normal(size=ROWS)}, right=right | LATER, label_delay=ROWS - CHANGE, **PARTS)
    assert blind["errors"].looks[-1] == ROWS - 1
    assert alarms(blind) == []


def test_the_last_rows_are_looked_at_though_they_fill_no_block():
    values = np.where(np.arange(ROWS - 23) < ROWS - 50, DENSE[: ROWS - 23], 50.0)
    found = findings({"x": values}, **PARTS)["x"]
    assert found.alarm == ROWS - 24
    assert found.start[0] == ROWS - 50
    right = np.arange(ROWS - 23) < ROWS - 50
    assert findings({"x": DENSE[: ROWS - 23]}, right=right, **PARTS)["errors"].alarm == ROWS - 24


def test_a_change_inside_a_block_lies_within_the_interval_of_its_beginning():
    covered = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        at = int(rng.integers(1_100, 1_700))
        values = np.where(np.arange(ROWS) < at, rng.integers(0, 8, ROWS), rng.integers(4, 8, ROWS)).astype(float)
        found = findings({"x": values}, seed=seed, **PARTS)["x"]
        covered += found.start is not None and found.start[1] <= at <= found.start[2]
    assert covered >= 18


def test_a_long_stream_is_looked_at_in_larger_blocks_and_drawn_at_some_hundred_places():
    assert (block_of(5_000), block_of(5_001)) == (50, BLOCK)
    n_rows = 60_000
    whole = table({"x": np.random.default_rng(0).normal(size=n_rows)})
    said = answered(np.random.default_rng(1).random(n_rows) < 0.9, train=2_000, begin=4_000)
    x, *_, errors, _ = watched(whole, said, train=2_000, begin=4_000, false_alarms=0.05, seed=0)
    for found in (x, errors):
        assert 250 <= len(found.looks) == len(found.evidence) < 500
        assert set(np.diff(found.looks).tolist()) == {2 * BLOCK}


def test_draws_follow_from_the_seed():
    columns = {"x": np.round(DENSE)}
    one, again, other = (findings(columns, right=~LATER, seed=seed, **PARTS)["x"].evidence for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
