"""How is a trained quantum model kept? As one JSON file of numbers and names, which holds no code and runs none."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lab.errors import InputError
from lab.work.storage import write_json
from quantum.circuit import Circuit
from quantum.models.classifier import VariationalQuantumClassifier
from quantum.models.inputs import ToQubits
from quantum.models.kernel_classifier import QuantumKernelClassifier
from quantum.models.single_qubit import SingleQubitClassifier

__all__ = ["load_model", "save_model"]

_FORMAT, _VERSION = "quantum model", 1
_CLASSES: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (VariationalQuantumClassifier, QuantumKernelClassifier, SingleQubitClassifier)
}


def save_model(model: Any, path: Path) -> None:
    """Write a fitted classifier of this package to a JSON file.

    Raises
    ------
    ValueError
        If the model is of another class, or not fitted.
    """
    name = type(model).__name__
    if name not in _CLASSES:
        raise ValueError(f"a {name} cannot be saved; this is for {', '.join(_CLASSES)}")
    if not hasattr(model, "classes_"):
        raise ValueError(f"this {name} is not fitted; call fit before saving it")
    parameters = {key: _encoded(value) for key, value in model.get_params().items() if key != "random_state"}
    fitted = {key: _encoded(value) for key, value in sorted(vars(model).items()) if key.endswith("_")}
    write_json(
        path, {"format": _FORMAT, "version": _VERSION, "class": name, "parameters": parameters, "fitted": fitted}
    )


def load_model(path: Path) -> Any:
    """Read a classifier that `save_model` wrote; it predicts what the saved one predicted.

    Raises
    ------
    InputError
        If the file cannot be read, or is not such a file.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give the path of a saved model") from error
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error}); give a file that save_model wrote") from error
    if not isinstance(stored, dict) or stored.get("format") != _FORMAT:
        raise InputError(f"{path} is not a saved quantum model; give a file that save_model wrote")
    if stored.get("version") != _VERSION:
        raise InputError(
            f"{path} has version {stored.get('version')!r}, this package reads {_VERSION}; save the model again"
        )
    if stored.get("class") not in _CLASSES:
        raise InputError(f"{path} holds a {stored.get('class')!r}; known are {', '.join(_CLASSES)}")
    try:
        model = _CLASSES[stored["class"]](**{key: _decoded(value) for key, value in stored["parameters"].items()})
        for key, value in stored["fitted"].items():
            setattr(model, _name_of_fitted(key), _decoded(value))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path} is damaged ({type(error).__name__}: {error}); save the model again") from error
    return model


def _name_of_fitted(key: str) -> str:
    if not (key.isidentifier() and key.endswith("_") and not key.startswith("_")):
        raise ValueError(f"{key!r} is no name of a fitted value")
    return key


def _encoded(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "c":
            return {"complex": [value.real.tolist(), value.imag.tolist()], "type": str(value.dtype)}
        kind = "str" if value.dtype.kind in "UO" else str(value.dtype)
        return {"array": value.tolist(), "type": kind, "shape": list(value.shape)}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Circuit):
        return {"circuit": asdict(value)}
    if isinstance(value, ToQubits):
        return {"inputs": {key: _encoded(item) for key, item in vars(value).items()}}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(f"a value of type {type(value).__name__} cannot be saved")


def _decoded(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "complex" in value:
        real, imaginary = (np.asarray(part, dtype=float) for part in value["complex"])
        return (real + 1j * imaginary).astype(np.dtype(value["type"]))
    if "array" in value:
        kind = None if value["type"] == "str" else np.dtype(value["type"])
        if kind is not None and kind.kind not in "biuf":
            raise ValueError(f"arrays of {kind} are not read")
        return np.array(value["array"], dtype=kind).reshape(value["shape"])
    if "circuit" in value:
        fields = value["circuit"]
        seen = tuple(each if isinstance(each, str) else tuple(each) for each in fields["observables"])
        return Circuit(**{**fields, "observables": seen})
    fields = {key: _decoded(item) for key, item in value["inputs"].items()}
    inputs = ToQubits(fields["n_qubits"])
    for key in fields.keys() - {"n_qubits"}:
        setattr(inputs, key if key == "n_features_in_" else _name_of_fitted(key), fields[key])
    return inputs
