"""Can this table be put on so many qubits?"""

from lab.errors import SettingsError
from lab.protocol import Dataset

__all__ = ["require_qubits"]


def require_qubits(dataset: Dataset, qubits: int) -> None:
    """Raise SettingsError where the classes need more products of Z than the qubits have."""
    n_classes = len(dataset.classes)
    if n_classes > 2 and 2**qubits - 1 < n_classes:
        raise SettingsError(
            f"qubits is {qubits}, and {dataset.name} has {n_classes} classes; use at least {n_classes.bit_length()} qubits"
        )
