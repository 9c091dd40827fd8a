"""Hand-made rows of the quantum lab's trials, and what the oracle says of their folds."""

import dataclasses

import numpy as np
from oracles import intervals

from lab import sections
from quantum.chosen_circuit.learning import LearningRow, WrittenFormula
from quantum.chosen_circuit.trials import CircuitRow
from quantum.circuit import Circuit
from quantum.device_noise.rows import DeviceRow, Predictions, Run
from quantum.hardware.transpiled import OnDevice
from quantum.lab import LAB
from quantum.scale.trials import ScaleRow
from quantum.settings import Settings
from quantum.sizes.trials import SizeRow
from samples.golden import (
    FOLDS,
    N_ROWS,
    REPEATS,
    auc_of,
    best_of,
    fold_rows,
    parts,
    said,
    table,
)

SETTINGS = Settings(
    qubits=3, steps=40, folds=FOLDS, repeats=REPEATS, margin=0.02, shots=200, devices=("torino", "fez"),
    execution_s=0.001, overhead_s=3.0, rate=0.5, metric="auto",
)  # fmt: skip
INNER = {
    "quantum": [0.9, 0.2, 0.9, 0.2, 0.9, 0.9],
    "kernel": [0.1, 0.8, 0.1, 0.8, 0.1, 0.1],
    "product-kernel": [0.12, 0.12, 0.12, 0.12, 0.12, 0.45],
    "single-qubit": [0.15] * 6,
    "dressed": [0.92, 0.1, 0.1, 0.1, 0.1, 0.1],
    "dressed-unentangled": [0.1, 0.1, 0.1, 0.1, 0.1, 0.3],
    "unentangled": [0.4, 0.1, 0.1, 0.4, 0.1, 0.4],
    "kernel-unentangled": [0.1, 0.3, 0.1, 0.1, 0.3, 0.1],
    "logistic": [0.5, 0.5, 0.5, 0.9, 0.5, 0.5],
    "svm": [0.6, 0.6, 0.6, 0.6, 0.6, 0.6],
    "constant": [0.0] * 6,
    "quantum-average": [0.05] * 6,
    "quantum-greedy": [0.05, 0.05, 0.95, 0.05, 0.05, 0.95],
    "classical-average": [0.05] * 6,
    "classical-greedy": [0.7, 0.05, 0.05, 0.05, 0.05, 0.05],
    "unentangled-average": [0.05, 0.05, 0.05, 0.6, 0.05, 0.05],
    "unentangled-greedy": [0.05] * 6,
}
STRENGTH = {"quantum": 1.8, "kernel": 1.5, "logistic": 0.0, "svm": 0.1, "unentangled": 0.6, "frozen": 0.1,
            "surrogate": 1.6, "single-qubit": 1.0, "product-kernel": 1.1, "kernel-unentangled": 1.3,
            "dressed": 1.7, "dressed-unentangled": 0.9,
            "quantum-average": 1.2, "quantum-greedy": 1.9, "classical-average": 0.0, "classical-greedy": 0.2,
            "unentangled-average": 1.0, "unentangled-greedy": 0.9}  # fmt: skip
EVENLY = {
    "quantum-average": ("quantum", "kernel", "product-kernel", "single-qubit", "dressed"),
    "quantum-greedy": ("quantum", "single-qubit"),
    "classical-average": ("logistic", "svm"),
    "classical-greedy": ("logistic", "svm"),
    "unentangled-average": (
        "unentangled",
        "kernel-unentangled",
        "product-kernel",
        "single-qubit",
        "dressed-unentangled",
    ),
    "unentangled-greedy": ("unentangled", "single-qubit"),
}
"""Members of the averages with weight, in every fold but the last one of the weighted average of the quantum models."""
FOLDED = {name: said(name, strength) for name, strength in STRENGTH.items()}
FOLDED["constant"] = [(np.full((len(rows), 2), 0.5), rows) for rows in parts()]
DATA = table()
DEVICE_TARGET = np.array([0, 1] * 6)
VARIANCES = [
    [layers, n, variance ** (layers / 8), 0.01]
    for layers in (2, 4, 8)
    for n, variance in ((2, 0.1), (4, 0.02), (6, 0.009), (8, 0.001))
]


def summarise(settings, rows):
    return sections.summarise(LAB, LAB.context(DATA, settings, seed=0), rows)


def device_row(name, place, *, simulated=True, **more):
    rng = np.random.default_rng(place)

    def chances(noise):
        p = np.clip(0.2 + 0.6 * DEVICE_TARGET + noise * rng.normal(size=12), 0.01, 0.99)
        return np.column_stack([1 - p, p])

    def run(number):
        flips = tuple(0.3 / (1 + step) for step in range(13))
        return Run(exact=chances(0.3), after=chances(0.45), shots_needed=1_000 + number, flips=flips)

    runs = Predictions(before=chances(0.25), ideal=run(0), read=run(1), mitigated=run(2)) if simulated else None
    return DeviceRow(name, 0.02 + place / 100, DEVICE_TARGET, runs, (7, 8, 9), 4, **more)


def made_rows():
    """Give the rows of all trials by their keys."""
    found = {}
    for name, folds in FOLDED.items():
        found |= fold_rows(name, folds, INNER.get(name, [0.5] * 6))
    for name, members in EVENLY.items():
        for place in range(FOLDS * REPEATS):
            key, weighed = f"{name}-fold{place:02d}", {member: 1 / len(members) for member in members}
            found[key] = dataclasses.replace(found[key], parameters={"weights": weighed})
    alone = {"weights": {"product-kernel": 0.6, "single-qubit": 0.4}}  # neither has gates between qubits
    found["quantum-greedy-fold05"] = dataclasses.replace(found["quantum-greedy-fold05"], parameters=alone)
    one_layer = {"kernel": "fidelity", "n_layers": 1}  # whose gates between qubits do nothing
    found["kernel-fold03"] = dataclasses.replace(found["kernel-fold03"], parameters=one_layer)
    found["circuit"] = CircuitRow(
        losses=np.linspace(1, 0, 80).reshape(2, 40), circuit=Circuit(3, 2), parameters={}, trained=24, pennylane=3e-8,
        devices=(OnDevice("torino", 133, 31, 88, 9, 0.8125),),
    )  # fmt: skip
    found["learning"] = LearningRow(
        steps=(0, 40), chances=np.linspace(0, 1, 2 * 576).reshape(2, 24, 24), accuracy=(0.5, 0.875),
        formula=WrittenFormula(2, 1e-9, ((0.5, "cos x1"), (-0.25, "sin x2"))),
    )  # fmt: skip
    found["scale"] = ScaleRow(3, 2, VARIANCES, 0.12, (0.6, 0.01))
    for layers in (1, 2):
        found[f"size-3-{layers}"] = SizeRow(3, layers, np.array([0.5 + 0.1 * layers, 0.6, 0.8]))
    found["hardware-torino"] = device_row("torino", 1)
    found["hardware-fez"] = device_row("fez", 2, simulated=False)
    found["backend"] = device_row("fake_torino", 3, job="j-1", seconds=4.5)
    return found


def against(one, other):
    return intervals.repeated(one, other, DATA.target, FOLDS, score=auc_of, kinds=intervals.auc_kinds)


def mean(folds):
    return intervals.of_a_mean(
        folds, DATA.target, FOLDS, score=auc_of, kinds=intervals.auc_kinds, reach=RULE_OF_THREE, **BOUNDS
    )


def points(folds):
    return [100 * auc_of(chances, rows % 2) for chances, rows in folds]


def by_title(found, title):
    return next(each for each in (*found.tables, *found.figures) if each.title == title)


def best_among(*names):
    return best_of({name: FOLDED[name] for name in names}, INNER)


QUANTUM, TAKEN = best_among(
    "quantum", "kernel", "product-kernel", "single-qubit", "dressed", "quantum-average", "quantum-greedy"
)
PRODUCTS, TAKEN_OF_PRODUCTS = best_among(
    "unentangled",
    "kernel-unentangled",
    "product-kernel",
    "single-qubit",
    "dressed-unentangled",
    "unentangled-average",
    "unentangled-greedy",
)
"""The best quantum model, and the best of the same families without gates between qubits."""
CLASSICAL, TAKEN_OF_CLASSICAL = best_among("logistic", "svm", "constant", "classical-average", "classical-greedy")
RULE_OF_THREE = 300 / N_ROWS
BOUNDS = {"lowest": 0.0, "highest": 100.0}
