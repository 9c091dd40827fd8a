"""The stream monitor keeps its promise on streams without drift, and finds drift of known place."""

import dataclasses
import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import logsumexp

from edge.stream import evidence as stream_evidence
from edge.stream import trials as stream_trials
from edge.stream.accuracy import estimated_accuracy, expected_accuracy, rolling_accuracy, window_of
from edge.stream.bins import bins_of
from edge.stream.changes import Change, change
from edge.stream.martingale import blocks_of, capital, ranks
from edge.stream.monitor import Signal, watch
from edge.stream.training import rows_to_learn
from lab.data.sampling import sample_rows
from lab.errors import DataError, SettingsError
from lab.learning.families import BOOSTING, LOGISTIC
from lab.protocol import Dataset

FALSE_ALARMS = 0.05


def slow_ranks(history, stream, draws):
    """Rank each value among all before it, one by one: the oracle."""
    seen, found = list(history), []
    for value, draw in zip(stream, draws, strict=True):
        seen.append(value)
        found.append((sum(v < value for v in seen) + draw * seen.count(value)) / len(seen))
    return np.array(found)


def test_ranks_count_what_came_before():
    rng = np.random.default_rng(0)
    history, stream = rng.integers(0, 6, 40), rng.integers(0, 6, 5_000)
    draws = np.random.default_rng(7).random(5_000)
    expected = slow_ranks(history, stream[:300], draws[:300])
    found = ranks(history, stream, 6, seed=7)
    np.testing.assert_allclose(found[:300], expected, rtol=1e-12)
    last = (stream < stream[-1]).sum() + (history < stream[-1]).sum()
    equal = (stream == stream[-1]).sum() + (history == stream[-1]).sum()
    assert found[-1] == pytest.approx((last + draws[-1] * equal) / 5_040)  # across chunks


def test_ranks_of_an_exchangeable_stream_are_uniform_and_independent():
    rng = np.random.default_rng(1)
    codes = rng.choice(5, p=[0.5, 0.3, 0.1, 0.08, 0.02], size=6_000)
    found = ranks(codes[:100], codes[100:], 5, seed=3)
    assert stats.kstest(found, "uniform").pvalue > 0.01
    assert abs(stats.spearmanr(found[:-1], found[1:]).statistic) < 4 / np.sqrt(len(found))


def slow_capital(places, block, n_bins):
    """Let every gambler bet row by row with the frequencies that he has seen: the oracle."""
    n_blocks = -(-len(places) // block)
    path = []
    logs = np.zeros(n_blocks)
    counts = np.full((n_blocks, n_bins), 0.5)
    for row, place in enumerate(places):
        begun = row // block + 1
        share = counts[:begun, place] / counts[:begun].sum(axis=1)
        logs[:begun] += np.log(share * n_bins)
        counts[:begun, place] += 1
        if (row + 1) % block == 0 or row + 1 == len(places):
            path.append(logsumexp(logs) - np.log(n_blocks))
    return np.array(path)


def test_the_capital_is_that_of_gamblers_who_bet_row_by_row():
    p = np.random.default_rng(2).beta(1, 1.05, size=1_234)
    found = capital(p, block=10, threshold=1e300)
    assert found.alarm is None
    np.testing.assert_allclose(found.log_capital, slow_capital((p * 10).astype(int), 10, 10), atol=1e-9)


@pytest.mark.parametrize("cuts", [(), (0.3,), (0.2, 0.5, 0.9)])
def test_the_capital_is_expected_to_stay_what_it_was(cuts):
    every = itertools.product((np.arange(10) + 0.5) / 10, repeat=3)  # all ranks of three rows, equally likely
    ends = [np.exp(capital(np.array(ranked), block=1, threshold=1e300, cuts=cuts).log_capital) for ranked in every]
    np.testing.assert_allclose(np.mean(ends, axis=0), 1, rtol=1e-12)
    assert np.std(ends) > 0.1


def stream_of(table, train, begin):
    signals = []
    for name in table:
        bins = bins_of(table[name].iloc[:train])
        codes = bins.codes(table[name].iloc[train:])
        known, later = codes[: begin - train], codes[begin - train :]
        signals.append(Signal(name, known, later, bins.n_codes, training=bins.counts, events=bins.events))
    return signals


def table_of(rng, n_rows):
    texts = rng.choice(["red", "green", "blue", None], p=[0.6, 0.3, 0.05, 0.05], size=n_rows)
    numbers = rng.normal(size=(n_rows, 6))
    numbers[rng.random(n_rows) < 0.1, 0] = np.nan
    table = pd.DataFrame(numbers, columns=[f"n{i}" for i in range(6)])
    table["steps"] = rng.integers(0, 3, n_rows).astype(float)
    table["text"] = pd.Series(texts, dtype=object)
    return table


def test_streams_without_drift_hardly_ever_raise_an_alarm():
    alarms = 0
    for seed in range(100):
        table = table_of(np.random.default_rng(seed), 3_000)
        found = watch(stream_of(table, 500, 1_000), false_alarms=FALSE_ALARMS, seed=seed)
        alarms += any(finding.alarm is not None for finding in found)
    assert stats.binomtest(alarms, 100, FALSE_ALARMS, alternative="greater").pvalue > 0.01


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
        found = {f.name: f for f in watch(stream_of(table, 500, 1_000), false_alarms=FALSE_ALARMS, seed=seed)}
        assert [name for name, f in found.items() if f.alarm is not None] == ["n3"]
        delays.append(found["n3"].alarm - 2_000)
        starts.append(found["n3"].start)
    assert 0 < np.median(delays) < 200
    assert min(delays) > 0
    assert np.median([abs(first - 2_000) for first, _, _ in starts]) <= 50  # one block
    assert sum(early - 50 <= 2_000 <= late + 50 for _, early, late in starts) >= 9


def test_a_few_points_of_accuracy_lost_are_noticed():
    found = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        wrong = (rng.random(4_000) < np.where(np.arange(4_000) < 2_500, 0.15, 0.25)).astype(np.int64)
        found += watch([Signal("errors", wrong[:1_000], wrong[1_000:], 2)] * 10, false_alarms=FALSE_ALARMS, seed=seed)
    noticed = [finding.alarm for finding in found if finding.alarm is not None]
    assert len(noticed) >= 90
    assert sum(alarm < 1_500 for alarm in noticed) == 0


def test_a_new_category_is_a_drift():
    table = table_of(np.random.default_rng(4), 4_000)
    table.loc[2_500 + np.arange(0, 1_500, 4), "text"] = "never seen"
    found = {f.name: f for f in watch(stream_of(table, 500, 1_000), false_alarms=FALSE_ALARMS, seed=0)}
    assert [name for name, f in found.items() if f.alarm is not None] == ["text"]
    assert change(table["text"][:2_500], table["text"][2_500:]).of == "share of 'never seen'"


def test_a_rare_category_is_never_named():
    before = pd.Series(["a"] * 50 + ["b"] * 50, dtype=object)
    after = pd.Series(["a"] * 5 + ["someone"] * 5, dtype=object)
    assert "someone" not in change(before, after).of


def test_windows_count_right_answers():
    right = np.array([True] * 120 + [False] * 80 + [True] * 60)
    found = rolling_accuracy(right, window=100)
    assert [(row, share.value) for row, share in found] == [(99, 1.0), (199, 0.2)]
    exact = stats.binomtest(20, 100).proportion_ci()
    assert (found[1][1].low, found[1][1].high) == pytest.approx((exact.low, exact.high))


def test_the_estimate_without_labels_follows_a_change_of_the_columns():
    rng = np.random.default_rng(5)

    def made(confidence):
        return rng.random(len(confidence)) < 0.4 + 0.6 * confidence**2  # not calibrated, but monotone

    known = rng.uniform(0.5, 1, 5_000)
    easy, hard = rng.uniform(0.8, 1, 4_000), rng.uniform(0.5, 0.7, 4_000)
    found = dict(estimated_accuracy(np.concatenate([easy, hard]), known, made(known)))
    truth = [made(part).mean() for part in (easy, hard)]
    halves = [np.mean([share for row, share in found.items() if (row < 4_000) == first]) for first in (True, False)]
    assert halves == pytest.approx(truth, abs=0.03)


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
    assert len(stream_evidence.drift_table(row, dataset_of(400)).rows) == 7
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
        right = rng.random(400) < known
        found = expected_accuracy(now, known, right, seed=seed)
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


def test_windows_and_blocks_cover_a_short_stream():
    assert window_of(60) == 60
    assert len(rolling_accuracy(np.ones(60, dtype=bool), window=60)) == 1


@pytest.mark.parametrize(("n_rows", "block"), [(60, 50), (50_000, 50), (50_001, 51), (2_000_000, 2_000)])
def test_a_stream_is_looked_at_a_thousand_times_at_most(n_rows, block):
    assert blocks_of(n_rows) == block


def test_where_no_category_can_be_named_the_missing_values_are_counted():
    rare = [f"one of a kind {place}" for place in range(6)]
    before, after = (pd.Series([*rare, *[None] * n], dtype=object) for n in (2, 18))
    assert change(before, after) == Change("share of missing values", 0.25, 0.75)


def test_an_alarm_takes_more_evidence_where_more_signals_are_watched():
    """Ten signals share the chance of a false alarm: each needs ten times the capital, one power of ten."""
    codes = np.random.default_rng(3).integers(0, 4, 900)
    signal = Signal("a", codes[:300], codes[300:], 4)
    (alone,) = watch([signal], false_alarms=FALSE_ALARMS, seed=1)
    first, *_ = watch([signal] * 10, false_alarms=FALSE_ALARMS, seed=1)
    np.testing.assert_allclose(first.evidence, alone.evidence - 1)
    (surer,) = watch([signal], false_alarms=FALSE_ALARMS / 100, seed=1)
    np.testing.assert_allclose(surer.evidence, alone.evidence - 2)


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
    assert [(f.signal, f.column, f.late) for f in row.findings][1] == ("errors", True, 0)
    assert (row.errors.column, row.errors.late) == (False, 200)
    assert row.findings[1].alarm is not None
    assert row.errors.alarm is None
    assert row.findings[1].change.of == "median"
    shown = stream_evidence.shown_names(row)
    assert len(set(shown)) == len(shown) == 7
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
