"""Which circuit does the search choose on all rows? Trained once, compared with PennyLane, and transpiled for devices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lab.learning.families import Family
from lab.learning.preparation import column_names
from lab.learning.tuning import tune_on_all
from lab.protocol import Dataset, Key
from quantum.chosen_circuit.loading import loaded
from quantum.circuit import Circuit
from quantum.hardware.transpiled import OnDevice, on_device
from quantum.interop.pennylane import to_pennylane
from quantum.interop.qiskit import to_qiskit

if TYPE_CHECKING:
    from quantum.models.classifier import VariationalQuantumClassifier

__all__ = ["CIRCUIT", "CircuitRow", "examine_circuit"]

_ROWS_CHECKED = 20


@dataclass(frozen=True)
class CircuitRow:
    """The quantum family fitted on all rows, tuned as in the folds.

    Attributes
    ----------
    losses : numpy.ndarray of shape (n_restarts, n_steps)
        Mean cross-entropy before each step, nats.
    circuit : Circuit
        The one that the search chose.
    parameters : mapping
        What the search set.
    trained : int
        Angles and scalings trained.
    pennylane : float
        Largest distance of an expectation from PennyLane's on the first rows.
    devices : tuple of OnDevice
        The circuit as each device would run it.
    loads : tuple of str
        For each qubit the columns that its angle is made of.
    scalings : numpy.ndarray or None
        Trained factors of the angles, in the shape that the circuit names.
    """

    losses: np.ndarray
    circuit: Circuit
    parameters: Mapping[str, Any]
    trained: int
    pennylane: float
    devices: tuple[OnDevice, ...]
    loads: tuple[str, ...] = ()
    scalings: np.ndarray | None = None


CIRCUIT = Key("circuit", CircuitRow)


def examine_circuit(
    dataset: Dataset, *, seed: int, family: Family, scorer: str, candidates: int, devices: tuple[str, ...]
) -> CircuitRow:
    """Fit the quantum family on all rows, tuned as in the folds, and look at the circuit that it chose."""
    tuned = tune_on_all(family, dataset, scorer=scorer, candidates=candidates, seed=seed)
    model: VariationalQuantumClassifier = tuned.model.named_steps["model"]
    inputs = tuned.model[:-1].transform(dataset.features.iloc[:_ROWS_CHECKED])
    circuit, angles = model.circuit_, model.encoded(inputs)
    bound = to_qiskit(circuit, model.angles_, angles[0], model.scalings_)
    return CircuitRow(
        losses=model.loss_curves_,
        circuit=circuit,
        parameters={name.removeprefix("model__"): value for name, value in tuned.parameters.items()},
        trained=model.angles_.size + (model.scalings_.size if model.train_scalings else 0),
        pennylane=_distance_from_pennylane(model, angles),
        devices=tuple(on_device(bound, device, seed=seed % 2**31) for device in devices),
        loads=loaded(model.inputs_.matrix_, column_names(tuned.model.named_steps["prepare"]), circuit.n_qubits),
        scalings=model.scalings_,
    )


def _distance_from_pennylane(model: "VariationalQuantumClassifier", angles: Any) -> float:
    from quantum.simulator.calls import expectations

    node = to_pennylane(model.circuit_)
    judged = np.array([node(model.angles_, row, model.scalings_) for row in angles], dtype=np.float64)
    ours = expectations(model.circuit_, model.angles_, model.scalings_, angles, precision=model.precision, n_threads=1)
    return float(np.abs(judged - ours).max())
