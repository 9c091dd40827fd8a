"""What is learned about the circuit itself? Trained once on all rows, drawn, and transpiled for real devices."""

from typing import TYPE_CHECKING, Any

from lab.learning.families import Family
from lab.learning.tuning import tune
from lab.protocol import Dataset, Row
from quantum.hardware.price import on_device
from quantum.interop.pennylane import to_pennylane
from quantum.interop.qiskit import to_qiskit

if TYPE_CHECKING:
    from quantum.models.classifier import VariationalQuantumClassifier

__all__ = ["examine_circuit"]

_ROWS_CHECKED = 20


def examine_circuit(
    dataset: Dataset, *, seed: int, family: Family, scorer: str, candidates: int, devices: tuple[str, ...]
) -> Row:
    """Fit the quantum family on all rows, tuned as in the folds, and look at the circuit that it chose.

    Returns
    -------
    dict
        `losses` of shape (n_restarts, n_steps); `circuit`: its fields; `parameters`: what the search set; `trained`:
        angles and scalings trained; `pennylane`: largest distance of an expectation from PennyLane's on the first rows;
        `devices`: see `OnDevice`.
    """
    tuned = tune(family, dataset.features, dataset.target, scorer=scorer, candidates=candidates, seed=seed)
    model: VariationalQuantumClassifier = tuned.model.named_steps["model"]
    inputs = tuned.model[:-1].transform(dataset.features.iloc[:_ROWS_CHECKED])
    circuit, angles = model.circuit_, model.encoded(inputs)
    bound = to_qiskit(circuit, model.angles_, angles[0], model.scalings_)
    return {
        "losses": model.loss_curves_,
        "circuit": circuit,
        "parameters": {name.removeprefix("model__"): value for name, value in tuned.parameters.items()},
        "trained": model.angles_.size + (model.scalings_.size if model.train_scalings else 0),
        "pennylane": _distance_from_pennylane(model, angles),
        "devices": [on_device(bound, device, seed=seed % 2**31) for device in devices],
    }


def _distance_from_pennylane(model: "VariationalQuantumClassifier", angles: Any) -> float:
    import numpy as np

    from quantum.simulator.calls import expectations

    node = to_pennylane(model.circuit_)
    judged = np.array([node(model.angles_, row, model.scalings_) for row in angles], dtype=np.float64)
    ours = expectations(model.circuit_, model.angles_, model.scalings_, angles, precision=model.precision, n_threads=1)
    return float(np.abs(judged - ours).max())
