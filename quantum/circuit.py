"""Which circuit is meant? The one definition that every simulator, emitter and report reads.

Conventions, stated here once:

- Qubit 0 is the most significant bit of a basis-state index: of |q0 q1 ... q(n-1)>.
- ``RX(t) = exp(-i t X / 2)``; RY and RZ likewise with Y and Z (PennyLane's and Qiskit's sign).
- ``Rot(a, b, c) = RZ(c) RY(b) RZ(a)``: a acts first, as in PennyLane.
- Order inside a layer: encoding, rotation, entangler. Qubit q is encoded by ``scaling * feature q``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MAX_QUBITS", "MEAN_Z", "Circuit", "Gate", "Observable"]

ENCODINGS = ("RX", "RY", "RZ")
ROTATIONS = {"Rot": 3, "RY": 1, "RY+RZ": 2}
"""Rotation names and the number of trained angles each has on one qubit."""
ENTANGLERS = ("CNOT", "CZ", None)
PATTERNS = ("line", "ring", "full")
MAX_QUBITS = 20
MEAN_Z: Literal["mean"] = "mean"
"""The observable (Z_0 + ... + Z_(n-1)) / n, usable wherever a subset of qubits is."""

Observable = tuple[int, ...] | Literal["mean"]


class Gate(NamedTuple):
    """One gate of the flat list: what, where, by how much, and where the number comes from.

    `source` is ``("feature", layer, qubit)``, ``("angle", layer, qubit, index)`` or ``()`` for a fixed gate.
    """

    name: str
    wires: tuple[int, ...]
    value: float | None
    source: tuple[str | int, ...]


@dataclass(frozen=True)
class Circuit:
    """A variational classifier's circuit, without its numbers.

    Parameters
    ----------
    n_qubits : int
        1 to 20; also the number of features.
    n_layers : int
        At least 1.
    encoding : {"RY", "RX", "RZ"}
        Gate that loads a feature.
    rotation : {"Rot", "RY", "RY+RZ"}
        Trained gates on each qubit in each layer; "RY+RZ" applies RY first.
    entangler : {"CNOT", "CZ", None}
        Two-qubit gate at the end of each layer.
    pattern : {"line", "ring", "full"}
        Pairs that the entangler joins: neighbours; neighbours and last with first (the same as
        line on two qubits); every i < j.
    reupload : bool
        Encode before every layer, else before the first only.
    observables : tuple
        Each a non-empty tuple of distinct qubits (the product of Z on them), or `MEAN_Z`.

    Raises
    ------
    ValueError
        If a field is outside these choices; the message lists them.

    Examples
    --------
    >>> circuit = Circuit(n_qubits=2, n_layers=1, rotation="RY", observables=((0,), (0, 1), MEAN_Z))
    >>> circuit.angles_shape, circuit.scalings_shape
    ((1, 2, 1), (1, 2))
    >>> for gate in circuit.gates(angles=[[[0.1], [0.2]]], features=[1.0, 2.0]):
    ...     print(gate.name, gate.wires, gate.value)
    RY (0,) 1.0
    RY (1,) 2.0
    RY (0,) 0.1
    RY (1,) 0.2
    CNOT (0, 1) None
    """

    n_qubits: int
    n_layers: int
    encoding: str = "RY"
    rotation: str = "Rot"
    entangler: str | None = "CNOT"
    pattern: str = "line"
    reupload: bool = True
    observables: tuple[Observable, ...] = ((0,),)

    def __post_init__(self) -> None:
        """Check every field."""
        _check_count("n_qubits", self.n_qubits)
        _check_count("n_layers", self.n_layers)
        if self.n_qubits > MAX_QUBITS:
            raise ValueError(
                f"n_qubits is {self.n_qubits}: one state would need {_amount(16 << min(self.n_qubits, 100))} or more and its "
                f"gradient twice that for each sample; choose 1 to {MAX_QUBITS} qubits"
            )
        _check_choice("encoding", self.encoding, ENCODINGS)
        _check_choice("rotation", self.rotation, tuple(ROTATIONS))
        _check_choice("entangler", self.entangler, ENTANGLERS)
        _check_choice("pattern", self.pattern, PATTERNS)
        if not isinstance(self.reupload, bool | np.bool_):
            raise ValueError(f"reupload is {self.reupload!r}; it must be True or False")
        object.__setattr__(self, "observables", _checked_observables(self.observables, self.n_qubits))

    @property
    def n_encoding_layers(self) -> int:
        """Number of layers that begin with an encoding."""
        return self.n_layers if self.reupload else 1

    @property
    def n_observables(self) -> int:
        """Number of expectations per sample."""
        return len(self.observables)

    @property
    def angles_shape(self) -> tuple[int, int, int]:
        """(n_layers, n_qubits, angles of one rotation), radians."""
        return self.n_layers, self.n_qubits, ROTATIONS[self.rotation]

    @property
    def scalings_shape(self) -> tuple[int, int]:
        """(n_encoding_layers, n_qubits), radians per unit of the feature."""
        return self.n_encoding_layers, self.n_qubits

    @property
    def entangled_pairs(self) -> tuple[tuple[int, int], ...]:
        """(control, target) pairs of one layer, in the order in which they act."""
        n = self.n_qubits
        if self.entangler is None:
            return ()
        if self.pattern == "full":
            return tuple((i, j) for i in range(n) for j in range(i + 1, n))
        neighbours = tuple((i, i + 1) for i in range(n - 1))
        # On two qubits the closing pair would undo CZ and is PennyLane's exception too: ring = line.
        return (*neighbours, (n - 1, 0)) if self.pattern == "ring" and n > 2 else neighbours

    def gates(
        self, angles: ArrayLike, features: ArrayLike | None = None, scalings: ArrayLike | None = None
    ) -> Iterator[Gate]:
        """Yield the gates of one sample in the order in which they act, with their numbers.

        Parameters
        ----------
        angles : array-like of shape `angles_shape`
            Radians.
        features : array-like of shape (n_qubits,), optional
            Without it the value of an encoding gate is its scaling (radians per unit of the feature).
        scalings : array-like of shape `scalings_shape`, optional
            Ones unless given.

        Raises
        ------
        ValueError
            If an array has another shape.
        """
        turns = _shaped("angles", angles, self.angles_shape)
        x = np.ones(self.n_qubits) if features is None else _shaped("features", features, (self.n_qubits,))
        factors = (
            np.ones(self.scalings_shape) if scalings is None else _shaped("scalings", scalings, self.scalings_shape)
        )
        trained = {"Rot": ("RZ", "RY", "RZ"), "RY": ("RY",), "RY+RZ": ("RY", "RZ")}[self.rotation]
        for layer in range(self.n_layers):
            if layer < self.n_encoding_layers:
                for q in range(self.n_qubits):
                    yield Gate(self.encoding, (q,), float(factors[layer, q] * x[q]), ("feature", layer, q))
            for q in range(self.n_qubits):
                for k, name in enumerate(trained):
                    yield Gate(name, (q,), float(turns[layer, q, k]), ("angle", layer, q, k))
            for pair in self.entangled_pairs:
                yield Gate(str(self.entangler), pair, None, ())


def _check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} is {value!r}; it must be a whole number of at least 1")


def _check_choice(name: str, value: str | None, allowed: tuple[str | None, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; choose one of {', '.join(map(repr, allowed))}")


def _checked_observables(observables: tuple[Observable, ...], n_qubits: int) -> tuple[Observable, ...]:
    if isinstance(observables, str) or not isinstance(observables, tuple | list) or len(observables) == 0:
        raise ValueError(f"observables is {observables!r}; give a non-empty tuple such as ((0,), (0, 1))")
    return tuple(_checked_observable(each, n_qubits) for each in observables)


def _checked_observable(observable: Observable, n_qubits: int) -> Observable:
    if isinstance(observable, str):
        if observable != MEAN_Z:
            raise ValueError(f"observable {observable!r} is not known; the only named one is {MEAN_Z!r}")
        return observable
    qubits = tuple(observable) if isinstance(observable, tuple | list) else ()
    whole = all(isinstance(q, int | np.integer) and 0 <= q < n_qubits for q in qubits)
    if not qubits or not whole or len(set(qubits)) != len(qubits):
        raise ValueError(
            f"observable {observable!r} is not a non-empty tuple of distinct qubits from 0 to {n_qubits - 1}"
        )
    return tuple(int(q) for q in qubits)


def _shaped(name: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"{name} have shape {array.shape}; this circuit needs {shape}")
    return array


def _amount(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:,.3g} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:,.3g} MiB"
