"""An average of models is one file: it answers as its members do, fitted anew by scikit-learn, weighed as the rows say."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from samples.less_work import few_trees

from edge.building.ensemble import build_ensemble
from edge.building.trials import BUILD, build
from edge.delivery.ensemble import deliver_ensemble
from edge.delivery.trials import DELIVER, deliver
from edge.exporting import device, originals
from edge.exporting.ensemble import WeightedAverage
from lab.data.frames import from_arrays
from lab.learning import folds
from lab.learning.blending import Blend, blend_fold
from lab.learning.families import BOOSTING, FOREST, LOGISTIC, MLP
from lab.learning.outer import fold_key, score_fold
from lab.spoiling import check_spoiling

pytestmark = pytest.mark.filterwarnings("ignore")
FOLD = folds.Fold(2, 1, 4, 0)
MEMBERS = (LOGISTIC, few_trees(FOREST), BOOSTING, MLP)
PLAIN, GREEDY = Blend("average", "plain", "average"), Blend("ensemble", "weighed", "greedy")
SEEDS = {family.name: 20 + place for place, family in enumerate(MEMBERS)}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(8)
    colours = rng.choice(["red", "green", "blue"], 160)
    a, b = rng.normal(size=160), rng.normal(1e5, 2e4, size=160)
    seen = (a + (b > 1e5) + 2 * (colours == "red") + rng.normal(size=160)) > 1
    frame = pd.DataFrame({"colour": colours, "a": np.where(rng.random(160) < 0.1, np.nan, a), "b": b})
    return from_arrays("mixed", frame, seen.astype(int))


@pytest.fixture(scope="module")
def rows(table):
    """What is known before: all members scored and built on a fold, and delivered; the blends of that fold."""
    found = {}
    for family in MEMBERS:
        seed, how = SEEDS[family.name], {"family": family, "scorer": "accuracy", "candidates": 1}
        found[fold_key(family, 0).name] = score_fold(table, seed=seed, fold=FOLD, **how)
        found[BUILD.of(family.name).name] = build(table, seed=seed, family=family, fold=FOLD, inputs=found)
        found[DELIVER.of(family.name).name] = deliver(table, seed=seed, keeps_original=True, **how)
    members = {family.name: fold_key(family, 0).name for family in MEMBERS}
    for blend in (PLAIN, GREEDY):
        how = {"blend": blend, "fold": FOLD, "members": members, "scorer": "accuracy"}
        found[fold_key(blend, 0).name] = blend_fold(table, seed=0, inputs=found, **how)
    return found


def answers(content, dataset):
    ready = onnxruntime.InferenceSession(content.tobytes())
    given = device.feeds(dataset, device.device_rows(dataset), ready)
    return ready.run(["probabilities"], given)[0]


def fitted(family, dataset, learned):
    model = family.build(dataset.features.iloc[learned], SEEDS[family.name])
    return model.fit(dataset.features.iloc[learned], dataset.target[learned]).predict_proba(dataset.features)


@pytest.mark.parametrize("blend", [PLAIN, GREEDY], ids=lambda blend: blend.name)
def test_the_file_of_an_average_answers_as_its_members_fitted_anew(blend, table, rows):
    row = build_ensemble(table, seed=3, blend=blend, fold=FOLD, inputs=rows)
    train, test = folds.split(table, FOLD)
    scored = fold_key(blend, 0).needed(rows)
    weights = scored.parameters["weights"]
    assert len(weights) == len(MEMBERS) if blend is PLAIN else 0 < len(weights) < len(MEMBERS)
    expected = sum(weights.get(each.name, 0) * fitted(each, table, train) for each in MEMBERS)
    found = answers(row.onnx, table)
    np.testing.assert_allclose(found, expected, atol=1e-5)  # networks compute in float32
    np.testing.assert_allclose(found[test], scored.predictions, atol=1e-5)  # it is what was scored
    own = originals.from_bytes(row.original).predict_proba(device.device_rows(table))
    np.testing.assert_allclose(own, expected, atol=1e-12)
    assert row.parity.keys() == {"test rows", "beyond their range", "on split thresholds"}
    assert max(each.largest for each in row.parity.values()) < 1e-5
    assert sum(each.flips for each in row.parity.values()) == 0
    assert row.parameters == {"weights": dict(weights)}
    assert row.size_bytes == len(row.onnx)


def test_the_original_weighs_each_member_by_its_own_weight():
    first, second, third = ([0.1, 0.9], [0.6, 0.4], [0.5, 0.5])
    said = [SimpleNamespace(predict_proba=lambda rows, one=one: np.array([one])) for one in (first, second, third)]
    found = WeightedAverage(said, [0.5, 0.3, 0.2]).predict_proba(None)
    np.testing.assert_allclose(found, [[0.05 + 0.18 + 0.1, 0.45 + 0.12 + 0.1]])


def test_a_member_without_weight_is_not_in_the_file(table, rows):
    key = fold_key(GREEDY, 0)
    alone = dataclasses.replace(key.needed(rows), parameters={"weights": {"forest": 1.0}})
    row = build_ensemble(table, seed=3, blend=GREEDY, fold=FOLD, inputs={**rows, key.name: alone})
    forest = BUILD.of("forest").needed(rows)
    kinds = [node.op_type for node in onnx.load_from_string(row.onnx.tobytes()).graph.node]
    assert kinds.count("TreeEnsemble") == 1
    assert row.size_bytes < forest.size_bytes + 1_500, "the file holds one member"
    np.testing.assert_array_equal(answers(row.onnx, table), answers(forest.onnx, table))


def test_the_delivered_average_learned_from_all_rows_and_is_weighed_as_the_measured_one(table, rows):
    how = {"seed": 3, "members": MEMBERS, "fold": FOLD}
    plain = deliver_ensemble(table, blend=PLAIN, inputs=rows, **how)
    every = {family.name: fitted(family, table, np.arange(160)) for family in MEMBERS}
    np.testing.assert_allclose(answers(plain.onnx, table), sum(every.values()) / 4, atol=1e-5)
    assert plain.n_rows == 160
    assert plain.weights == dict.fromkeys((family.label for family in MEMBERS), 0.25)
    key = fold_key(GREEDY, 0)
    told = dataclasses.replace(key.needed(rows), parameters={"weights": {"boosting": 0.3, "forest": 0.7}})
    weighed = deliver_ensemble(table, blend=GREEDY, inputs={**rows, key.name: told}, **how)
    assert weighed.weights == {"random forest": 0.7, "gradient boosting": 0.3}
    expected = 0.3 * every["boosting"] + 0.7 * every["forest"]
    np.testing.assert_allclose(answers(weighed.onnx, table), expected, atol=1e-12)
    card = onnx.load_from_string(plain.onnx.tobytes()).metadata_props
    said = {each.key: json.loads(each.value) for each in card}
    assert (said["model"], said["rows"], said["weights"]) == ("plain", 160, dict(plain.weights))
    assert said["categories"] == {"colour": ["blue", "green", "red"]}
    assert said["parameters"].keys() == plain.weights.keys()
    assert max(each.largest for each in plain.parity.values()) < 1e-5


def test_the_test_rows_decide_nothing_of_the_joined_file(table, rows):
    key = fold_key(GREEDY, 0)
    needs = (key, *(BUILD.of(family.name) for family in MEMBERS))
    trial = BUILD.of(GREEDY.name).trial(build_ensemble, {"blend": GREEDY, "fold": FOLD}, seed=3, needs=needs)
    found = build_ensemble(table, seed=3, blend=GREEDY, fold=FOLD, inputs=rows)
    check_spoiling([trial], table, {**rows, trial.key: found}, learned={"build_ensemble": ("onnx", "form")})
