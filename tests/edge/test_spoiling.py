"""What the edge lab learns and exports does not depend on the rows on which it is judged, and it is judged on those."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from edge.building.trials import BUILD, build
from edge.exporting import device, originals, parity
from edge.session import OUTPUT, session
from edge.stream import training
from edge.stream import trials as stream_trials
from edge.variants.trials import vary
from edge.watch import profiling
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning import folds
from lab.learning.families import FOREST, LOGISTIC, MLP, Family
from lab.learning.outer import fold_key, score_fold
from lab.protocol import Dataset
from lab.spoiling import check_spoiling, folds_stay, spoiled

FOLD = folds.Fold(3, 1, 4, 0)
SEED = 17


def _few_trees(features, seed):
    return FOREST.build(features, seed).set_params(model__n_estimators=5)


SMALL = Family("forest", "random forest", _few_trees)


@pytest.fixture(scope="module")
def table():
    return sample_rows(load("breast-cancer"), 150, 0)


@pytest.fixture(scope="module")
def scored(table):
    return {
        fold_key(f, 0).name: score_fold(table, seed=SEED, family=f, fold=FOLD, scorer="accuracy", candidates=1)
        for f in (MLP, SMALL)
    }


def built(table, family, scored):
    return build(table, seed=SEED, family=family, fold=FOLD, inputs=scored)


@pytest.mark.parametrize("family", [MLP, SMALL], ids=lambda family: family.name)
@pytest.mark.filterwarnings("ignore")
def test_the_exported_model_is_the_one_that_was_scored(table, scored, family):
    row = built(table, family, scored)
    judged = fold_key(family, 0).needed(scored)
    ready = session(row.onnx.tobytes())
    found = ready.run([OUTPUT], device.feeds(table, device.device_rows(table)[judged.test_rows], ready))[0]
    np.testing.assert_allclose(found, judged.predictions, atol=1e-4)


def answers(file, table):
    ready = session(file.tobytes())
    return ready.run([OUTPUT], device.feeds(table, device.device_rows(table), ready))[0]


@pytest.mark.filterwarnings("ignore")
def test_the_test_rows_decide_nothing_of_the_file_nor_of_its_variants(table, scored):
    arguments = {"family": MLP, "fold": FOLD}
    searched, file = fold_key(MLP, 0), BUILD.of("mlp")
    plan = [
        searched.trial(score_fold, {**arguments, "scorer": "accuracy", "candidates": 1}, seed=SEED),
        file.trial(build, arguments, seed=SEED, needs=(searched,)),
    ]
    rows = {**scored, file.name: built(table, MLP, scored)}
    check_spoiling(plan, table, rows, learned={"build": ("onnx", "form", "promise", "holds_rows")})
    _, test = folds.split(table, FOLD)
    made = {}
    for name, twin in (("as it is", table), ("spoiled", spoiled(table, test, features=True))):
        with folds_stay(table), pytest.MonkeyPatch.context() as patch:
            patch.setattr("edge.variants.trials.peak_mib_of", lambda dataset, content: 1.0)
            made[name] = vary(twin, seed=SEED, inputs=rows, **arguments).variants
    assert {"as exported"} < made["as it is"].keys(), "there are variants"
    for variant, row in made["as it is"].items():
        other = made["spoiled"][variant].onnx
        if (
            variant == "ort format"
        ):  # the runtime writes its own form in the order of its memory: what it says must be equal
            assert np.array_equal(answers(row.onnx, table), answers(other, table))
        else:
            assert row.onnx.tobytes() == other.tobytes(), variant
        assert np.mean(row.right) > np.mean(made["spoiled"][variant].right), "judged on the test rows"


def test_parity_is_looked_for_on_the_test_rows_and_the_form_is_chosen_on_training_rows(table, scored, monkeypatch):
    train, test = folds.split(table, FOLD)
    seen, chosen = [], []
    compare, leanest = parity.compare, parity.leanest_equal

    def watched(model, exported, dataset, rows):
        seen.append(np.asarray(rows))
        return compare(model, exported, dataset, rows)

    def choosing(model, forms, dataset, rows, *, seed):
        chosen.append(np.asarray(rows))
        return leanest(model, forms, dataset, rows, seed=seed)

    monkeypatch.setattr("edge.exporting.parity.leanest_equal", choosing)
    monkeypatch.setattr("edge.exporting.parity.compare", watched)
    row = built(table, SMALL, scored)
    numbers = device.device_rows(table)
    np.testing.assert_array_equal(chosen[0], numbers[train])
    judged = seen[-len(row.parity) :]
    np.testing.assert_array_equal(judged[0], numbers[test])
    every = ("test rows", "beyond their range", "on split thresholds")
    assert {where: found.rows for where, found in row.parity.items()} == dict.fromkeys(every, len(test))


class Watched:
    """A stream's replay, and what it learned: the places, the model's predictions, the chosen family."""

    def __init__(self, dataset: Dataset, fixed: Dataset):
        self.places, self.said, models = {}, None, []
        places_of, predict, tune = profiling.places_of, stream_trials._predict, training.tune

        def placed(values, kind):
            self.places[values.name] = places_of(values, kind)
            return self.places[values.name]

        def predicted(ready, dataset, train):
            self.said = predict(ready, fixed, train)
            return predict(ready, dataset, train)

        def tuned(family, features, target, **more):
            models.append(tune(family, features, target, **more))
            return models[-1]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("edge.watch.profiling.places_of", placed)
            patch.setattr("edge.stream.trials._predict", predicted)
            patch.setattr("edge.stream.training.tune", tuned)
            self.row = stream_trials.replay(
                dataset, seed=2, families=(LOGISTIC, SMALL), scorer="accuracy", candidates=2, false_alarms=0.05,
                label_delay=0, train_rows=8_000,
            )  # fmt: skip
        self.inner = [model.inner_score for model in models]


@pytest.fixture(scope="module")
def stream():
    """600 rows: training ends at 210, the stream begins at 300."""
    rng = np.random.default_rng(6)
    target = rng.integers(0, 2, 600)
    features = pd.DataFrame({"a": rng.normal(size=600) + target, "b": rng.normal(size=600)})
    return Dataset("made", features, target, "y", ("no", "yes"), {"a": "number", "b": "number"}, "0" * 64)


@pytest.mark.parametrize("what", ["labels", "features", "order"])
def test_a_stream_is_met_by_a_model_that_knows_nothing_after_its_training_rows(stream, what):
    plain = Watched(stream, stream)
    later = np.arange(210, 600)
    if what == "order":
        order = np.concatenate([np.arange(210), later[::-1]])
        twin = dataclasses.replace(
            stream, features=stream.features.iloc[order].reset_index(drop=True), target=stream.target[order]
        )
    else:
        twin = spoiled(stream, later, features=what == "features")
    other = Watched(twin, stream)
    assert other.inner == plain.inner
    assert other.row.family == plain.row.family
    np.testing.assert_array_equal(other.said, plain.said)
    assert other.places == plain.places
    assert sorted(other.places) == ["a", "b"]
    assert (plain.row.train, plain.row.begin) == (210, 300)
    if what == "labels":
        assert other.row.stream_accuracy.value < plain.row.stream_accuracy.value


def test_the_accuracies_of_a_stream_are_those_of_its_parts(stream):
    watched = Watched(stream, stream)
    right = watched.said.argmax(axis=1) == stream.target[210:]
    assert watched.row.history_accuracy.value == pytest.approx(right[:90].mean())
    assert watched.row.stream_accuracy.value == pytest.approx(right[90:].mean())
    cells = np.searchsorted(watched.places["a"].points, stream.features["a"].iloc[:210])
    assert np.bincount(cells).max() <= 30, "about 5 % of the rows for training between two points"


@pytest.mark.parametrize("better", [0, 1])
def test_the_best_family_meets_the_stream(stream, monkeypatch, better):
    """Whichever of the two has the better inner score is trained and named."""
    scores = [0.4, 0.4]
    scores[better] = 0.6
    turn = iter(scores)
    tune = training.tune
    monkeypatch.setattr(
        "edge.stream.training.tune",
        lambda *given, **more: dataclasses.replace(tune(*given, **more), inner_score=next(turn)),
    )
    assert Watched(stream, stream).row.family == ("logistic", "forest")[better]


def test_a_file_holds_the_settings_that_the_search_found(table, scored):
    key = fold_key(MLP, 0)
    set_there = {"hidden_layer_sizes": [7], "alpha": 0.5}
    found = {key.name: dataclasses.replace(key.needed(scored), parameters=set_there)}
    row = built(table, MLP, found)
    model = originals.from_bytes(row.original).named_steps["model"]
    assert (model.hidden_layer_sizes, model.alpha, model.random_state) == ((7,), 0.5, SEED)
