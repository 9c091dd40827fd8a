"""What does the price come to? Training and predictions at the rates of the settings, and the circuit on each device."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from lab.protocol import Estimate, Table
from lab.wording import count
from quantum.hardware.rates import Price, executions_to_train, executions_to_train_spsa
from quantum.hardware.transpiled import OnDevice
from quantum.settings import Settings

__all__ = ["devices_table", "estimates", "facts", "price_table"]

_PREDICTIONS = 1_000


def estimates(settings: Settings, *, n_trained: int, n_rows: int) -> dict[str, Estimate]:
    """Price one training on all rows by the parameter-shift rule, and 1,000 predictions; exact, so without a width."""
    to_train = executions_to_train(n_trained, rows=n_rows, steps=settings.steps, shots=settings.shots)
    training = Price.of(to_train, jobs=settings.steps, **settings.rates)
    predicting = Price.of(_PREDICTIONS * settings.shots, jobs=1, **settings.rates)
    exact = {
        "training_hours": (training.seconds / 3600, "hours"),
        "training_dollars": (training.dollars, "dollars"),
        "predictions_dollars": (predicting.dollars, "dollars"),
    }
    return {name: Estimate(v, v, v, unit) for name, (v, unit) in exact.items()}


def facts(settings: Settings, *, n_trained: int, n_rows: int) -> dict[str, Any]:
    """Say what is priced, and at which rates: the circuits and jobs of each work, so that a page prices it at other rates.

    Executions are circuits times shots; `source` says where the rate comes from.
    """
    work = {"rows": n_rows, "steps": settings.steps, "shots": 1}
    works = (
        ("training once, parameter-shift", executions_to_train(n_trained, **work), settings.steps),
        ("training once, SPSA", executions_to_train_spsa(**work), settings.steps),
        (f"{_PREDICTIONS:,} predictions", _PREDICTIONS, 1),
    )
    (rate,) = (field for field in dataclasses.fields(Settings) if field.name == "rate")
    return {
        "works": [{"name": name, "circuits": circuits, "jobs": jobs} for name, circuits, jobs in works],
        "shots": settings.shots,
        **settings.rates,
        "source": rate.metadata["help"]
        if settings.rate == rate.default
        else "dollars per device second, as given by --rate",
    }


def devices_table(devices: Sequence[OnDevice]) -> Table:
    """List depth, gates and the chance of no error on each device."""
    return Table(
        "The circuit on real devices",
        "Transpiled by Qiskit at its highest optimisation level for the topology and native gates of each device model. Success: the "
        "estimated probability of an execution without any gate or readout error.",
        ("device", "device qubits", "depth", "gates", "two-qubit gates", "success"),
        tuple((d.device, d.device_qubits, d.depth, d.gates, d.two_qubit_gates, d.success) for d in devices),
    )


def price_table(settings: Settings, *, n_trained: int, n_rows: int) -> Table:
    """Price the training by two rules, and predictions."""
    work = {"rows": n_rows, "steps": settings.steps, "shots": settings.shots}
    lines = (
        ("training once, parameter-shift", executions_to_train(n_trained, **work), settings.steps),
        ("training once, SPSA", executions_to_train_spsa(**work), settings.steps),
        ("1 prediction", settings.shots, 1),
        (f"{_PREDICTIONS:,} predictions", _PREDICTIONS * settings.shots, 1),
    )
    priced = [
        (words, executions, Price.of(executions, jobs=jobs, **settings.rates)) for words, executions, jobs in lines
    ]
    return Table(
        "What hardware would cost",
        f"{settings.overhead_s:g} s per job, {settings.execution_s:g} s per execution, {settings.rate:.2f} dollars per second "
        f"(settings overhead_s, execution_s, rate); {count(settings.shots, 'shot')} per expectation value. Training on all "
        f"{count(n_rows, 'row')}, one job for each of {count(settings.steps, 'step')}; SPSA replaces the exact gradient by two "
        "evaluations in a random direction, and may need more steps.",
        ("work", "executions", "device seconds", "device hours", "dollars"),
        tuple((words, executions, p.seconds, p.seconds / 3600, p.dollars) for words, executions, p in priced),
    )
