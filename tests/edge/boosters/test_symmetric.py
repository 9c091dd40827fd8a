"""CatBoost is a candidate like any other: its file answers as the library does, on every number near a border."""

import importlib.util
import math

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from edge.boosters.family import CATBOOST
from edge.boosters.symmetric import SymmetricTreesClassifier
from edge.exporting import device, export, originals, parity
from edge.exporting.ensemble import WeightedAverage, joined
from edge.lab import LAB
from edge.session import OUTPUT, session
from edge.settings import Settings
from edge.variants.making import variants_of
from lab.data.frames import from_arrays
from lab.errors import SettingsError
from lab.learning.families import LOGISTIC

pytest.importorskip("catboost", reason="an extra")
EXACT = 1e-14  # sums of a few doubles, and one exponential function


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
        frame.insert(1, "t", np.where(target == 1, "one", rng.choice(["", "two", "x:1"], n_rows)))
        frame.insert(3, "s", rng.choice(["left", "right"], n_rows))
    return from_arrays("made", frame, target)


def family_model(dataset, **parameters):
    few = {"iterations": 12, "depth": 4, "learning_rate": 0.3, **parameters}
    return CATBOOST.build(dataset.features, 3).set_params(**{f"model__{name}": value for name, value in few.items()})


def near_borders(model, rows, rng):
    """Put numbers on a border, beside it by one step of either precision, and where the cast to single precision turns."""
    moved = np.repeat(np.asarray(rows, dtype=np.float64), 4, axis=0)
    for feature in model.written_out()["features_info"]["float_features"]:
        borders = np.array(feature["borders"] or [0.0])
        chosen = rng.choice(borders, len(moved))
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
        place = rng.integers(len(kinds) + 1, size=len(moved))
        column = feature["flat_feature_index"]
        moved[:, column] = np.choose(place, [*kinds, moved[:, column]])
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


@pytest.mark.parametrize("n_classes", [2, 3, 20])
def test_the_file_answers_as_the_library_on_every_number_near_a_border(n_classes):
    dataset = table(n_classes)
    fitted, exported = export.export(family_model(dataset), dataset)
    rows = near_borders(fitted[-1], device.device_rows(dataset), np.random.default_rng(0))
    found = parity.compare(fitted, exported.content, dataset, rows)
    assert found.largest < EXACT
    assert (exported.form, found.flips) == ("exact", 0)
    ready = session(exported.content)
    assert ready.get_inputs()[0].type == "tensor(float)", "half the memory, and nothing lost"
    answers = ready.run([OUTPUT], device.feeds(dataset, rows, ready))[0]
    said = fitted[-1].written_out()
    assert len(said["oblivious_trees"]) == 12
    for row, answer in zip(rows[:40], answers[:40], strict=True):
        assert by_hand(said, row) == pytest.approx(answer.tolist(), rel=0, abs=EXACT)


def test_scaled_numbers_are_told_apart_in_double_precision():
    dataset, rng = table(2), np.random.default_rng(1)
    raw = device.device_rows(dataset)
    model = make_pipeline(StandardScaler(), SymmetricTreesClassifier(12, 4, 0.3)).fit(raw, dataset.target)
    (form,) = device.to_files(model, dataset)
    near = near_borders(model[1], model[0].transform(raw), rng)
    rows = model[0].inverse_transform(np.where(np.isinf(near), -1e9, near))  # the scaler takes no infinity
    for _ in range(3):
        rows = np.nextafter(rows, rng.choice([-np.inf, np.inf], size=rows.shape))
    found = parity.compare(model, form.content, dataset, rows)
    assert found.largest < EXACT
    assert found.flips == 0


@pytest.mark.parametrize("n_classes", [2, 3])
def test_texts_are_told_by_category_and_unknown_ones_are_none_of_them(n_classes):
    dataset = table(n_classes, texts=True)
    fitted, exported = export.export(family_model(dataset), dataset)
    rows = parity.beyond_range(dataset, device.device_rows(dataset), seed=1)  # a tenth of the texts is unknown
    for each in (device.device_rows(dataset), rows, parity.at_thresholds(exported.content, dataset, rows, seed=2)):
        found = parity.compare(fitted, exported.content, dataset, each)
        assert found.largest < EXACT
        assert found.flips == 0
    used = np.abs(fitted.predict_proba(rows) - fitted.predict_proba(rows.assign(t="two"))).max()
    assert used > 0.05, "the texts matter"


def test_a_symmetric_tree_grown_out_asks_nothing_twice():
    dataset = table(2)
    fitted, exported = export.export(family_model(dataset, depth=6, iterations=30), dataset)
    said = fitted[-1].written_out()
    full = sum(2 ** len(tree["splits"]) - 1 for tree in said["oblivious_trees"])
    kept = len(device_splits(exported.content))
    assert 30 < kept < 0.9 * full


def device_splits(content):
    import onnx

    (node,) = (node for node in onnx.load_from_string(content).graph.node if node.op_type == "TreeEnsemble")
    return next(each.ints for each in node.attribute if each.name == "nodes_featureids")


@pytest.mark.parametrize("n_classes", [2, 3])
def test_where_nothing_varies_the_answer_is_the_share_of_each_class(n_classes):
    rows, target = np.full((30, 2), [np.nan, 4.0]), np.arange(30) % (n_classes * 2) % n_classes
    model = SymmetricTreesClassifier().fit(rows, target)
    shares = np.bincount(target) / 30
    np.testing.assert_array_equal(model.predict_proba(rows[:3]), np.tile(shares, (3, 1)))
    dataset = from_arrays("flat", pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2))), target)
    (form,) = device.to_files(make_pipeline(model), dataset)
    given = parity.compare(model, form.content, dataset, rows)
    assert given.largest < EXACT


def test_what_is_kept_answers_as_before_and_has_no_object_of_the_library():
    dataset = table(3, texts=True)
    rows = device.device_rows(dataset)
    fitted, _ = export.export(family_model(dataset), dataset)
    said = fitted.predict_proba(rows)
    again = originals.from_bytes(originals.to_bytes(fitted))
    np.testing.assert_array_equal(again.predict_proba(rows), said)
    np.testing.assert_array_equal(again.predict(rows), said.argmax(axis=1))


def test_fewer_trees_are_the_first_ones():
    from catboost import CatBoostClassifier

    dataset = table(3)
    fitted, exported = export.export(family_model(dataset), dataset)
    rows = device.device_rows(dataset)
    made = variants_of(fitted, exported, dataset, rows, dataset.target)
    ready = session(made["a quarter of the trees"])
    library = CatBoostClassifier().load_model(blob=fitted[-1].content_.tobytes())
    expected = library.predict_proba(fitted[:-1].transform(rows), ntree_end=3)
    np.testing.assert_allclose(ready.run([OUTPUT], device.feeds(dataset, rows, ready))[0], expected, rtol=0, atol=EXACT)
    assert len(made["a quarter of the trees"]) < len(made["half the trees"]) < len(exported.content)
    assert "a tenth of the trees" in made
    assert fitted[-1].rounds_ == 12, "the model itself keeps its trees"


def test_it_is_a_member_of_an_average_in_one_file():
    dataset = table(3, texts=True)
    rows = device.device_rows(dataset)
    pairs = [export.export(model, dataset) for model in (family_model(dataset), LOGISTIC.build(dataset.features, 0))]
    files = [exported.content for _, exported in pairs]
    model = WeightedAverage([fitted for fitted, _ in pairs], [0.75, 0.25])
    both = joined(files, model.weights, dataset).content
    unseen = parity.beyond_range(dataset, rows, seed=4)
    assert parity.compare(model, both, dataset, unseen).flips == 0
    found, *alone = (
        ready.run([OUTPUT], device.feeds(dataset, unseen, ready))[0] for ready in map(session, (both, *files))
    )
    np.testing.assert_allclose(found, 0.75 * alone[0] + 0.25 * alone[1].astype(np.float64), rtol=0, atol=EXACT)


def test_it_joins_the_models_and_their_average_where_it_is_asked_for():
    dataset = table(2)
    context = LAB.context(dataset, Settings(models=("catboost", "ensemble"), folds=2), seed=0)
    assert [family.name for family in context.families] == ["catboost", "ensemble"]
    assert "catboost" in {family.name for family in context.group.blended}
    usual = LAB.context(dataset, Settings(folds=2), seed=0)
    assert "catboost" not in {family.name for family in usual.group.families}


def test_without_the_library_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "catboost" else object())
    with pytest.raises(
        SettingsError, match=r"models names catboost, which is not installed; run  pip install"
    ) as caught:
        LAB.context(table(2), Settings(models=("catboost",), folds=2), seed=0)
    assert "leave it out" in str(caught.value)
    LAB.context(table(2), Settings(folds=2), seed=0)
