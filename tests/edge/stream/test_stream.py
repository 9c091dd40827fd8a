"""The stream monitor keeps its promise on streams without drift, and finds drift of known place."""

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest
from samples.replays import alarms, findings
from scipy import stats

from edge.stream import evidence as stream_evidence
from edge.stream import trials as stream_trials
from edge.stream.changes import Change, change
from edge.stream.training import rows_to_learn
from edge.watch.expecting import expected_share
from edge.watch.profile import FINE
from edge.watch.profiling import answered_by
from lab.data.sampling import sample_rows
from lab.errors import DataError, SettingsError
from lab.learning.families import BOOSTING, LOGISTIC
from lab.protocol import Dataset

FALSE_ALARMS = 0.05


def table_of(rng, n_rows):
    texts = rng.choice(["red", "green", "blue", None], p=[0.6, 0.3, 0.05, 0.05], size=n_rows)
    numbers = rng.normal(size=(n_rows, 6))
    numbers[rng.random(n_rows) < 0.1, 0] = np.nan
    table = pd.DataFrame(numbers, columns=[f"n{i}" for i in range(6)])
    table["steps"] = rng.integers(0, 3, n_rows).astype(float)
    table["text"] = pd.Series(texts, dtype=object)
    return table


def test_streams_without_drift_hardly_ever_raise_an_alarm():
    raised = 0
    for seed in range(100):
        table = table_of(np.random.default_rng(seed), 3_000)
        raised += bool(alarms(findings(table, train=500, begin=1_000, false_alarms=FALSE_ALARMS, seed=seed)))
    assert stats.binomtest(raised, 100, FALSE_ALARMS, alternative="greater").pvalue > 0.01


def shift(table, place):
    table.loc[place:, "n3"] += 1.0


def widen(table, place):
    table.loc[place:, "n3"] *= 3.0


def lose(table, place):
    table.loc[place + np.flatnonzero(np.arange(len(table) - place) % 3 == 0), "n3"] = np.nan


@pytest.mark.parametrize("drift", [shift, widen, lose])
def test_a_drift_of_known_place_is_found_soon_and_in_the_right_column_only(drift):
    delays, starts = [], []
    for seed in range(10):
        table = table_of(np.random.default_rng(seed), 5_000)
        drift(table, 3_000)
        found = findings(table, train=500, begin=1_000, false_alarms=FALSE_ALARMS, seed=seed)
        assert alarms(found) == ["n3"]
        delays.append(found["n3"].alarm - 3_000)
        starts.append(found["n3"].start)
    assert 0 < np.median(delays) < 200
    assert min(delays) > 0
    assert np.median([abs(first - 3_000) for first, _, _ in starts]) <= 50  # one block
    assert sum(early <= 3_000 <= late for _, early, late in starts) >= 9


def test_a_new_category_is_a_drift():
    table = table_of(np.random.default_rng(4), 4_000)
    table.loc[2_500 + np.arange(0, 1_500, 4), "text"] = "never seen"
    assert alarms(findings(table, train=500, begin=1_000, false_alarms=FALSE_ALARMS)) == ["text"]
    assert change(table["text"][:2_500], table["text"][2_500:]).of == "share of 'never seen'"


def dataset_of(n_rows, drift_at=None, *, seed=0):
    """Two classes; at the drift a column moves and turns what it means around."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n_rows, 3)), columns=["a", "b", "c"])
    target = (table["a"] + 0.3 * rng.normal(size=n_rows) > 0).to_numpy().astype(np.int64)
    if drift_at is not None:
        table.loc[drift_at:, "a"] += 1.5
    table["day"] = np.arange(n_rows, dtype=float)
    kinds = {"a": "number", "b": "number", "c": "number", "day": "date"}
    return Dataset("made", table, target, "y", ("no", "yes"), kinds, "")


def replayed(dataset, *, label_delay=100, train_rows=8_000):
    stream_trials.require_stream(dataset, label_delay)
    return stream_trials.replay(
        dataset,
        seed=0,
        families=(LOGISTIC,),
        scorer="accuracy",
        candidates=1,
        false_alarms=0.05,
        label_delay=label_delay,
        train_rows=train_rows,
    )


def test_the_replay_says_when_where_and_whether_accuracy_suffered():
    row = replayed(dataset_of(4_000, drift_at=3_000))
    found = {finding.signal: finding for finding in row.findings}
    assert abs(found["a"].start[0] - 3_000) <= 50
    assert found["b"].alarm is found["c"].alarm is None
    assert row.dates == ("day",)
    assert found["errors"].alarm - found["errors"].start[0] >= 100, "labels come 100 rows late"
    assert row.before.low > row.after.high
    said = stream_evidence.sentence(row, 0.05)
    assert "1 column drifted (a)" in said
    assert "accuracy fell" in said
    assert len(stream_evidence.drift_table(row, dataset_of(400)).rows) == 8
    stream_evidence.timeline_figure(row, "logistic regression", 100)
    stream_evidence.drift_figure(row, 0.05)


def test_a_replay_without_drift_says_so():
    row = replayed(dataset_of(2_000))
    said = stream_evidence.sentence(row, 0.05)
    assert "no column drifted" in said
    assert "no change in accuracy" in said


def test_a_label_that_has_not_come_is_not_used():
    dataset = dataset_of(4_000, drift_at=3_000)
    row = replayed(dataset, label_delay=600)
    blind = Dataset(**{**vars(dataset), "target": np.where(np.arange(4_000) < 3_400, dataset.target, 0)})
    same = replayed(blind, label_delay=600)
    row, same = (dataclasses.replace(found, rows_per_second=0.0) for found in (row, same))
    assert pickle.dumps(row) == pickle.dumps(same)


def test_while_labels_are_late_accuracy_is_estimated_and_said():
    row = replayed(dataset_of(4_000), label_delay=500)
    assert max(place for place, _ in row.accuracy) < 3_500
    assert max(place for place, _ in row.estimated) == 3_999
    said = stream_evidence.sentence(row, 0.05)
    assert "for the last 500 rows, whose labels are still to come, it is estimated at" in said
    windows = dict(row.estimated)
    off = np.mean([abs(windows[place] - share.value) for place, share in row.accuracy])
    assert f"off by {100 * off:.1f} points on average" in said
    caption = stream_evidence.timeline_figure(row, "logistic regression", 500).caption
    assert "Labels arrive 500 rows late" in caption
    assert "the estimate is off by" in caption
    at_once = replayed(dataset_of(4_000), label_delay=0)
    assert at_once.expected is None
    assert "still to come" not in stream_evidence.sentence(at_once, 0.05)
    last = [share.value for place, share in at_once.accuracy if place >= 3_500]
    assert row.expected.low <= np.mean(last) <= row.expected.high


@pytest.mark.slow
def test_the_interval_of_the_estimate_covers_what_the_labels_say():
    covered = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        known, now = rng.uniform(0.5, 1, 400), rng.uniform(0.7, 1, 300)
        wrong = (rng.random(400) > known).astype(np.int64)
        learned = answered_by(np.stack([known, 1 - known], axis=1), wrong, is_own=True)
        found = expected_share(learned, np.bincount((now * FINE).astype(int), minlength=FINE), seed=seed)
        assert found.low < found.value < found.high
        covered += found.low <= (rng.random(300) < now).mean() <= found.high
    assert stats.binomtest(covered, 20, 0.95, alternative="less").pvalue > 0.01


def test_a_change_without_any_label_after_it_is_said_as_such():
    row = replayed(dataset_of(4_000, drift_at=3_600), label_delay=500)
    assert row.after is None
    assert "no labels have arrived for rows after the first change (accuracy before it: " in stream_evidence.sentence(
        row, 0.05
    )


def test_labels_later_than_the_stream_are_an_error():
    stream_trials.require_stream(dataset_of(2_000), 900)
    with pytest.raises(SettingsError, match=r"label_delay is 901; the stream of made has 1,000 rows.* at most 900"):
        stream_trials.require_stream(dataset_of(2_000), 901)


def test_what_cannot_be_replayed_is_said_in_a_sentence():
    with pytest.raises(DataError, match="has 300 rows; --stream needs at least 400"):
        stream_trials.require_stream(dataset_of(300), 0)
    ordered = dataset_of(1_000)
    ordered.target.sort()
    with pytest.raises(DataError, match="class 'yes' has 0 row"):
        stream_trials.require_stream(ordered, 0)


def test_a_stream_is_read_whole_whatever_sample_the_run_uses():
    """Row numbers are those of the table, and a delay counts its rows; the model learns from as many rows as the run uses."""
    whole = dataset_of(4_000, drift_at=3_000)
    sample = sample_rows(whole, 1_000, seed=5)
    row, alone = replayed(sample, train_rows=1_000, label_delay=0), replayed(whole, label_delay=0)
    assert (row.n_rows, row.train, row.begin) == (4_000, 1_400, 2_000)
    assert abs({found.signal: found for found in row.findings}["a"].start[0] - 3_000) <= 50
    assert [place for place, _ in row.accuracy] == [place for place, _ in alone.accuracy]
    assert 1_000 <= row.learned <= 1_060
    assert "it was trained on 1," in stream_evidence.timeline_figure(row, "x", 0).caption
    assert alone.learned == 1_400
    with pytest.raises(SettingsError, match="the stream of made has 2,000 rows"):
        stream_trials.require_stream(sample, 1_901)


def test_a_column_that_the_sample_leaves_out_is_watched_and_not_predicted_from():
    whole = dataset_of(3_000)
    whole.features["alarm"] = np.where(np.arange(3_000) < 2_500, 5.0, 7.0)
    whole = dataclasses.replace(whole, kinds={**whole.kinds, "alarm": "number"})
    kept = np.arange(0, 2_400, 4)
    some = whole.features.iloc[kept].drop(columns="alarm").reset_index(drop=True)
    kinds = {name: kind for name, kind in whole.kinds.items() if name != "alarm"}
    sample = dataclasses.replace(whole, features=some, target=whole.target[kept], kinds=kinds, whole=whole, taken=kept)
    row = replayed(sample, label_delay=0)
    found = {finding.signal: finding for finding in row.findings}["alarm"]
    assert (found.start[0], found.change) == (2_500, Change("median", 5.0, 7.0))
    assert "column 'alarm'" in {
        value["series"] for value in stream_evidence.drift_figure(row, 0.05).spec["data"]["values"]
    }


def test_columns_called_as_signals_of_the_model_are_columns():
    dataset = dataset_of(3_000)
    names = {"b": "errors", "c": "predicted class", "day": "confidence of the predictions"}
    features = dataset.features.rename(columns=names)
    features.loc[2_000:, "errors"] += 3.0
    kinds = {names.get(name, name): "number" for name in dataset.kinds}
    features["confidence of the predictions"] = np.random.default_rng(1).normal(size=3_000)
    row = replayed(dataclasses.replace(dataset, features=features, kinds=kinds), label_delay=200)
    assert [(f.signal, f.column, f.looks[0]) for f in row.findings][1] == ("errors", True, 1_549)
    assert (row.errors.column, row.errors.looks[0]) == (False, 1_749)
    assert row.findings[1].alarm is not None
    assert row.errors.alarm is None
    assert row.findings[1].change.of == "median"
    shown = stream_evidence.shown_names(row)
    assert len(set(shown)) == len(shown) == 8
    assert shown[1] == "column 'errors'"


def test_a_sample_to_learn_from_has_rows_of_every_class_and_all_where_they_are_few():
    target = np.repeat([0, 1, 2], [5_000, 4_990, 10])
    rows = rows_to_learn(target, 100, seed=1)
    assert (np.bincount(target[rows], minlength=3) >= [30, 30, 10]).all()
    assert len(rows) <= 170
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows_to_learn(target[:100], 100, seed=1), np.arange(100))


def turned(at, n_rows=4_000):
    """The target means the opposite from a row on, and no column changes: nothing without labels can see it."""
    made = dataset_of(n_rows)
    return dataclasses.replace(made, target=np.where(np.arange(n_rows) < at, made.target, 1 - made.target))


def test_an_estimate_that_was_wrong_where_labels_came_is_withdrawn():
    row = replayed(turned(2_600), label_delay=500)
    assert row.kept.value < 0.3 < 0.8 < row.promised.low
    assert row.is_withdrawn
    said = stream_evidence.sentence(row, 0.05)
    assert (
        "nothing is estimated for the last 500 rows, whose labels are still to come: where labels have come, " in said
    )
    assert "it is estimated at" not in said
    assert "points on average" in said
    figure = stream_evidence.timeline_figure(row, "x", 500)
    estimated = [v["x"] for v in figure.spec["data"]["values"] if v["series"].startswith("estimated")]
    assert max(estimated) <= 3_500
    assert "It was wrong where labels came" in figure.caption
    assert not replayed(dataset_of(4_000), label_delay=500).is_withdrawn


def test_a_given_model_is_not_said_to_have_been_trained_here():
    row = dataclasses.replace(replayed(dataset_of(2_000), label_delay=0), learned=None)
    caption = stream_evidence.timeline_figure(row, "given model", 0).caption
    assert "it came from a file, and which rows it learned from is not known" in caption
    assert "trained on" not in caption
    assert "which the model may have learned from" in stream_evidence.drift_table(row, dataset_of(400)).caption


def test_rows_without_a_target_are_said_not_to_count_and_columns_left_out_not_to_be_watched():
    row = replayed(dataset_of(1_000), label_delay=0)
    note = "7 of 1,007 rows had no value in the target 'y' and were left out"
    told = dataclasses.replace(dataset_of(400), notes=(note,), left_out={"x": "it is constant"})
    caption = stream_evidence.drift_table(row, told).caption
    assert "rows without a value in the target are left out and not counted" in caption
    assert "Not monitored, because the table leaves them out: x." in caption


def test_a_column_that_is_empty_at_first_is_watched_and_not_learned_from():
    dataset = dataset_of(1_200)
    text = pd.Series([None] * 900 + ["x"] * 300, dtype=object)
    features = dataset.features.assign(later=np.where(np.arange(1_200) < 900, np.nan, 3.0), text=text)
    kinds = {**dataset.kinds, "later": "number", "text": "category"}
    dataset = dataclasses.replace(dataset, features=features, kinds=kinds)
    arguments = {"scorer": "accuracy", "candidates": 1, "false_alarms": 0.05, "label_delay": 0, "train_rows": 300}
    row = stream_trials.replay(dataset, seed=0, families=(BOOSTING,), **arguments)
    found = {finding.signal: finding for finding in row.findings}
    for name in ("later", "text"):
        assert found[name].change == Change("share of missing values", 1.0, 0.0)
        assert found[name].alarm == 949
