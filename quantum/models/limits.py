"""On how many qubits does this table go? As many as it has inputs, up to what can be simulated in the time of a run."""

from dataclasses import dataclass

from lab.errors import SettingsError
from lab.learning.preparation import column_names, dense_columns
from lab.protocol import Dataset

__all__ = ["MOST_ON_CIRCUIT", "MOST_ON_KERNEL", "Qubits", "qubits_for"]

MOST_ON_CIRCUIT, MOST_ON_KERNEL, MOST_UNDER_NOISE = 10, 12, 6
"""Qubits of a circuit that is trained (hundreds of passes), of a kernel's (one pass), and of one under noise: a density matrix
of n qubits has 4^n entries."""
_FEWEST = 4
"""A table of fewer inputs has them repeated on so many qubits."""


@dataclass(frozen=True)
class Qubits:
    """How large the circuits of a run are.

    Attributes
    ----------
    inputs : int
        Numbers of a row once its categories are encoded.
    circuit, kernel, hardware : int
        Most qubits of the variational circuit, of the quantum kernel, and of the circuit that device models run.
    """

    inputs: int
    circuit: int
    kernel: int
    hardware: int


def qubits_for(dataset: Dataset, most: int) -> Qubits:
    """Choose the sizes of circuits for a table; `most` is what the user allows, 0 what can be simulated in good time.

    Raises
    ------
    SettingsError
        If the classes need more products of Z than so many qubits have.
    """
    n_classes = len(dataset.classes)
    if most and n_classes > 2 and 2**most - 1 < n_classes:
        raise SettingsError(
            f"qubits is {most}, and {dataset.name} has {n_classes} classes; use at least {n_classes.bit_length()} qubits"
        )
    inputs = len(column_names(dense_columns(scale=False).fit(dataset.features)))
    wanted = max(inputs, _FEWEST, n_classes.bit_length() if n_classes > 2 else 1)
    return Qubits(
        inputs=inputs,
        circuit=min(wanted, most or MOST_ON_CIRCUIT),
        kernel=min(wanted, most or MOST_ON_KERNEL),
        hardware=min(wanted, most or MOST_UNDER_NOISE),
    )
