"""On which tables is the truth known? One that a circuit fits and classical models miss, and many that it cannot win."""

import dataclasses

import numpy as np
import pandas as pd

from lab import flow
from lab.data import made
from lab.data.frames import from_arrays
from lab.protocol import Answer, Control, Lab
from quantum.settings import Settings

__all__ = ["CONTROLS"]

_SETTINGS = Settings(
    folds=3, repeats=2, candidates=1, steps=120, devices=("torino",), sweep=0, largest=0, hardware_rows=0
)


def parity_of_rotations(lab: Lab, *, seed: int) -> Answer:
    """Labels drawn from a circuit: the sign of <Z Z Z Z Z> after each qubit was turned by one feature.

    Each label depends on all five features at once (a parity of half-spaces), which 400 rows do not teach a classical
    model; the chain of CNOT gates computes it in one layer.
    """
    rng = np.random.default_rng(seed)
    features = rng.uniform(-1, 1, size=(400, 5))
    expectation = np.sin(np.pi / 2 * features).prod(axis=1)
    return _answer(lab, features, expectation > 0, seed, qubits=5)


def separable(lab: Lab, *, seed: int) -> Answer:
    """Two classes divided by a hyperplane: linear models are right, a circuit cannot be better."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(400, 4))
    return _answer(lab, features, features @ rng.normal(size=4) + 0.3 * rng.normal(size=400) > 0, seed, qubits=4)


def hidden_manifold(lab: Lab, *, seed: int) -> Answer:
    """Labels by a small random neural network on a two-dimensional manifold in ten (Goldt et al. 2020)."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(400, 2))
    features = np.tanh(hidden @ rng.normal(size=(2, 10)))
    signal = np.tanh(hidden @ rng.normal(size=(2, 8))) @ rng.normal(size=8)
    return _answer(lab, features, signal > np.median(signal), seed, qubits=4)


def no_signal(lab: Lab, *, seed: int) -> Answer:
    """Labels that ignore the features: nothing can win."""
    rng = np.random.default_rng(seed)
    return _answer(lab, rng.normal(size=(300, 4)), rng.random(300) < 0.5, seed, qubits=4)


def copied_noise(lab: Lab, *, seed: int) -> Answer:
    """Noise in which every row is there three times."""
    return _on(lab, made.copies(np.random.default_rng(seed), distinct=120), seed)


def customers(lab: Lab, *, seed: int) -> Answer:
    """Visits of customers whom no column names, and about new ones of whom nothing can be said."""
    return _on(lab, made.customers(np.random.default_rng(seed), count=50), seed)


def rare_class(lab: Lab, *, seed: int) -> Answer:
    """One positive row in thirty, along a sum of curves."""
    return _on(lab, made.rare(np.random.default_rng(seed), n_rows=600, positives=20), seed)


def _on(lab: Lab, table: tuple[pd.DataFrame, np.ndarray], seed: int) -> Answer:
    settings = dataclasses.replace(_SETTINGS, qubits=4)
    return flow.answer_here(lab, from_arrays("control", *table), settings, seed=seed)


def _answer(lab: Lab, features: np.ndarray, labels: np.ndarray, seed: int, *, qubits: int) -> Answer:
    settings = dataclasses.replace(_SETTINGS, qubits=qubits)
    frame = pd.DataFrame(features, columns=[f"x{i + 1}" for i in range(features.shape[1])])
    return flow.answer_here(lab, from_arrays("control", frame, labels), settings, seed=seed)


CONTROLS = (
    Control(
        "circuit-parity",
        "labels come from a circuit: the quantum model is better",
        ("no",),
        parity_of_rotations,
        right="yes",
    ),
    Control("separable", "a hyperplane divides the classes: the quantum model cannot be better", ("yes",), separable),
    Control(
        "hidden-manifold", "a small neural network made the labels: classical models suffice", ("yes",), hidden_manifold
    ),
    Control("copies", "noise, every row three times: the quantum model cannot be better", ("yes",), copied_noise),
    Control("customers", "nothing is known of new customers: the quantum model cannot be better", ("yes",), customers),
    Control("rare-class", "1 positive row in 30 along a sum of curves: classical models suffice", ("yes",), rare_class),
    Control("no-signal", "there is nothing to learn: the quantum model cannot be better", ("yes",), no_signal),
)
