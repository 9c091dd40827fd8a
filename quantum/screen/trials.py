"""Are labels like these simpler for a quantum kernel than for classical ones? A trial, and its row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils import resample

from lab.learning.preparation import dense_columns
from lab.protocol import Dataset, Key
from quantum.screen.geometry import Complexity, Spectrum, complexity, geometric_difference
from quantum.screen.kernels import classical_kernels, quantum_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SCREEN", "ScreenRow", "Seen", "compare_kernels", "screen"]

_MOST_ROWS = 300
"""The work grows with their cube; labels that are simpler for a kernel are so on few rows."""


@dataclass(frozen=True)
class Seen:
    """The best kernel of its kind for the labels.

    Attributes
    ----------
    name : str
    bound, model : float
        See `Complexity`.
    dimension : float
        Effective number of dimensions of its spectrum, 1 to n_rows.
    """

    name: str
    bound: float
    model: float
    dimension: float


@dataclass(frozen=True)
class ScreenRow:
    """What was seen before training.

    Attributes
    ----------
    n_rows : int
        Rows that were looked at.
    quantum, classical : Seen
        For which the labels are simplest.
    difference : float
        Geometric difference of that quantum kernel from the classical kernel nearest to it; at most about sqrt(n_rows).
    """

    n_rows: int
    quantum: Seen
    classical: Seen
    difference: float


SCREEN = Key("screen", ScreenRow)


def screen(dataset: Dataset, *, seed: int, n_qubits: int) -> ScreenRow:
    """Compare kernels on up to 300 rows: a trial's function. Nothing that it finds is part of the verdict."""
    rows = np.arange(dataset.n_rows)
    if len(rows) > _MOST_ROWS:
        rows = np.sort(resample(rows, replace=False, n_samples=_MOST_ROWS, stratify=dataset.target, random_state=seed))
    numbers = np.asarray(dense_columns(scale=True).fit_transform(dataset.features.iloc[rows]), dtype=np.float64)
    labels = _standardised(dataset.target[rows])
    return compare_kernels(quantum_kernels(numbers, n_qubits, seed), classical_kernels(numbers), labels)


def compare_kernels(
    quantum: "Mapping[str, NDArray]", classical: "Mapping[str, NDArray]", labels: "NDArray[np.float64]"
) -> ScreenRow:
    """Take of each kind the kernel for which standardised labels, shape (n_rows, n_columns), are simplest."""
    quantum_side, classical_side = (
        {name: Spectrum.of(kernel) for name, kernel in kernels.items()} for kernels in (quantum, classical)
    )
    own, other = _simplest(quantum_side, labels), _simplest(classical_side, labels)
    difference = min(geometric_difference(each, quantum_side[own.name]) for each in classical_side.values())
    return ScreenRow(len(labels), own, other, difference)


def _simplest(side: Mapping[str, Spectrum], labels: "NDArray[np.float64]") -> Seen:
    found: dict[str, Complexity] = {name: complexity(spectrum, labels) for name, spectrum in side.items()}
    name = min(found, key=lambda each: found[each].bound)
    return Seen(name, found[name].bound, found[name].model, side[name].dimension)


def _standardised(target: "NDArray[np.int64]") -> "NDArray[np.float64]":
    """A column for each class (for two classes, one), of mean 0 and variance 1: shape (n_rows, n_columns)."""
    codes = np.unique(target)
    columns = (target[:, None] == codes[None, len(codes) == 2 :]).astype(np.float64)
    return np.asarray((columns - columns.mean(axis=0)) / columns.std(axis=0))
