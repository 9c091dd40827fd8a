"""Boosting of other libraries is a candidate like any other: its file answers as the library does, on every number near a border."""

import importlib.util
import json
import math

import numpy as np
import onnx
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from edge.boosters.family import BOOSTERS, CATBOOST, LIGHTGBM, XGBOOST
from edge.boosters.symmetric import SymmetricTreesClassifier
from edge.delivery.trials import deliver
from edge.exporting import device, export, originals, parity
from edge.exporting.ensemble import WeightedAverage, joined
from edge.lab import LAB
from edge.session import OUTPUT, session
from edge.settings import Settings
from edge.variants.making import variants_of
from lab.data.frames import from_arrays
from lab.errors import SettingsError
from lab.learning.families import LOGISTIC

for family in BOOSTERS:
    pytest.importorskip(family.name, reason="an extra")
EXACT = 1e-14  # sums of a few doubles, and one exponential function
CLOSE = {"catboost": EXACT, "lightgbm": EXACT, "xgboost": 1e-6}  # the last one adds and answers in single precision
SMALL = {
    "catboost": {"iterations": 12, "depth": 4, "learning_rate": 0.3},
    "lightgbm": {"n_estimators": 12, "num_leaves": 8, "learning_rate": 0.3},
    "xgboost": {"n_estimators": 12, "max_depth": 3},
}
every_library = pytest.mark.parametrize("family", BOOSTERS, ids=lambda family: family.name)


def table(n_classes, *, texts=False, n_rows=300):
    rng = np.random.default_rng(n_classes)
    numbers = rng.normal(size=(n_rows, 4)) * [1.0, 1e-3, 1e3, 1.0] + [0, 0, 1e6, 0]
    numbers[:, 0] = np.round(numbers[:, 0], 1)  # ties
    scaled = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    target = (scaled @ rng.normal(size=(4, n_classes)) + 0.3 * rng.normal(size=(n_rows, n_classes))).argmax(axis=1)
    target[:n_classes] = range(n_classes)
    numbers[rng.random(numbers.shape) < [0.15, 0.15, 0.0, 0.0]] = np.nan  # two columns have never missed one
    frame = pd.DataFrame(numbers, columns=list("abcd"))
    if texts:
        frame.insert(
            1, "t", np.where((target == 1) & (rng.random(n_rows) < 0.6), "one", rng.choice(["", "two", "x:1"], n_rows))
        )
        frame.insert(3, "s", rng.choice(["left", "right"], n_rows))
    return from_arrays("made", frame, target)


def small(family, dataset, **parameters):
    known = {**SMALL[family.name], **parameters}
    return family.build(dataset.features, 3).set_params(**{f"model__{name}": value for name, value in known.items()})


def borders_of(model, n_features):
    """Where the library says that its trees divide each feature."""
    if isinstance(model, SymmetricTreesClassifier):
        return [feature["borders"] for feature in model.written_out()["features_info"]["float_features"]]
    said = model.library_model().trees_to_dataframe()
    feature, border = ("Feature", "Split") if "Split" in said else ("split_feature", "threshold")
    names = [(f"f{place}", f"Column_{place}") for place in range(n_features)]
    return [said[border][said[feature].isin(each)].tolist() for each in names]


def near_borders(model, rows, rng):
    """Put numbers on a border, beside it by one step of either precision, and where the cast to single precision turns."""
    moved = np.repeat(np.asarray(rows, dtype=np.float64), 4, axis=0)
    for column, borders in enumerate(borders_of(model, moved.shape[1])):
        chosen = rng.choice(np.array([*borders, 0.0], dtype=np.float64), len(moved))
        side = rng.choice([-np.inf, np.inf], len(moved))
        with np.errstate(over="ignore"):
            beside = np.nextafter(chosen.astype(np.float32), side.astype(np.float32)).astype(np.float64)
        half = chosen / 2 + beside / 2
        kinds = [
            chosen,
            np.nextafter(chosen, side),
            beside,
            half,
            np.nextafter(half, side),
            np.full(len(moved), np.nan),
        ]
        moved[:, column] = np.choose(rng.integers(len(kinds) + 1, size=len(moved)), [*kinds, moved[:, column]])
    return moved


def by_hand(said, row):
    """Walk the library's own description for one row, in plain Python: what it says of every class."""
    scale, bias = said["scale_and_bias"]
    total = [0.0] * len(bias)
    for tree in said["oblivious_trees"]:
        leaf = 0
        for level, split in enumerate(tree["splits"]):
            leaf += 2**level * (np.float32(row[split["float_feature_index"]]) > np.float32(split["border"]))
        for place in range(len(bias)):
            total[place] += tree["leaf_values"][int(leaf) * len(bias) + place]
    scores = [scale * value + shift for value, shift in zip(total, bias, strict=True)]
    powers = [math.exp(score) for score in ([0.0, *scores] if len(scores) == 1 else scores)]
    return [power / sum(powers) for power in powers]


@every_library
@pytest.mark.parametrize("n_classes", [2, 3, 20])
def test_the_file_answers_as_the_library_on_every_number_near_a_border(family, n_classes):
    dataset = table(n_classes)
    fitted, exported = export.export(small(family, dataset), dataset)
    rows = near_borders(fitted[-1], device.device_rows(dataset), np.random.default_rng(0))
    if family is LIGHTGBM:  # it writes 1e300 where it means infinity, which no table holds
        rows = np.clip(rows, -1e305, 1e305)
    assert fitted[-1].rounds_ == 12
    found = parity.compare(fitted, exported.content, dataset, rows)
    assert found.largest < CLOSE[family.name]
    assert (exported.form, found.flips) == ("exact", 0)
    assert np.ptp(fitted.predict_proba(rows), axis=0).max() > 0.5, "it has learned something"
    takes = session(exported.content).get_inputs()[0].type
    assert takes == ("tensor(double)" if family is LIGHTGBM else "tensor(float)"), (
        "half the memory where nothing is lost"
    )


def test_symmetric_trees_are_walked_by_hand():
    dataset = table(3)
    fitted, exported = export.export(small(CATBOOST, dataset), dataset)
    rows = near_borders(fitted[-1], device.device_rows(dataset), np.random.default_rng(0))[:40]
    ready, said = session(exported.content), fitted[-1].written_out()
    answers = ready.run([OUTPUT], device.feeds(dataset, rows, ready))[0]
    for row, answer in zip(rows, answers, strict=True):
        assert by_hand(said, row) == pytest.approx(answer.tolist(), rel=0, abs=EXACT)


@every_library
def test_scaled_numbers_are_told_apart_in_double_precision(family):
    dataset, rng = table(2), np.random.default_rng(1)
    raw = device.device_rows(dataset)
    model = make_pipeline(StandardScaler(), small(family, dataset)[-1]).fit(raw, dataset.target)
    (form,) = device.to_files(model, dataset)
    near = near_borders(model[1], model[0].transform(raw), rng)
    rows = model[0].inverse_transform(np.clip(near, -1e30, 1e30))
    for _ in range(3):
        rows = np.nextafter(rows, rng.choice([-np.inf, np.inf], size=rows.shape))
    found = parity.compare(model, form.content, dataset, rows)
    assert found.largest < CLOSE[family.name]
    assert found.flips == 0


@every_library
@pytest.mark.parametrize("n_classes", [2, 3])
def test_texts_are_told_by_category_and_unknown_ones_are_none_of_them(family, n_classes):
    dataset = table(n_classes, texts=True)
    fitted, exported = export.export(small(family, dataset), dataset)
    rows = parity.beyond_range(dataset, device.device_rows(dataset), seed=1)  # a tenth of the texts is unknown
    for each in (device.device_rows(dataset), rows, parity.at_thresholds(exported.content, dataset, rows, seed=2)):
        found = parity.compare(fitted, exported.content, dataset, each)
        assert found.largest < CLOSE[family.name]
        assert found.flips == 0
    used = np.abs(fitted.predict_proba(rows) - fitted.predict_proba(rows.assign(t="two"))).max()
    assert used > 0.05, "the texts matter"


def test_a_symmetric_tree_grown_out_asks_nothing_twice():
    dataset = table(2)
    fitted, exported = export.export(small(CATBOOST, dataset, depth=6, iterations=30), dataset)
    said = fitted[-1].written_out()
    full = sum(2 ** len(tree["splits"]) - 1 for tree in said["oblivious_trees"])
    kept = len(device_splits(exported.content))
    assert 30 < kept < 0.9 * full


def device_splits(content):
    (node,) = (node for node in onnx.load_from_string(content).graph.node if node.op_type == "TreeEnsemble")
    return next(each.ints for each in node.attribute if each.name == "nodes_featureids")


@every_library
@pytest.mark.parametrize("n_classes", [2, 3])
def test_where_nothing_varies_the_answer_is_the_share_of_each_class(family, n_classes):
    rows, target = np.full((30, 2), [np.nan, 4.0]), np.arange(30) % (n_classes * 2) % n_classes
    dataset = from_arrays("flat", pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2))), target)
    model = small(family, dataset)[-1].fit(rows, target)
    shares = np.bincount(target) / 30
    np.testing.assert_array_equal(model.predict_proba(rows[:3]), np.tile(shares, (3, 1)))
    (form,) = device.to_files(make_pipeline(model), dataset)
    assert parity.compare(model, form.content, dataset, rows).largest < CLOSE[family.name]


@every_library
def test_what_is_kept_answers_as_before_and_has_no_object_of_the_library(family):
    dataset = table(3, texts=True)
    rows = device.device_rows(dataset)
    fitted, _ = export.export(small(family, dataset), dataset)
    said = fitted.predict_proba(rows)
    again = originals.from_bytes(originals.to_bytes(fitted))
    np.testing.assert_array_equal(again.predict_proba(rows), said)
    np.testing.assert_array_equal(again.predict(rows), said.argmax(axis=1))


def of_first_rounds(family, content, rows, count):
    """What the library says after some of its rounds."""
    if family is CATBOOST:
        from catboost import CatBoostClassifier

        return CatBoostClassifier().load_model(blob=content).predict_proba(rows, ntree_end=count)
    if family is LIGHTGBM:
        from lightgbm import Booster

        return Booster(model_str=content.decode()).predict(rows, num_iteration=count)
    from xgboost import Booster, DMatrix

    return Booster(model_file=bytearray(content)).predict(DMatrix(rows), iteration_range=(0, count))


@every_library
def test_fewer_trees_are_the_first_ones(family):
    dataset = table(3)
    fitted, exported = export.export(small(family, dataset), dataset)
    rows = device.device_rows(dataset)
    made = variants_of(fitted, exported, dataset, rows, dataset.target)
    ready = session(made["a quarter of the trees"])
    expected = of_first_rounds(family, fitted[-1].content_.tobytes(), fitted[:-1].transform(rows), 3)
    found = ready.run([OUTPUT], device.feeds(dataset, rows, ready))[0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=CLOSE[family.name])
    assert len(made["a quarter of the trees"]) < len(made["half the trees"]) < len(exported.content)
    assert "a tenth of the trees" in made
    assert fitted[-1].rounds_ == 12, "the model itself keeps its trees"


def test_a_delivered_file_names_no_category_of_fewer_than_5_rows():
    dataset = table(2, texts=True)
    dataset.features.loc[:3, "t"] = "of four"
    row = deliver(dataset, seed=0, family=XGBOOST, scorer="accuracy", candidates=1)
    card = {each.key: each.value for each in onnx.load_from_string(row.onnx.tobytes()).metadata_props}
    assert json.loads(card["categories"])["t"] == ["", "one", "two", "x:1"]
    assert b"of four" not in row.onnx.tobytes()
    assert row.splits_rows
    assert sum(each.flips for each in row.parity.values()) == 0


def test_they_are_members_of_an_average_in_one_file():
    dataset = table(3, texts=True)
    rows = device.device_rows(dataset)
    members = (*(small(family, dataset) for family in BOOSTERS), LOGISTIC.build(dataset.features, 0))
    pairs, weights = [export.export(model, dataset) for model in members], [0.4, 0.2, 0.2, 0.2]
    files = [exported.content for _, exported in pairs]
    model = WeightedAverage([fitted for fitted, _ in pairs], weights)
    both = joined(files, model.weights, dataset).content
    unseen = parity.beyond_range(dataset, rows, seed=4)
    assert parity.compare(model, both, dataset, unseen).flips == 0
    found, *alone = (
        ready.run([OUTPUT], device.feeds(dataset, unseen, ready))[0] for ready in map(session, (both, *files))
    )
    expected = sum(weight * each.astype(np.float64) for weight, each in zip(weights, alone, strict=True))
    np.testing.assert_allclose(found, expected, rtol=0, atol=EXACT)


def test_they_join_the_models_and_their_average_where_they_are_asked_for():
    dataset = table(2)
    context = LAB.context(dataset, Settings(models=("catboost", "xgboost", "ensemble"), folds=2), seed=0)
    assert [family.name for family in context.families] == ["catboost", "xgboost", "ensemble"]
    assert {"catboost", "xgboost"} <= {family.name for family in context.group.blended}
    usual = LAB.context(dataset, Settings(folds=2), seed=0)
    assert not {"catboost", "lightgbm", "xgboost"} & {family.name for family in usual.group.families}


@every_library
def test_without_the_library_one_sentence_says_how_to_get_it(family, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == family.name else object())
    with pytest.raises(SettingsError) as caught:
        LAB.context(table(2), Settings(models=(family.name,), folds=2), seed=0)
    assert f"models names {family.name}, which is not installed; run  pip install" in str(caught.value)
    assert "leave it out" in str(caught.value)
    LAB.context(table(2), Settings(folds=2), seed=0)
