"""What does the price come to? Training and predictions at the rates of the settings, and the circuit on each device."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from lab.protocol import Estimate, Table
from lab.wording import count
from quantum.hardware.rates import Price, executions_of_a_kernel, executions_to_train, executions_to_train_spsa
from quantum.hardware.transpiled import OnDevice
from quantum.settings import Settings

__all__ = ["devices_table", "estimates", "facts", "price_table"]

_PREDICTIONS = 1_000
_BY_SHIFT, _BY_SPSA = "training once, parameter-shift", "training once, SPSA"
_KERNEL = "training a quantum kernel once"


def estimates(settings: Settings, *, n_trained: int, n_rows: int) -> dict[str, Estimate]:
    """Price one training on all rows by each rule, and of a quantum kernel, and 1,000 predictions; exact, so without a width."""
    priced = {words: price for words, _, price in _priced(settings, n_trained=n_trained, n_rows=n_rows)}
    training, many = priced[_BY_SHIFT], f"{_PREDICTIONS:,} predictions"
    exact = {
        "training_hours": (training.seconds / 3600, "hours"),
        "training_dollars": (training.dollars, "dollars"),
        "training_dollars_spsa": (priced[_BY_SPSA].dollars, "dollars"),
        "predictions_dollars": (priced[many].dollars, "dollars"),
        "kernel_dollars": (priced[_KERNEL].dollars, "dollars"),
        "kernel_predictions_dollars": (priced[f"{many} of the kernel, at most"].dollars, "dollars"),
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


def _priced(settings: Settings, *, n_trained: int, n_rows: int) -> list[tuple[str, int, Price]]:
    """List what is priced: its words, its executions and its price."""
    work = {"rows": n_rows, "steps": settings.steps, "shots": settings.shots}
    kernel = {"rows": n_rows, "shots": settings.shots}
    lines = (
        (_BY_SHIFT, executions_to_train(n_trained, **work), settings.steps),
        (_BY_SPSA, executions_to_train_spsa(**work), settings.steps),
        ("1 prediction", settings.shots, 1),
        (f"{_PREDICTIONS:,} predictions", _PREDICTIONS * settings.shots, 1),
        (_KERNEL, executions_of_a_kernel(**kernel), 1),
        (
            f"{_PREDICTIONS:,} predictions of the kernel, at most",
            executions_of_a_kernel(**kernel, predictions=_PREDICTIONS),
            1,
        ),
    )
    return [(words, executions, Price.of(executions, jobs=jobs, **settings.rates)) for words, executions, jobs in lines]


def price_table(settings: Settings, *, n_trained: int, n_rows: int) -> Table:
    """Price the training of the circuit by two rules and of a kernel, and predictions."""
    priced = _priced(settings, n_trained=n_trained, n_rows=n_rows)
    return Table(
        "What hardware would cost",
        f"{settings.overhead_s:g} s per job, {settings.execution_s:g} s per execution, {settings.rate:.2f} dollars per second "
        f"(settings overhead_s, execution_s, rate); {count(settings.shots, 'shot')} per expectation value. Training on all "
        f"{count(n_rows, 'row')}, one job for each of {count(settings.steps, 'step')}; SPSA replaces the exact gradient by two "
        "evaluations in a random direction, and may need more steps. A kernel is one job: every pair of rows once, and each new row "
        "with every training row.",
        ("work", "executions", "device seconds", "device hours", "dollars"),
        tuple((words, executions, p.seconds, p.seconds / 3600, p.dollars) for words, executions, p in priced),
    )
