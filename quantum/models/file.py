"""How is a trained quantum model kept? As one JSON file of numbers and names, which holds no code and runs none."""

import json
import os
import reprlib
import stat
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lab.errors import InputError
from lab.host.files import write_json
from quantum.circuit import Circuit
from quantum.models.checks import CLASSES, require_sound
from quantum.models.inputs import ToQubits

__all__ = ["ModelFileError", "load_model", "save_model"]

_FORMAT, _VERSION = "quantum model", 2
_BEFORE = 1
"""The version before features could become angles by their ranks."""
_LARGEST = 2**29
"""Bytes that are read; Python needs some ten times as many for a file of numbers."""
_NUMBERS = {*("float32", "float64", "bool"), *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))}
_COMPLEX = {"complex64", "complex128"}
_WRONG = (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError)
"""What plain Python raises where a value is of another kind than expected."""


class ModelFileError(InputError):
    """A file cannot be read as a saved model."""


def save_model(model: Any, path: Path | str) -> None:
    """Write a fitted classifier of this package to a JSON file.

    Raises
    ------
    ValueError
        If the model is of another class, not fitted, or holds what `load_model` would refuse.
    """
    name = type(model).__name__
    if name not in CLASSES:
        raise ValueError(f"a {name} cannot be saved; this is for {', '.join(CLASSES)}")
    if not hasattr(model, "classes_"):
        raise ValueError(f"this {name} is not fitted; call fit before saving it")
    try:
        require_sound(model)
    except ValueError as error:
        raise ValueError(f"this {name} cannot be saved: {error}") from error
    parameters = {key: _encoded(value) for key, value in model.get_params().items() if key != "random_state"}
    fitted = {key: _encoded(value) for key, value in sorted(vars(model).items()) if key.endswith("_")}
    write_json(
        Path(path), {"format": _FORMAT, "version": _VERSION, "class": name, "parameters": parameters, "fitted": fitted}
    )


def load_model(path: Path | str) -> Any:
    """Read a classifier that `save_model` wrote; it predicts what the saved one predicted.

    Raises
    ------
    ModelFileError
        If the file cannot be read, is not such a file, or holds values that do not fit together.
    """
    stored = _read(Path(path))
    if not isinstance(stored, dict) or stored.get("format") != _FORMAT:
        raise ModelFileError(f"{path} is not a saved quantum model; give a file that save_model wrote")
    version, name = stored.get("version"), stored.get("class")
    if type(version) is not int or version not in (_BEFORE, _VERSION):
        raise ModelFileError(
            f"{path} has version {reprlib.repr(version)}, this package reads {_VERSION}; save the model again"
        )
    if not isinstance(name, str) or name not in CLASSES:
        raise ModelFileError(f"{path} holds a {reprlib.repr(name)}; known are {', '.join(CLASSES)}")
    try:
        with np.errstate(all="ignore"):
            model = _built(name, stored)
            require_sound(model)
    except _WRONG as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelFileError(f"{path} is damaged ({type(error).__name__}: {reason}); save the model again") from error
    return model


def _read(path: Path) -> Any:
    """Read JSON without constants that JSON lacks, and without a name given twice."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe must not be waited for
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ModelFileError(f"cannot read {path}: {reason}; give the path of a saved model") from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            raise ModelFileError(f"{path} is no file of at most {_LARGEST >> 20} MiB; give one that save_model wrote")
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(_LARGEST)
        return json.loads(content.decode(), parse_constant=_refuse_constant, object_pairs_hook=_once)
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}; give the path of a saved model") from error
    except (ValueError, MemoryError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelFileError(f"{path} is not JSON ({reason}); give a file that save_model wrote") from error
    finally:
        os.close(handle)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"it holds {name}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it gives a name twice")
    return found


def _built(name: str, stored: dict[str, Any]) -> Any:
    """Make the model that the file describes; nothing about its values is checked yet."""
    if set(stored) != {"format", "version", "class", "parameters", "fitted"}:
        raise ValueError("it has other parts than a saved model")
    parameters, fitted = stored["parameters"], stored["fitted"]
    model = CLASSES[name]()
    if stored["version"] == _BEFORE:
        ways = {"input_map": "range", "reduction": "components"}
        parameters = {**{key: way for key, way in ways.items() if key in model.get_params()}, **parameters}
        fitted = {**fitted, "inputs_": {"inputs": {**ways, **fitted["inputs_"]["inputs"]}}}
    if not isinstance(parameters, dict) or set(parameters) != model.get_params().keys() - {"random_state"}:
        raise ValueError("its parameters are others than those of the class")
    if not isinstance(fitted, dict):
        raise ValueError("its fitted values are not named")
    for key, value in parameters.items():
        setattr(model, key, value)
    for key, value in fitted.items():
        setattr(model, _name_of_fitted(key), _decoded(value))
    return model


def _name_of_fitted(key: str) -> str:
    if not (key.isidentifier() and key.endswith("_") and not key.startswith("_")):
        raise ValueError(f"{reprlib.repr(key)} is no name of a fitted value")
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
    keys = set(value)
    if keys == {"complex", "type"} and value["type"] in _COMPLEX:
        real, imaginary = (_numbers(part, "float64") for part in value["complex"])
        if real.shape != imaginary.shape:
            raise ValueError("real and imaginary parts have different shapes")
        return (real + 1j * imaginary).astype(value["type"])
    if keys == {"array", "type", "shape"}:
        found = _texts(value["array"]) if value["type"] == "str" else _numbers(value["array"], value["type"])
        if list(found.shape) != value["shape"]:
            raise ValueError(f"an array of shape {found.shape} says that its shape is another")
        return found
    if keys == {"circuit"}:
        fields = value["circuit"]
        seen = tuple(each if isinstance(each, str) else tuple(each) for each in fields["observables"])
        return Circuit(**{**fields, "observables": seen})
    if keys == {"inputs"}:
        fields = {key: _decoded(item) for key, item in value["inputs"].items()}
        inputs = ToQubits(fields.pop("n_qubits"), input_map=fields.pop("input_map"), reduction=fields.pop("reduction"))
        for key, item in fields.items():
            setattr(inputs, _name_of_fitted(key), item)
        return inputs
    raise ValueError(f"a value of the form {reprlib.repr(sorted(keys))} is not known")


def _numbers(values: Any, kind: str) -> np.ndarray:
    """Make an array of numbers, none of which is a text, is cut off, or turns into another on the way."""
    if kind not in _NUMBERS:
        raise ValueError(f"arrays of {reprlib.repr(kind)} are not read")
    found, wanted = np.array(values), np.dtype(kind)
    if found.dtype.kind not in {"b": "b", "i": "iu", "u": "iu", "f": "iuf"}[wanted.kind]:
        raise ValueError(f"an array of {kind} holds something else")
    made = found.astype(wanted)
    if wanted.kind in "iu" and not np.array_equal(made, found):
        raise ValueError(f"an array of {kind} holds a number beyond it")
    return made


def _texts(values: Sequence[Any]) -> np.ndarray:
    if not isinstance(values, list) or not values or not all(isinstance(each, str) for each in values):
        raise ValueError("a list of texts holds something else, or nothing")
    return np.array(values)
