"""A saved model predicts what it predicted, and a file that is not one is refused in a sentence."""

import copy
import json
import os

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine

from lab.errors import InputError
from quantum.models.classifier import VariationalQuantumClassifier
from quantum.models.dressed import DressedQuantumClassifier
from quantum.models.file import ModelFileError, load_model, save_model
from quantum.models.kernel_classifier import QuantumKernelClassifier
from quantum.models.product_kernel import ProductKernelClassifier
from quantum.models.single_qubit import SingleQubitClassifier

MODELS = [
    VariationalQuantumClassifier(n_qubits=3, n_steps=10, random_state=0),
    QuantumKernelClassifier(n_qubits=3, kernel="projected", random_state=0),
    QuantumKernelClassifier(n_qubits=3, kernel="fidelity", random_state=0),
    QuantumKernelClassifier(n_qubits=2, n_layers=1, input_map="rank", reduction="discriminant", random_state=0),
    ProductKernelClassifier(random_state=0),
    SingleQubitClassifier(max_iter=10, random_state=0),
    SingleQubitClassifier(2, max_iter=10, input_map="rank", random_state=0),
    DressedQuantumClassifier(n_qubits=2, n_layers=1, n_steps=5, input_map="rank", random_state=0),
]


def named(model):
    return "-".join(filter(None, (type(model).__name__, getattr(model, "kernel", ""), model.input_map)))


@pytest.mark.parametrize("model", MODELS, ids=named)
@pytest.mark.parametrize("labels", [(0, 1, 2), ("a", "b", "c"), (False, True, True)])
def test_a_saved_model_predicts_the_same(model, labels, tmp_path):
    features, codes = load_wine(return_X_y=True)
    model.fit(features, np.array(labels)[codes])
    save_model(model, tmp_path / "model.json")
    read = load_model(tmp_path / "model.json")
    np.testing.assert_array_equal(read.predict_proba(features), model.predict_proba(features))
    assert read.predict(features).tolist() == model.predict(features).tolist()


def test_what_cannot_be_saved_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        save_model(VariationalQuantumClassifier(), tmp_path / "m.json")
    with pytest.raises(ValueError, match="dict cannot be saved"):
        save_model({}, tmp_path / "m.json")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text[:100], "is not JSON"),
        (lambda text: "[]", "is not a saved quantum model"),
        (lambda text: text.replace('"version": 2', '"version": 9'), "has version 9"),
        (lambda text: text.replace('"class": "Single', '"class": "os.'), "holds a 'os."),
        (lambda text: text.replace('"weights_"', '"__class__"'), "is damaged"),
        (lambda text: text.replace('"float64"', '"object"'), "is damaged"),
    ],
)
def test_a_file_that_is_no_model_is_refused(change, words, tmp_path):
    path = tmp_path / "model.json"
    save_model(SingleQubitClassifier(max_iter=2).fit([[0.0], [1.0]], [0, 1]), path)
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError, match=words):
        load_model(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*none\.json"):
        load_model(tmp_path / "none.json")


def test_the_file_holds_plain_numbers_and_no_training_rows(tmp_path):
    features, codes = load_wine(return_X_y=True)
    save_model(VariationalQuantumClassifier(n_steps=3, random_state=0).fit(features, codes), tmp_path / "m.json")
    stored = json.loads((tmp_path / "m.json").read_text())
    assert stored["fitted"]["angles_"]["shape"] == [2, 4, 3]
    assert not any(
        len(features) in value.get("shape", ()) for value in stored["fitted"].values() if isinstance(value, dict)
    )


WRONG = (
    None, True, -1, 0, 3, 21, 10**18, 10**400, 1e308, -1e308, 0.5, "", "x", "float64", "\ud800", [], {}, [[]], [None], [0, [0]],
    {"array": [1.0], "type": "float64", "shape": [1]}, {"array": ["1.0"], "type": "float64", "shape": [1]},
    {"array": [], "type": "object", "shape": -1}, {"inputs": {}}, {"inputs": []}, {"circuit": {}}, {"circuit": {"observables": 1}},
)  # fmt: skip


def places(value, where=()):
    """Every place in a JSON value, as the keys that lead there."""
    if where:
        yield where
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from places(item, (*where, key))


def changed(stored, where, value):
    made = copy.deepcopy(stored)
    *way, last = where
    part = made
    for key in way:
        part = part[key]
    if value is WRONG:
        del part[last]
    else:
        part[last] = value
    return made


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS, ids=named)
def test_whatever_is_changed_the_file_is_refused_or_still_gives_probabilities(model, tmp_path):
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(12, 3)), np.arange(12) % 2
    path = tmp_path / "model.json"
    save_model(model.fit(features, labels), path)
    stored, refused = json.loads(path.read_text()), 0
    every = list(places(stored))
    few = [
        each for place, each in enumerate(every) if len(each) <= 3 or place % 7 == 0
    ]  # numbers deep in arrays are many
    for turn, where in enumerate(few):
        chosen = (*WRONG, WRONG) if len(where) <= 2 else (WRONG[turn % len(WRONG)], 1e308, "1.5", WRONG)
        for value in chosen:
            path.write_bytes(json.dumps(changed(stored, where, value)).encode(errors="surrogatepass"))
            try:
                read = load_model(path)
            except ModelFileError:
                refused += 1
            else:
                chances = read.predict_proba(features)
                assert np.isfinite(chances).all(), (where, value)
                assert np.allclose(chances.sum(axis=1), 1.0), (where, value)
                assert set(read.predict(features)) <= set(read.classes_), (where, value)
    assert refused > len(few)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "is not JSON"),
        ('{"a":' * 100_000, "is not JSON"),
        ("\ufeff{}", "is not JSON"),
        (b"\xff\xfe{", "is not JSON"),
        ('{"format": "quantum model", "format": "quantum model"}', "gives a name twice"),
        ('{"format": "quantum model", "version": NaN}', "it holds NaN"),
        ('{"format": "quantum model", "version": true}', "has version True"),
        ('{"format": "quantum model", "version": 1, "class": ["a"]}', "holds a "),
        ('{"format": "quantum model", "version": 1, "class": "SingleQubitClassifier"}', "other parts"),
        ("1" * 5_000, "is not JSON"),
    ],
    ids=range(10),
)
def test_text_that_is_no_model_is_refused_in_a_sentence(text, words, tmp_path):
    path = tmp_path / "model.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ModelFileError, match=words):
        load_model(path)


def test_what_is_no_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "a\0b", "x" * 5_000):
        with pytest.raises(ModelFileError):
            load_model(tmp_path / name)


@pytest.mark.parametrize(
    "where", [("inputs_", "n_qubits"), ("inputs_", "n_features_in_"), ("n_features_in_",), ("n_iter_",)]
)
def test_a_count_that_is_no_whole_number_is_refused(where, tmp_path):
    path = tmp_path / "model.json"
    save_model(SingleQubitClassifier(n_inputs=1, max_iter=2).fit([[0.0], [1.0]], [0, 1]), path)
    stored = json.loads(path.read_text())
    way = ("fitted", where[0], "inputs", where[1]) if len(where) == 2 else ("fitted", *where)
    for value in (1.0, True, "1"):
        path.write_text(json.dumps(changed(stored, way, value)))
        with pytest.raises(ModelFileError):
            load_model(path)


def test_a_path_may_be_a_text(tmp_path):
    path = str(tmp_path / "model.json")
    save_model(SingleQubitClassifier(max_iter=2).fit([[0.0], [1.0]], [0, 1]), path)
    assert load_model(path).classes_.tolist() == [0, 1]


def test_names_of_columns_are_kept(tmp_path):
    rows = pd.DataFrame({"a": [0.0, 1.0, 0.0, 1.0], "b": [1.0, 1.0, 0.0, 0.0]})
    save_model(SingleQubitClassifier(max_iter=2).fit(rows, [0, 1, 0, 1]), tmp_path / "m.json")
    assert load_model(tmp_path / "m.json").feature_names_in_.tolist() == ["a", "b"]


def test_what_could_not_be_read_again_is_not_saved(tmp_path):
    model = SingleQubitClassifier(max_iter=2).fit([[0.0], [1.0]], [0, 1])
    model.gain_ = float("inf")
    with pytest.raises(ValueError, match="gain_ is not possible"):
        save_model(model, tmp_path / "m.json")
    assert not (tmp_path / "m.json").exists()


@pytest.mark.parametrize("model", MODELS[:3], ids=named)
def test_a_file_from_before_angles_by_rank_is_read_as_angles_by_range(model, tmp_path):
    features, codes = load_wine(return_X_y=True)
    path = tmp_path / "model.json"
    save_model(model.fit(features, codes), path)
    stored = json.loads(path.read_text())
    stored["version"] = 1
    for name in ("input_map", "reduction"):
        stored["parameters"].pop(name)
        stored["fitted"]["inputs_"]["inputs"].pop(name)
    path.write_text(json.dumps(stored))
    read = load_model(path)
    np.testing.assert_array_equal(read.predict_proba(features), model.predict_proba(features))
    assert (read.input_map, read.inputs_.input_map) == ("range", "range")


def test_quantiles_out_of_order_are_refused(tmp_path):
    path = tmp_path / "model.json"
    rows = np.random.default_rng(0).normal(size=(20, 2))
    save_model(SingleQubitClassifier(max_iter=2, input_map="rank").fit(rows, np.arange(20) % 2), path)
    stored = json.loads(path.read_text())
    knots = stored["fitted"]["inputs_"]["inputs"]["knots_"]["array"]
    knots[3], knots[4] = knots[4], knots[3]
    path.write_text(json.dumps(stored))
    with pytest.raises(ModelFileError, match="knots_ of inputs_ is not in ascending order"):
        load_model(path)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_kernel_machine_whose_probabilities_would_turn_it_round_is_not_saved(n_classes, tmp_path):
    rng = np.random.default_rng(0)
    model = QuantumKernelClassifier(2, random_state=0).fit(rng.normal(size=(30, 2)), np.arange(30) % n_classes)
    save_model(model, tmp_path / "m.json")
    model.slopes_ = -model.slopes_
    with pytest.raises(ValueError, match="slopes_ is not possible"):
        save_model(model, tmp_path / "m.json")
