"""Does a stored model hang together? Every value that it learned has the type, the shape and the range that it must have.

A file that was changed by hand or by accident must be refused when it is read, not fail or answer with NaN later. What
follows from other values (the circuit from the parameters, shapes from the numbers of qubits, layers and classes) is made
anew and compared.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from quantum.circuit import Circuit
from quantum.models.classifier import VariationalQuantumClassifier, observables_for
from quantum.models.dressed import DressedQuantumClassifier
from quantum.models.inputs import INPUT_MAPS, REDUCTIONS, ToQubits
from quantum.models.kernel_classifier import KERNELS, QuantumKernelClassifier
from quantum.models.product_kernel import ProductKernelClassifier
from quantum.models.single_qubit import SingleQubitClassifier, directions
from quantum.simulator.native import PRECISIONS

__all__ = ["CLASSES", "require_sound"]

_TURN = 1e6
"""Largest angle, gain or offset, radians or nats: beyond it float32 holds no whole turn any more."""
_LARGE = 1e100
"""Largest number elsewhere: sums of products of two of them are finite."""
_MOST = 10**9
_BLOCH = np.sqrt(0.5) + 1e-3
_NORM = 1e-3


def require_sound(model: Any) -> None:
    """Raise ValueError where a fitted model's parameters and fitted values do not fit together; says which."""
    for name, good in _PARAMETERS[type(model)].items():
        if not good(getattr(model, name)):
            raise ValueError(f"parameter {name} is not possible")
    required, optional = _FITTED[type(model)](model)
    there = {key for key in vars(model) if key.endswith("_")}
    if missing := sorted(required - there):
        raise ValueError(f"{', '.join(missing)} is missing")
    if unknown := sorted(there - required - optional):
        raise ValueError(f"{unknown[0][:60]!r} is no name of a fitted value")
    _require_classes(model.classes_)
    _require_inputs(model)
    _CHECKS[type(model)](model, len(model.classes_))


def _whole(low: int, high: int = _MOST) -> Callable[[Any], bool]:
    def good(value: Any) -> bool:
        return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(low <= value <= high)

    return good


def _number(low: float, high: float = _LARGE) -> Callable[[Any], bool]:
    def good(value: Any) -> bool:
        return isinstance(value, int | float | np.number) and not isinstance(value, bool) and bool(low <= value <= high)

    return good


def _one_of(*choices: Any) -> Callable[[Any], bool]:
    return lambda value: (value is None or isinstance(value, str)) and value in choices


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


_ABOVE_ZERO = _number(1e-100)
_LAYERS = {"n_layers": _whole(1), "input_map": _one_of(*INPUT_MAPS)}
_CIRCUIT = {
    "n_qubits": _whole(1, 20),
    "entangler": _one_of("CNOT", "CZ", None),
    **_LAYERS,
}
_REDUCED = {**_CIRCUIT, "reduction": _one_of(*REDUCTIONS)}
_TRAINED = {
    "encoding": _one_of("RY", "RX", "RZ"),
    "rotation": _one_of("Rot", "RY", "RY+RZ"),
    "pattern": _one_of("line", "ring", "full"),
    "n_steps": _whole(1),
    "learning_rate": _number(0.0),
    "n_restarts": _whole(1),
    "start_width": _number(0.0),
    "precision": _one_of(*PRECISIONS),
    "n_threads": lambda value: value is None or _whole(1, 1_024)(value),
}
_PARAMETERS: dict[type, Mapping[str, Callable[[Any], bool]]] = {
    VariationalQuantumClassifier: {
        **_REDUCED,
        **_TRAINED,
        "train_angles": _is_flag,
        "train_scalings": _is_flag,
    },
    DressedQuantumClassifier: {**_CIRCUIT, **_TRAINED, "alpha": _number(0.0)},
    QuantumKernelClassifier: {
        **_REDUCED,
        "kernel": _one_of(*KERNELS),
        "bandwidth": _number(1e-100, _TURN),
        "gamma": _ABOVE_ZERO,
        "C": _ABOVE_ZERO,
    },
    ProductKernelClassifier: {**_LAYERS, "bandwidth": _number(1e-100, _TURN), "C": _ABOVE_ZERO},
    SingleQubitClassifier: {
        **_LAYERS,
        "n_inputs": lambda value: value is None or _whole(1)(value),
        "alpha": _number(0.0),
        "n_restarts": _whole(1),
        "max_iter": _whole(1),
    },
}
CLASSES = {each.__name__: each for each in _PARAMETERS}
"""The classifiers that can be stored, by name."""

_COMMON = {"classes_", "inputs_", "n_features_in_"}
_FITTED: dict[type, Callable[[Any], tuple[set[str], set[str]]]] = {
    VariationalQuantumClassifier: lambda model: (
        _COMMON | {"circuit_", "angles_", "scalings_", "gain_", "biases_", "loss_curves_", "n_iter_"},
        {"feature_names_in_"},
    ),
    DressedQuantumClassifier: lambda model: (
        _COMMON | {"circuit_", "map_", "angles_", "scalings_", "gain_", "biases_", "loss_curves_", "n_iter_"},
        {"feature_names_in_"},
    ),
    QuantumKernelClassifier: lambda model: (
        _COMMON
        | {"circuit_", "angles_", "support_vectors_", "dual_weights_", "intercepts_", "slopes_", "biases_"}
        | ({"width_"} if model.kernel == "projected" else set()),
        {"feature_names_in_"},
    ),
    ProductKernelClassifier: lambda model: (
        _COMMON | {"circuit_", "angles_", "support_vectors_", "dual_weights_", "intercepts_", "slopes_", "biases_"},
        {"feature_names_in_"},
    ),
    SingleQubitClassifier: lambda model: (
        _COMMON | {"directions_", "weights_", "biases_", "gain_", "offsets_", "loss_", "n_iter_"},
        {"feature_names_in_"},
    ),
}


def _require_classes(labels: Any) -> None:
    if not isinstance(labels, np.ndarray) or labels.ndim != 1 or len(labels) < 2 or labels.dtype.kind not in "biufUO":
        raise ValueError("classes_ is no list of at least two labels")
    if labels.dtype.kind in "UO" and not all(isinstance(label, str) and _is_text(label) for label in labels.tolist()):
        raise ValueError("classes_ holds something else beside texts")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise ValueError("classes_ holds a number that is not finite")
    if not (labels[:-1] < labels[1:]).all():
        raise ValueError("classes_ is not in ascending order without repeats")


def _is_text(label: str) -> bool:
    try:
        label.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates can neither be printed nor written
        return False
    return True


def _require_inputs(model: Any) -> None:
    """Check the way from a row to the angles, and that it fits the model."""
    inputs, n_features = model.inputs_, model.n_features_in_
    if not isinstance(inputs, ToQubits) or not _whole(1)(n_features):
        raise ValueError("inputs_ or n_features_in_ is of another type")
    known = {"n_qubits", "input_map", "reduction", "n_features_in_", "centre_", "matrix_", "offset_"}
    known |= {"knots_"} if model.input_map == "rank" else set()
    if set(vars(inputs)) != known:
        raise ValueError(f"inputs_ must hold {', '.join(sorted(known))} and nothing else")
    wanted = _named_angles(model)
    named = inputs.n_qubits is None if wanted is None else _whole(1)(inputs.n_qubits)  # 2.0 equals 2, and True 1
    counts = (inputs.n_qubits, inputs.n_features_in_)
    if not named or not _whole(1)(inputs.n_features_in_) or counts != (wanted, n_features):
        raise ValueError("inputs_ has another number of features or angles than the model")
    ways = (inputs.input_map, inputs.reduction)
    if ways != (model.input_map, getattr(model, "reduction", "components")):
        raise ValueError("inputs_ has another map or reduction than the model")
    offset = inputs.offset_
    n_components = len(offset) if isinstance(offset, np.ndarray) and offset.ndim == 1 else 0
    if not 1 <= n_components <= min(n_features, wanted or n_features):
        raise ValueError("offset_ of inputs_ has an impossible shape")
    shapes = {"centre_": (n_features,), "matrix_": (n_features, n_components), "offset_": (n_components,)}
    for name, shape in shapes.items():
        _require_numbers(f"{name} of inputs_", getattr(inputs, name), shape, _LARGE)
    if model.input_map == "rank":
        _require_knots(inputs.knots_, n_features)
    _require_names(model, n_features)


def _named_angles(model: Any) -> int | None:
    """How many angles the parameters of a model name: None for one of each feature."""
    if isinstance(model, ProductKernelClassifier | DressedQuantumClassifier):
        return None
    found: int | None = model.n_inputs if isinstance(model, SingleQubitClassifier) else model.n_qubits
    return found


def _require_knots(knots: Any, n_features: int) -> None:
    n_knots = len(knots) if isinstance(knots, np.ndarray) and knots.ndim == 2 else 0
    if n_knots < 2:
        raise ValueError("knots_ of inputs_ has an impossible shape")
    _require_numbers("knots_ of inputs_", knots, (n_knots, n_features), _LARGE)
    if not (np.diff(knots, axis=0) >= 0.0).all():
        raise ValueError("knots_ of inputs_ is not in ascending order")


def _require_names(model: Any, n_features: int) -> None:
    names = getattr(model, "feature_names_in_", None)
    if names is not None and (
        not isinstance(names, np.ndarray)
        or names.shape != (n_features,)
        or not all(isinstance(name, str) and _is_text(name) for name in names.tolist())
        or len(set(names.tolist())) != n_features
    ):
        raise ValueError("feature_names_in_ does not name each feature once")


def _require_numbers(name: str, found: Any, shape: tuple[int, ...], bound: float) -> None:
    if not isinstance(found, np.ndarray) or found.dtype.kind != "f" or found.shape != shape:
        raise ValueError(f"{name} is no array of real numbers of shape {shape}")
    if not (np.abs(found) <= bound).all():  # false for NaN too
        raise ValueError(f"{name} holds a number that is not finite or beyond {bound:g}")


def _require(name: str, found: Any, good: Callable[[Any], bool]) -> None:
    if not good(found):
        raise ValueError(f"{name} is not possible")


def _require_circuit(model: Any, expected: Circuit) -> None:
    if model.circuit_ != expected:
        raise ValueError("circuit_ is another than that of the parameters")
    _require_numbers("angles_", model.angles_, expected.angles_shape, _TURN)


def _check_variational(model: VariationalQuantumClassifier, n_classes: int) -> None:
    expected = Circuit(
        model.n_qubits, model.n_layers, encoding=model.encoding, rotation=model.rotation, entangler=model.entangler,
        pattern=model.pattern, observables=observables_for(n_classes, model.n_qubits, model.entangler),
    )  # fmt: skip
    _require_circuit(model, expected)
    _require_numbers("scalings_", model.scalings_, expected.scalings_shape, _TURN)
    _require_numbers("biases_", model.biases_, (expected.n_observables,), _TURN)
    _require("gain_", model.gain_, _number(-_TURN, _TURN))
    _require("n_iter_", model.n_iter_, lambda value: _whole(1)(value) and value == model.n_steps)
    _require_numbers("loss_curves_", model.loss_curves_, (model.n_restarts, model.n_steps), _LARGE)


def _check_dressed(model: DressedQuantumClassifier, n_classes: int) -> None:
    _check_variational(model, n_classes)
    _require_numbers("map_", model.map_, (model.n_qubits, model.n_features_in_), _TURN)


def _n_vectors(seen: Any) -> int:
    found = len(seen) if isinstance(seen, np.ndarray) and seen.ndim == 2 else 0
    if found < 1:
        raise ValueError("support_vectors_ holds no rows")
    return found


def _check_kernel(model: QuantumKernelClassifier, n_classes: int) -> None:
    expected = Circuit(model.n_qubits, model.n_layers, rotation="Rot", entangler=model.entangler)
    _require_circuit(model, expected)
    seen = model.support_vectors_
    n_vectors = _n_vectors(seen)
    if model.kernel == "projected":
        _require_numbers("support_vectors_", seen, (n_vectors, 3 * model.n_qubits), _BLOCH)
        _require("width_", model.width_, _ABOVE_ZERO)
    elif seen.dtype.kind != "c" or seen.shape[1] != 1 << model.n_qubits:
        raise ValueError(f"support_vectors_ are no states of {model.n_qubits} qubits")
    elif not (np.abs(np.linalg.norm(seen, axis=1) - 1.0) <= _NORM).all():
        raise ValueError("support_vectors_ holds a state whose norm is not 1")
    _require_machines(model, n_classes, n_vectors)


def _check_product(model: ProductKernelClassifier, n_classes: int) -> None:
    n_features = model.n_features_in_
    if model.circuit_ != Circuit(1, model.n_layers, rotation="Rot", entangler=None):
        raise ValueError("circuit_ is another than that of the parameters")
    _require_numbers("angles_", model.angles_, (n_features, *model.circuit_.angles_shape), _TURN)
    n_vectors = _n_vectors(model.support_vectors_)
    _require_numbers("support_vectors_", model.support_vectors_, (n_vectors, 3 * n_features), _BLOCH)
    _require_machines(model, n_classes, n_vectors)


def _require_machines(model: QuantumKernelClassifier, n_classes: int, n_vectors: int) -> None:
    n_machines = 1 if n_classes == 2 else n_classes
    shapes: dict[str, tuple[int, ...]] = {
        "dual_weights_": (n_machines, n_vectors),
        "intercepts_": (n_machines,),
        "slopes_": (n_machines, n_machines),
        "biases_": (n_machines,),
    }
    for name, shape in shapes.items():
        _require_numbers(name, getattr(model, name), shape, _LARGE)
    _require("slopes_", model.slopes_, _rises)


def _rises(slopes: Any) -> bool:
    """Whether no class gets less likely as its own score rises."""
    return bool((slopes.diagonal() > 0).all() and (slopes <= slopes.diagonal()).all())


def _check_single(model: SingleQubitClassifier, n_classes: int) -> None:
    n_inputs = model.n_inputs or model.n_features_in_
    shape = (model.n_layers, -(-n_inputs // 3), 3)
    _require_numbers("weights_", model.weights_, shape, _TURN)
    _require_numbers("biases_", model.biases_, shape, _TURN)
    _require_numbers("offsets_", model.offsets_, (n_classes,), _TURN)
    _require("gain_", model.gain_, _number(-_TURN, _TURN))
    _require("loss_", model.loss_, _number(-_LARGE))
    _require("n_iter_", model.n_iter_, _whole(0))
    _require_numbers("directions_", model.directions_, (n_classes, 3), 1.0 + 1e-9)
    if not np.allclose(model.directions_, directions(n_classes), rtol=0.0, atol=1e-9):
        raise ValueError("directions_ are others than those of this number of classes")


_CHECKS: dict[type, Callable[[Any, int], None]] = {
    VariationalQuantumClassifier: _check_variational,
    DressedQuantumClassifier: _check_dressed,
    QuantumKernelClassifier: _check_kernel,
    ProductKernelClassifier: _check_product,
    SingleQubitClassifier: _check_single,
}
