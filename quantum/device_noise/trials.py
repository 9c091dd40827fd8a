"""What becomes of the predictions on hardware? One circuit trained without the test rows, then run for them on each device."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.errors import SettingsError
from lab.learning.families import Family
from lab.learning.folds import Fold, split
from lab.learning.tuning import tune
from lab.protocol import Dataset, Key, Rows
from quantum.circuit import Circuit
from quantum.device_noise.rows import DeviceRow, Predictions, Run
from quantum.hardware.shots import ClassicalEnd, flip_chances, probabilities_of, sampled, shots_needed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SHOTS_SHOWN", "TRAINED", "TrainedRow", "predict_on_backend", "predict_on_model", "train_for_hardware"]

SHOTS_SHOWN = tuple(2**power for power in range(5, 18))
"""Numbers of shots of the curve, 32 to 131,072."""


@dataclass(frozen=True)
class TrainedRow:
    """A circuit trained without the test rows, and what it is given for them.

    Attributes
    ----------
    circuit : Circuit
    angles, scalings : numpy.ndarray of shapes `circuit.angles_shape`, `circuit.scalings_shape`
        Radians.
    gain : float
    biases : numpy.ndarray of shape (n_observables,)
        The classical end of the model.
    features : numpy.ndarray of shape (n_rows, n_qubits)
        The encoded test rows, with the classes in proportion; radians before the scalings.
    target : numpy.ndarray of shape (n_rows,)
        Codes of their classes.
    """

    circuit: Circuit
    angles: np.ndarray
    scalings: np.ndarray
    gain: float
    biases: np.ndarray
    features: np.ndarray
    target: np.ndarray


TRAINED = Key("hardware-circuit", TrainedRow)


def train_for_hardware(
    dataset: Dataset, *, seed: int, family: Family, fold: Fold, scorer: str, candidates: int, rows: int
) -> TrainedRow:
    """Tune the variational family on the training part of a fold; keep the circuit and at most `rows` test rows."""
    train, test = split(dataset, fold)
    tuned = tune(
        family,
        dataset.features.iloc[train],
        dataset.target[train],
        scorer=scorer,
        candidates=candidates,
        seed=seed,
        belonging=dataset.belonging.of(train),
    )
    model = tuned.model.named_steps["model"]
    chosen = _in_proportion(test, dataset.target[test], rows, seed)
    return TrainedRow(
        circuit=model.circuit_,
        angles=model.angles_,
        scalings=model.scalings_,
        gain=model.gain_,
        biases=model.biases_,
        features=model.encoded(tuned.model[:-1].transform(dataset.features.iloc[chosen])),
        target=dataset.target[chosen],
    )


def predict_on_model(dataset: Dataset, *, seed: int, device: str, shots: int, inputs: Rows) -> DeviceRow:
    """Predict the test rows as a device model would: its noise exactly, then that many shots drawn from the result.

    Without predictions where the circuit touches too many qubits to simulate.
    """
    del dataset
    from qiskit import transpile
    from qiskit_ibm_runtime import fake_provider

    from quantum.hardware import noise
    from quantum.hardware.parametrised import parametrised, row_parameters
    from quantum.hardware.readout import misread, outcome_values

    given = _trained(inputs)
    circuit, head = given.circuit, ClassicalEnd(given.gain, given.biases)
    target = getattr(fake_provider, f"Fake{device.capitalize()}")().target
    native = transpile(parametrised(circuit), target=target, optimization_level=3, seed_transpiler=seed)
    used = noise.used_part(native)
    readout = noise.readout_matrices(target, used)
    runs = None
    if len(used.places) <= noise.MAX_SIMULATED_QUBITS:
        parameters = row_parameters(circuit, given.angles, given.scalings, given.features)
        clean = noise.distributions(used, parameters, None)
        noisy = misread(noise.distributions(used, parameters, noise.gate_noise(target, used)), readout)
        plain, turned = outcome_values(circuit), outcome_values(circuit, readout)
        counted = sampled(noisy, shots, seed=seed)  # mitigation works on the very same counts
        runs = Predictions(
            before=_predicted(clean, plain, head),
            ideal=_run(clean, sampled(clean, shots, seed=seed), plain, head),
            read=_run(noisy, counted, plain, head),
            mitigated=_run(noisy, counted, turned, head),
        )
    return DeviceRow(
        device=device,
        readout_error=_mean_error(readout),
        target=given.target,
        runs=runs,
        places=tuple(used.places[qubit] for qubit in used.measured),
        simulated_qubits=len(used.places),
    )


def predict_on_backend(dataset: Dataset, *, seed: int, backend: str, shots: int, inputs: Rows) -> DeviceRow:
    """Predict the test rows on a machine, or on a model of one through the same client."""
    del dataset
    from quantum.hardware.backend import open_backend, run_on_backend
    from quantum.hardware.parametrised import parametrised, row_parameters
    from quantum.hardware.readout import outcome_values
    from quantum.simulator.calls import expectations

    given = _trained(inputs)
    circuit, head = given.circuit, ClassicalEnd(given.gain, given.biases)
    parameters = row_parameters(circuit, given.angles, given.scalings, given.features)
    machine = open_backend(backend, circuit.n_qubits)
    counted = run_on_backend(machine, parametrised(circuit), parameters, shots=shots, seed=seed)
    exact = expectations(circuit, given.angles, given.scalings, given.features, precision="float64", n_threads=1)
    plain, turned = outcome_values(circuit), outcome_values(circuit, counted.readout)
    return DeviceRow(
        device=backend,
        readout_error=_mean_error(counted.readout),
        target=given.target,
        runs=Predictions(
            before=probabilities_of(head.logits(np.asarray(exact, dtype=np.float64))),
            read=Run(_predicted(counted.shares, plain, head)),
            mitigated=Run(_predicted(counted.shares, turned, head)),
        ),
        job=counted.job,
        seconds=counted.seconds,
    )


def _trained(inputs: Rows) -> TrainedRow:
    given = TRAINED.needed(inputs)
    if not len(given.features):
        raise SettingsError("there is no test row to run; raise --hardware-rows")
    return given


def _mean_error(readout: "NDArray") -> float:
    """How often a bit is read wrong, over both of its values and all qubits."""
    return float((readout[:, 1, 0] + readout[:, 0, 1]).mean() / 2)


def _predicted(probabilities: "NDArray", values: "NDArray", head: ClassicalEnd) -> "NDArray[np.float64]":
    from quantum.hardware.readout import mean_values

    return probabilities_of(head.logits(mean_values(probabilities, values)))


def _run(exact: "NDArray", counted: "NDArray", values: "NDArray", head: ClassicalEnd) -> Run:
    return Run(
        after=_predicted(counted, values, head),
        exact=_predicted(exact, values, head),
        shots_needed=shots_needed(exact, values, head),
        flips=tuple(float(flip_chances(exact, values, head, shots).mean()) for shots in SHOTS_SHOWN),
    )


def _in_proportion(rows: "NDArray", classes: "NDArray", most: int, seed: int) -> "NDArray[np.int64]":
    """Take at most so many rows with the classes in proportion: those that come first within their class."""
    order = np.random.default_rng(seed).permutation(len(rows))
    places = np.empty(len(rows))
    for code in np.unique(classes):
        members = order[classes[order] == code]
        places[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.sort(rows[np.argsort(places, kind="stable")[:most]])
