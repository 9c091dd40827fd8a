"""Which models are compared? The quantum classifier, tuned classical models, and the quantum one without entanglement."""

import functools
from typing import Any

import pandas as pd
from scipy import stats
from sklearn.pipeline import Pipeline

from lab.comparison import Group
from lab.families import BOOSTING, LOGISTIC, MLP, SVM, Family
from lab.preparation import dense_columns
from quantum.classifier import VariationalQuantumClassifier
from quantum.inputs import ToQubits

__all__ = ["CLASSICAL", "groups", "variational"]

CLASSICAL = (LOGISTIC, SVM, BOOSTING, MLP)


def groups(n_qubits: int, n_steps: int) -> tuple[Group, Group, Group]:
    """List the sides: quantum, classical (on all columns and on the circuit's inputs), and the ablation."""
    seen = tuple(_on_same_inputs(family, n_qubits) for family in (LOGISTIC, SVM))
    return (
        Group("quantum", "quantum classifier", (variational(n_qubits, n_steps, entangled=True),)),
        Group("classical", "classical model", (*CLASSICAL, *seen)),
        Group("ablation", "without entanglement", (variational(n_qubits, n_steps, entangled=False),)),
    )


def variational(n_qubits: int, n_steps: int, *, entangled: bool) -> Family:
    """Make the quantum family: depth, learning rate and restarts are searched like any model's settings."""
    space: dict[str, Any] = {
        "model__n_layers": [1, 2, 3, 4],
        "model__learning_rate": stats.loguniform(0.03, 0.3),
        "model__rotation": ["Rot", "RY+RZ"],
        "model__start_width": [0.1, 1.0, 3.0],
    }
    if entangled:
        space["model__pattern"] = ["line", "ring"]
    name = "quantum" if entangled else "unentangled"
    label = f"quantum classifier ({n_qubits} qubits)" if entangled else f"without entanglement ({n_qubits} qubits)"
    build = functools.partial(_build_variational, n_qubits=n_qubits, n_steps=n_steps, entangled=entangled)
    return Family(name, label, build, space)


def _build_variational(features: pd.DataFrame, seed: int, *, n_qubits: int, n_steps: int, entangled: bool) -> Pipeline:
    del features
    model = VariationalQuantumClassifier(
        n_qubits, n_steps=n_steps, entangler="CNOT" if entangled else None, random_state=seed
    )
    return Pipeline([("prepare", dense_columns(scale=True)), ("model", model)])


def _on_same_inputs(family: Family, n_qubits: int) -> Family:
    build = functools.partial(_build_reduced, build=family.build, n_qubits=n_qubits)
    return Family(f"{family.name}-{n_qubits}-inputs", f"{family.label}, same {n_qubits} inputs", build, family.space)


def _build_reduced(features: pd.DataFrame, seed: int, *, build: Any, n_qubits: int) -> Pipeline:
    model = build(features, seed).named_steps["model"]
    return Pipeline([("prepare", dense_columns(scale=True)), ("inputs", ToQubits(n_qubits)), ("model", model)])
