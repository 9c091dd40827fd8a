"""What is left of the score on hardware? Test rows predicted under the noise of device models, and on a machine if asked."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from lab.learning.folds import all_folds
from lab.protocol import Evidence, Rows, Trial
from quantum.context import Context
from quantum.device_noise.evidence import device_evidence
from quantum.device_noise.rows import ON_BACKEND, ON_MODEL, DeviceRow
from quantum.device_noise.trials import TRAINED, predict_on_backend, predict_on_model, train_for_hardware
from quantum.models.limits import Qubits

__all__ = ["evidence", "plan"]


def plan(context: Context) -> Sequence[Trial[Any]]:
    """Train once without the test rows, then predict them on every device model, and on a backend where one is named."""
    settings = context.settings
    if not settings.hardware_rows:
        return ()
    training = {
        "family": context.on_hardware,
        "fold": all_folds(settings.folds, settings.repeats, context.seed)[0],
        "scorer": context.metric.scorer,
        "candidates": settings.candidates,
        "rows": settings.hardware_rows,
    }
    found: list[Trial[Any]] = [TRAINED.trial(train_for_hardware, training, seed=_seed_of(context, TRAINED.name))]
    for device in dict.fromkeys(settings.devices):
        key, arguments = ON_MODEL.of(device), {"device": device, "shots": settings.shots}
        seed = _seed_of(context, key.name)
        found.append(key.trial(predict_on_model, arguments, seed=seed, needs=(TRAINED,), cost=5.0))
    if settings.backend:
        arguments, seed = {"backend": settings.backend, "shots": settings.shots}, _seed_of(context, ON_BACKEND.name)
        found.append(
            ON_BACKEND.trial(predict_on_backend, arguments, seed=seed, needs=(TRAINED,), cost=60.0, at_home=True)
        )
    return found


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show what each device does to the score, and how many shots a label needs."""
    done = _done(context, rows)
    found = device_evidence(done, context.metric, context.settings.shots)
    return dataclasses.replace(found, caveats=(*found.caveats, *_size_caveat(context.qubits))) if done else found


def _size_caveat(qubits: Qubits) -> tuple[str, ...]:
    """Say so where the circuit under noise is smaller than that of the comparison."""
    if qubits.hardware >= qubits.circuit:
        return ()
    return (
        f"the circuit under noise was tuned on at most {qubits.hardware} qubits, that of the comparison on at most {qubits.circuit}: "
        f"exact noise costs 16 times as much for every two more (--qubits {qubits.circuit} does it)",
    )


def _done(context: Context, rows: Rows) -> list[DeviceRow]:
    keys = [*(ON_MODEL.of(device) for device in dict.fromkeys(context.settings.devices)), ON_BACKEND]
    return [row for row in (key.found(rows) for key in keys) if row is not None]


def _seed_of(context: Context, key: str) -> int:
    return context.seed_of(key) % 2**31  # Qiskit's transpiler takes no larger seeds
