"""Does a quantum classifier help on this data yet, and what would it cost on hardware?

What is named in `__all__` is the package's face. Stable, so that it changes only with a new major version: the
classifiers, `Circuit`, and the files of models. Still evolving: the simulator's own functions and the emitters.

Importing the package imports none of them, nor any library: each is looked up at its first use. Modules of the package
import one another by their own names, never this face.

>>> from quantum import Circuit
>>> Circuit(n_qubits=2, n_layers=1).angles_shape
(1, 2, 3)
"""

import sys

_is_run = sys.argv[:1] == ["-m"] and "-mquantum" in "".join(sys.orig_argv)
if _is_run and not sys.flags.safe_path and [f"{sys.path[0]}/quantum"] != __path__:
    del sys.path[0]  # `python -m quantum` puts the current folder first, and what lies there is data

from importlib import import_module  # noqa: E402
from typing import TYPE_CHECKING  # noqa: E402

import lab as _settled  # noqa: E402, F401  before any library: it settles what they may do (see lab.environment)

if TYPE_CHECKING:
    from quantum.circuit import MEAN_Z, Circuit
    from quantum.interop.pennylane import to_pennylane
    from quantum.interop.qiskit import to_qiskit, to_qiskit_observables
    from quantum.models.classifier import VariationalQuantumClassifier
    from quantum.models.dressed import DressedQuantumClassifier
    from quantum.models.file import ModelFileError, load_model, save_model
    from quantum.models.kernel_classifier import QuantumKernelClassifier
    from quantum.models.product_kernel import ProductKernelClassifier
    from quantum.models.single_qubit import SingleQubitClassifier
    from quantum.simulator.calls import (
        Head,
        cross_entropy_and_gradient,
        expectations,
        expectations_and_gradient,
        states,
        warm_up,
    )
    from quantum.simulator.training import Training, train

__all__ = [
    "MEAN_Z",
    "Circuit",
    "DressedQuantumClassifier",
    "Head",
    "ModelFileError",
    "ProductKernelClassifier",
    "QuantumKernelClassifier",
    "SingleQubitClassifier",
    "Training",
    "VariationalQuantumClassifier",
    "cross_entropy_and_gradient",
    "expectations",
    "expectations_and_gradient",
    "load_model",
    "save_model",
    "states",
    "to_pennylane",
    "to_qiskit",
    "to_qiskit_observables",
    "train",
    "warm_up",
]

_HOMES = {
    "circuit": ("MEAN_Z", "Circuit"),
    "interop.pennylane": ("to_pennylane",),
    "interop.qiskit": ("to_qiskit", "to_qiskit_observables"),
    "models.classifier": ("VariationalQuantumClassifier",),
    "models.dressed": ("DressedQuantumClassifier",),
    "models.file": ("ModelFileError", "load_model", "save_model"),
    "models.kernel_classifier": ("QuantumKernelClassifier",),
    "models.product_kernel": ("ProductKernelClassifier",),
    "models.single_qubit": ("SingleQubitClassifier",),
    "simulator.calls": (
        "Head",
        "cross_entropy_and_gradient",
        "expectations",
        "expectations_and_gradient",
        "states",
        "warm_up",
    ),
    "simulator.training": ("Training", "train"),
}
"""Modules of this package, and what of each is part of the face; the same as above, for the look-up at run time."""

if not TYPE_CHECKING:  # a type checker that saw this would take every misspelt name for a public one

    def __getattr__(name: str) -> object:
        for home, names in _HOMES.items():
            if name in names:
                return getattr(import_module(f"{__name__}.{home}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
