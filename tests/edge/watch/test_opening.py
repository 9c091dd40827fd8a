"""A run's model is watched by its own profile, another one by a table; what cannot be watched is refused in one sentence."""

import dataclasses
import json

import numpy as np
import onnx
import pandas as pd
import pytest
from samples.watch_rows import alarms, reference, rows, watched

from edge.delivery.trials import deliver
from edge.watch.opening import open_monitor
from lab.errors import InputError
from lab.learning.families import LOGISTIC
from lab.learning.folds import Fold
from lab.learning.outer import fold_key, score_fold
from lab.registry import find

TABLE = reference()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The model that a run leaves."""
    how = {"family": LOGISTIC, "scorer": "accuracy", "candidates": 1}
    scored = score_fold(TABLE, seed=1, fold=Fold(3, 1, 0, 0), **how)
    inputs = {fold_key(LOGISTIC, 0).name: scored}
    path = tmp_path_factory.mktemp("run") / "edge-model.onnx"
    path.write_bytes(deliver(TABLE, seed=1, inputs=inputs, **how).onnx.tobytes())
    return path


def bare(model, folder):
    """The same file without a word about its data but the columns."""
    graph = onnx.load(model)
    kept = {entry.key: entry.value for entry in graph.metadata_props if entry.key in ("columns", "classes")}
    onnx.helper.set_model_props(graph, kept)
    path = folder / "bare.onnx"
    onnx.save(graph, path)
    return path


def test_the_model_of_a_run_is_watched_by_its_own_profile(model):
    watch = find("edge").watcher(model)
    assert set(watch.columns) == {"heat", "alarms", "kind", "open"}
    columns, labels = rows(5, 2_000)
    columns["heat"][1_000:] += 5
    found = alarms(watched(watch, columns, labels))
    assert found["heat"].facts["earliest"] <= 1_000 <= found["heat"].facts["latest"]
    status = watch.status()
    assert "errors" in found, "the labels do not follow the heat"
    assert (status.expected, status.advice.answer) == (None, "yes")
    again = find("edge").watcher(model)
    again.resume(watch.state())
    assert again.status() == status


def test_its_reference_answers_are_those_on_rows_that_it_had_not_seen(model):
    said = json.loads({entry.key: entry.value for entry in onnx.load(model).metadata_props}["watch_profile"])
    assert sum(said["answered"]["asked"]) == len(TABLE.target) // 3
    assert said["answered"]["is_own"] is False
    assert 0.7 < sum(said["answered"]["right"]) / sum(said["answered"]["asked"]) < 0.95


def test_a_file_of_somebody_else_is_watched_by_a_table(model, tmp_path):
    given = bare(model, tmp_path)
    later = reference(seed=7)
    watch = open_monitor(given, later)
    own = open_monitor(model, later)
    columns, labels = rows(6, 1_500)
    columns["kind"][700:] = "b"
    expected = watched(own, columns, labels)
    assert watched(watch, columns, labels) == expected
    assert "kind" in alarms(expected)
    assert watch.identity != own.identity


def test_seasons_are_learned_from_the_times_of_a_table(model):
    features = TABLE.features.assign(time=np.arange(len(TABLE.target)) / 100)
    timed = dataclasses.replace(TABLE, features=features, kinds={**TABLE.kinds, "time": "date"})
    watch = open_monitor(model, timed, season="hour,weekday")
    assert set(watch.columns) == set(TABLE.kinds)
    columns, _ = rows(3, 300)
    columns["time"] = np.array(
        [str(np.datetime64("2026-01-05T00:00") + np.timedelta64(row, "h")) for row in range(300)]
    )
    assert watched(watch, columns) == []
    with pytest.raises(InputError, match="name it with --time"):
        open_monitor(model, timed, season="hour", time="heat")


def test_a_model_that_takes_the_times_is_watched_by_seasons_and_keeps_them(tmp_path):
    rng = np.random.default_rng(3)
    days = 19_000 + np.sort(rng.random(len(TABLE.target))) * 60
    features = TABLE.features.assign(day=days)
    timed = dataclasses.replace(TABLE, features=features, kinds={**TABLE.kinds, "day": "date"})
    how = {"family": LOGISTIC, "scorer": "accuracy", "candidates": 1}
    path = tmp_path / "edge-model.onnx"
    path.write_bytes(deliver(timed, seed=1, **how).onnx.tobytes())
    columns, _ = rows(5, 400)
    columns["day"] = np.array([str(np.datetime64("2022-01-08T00:00") + np.timedelta64(row, "h")) for row in range(400)])
    for model in (path, bare(path, tmp_path)):
        watch = open_monitor(model, timed, season="hour", time="day")
        assert set(watch.columns) == {*TABLE.kinds, "day"}
        assert [each for each in watched(watch, columns) if each.kind == "notice"] == []


def test_what_cannot_be_watched_is_refused_in_one_sentence(model, tmp_path):
    given = bare(model, tmp_path)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    other = dataclasses.replace(TABLE, classes=("cold", "mild"))
    fewer = dataclasses.replace(TABLE, features=TABLE.features[["heat"]], kinds={"heat": "number"})
    small = dataclasses.replace(TABLE, features=pd.DataFrame(TABLE.features.iloc[:50]), target=TABLE.target[:50])
    for arguments, settings, sentence in (
        ((tmp_path / "none.onnx",), {}, "cannot read"),
        ((broken,), {}, "damaged"),
        ((given,), {}, "--reference"),
        ((model, other), {}, "the class 'mild'"),
        ((model, fewer), {}, "has no column 'alarms'"),
        ((model, small), {}, "at least 200"),
        ((model,), {"false_alarms": 0.0}, "false_alarms is 0"),
        ((model,), {"season": "month"}, "'month'"),
        ((model,), {"season": "hour"}, "--reference"),
        ((model, TABLE), {"season": "hour"}, "no column of dates"),
        ((model,), {"cost_of_waiting": 1.0}, "both, or neither"),
        ((model,), {"cost_of_waiting": 1.0, "cost_of_retraining": -1.0}, "above 0"),
    ):
        with pytest.raises(InputError, match=sentence) as caught:
            open_monitor(*arguments, **settings)
        assert "\n" not in str(caught.value)
        assert caught.value.exit_code == 2
