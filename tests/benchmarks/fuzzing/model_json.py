"""What does a saved quantum model do that was changed? It is refused in a sentence, or it still gives probabilities."""

from pathlib import Path

import numpy as np

from lab.errors import LabError
from quantum.models.classifier import VariationalQuantumClassifier
from quantum.models.file import load_model, save_model
from quantum.models.kernel_classifier import QuantumKernelClassifier
from quantum.models.product_kernel import ProductKernelClassifier
from quantum.models.single_qubit import SingleQubitClassifier

NAME = "model JSON"
COUNT = 100_000
_MODELS = (
    VariationalQuantumClassifier(n_qubits=2, n_layers=1, n_steps=2, n_restarts=1, random_state=0),
    VariationalQuantumClassifier(
        n_qubits=2, n_layers=1, n_steps=2, entangler=None, precision="float64", random_state=0
    ),
    QuantumKernelClassifier(n_qubits=2, n_layers=1, kernel="projected", random_state=0),
    QuantumKernelClassifier(n_qubits=1, n_layers=1, kernel="fidelity", random_state=0),
    SingleQubitClassifier(n_inputs=2, n_layers=1, n_restarts=1, max_iter=2, random_state=0),
    SingleQubitClassifier(n_layers=1, n_restarts=1, max_iter=2, input_map="rank", random_state=0),
    ProductKernelClassifier(random_state=0),
)
_LABELS = (np.array(["no", "yes"]), np.array([0, 1, 2]), np.array([False, True]), np.array([1.0, 2.0]))


def seeds(folder: Path) -> list[bytes]:
    """Sound files, one of each class and kind of labels, written below `folder` and returned as bytes."""
    rng, found = np.random.default_rng(0), []
    for place, model in enumerate(_MODELS):
        labels = _LABELS[place % len(_LABELS)]
        codes = np.arange(12) % len(labels)
        features = rng.normal(size=(12, 3)) + codes[:, None]
        path = folder / f"model-{place}.json"
        save_model(model.fit(features, labels[codes]), path)
        found.append(path.read_bytes())
    return found


def attempt(path: Path) -> str:
    """Load the file and predict; gives "read" or the name of the error, and raises whatever must not happen."""
    try:
        model = load_model(path)
    except LabError as error:
        return type(error).__name__
    rows = np.random.default_rng(1).normal(size=(4, model.n_features_in_))
    if hasattr(model, "feature_names_in_"):
        import pandas as pd

        rows = pd.DataFrame(rows, columns=model.feature_names_in_)
    chances = model.predict_proba(rows)
    if chances.shape != (4, len(model.classes_)) or not np.allclose(chances.sum(axis=1), 1.0) or (chances < 0.0).any():
        raise AssertionError(f"no probabilities: {chances}")
    if not np.isin(model.predict(rows), model.classes_).all():
        raise AssertionError("a predicted label is none of the classes")
    return "read"
