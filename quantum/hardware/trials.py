"""What becomes of the predictions on hardware? One circuit trained without the test rows, then run for them on each device."""

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from lab.errors import SettingsError
from lab.learning.families import Family
from lab.learning.folds import Fold, split
from lab.learning.tuning import tune
from lab.protocol import Dataset, Row, Trial
from quantum.circuit import circuit_from
from quantum.hardware.shots import Head, flip_chances, probabilities_of, sampled, shots_needed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quantum.circuit import Circuit

__all__ = ["SHOTS_SHOWN", "hardware_trials", "predict_on_backend", "predict_on_model", "train_for_hardware"]

SHOTS_SHOWN = tuple(2**power for power in range(5, 18))
"""Numbers of shots of the curve, 32 to 131,072."""
_TRAINED = "hardware-circuit"


def hardware_trials(
    family: Family,
    fold: Fold,
    *,
    seed: int,
    scorer: str,
    candidates: int,
    rows: int,
    devices: tuple[str, ...],
    shots: int,
    backend: str = "",
) -> list[Trial]:
    """Plan the runs: train once, predict on every device model, and on a backend where one is named."""

    def seed_of(key: str) -> int:
        return int(np.random.SeedSequence([seed, zlib.crc32(key.encode())]).generate_state(1)[0] % 2**31)

    training = {"family": family, "fold": fold, "scorer": scorer, "candidates": candidates, "rows": rows}
    found = [Trial(_TRAINED, train_for_hardware, training, seed=seed_of(_TRAINED))]
    for device in dict.fromkeys(devices):
        key, arguments = f"hardware-{device}", {"device": device, "shots": shots}
        found.append(Trial(key, predict_on_model, arguments, seed=seed_of(key), needs=(_TRAINED,), cost=5.0))
    if backend:
        key, arguments = "backend", {"backend": backend, "shots": shots}
        found.append(Trial(key, predict_on_backend, arguments, seed=seed_of(key), needs=(_TRAINED,), cost=60.0))
    return found


def train_for_hardware(
    dataset: Dataset, *, seed: int, family: Family, fold: Fold, scorer: str, candidates: int, rows: int
) -> Row:
    """Tune the variational family on the training part of a fold; keep the circuit and what it is given for test rows.

    Returns
    -------
    dict
        `circuit`: its fields; `angles`, `scalings`, `gain`, `biases`: trained; `features` of shape (n_rows, n_qubits):
        the encoded test rows, at most `rows` of them with the classes in proportion, and `target`, their classes.
    """
    train, test = split(dataset, fold)
    tuned = tune(
        family,
        dataset.features.iloc[train],
        dataset.target[train],
        scorer=scorer,
        candidates=candidates,
        seed=seed,
    )
    model = tuned.model.named_steps["model"]
    chosen = _in_proportion(test, dataset.target[test], rows, seed)
    return {
        "circuit": model.circuit_,
        "angles": model.angles_,
        "scalings": model.scalings_,
        "gain": model.gain_,
        "biases": model.biases_,
        "features": model.encoded(tuned.model[:-1].transform(dataset.features.iloc[chosen])),
        "target": dataset.target[chosen],
    }


def predict_on_model(dataset: Dataset, *, seed: int, device: str, shots: int, inputs: dict[str, Row]) -> Row:
    """Predict the test rows as a device model would: its noise exactly, then that many shots drawn from the result.

    Returns
    -------
    dict
        `device`, `places` (the device's qubit for each of ours), `readout_error` (mean over them), `simulated_qubits`,
        `target`, `before`: probabilities of the classes without noise or shots, and `runs`, one of each of "ideal"
        (shot noise only), "read" (as read) and "mitigated" (readout errors undone): `exact` and `after`, probabilities
        without and with shot noise, `shots_needed`, and `flips`, the share of labels that shot noise changes for
        `SHOTS_SHOWN`. Without `before` and `runs` where the circuit touches too many qubits to simulate.
    """
    del dataset
    from qiskit import transpile
    from qiskit_ibm_runtime import fake_provider

    from quantum.hardware import noise
    from quantum.hardware.parametrised import parametrised, row_parameters
    from quantum.hardware.readout import misread, outcome_values

    circuit, head, given = _trained(inputs)
    target = getattr(fake_provider, f"Fake{device.capitalize()}")().target
    native = transpile(parametrised(circuit), target=target, optimization_level=3, seed_transpiler=seed)
    used = noise.used_part(native)
    readout = noise.readout_matrices(target, used)
    found: Row = {
        "device": device,
        "places": [used.places[qubit] for qubit in used.measured],
        "readout_error": float((readout[:, 1, 0] + readout[:, 0, 1]).mean() / 2),
        "simulated_qubits": len(used.places),
        "target": given["target"],
    }
    if len(used.places) > noise.MAX_SIMULATED_QUBITS:
        return found
    parameters = row_parameters(circuit, given["angles"], given["scalings"], given["features"])
    clean = noise.distributions(used, parameters, None)
    noisy = misread(noise.distributions(used, parameters, noise.gate_noise(target, used)), readout)
    plain, turned = outcome_values(circuit), outcome_values(circuit, readout)
    counted = sampled(noisy, shots, seed=seed)  # mitigation works on the very same counts
    return found | {
        "before": _predicted(clean, plain, head),
        "runs": {
            "ideal": _run(clean, sampled(clean, shots, seed=seed), plain, head),
            "read": _run(noisy, counted, plain, head),
            "mitigated": _run(noisy, counted, turned, head),
        },
    }


def predict_on_backend(dataset: Dataset, *, seed: int, backend: str, shots: int, inputs: dict[str, Row]) -> Row:
    """Predict the test rows on a machine, or on a model of one through the same client.

    Returns
    -------
    dict
        `device`, `job`, `seconds` (None where the client does not say), `readout_error`, `target`, `before` and `runs` as
        `predict_on_model`, with `after` alone.
    """
    del dataset
    from quantum.hardware.backend import open_backend, run_on_backend
    from quantum.hardware.parametrised import parametrised, row_parameters
    from quantum.hardware.readout import mean_values, outcome_values
    from quantum.simulator.calls import expectations

    circuit, head, given = _trained(inputs)
    parameters = row_parameters(circuit, given["angles"], given["scalings"], given["features"])
    machine = open_backend(backend, circuit.n_qubits)
    counted = run_on_backend(machine, parametrised(circuit), parameters, shots=shots, seed=seed)
    exact = expectations(
        circuit, given["angles"], given["scalings"], given["features"], precision="float64", n_threads=1
    )
    values = {"read": outcome_values(circuit), "mitigated": outcome_values(circuit, counted.readout)}
    return {
        "device": backend,
        "job": counted.job,
        "seconds": counted.seconds,
        "readout_error": float((counted.readout[:, 1, 0] + counted.readout[:, 0, 1]).mean() / 2),
        "target": given["target"],
        "before": probabilities_of(head.logits(np.asarray(exact, dtype=np.float64))),
        "runs": {
            name: {"after": probabilities_of(head.logits(mean_values(counted.shares, value)))}
            for name, value in values.items()
        },
    }


def _trained(inputs: dict[str, Row]) -> "tuple[Circuit, Head, Row]":
    given = inputs[_TRAINED]
    if not len(given["features"]):
        raise SettingsError("no test row is left to run; raise --hardware-rows")
    return circuit_from(given["circuit"]), Head(float(given["gain"]), np.asarray(given["biases"])), given


def _predicted(probabilities: "NDArray", values: "NDArray", head: Head) -> "NDArray[np.float64]":
    from quantum.hardware.readout import mean_values

    return probabilities_of(head.logits(mean_values(probabilities, values)))


def _run(exact: "NDArray", counted: "NDArray", values: "NDArray", head: Head) -> dict[str, Any]:
    return {
        "exact": _predicted(exact, values, head),
        "after": _predicted(counted, values, head),
        "shots_needed": shots_needed(exact, values, head),
        "flips": [float(flip_chances(exact, values, head, shots).mean()) for shots in SHOTS_SHOWN],
    }


def _in_proportion(rows: "NDArray", classes: "NDArray", most: int, seed: int) -> "NDArray[np.int64]":
    """Take at most so many rows with the classes in proportion: those that come first within their class."""
    order = np.random.default_rng(seed).permutation(len(rows))
    places = np.empty(len(rows))
    for code in np.unique(classes):
        members = order[classes[order] == code]
        places[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.sort(rows[np.argsort(places, kind="stable")[:most]])
