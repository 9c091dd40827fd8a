"""Which models are compared? Quantum ones, tuned classical ones on all columns and on the circuit's inputs, ablations."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from lab.learning.blending import blends_of
from lab.learning.comparison import Group
from lab.learning.families import BOOSTING, CONSTANT, LOGISTIC, MLP, SVM, Family
from lab.learning.preparation import dense_columns
from quantum.models.classifier import VariationalQuantumClassifier
from quantum.models.dressed import DressedQuantumClassifier
from quantum.models.inputs import INPUT_MAPS, REDUCTIONS, ToQubits
from quantum.models.kernel_classifier import QuantumKernelClassifier
from quantum.models.limits import Qubits
from quantum.models.product_kernel import ProductKernelClassifier
from quantum.models.single_qubit import SingleQubitClassifier
from quantum.models.surrogate import CircuitFrequencies

__all__ = ["CLASSICAL", "FIRST_CIRCUIT", "groups", "qubits_to_try", "variational"]

CLASSICAL = (LOGISTIC, SVM, BOOSTING, MLP)
FIRST_CIRCUIT: Mapping[str, Any] = {
    "learning_rate": 0.2,
    "start_width": 0.1,
    "input_map": "rank",
    "reduction": "discriminant",
}
"""What the first candidate of the circuit has, where the search sets nothing else: on ten qubits angles that start near 0 have
gradients where those of a wide start vanish (Grant et al. 2019, Quantum 3, 214)."""
_FIRST_INPUTS = {name: FIRST_CIRCUIT[name] for name in ("input_map", "reduction")}
_MAP = FIRST_CIRCUIT["input_map"]
_DRESSED_QUBITS = 4
"""Qubits behind a trained map, as in Mari et al. (2020): it brings all columns to however few there are."""
_MAPS, _REDUCTIONS = list(INPUT_MAPS), list(REDUCTIONS)


def groups(qubits: Qubits, n_steps: int, n_classes: int, more: Sequence[Family] = ()) -> tuple[Group, Group, Group]:
    """List the sides: quantum, classical (on all columns and on the kernel's inputs), and the ablations.

    `more` are further classical families. Each side may combine its models: an average is often better than the best of them, and
    neither side goes without.
    """
    seen = tuple(_on_same_inputs(family, qubits.kernel) for family in CLASSICAL)
    circuit = functools.partial(variational, qubits.circuit, n_steps, qubits_to_try(qubits.circuit, n_classes))
    kernel = functools.partial(_kernel, qubits.kernel, qubits_to_try(qubits.kernel, n_classes))
    n_dressed = min(qubits.circuit, max(_DRESSED_QUBITS, n_classes.bit_length()))
    dressed = functools.partial(_dressed, n_dressed, n_steps, qubits_to_try(n_dressed, n_classes))
    return (
        Group(
            "quantum",
            "quantum model",
            (circuit("quantum"), kernel(), _product_kernel(), _single_qubit(), dressed()),
            blends=blends_of("quantum", "quantum models"),
        ),
        Group(
            "classical",
            "classical model",
            (*CLASSICAL, *more, *seen, CONSTANT),
            blends=blends_of("classical", "classical models"),
            apart=(CONSTANT.name,),
        ),
        Group(
            "ablation",
            "ablation",
            (circuit("unentangled"), circuit("frozen"), kernel(None), dressed(None), _surrogate(qubits.circuit)),
            is_side=False,
        ),
    )


def qubits_to_try(n_qubits: int, n_classes: int) -> tuple[int, ...]:
    """List the sizes of circuits that the search may take: all qubits, half of them, two; enough for the classes.

    >>> qubits_to_try(8, 2), qubits_to_try(4, 10), qubits_to_try(1, 2)
    ((8, 4, 2), (4,), (1,))
    """
    fewest = 1 if n_classes == 2 else n_classes.bit_length()
    return tuple(dict.fromkeys(q for q in (n_qubits, n_qubits // 2, 2) if fewest <= q <= n_qubits and q > 0))


_LABELS = {
    "quantum": "variational circuit",
    "unentangled": "circuit without entanglement",
    "frozen": "circuit with frozen random rotations",
}


def variational(n_qubits: int, n_steps: int, sizes: Sequence[int], name: str) -> Family:
    """Make the variational family, or an ablation of it: "quantum", "unentangled" or "frozen".

    Qubits, depth, encoding, rotations, pattern, learning rate and start are searched like any model's settings.
    """
    space: dict[str, Any] = {
        "model__n_qubits": list(sizes),
        "model__n_layers": [1, 2, 3, 4],
        "model__encoding": ["RY", "RX"],
        "model__learning_rate": stats.loguniform(0.03, 0.3),
        "model__rotation": ["Rot", "RY+RZ"],
        "model__start_width": [0.1, 1.0, 3.0],
        "model__input_map": _MAPS,
        "model__reduction": _REDUCTIONS,
    }
    if name != "unentangled":
        space["model__pattern"] = ["line", "ring"]
    fixed = {
        **FIRST_CIRCUIT,
        "n_qubits": n_qubits,
        "n_steps": n_steps,
        "entangler": None if name == "unentangled" else "CNOT",
        "train_angles": name != "frozen",
    }
    if name == "frozen":
        fixed["start_width"] = 3.0
        del space["model__start_width"]
    label = f"{_LABELS[name]} ({n_qubits} qubits)"
    return Family(name, label, functools.partial(_build_variational, fixed=fixed), space)


def _build_variational(features: pd.DataFrame, seed: int, *, fixed: dict[str, Any]) -> Pipeline:
    del features
    return _behind_columns(VariationalQuantumClassifier(**fixed, random_state=seed))


def _dressed(n_qubits: int, n_steps: int, sizes: Sequence[int], entangler: str | None = "CNOT") -> Family:
    space: dict[str, Any] = {
        "model__n_qubits": list(sizes),
        "model__n_layers": [1, 2, 3, 4],
        "model__alpha": stats.loguniform(1e-4, 1e-1),
        "model__learning_rate": stats.loguniform(0.03, 0.3),
        "model__start_width": [0.1, 1.0, 3.0],
        "model__input_map": _MAPS,
    }
    fixed = {"n_qubits": n_qubits, "n_steps": n_steps, "entangler": entangler}
    build = functools.partial(_build_dressed, fixed=fixed)
    if entangler is None:
        return Family("dressed-unentangled", f"dressed circuit without entanglement ({n_qubits} qubits)", build, space)
    space["model__pattern"] = ["line", "ring"]
    return Family("dressed", f"dressed circuit ({n_qubits} qubits behind a trained map)", build, space)


def _build_dressed(features: pd.DataFrame, seed: int, *, fixed: dict[str, Any]) -> Pipeline:
    del features
    return _behind_columns(DressedQuantumClassifier(**fixed, alpha=1e-2, input_map=_MAP, random_state=seed))


def _kernel(n_qubits: int, sizes: Sequence[int], entangler: str | None = "CZ") -> Family:
    space = {
        "model__n_qubits": list(sizes),
        "model__kernel": ["projected", "fidelity"],
        "model__n_layers": [1, 2, 3],
        "model__bandwidth": stats.loguniform(0.1, 2.0),
        "model__C": stats.loguniform(1e-1, 1e3),
        "model__input_map": _MAPS,
        "model__reduction": _REDUCTIONS,
    }
    build = functools.partial(_build_kernel, n_qubits=n_qubits, entangler=entangler)
    if entangler is None:
        return Family("kernel-unentangled", f"kernel without entanglement ({n_qubits} qubits)", build, space)
    return Family("kernel", f"quantum kernel ({n_qubits} qubits)", build, space)


def _build_kernel(features: pd.DataFrame, seed: int, *, n_qubits: int, entangler: str | None) -> Pipeline:
    del features
    return _behind_columns(
        QuantumKernelClassifier(n_qubits, entangler=entangler, C=10.0, **_FIRST_INPUTS, random_state=seed)
    )


def _product_kernel() -> Family:
    space = {
        "model__n_layers": [1, 2],
        "model__bandwidth": stats.loguniform(0.2, 3.0),
        "model__C": stats.loguniform(1e-1, 1e3),
        "model__input_map": _MAPS,
    }
    return Family("product-kernel", "product kernel (no quantum computer needed)", _build_product, space)


def _build_product(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    return _behind_columns(ProductKernelClassifier(C=10.0, input_map=_MAP, random_state=seed))


def _single_qubit() -> Family:
    space = {
        "model__n_layers": [1, 2, 3, 4],
        "model__alpha": stats.loguniform(1e-5, 1e-1),
        "model__input_map": _MAPS,
    }
    return Family("single-qubit", "single qubit with data re-uploading", _build_single_qubit, space)


def _build_single_qubit(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    return _behind_columns(
        SingleQubitClassifier(n_layers=2, alpha=1e-2, n_restarts=1, input_map=_MAP, random_state=seed)
    )


def _behind_columns(model: Any) -> Pipeline:
    return Pipeline([("prepare", dense_columns(scale=True)), ("model", model)])


def _surrogate(n_qubits: int) -> Family:
    space = {
        "inputs__input_map": _MAPS,
        "inputs__reduction": _REDUCTIONS,
        "waves__n_layers": [1, 2, 3, 4],
        "waves__scaling": stats.loguniform(0.3, 2.0),
        "model__C": stats.loguniform(1e-2, 1e3),
    }
    build = functools.partial(_build_surrogate, n_qubits=n_qubits)
    return Family("surrogate", "classical model with the circuit's frequencies", build, space)


def _build_surrogate(features: pd.DataFrame, seed: int, *, n_qubits: int) -> Pipeline:
    del features
    return Pipeline(
        [
            ("prepare", dense_columns(scale=True)),
            ("inputs", ToQubits(n_qubits, **_FIRST_INPUTS)),
            ("waves", CircuitFrequencies(random_state=seed)),
            ("model", LogisticRegression(C=10.0, max_iter=2_000)),
        ]
    )


def _on_same_inputs(family: Family, n_qubits: int) -> Family:
    """Give it the angles that circuits see, found in the same ways: what these gain is then no gain of a quantum model."""
    build = functools.partial(_build_reduced, build=family.build, n_qubits=n_qubits)
    name, label = f"{family.name}-{n_qubits}-inputs", f"{family.label}, same {n_qubits} inputs"
    space = {**family.space, "inputs__input_map": _MAPS, "inputs__reduction": _REDUCTIONS}
    return Family(name, label, build, space, look=family.look, most_rows=family.most_rows)


def _build_reduced(features: pd.DataFrame, seed: int, *, build: Any, n_qubits: int) -> Pipeline:
    numbers_only = features.select_dtypes(exclude="object")  # what the model sees then: no category among its inputs
    model = build(numbers_only, seed).named_steps["model"]
    return Pipeline(
        [("prepare", dense_columns(scale=True)), ("inputs", ToQubits(n_qubits, **_FIRST_INPUTS)), ("model", model)]
    )
