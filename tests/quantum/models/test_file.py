"""A saved model predicts what it predicted, and a file that is not one is refused in a sentence."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_wine

from lab.errors import InputError
from quantum.models.classifier import VariationalQuantumClassifier
from quantum.models.file import load_model, save_model
from quantum.models.kernel_classifier import QuantumKernelClassifier
from quantum.models.single_qubit import SingleQubitClassifier

MODELS = [
    VariationalQuantumClassifier(n_qubits=3, n_steps=10, random_state=0),
    QuantumKernelClassifier(n_qubits=3, kernel="projected", random_state=0),
    QuantumKernelClassifier(n_qubits=3, kernel="fidelity", random_state=0),
    SingleQubitClassifier(max_iter=10, random_state=0),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{type(m).__name__}-{getattr(m, 'kernel', '')}")
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
        (lambda text: text.replace('"version": 1', '"version": 9'), "has version 9"),
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
