"""What do the rows of the hardware trials show? The change of the score, the shots that it takes, and the price."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lab.learning.scoring import Metric
from lab.protocol import Estimate, Evidence, Figure, Row, Table
from lab.report import charts
from lab.wording import count
from quantum.hardware.price import Price, executions_to_train, executions_to_train_spsa
from quantum.hardware.score_drop import score_change
from quantum.hardware.shots import FLIPPED
from quantum.hardware.trials import SHOTS_SHOWN

if TYPE_CHECKING:
    from quantum.settings import Settings

__all__ = ["hardware_evidence", "prices"]

_RUNS = {"read": "as read", "mitigated": "readout errors undone"}
_PREDICTIONS = 1_000


def hardware_evidence(rows: Mapping[str, Row], metric: Metric, shots: int) -> Evidence:
    """Turn the rows of `quantum.hardware.trials` into estimates (``change_DEVICE_read`` and so on), pictures and tables."""
    done = [row for key, row in rows.items() if (key.startswith("hardware-") or key == "backend") and "device" in row]
    ran = [row for row in done if "runs" in row]
    if not ran:
        return Evidence({}, {}, (), (), _caveats(done))
    estimates, drawn, table = {}, [], []
    ideal = next((row for row in ran if "ideal" in row["runs"]), None)
    if ideal is not None:
        table.append(("no errors, shots only", *_line(ideal, "ideal", metric)[1]))
    for row in ran:
        for name, words in _RUNS.items():
            change, cells = _line(row, name, metric)
            table.append((f"{row['device']}, {words}", *cells))
            if change is not None:
                estimates[f"change_{row['device']}_{name}"] = change
                drawn.append((f"{row['device']}, {words}", words, change))
    figures = []
    if drawn:
        figures.append(_change_figure(drawn, metric, shots, len(ran[0]["target"])))
    if ideal is not None:
        figures.append(_flips_figure(ran))
    caption = (
        f"{count(len(ran[0]['target']), 'test row')} that the circuit was not trained on, {count(shots, 'shot')} each. Change: score "
        "on the device minus score in the exact simulation, with its 95 % interval (jackknife over the rows). Labels changed: "
        f"against the exact simulation. Shots needed: for under {100 * FLIPPED:g} % of the labels to flip by shot noise, from the "
        "exact margins; none where more than a billion would be needed, or where they are not known."
    )
    columns = (
        "device",
        f"change of {metric.label}",
        "low",
        "high",
        "change without shot noise",
        "labels changed (%)",
        "shots needed",
    )
    qubits = Table(
        "Where the circuit lies on the devices",
        "The device's number for each qubit of the circuit, in the circuit's order, and the mean readout error of these "
        "qubits. Qubits simulated: with those that only carry states from one place to another.",
        ("device", "qubits of the device", "readout error (%)", "qubits simulated"),
        tuple(
            (row["device"], " ".join(map(str, row["places"])), 100 * row["readout_error"], row["simulated_qubits"])
            for row in done
            if "places" in row
        ),
    )
    tables = (Table("What hardware does to the score", caption, columns, tuple(table)), qubits)
    return Evidence(estimates, {}, tuple(figures), tables, _caveats(done))


def _line(row: Row, name: str, metric: Metric) -> tuple[Estimate | None, tuple[object, ...]]:
    run, before, target = row["runs"][name], np.asarray(row["before"]), np.asarray(row["target"])
    after = np.asarray(run["after"])
    change = score_change(before, after, target, metric)
    exact = score_change(before, np.asarray(run["exact"]), target, metric) if "exact" in run else None
    labels = 100 * float((before.argmax(axis=1) != after.argmax(axis=1)).mean())
    shown = (None, None, None) if change is None else (change.value, change.low, change.high)
    return change, (*shown, exact.value if exact else None, labels, run.get("shots_needed"))


def _change_figure(drawn: list[tuple[str, str, Estimate]], metric: Metric, shots: int, n_rows: int) -> Figure:
    unit = f" ({metric.unit})" if metric.unit else ""
    caption = (
        f"Score on the device minus score in the exact simulation, {count(n_rows, 'test row')}, {count(shots, 'shot')} each; bars are "
        "95 % intervals. Left of the line the device costs score. The ROC AUC sees ranks only: noise that shrinks all "
        "expectations alike leaves it as it is while probabilities move."
    )
    spec = charts.interval_plot(
        drawn, axis=f"change of {metric.label}{unit}", groups=tuple(_RUNS.values()), reference=0.0
    )
    return Figure("What noise does to the score", caption, spec)


def _flips_figure(ran: list[Row]) -> Figure:
    simulated = [row for row in ran if "ideal" in row["runs"]]
    curves = {"no errors": list(zip(SHOTS_SHOWN, simulated[0]["runs"]["ideal"]["flips"], strict=True))}
    for row in simulated:
        curves[row["device"]] = list(zip(SHOTS_SHOWN, row["runs"]["read"]["flips"], strict=True))
    percent = {name: [(float(x), 100 * share) for x, share in curve] for name, curve in curves.items()}
    caption = (
        "Expected share of labels that shot noise alone changes, as read. Errors pull expectations together, which asks for more "
        "shots where they come close to the boundary."
    )
    spec = charts.lines(percent, x="shots for one prediction", y="labels changed by shot noise (%)", log_x=True)
    return Figure("How many shots a label needs", caption, spec)


def _caveats(done: list[Row]) -> tuple[str, ...]:
    if not done:
        return ()
    found = [
        "the noise of the device models is that of their published gate and readout errors: idle qubits do not decay in "
        "it and neighbours do not disturb one another, so a real device errs more",
    ]
    for row in done:
        if "runs" not in row:
            found.append(
                f"on {row['device']} the circuit touches {row['simulated_qubits']} qubits, too many to simulate its noise exactly"
            )
        if row.get("job"):
            seconds = "" if row["seconds"] is None else f", {row['seconds']:g} device seconds"
            found.append(f"{row['device']}: run through the Runtime client, job {row['job']}{seconds}")
    return tuple(found)


def prices(settings: "Settings", *, n_trained: int, n_rows: int) -> Table:
    """Price the training by two rules, and predictions."""
    rates = {"overhead_s": settings.overhead_s, "execution_s": settings.execution_s, "rate": settings.rate}
    work = {"rows": n_rows, "steps": settings.steps, "shots": settings.shots}
    lines = (
        ("training once, parameter-shift", executions_to_train(n_trained, **work), settings.steps),
        ("training once, SPSA", executions_to_train_spsa(**work), settings.steps),
        ("1 prediction", settings.shots, 1),
        (f"{_PREDICTIONS:,} predictions", _PREDICTIONS * settings.shots, 1),
    )
    priced = [(words, executions, Price.of(executions, jobs=jobs, **rates)) for words, executions, jobs in lines]
    return Table(
        "What hardware would cost",
        f"{settings.overhead_s:g} s a job and {settings.execution_s:g} s an execution, {settings.rate:.2f} dollars a second "
        f"(settings overhead_s, execution_s, rate); {count(settings.shots, 'shot')} an expectation. Training on all "
        f"{count(n_rows, 'row')}, one job for each of {count(settings.steps, 'step')}; SPSA replaces the exact gradient by two "
        "evaluations in a random direction, and may need more steps.",
        ("work", "executions", "device seconds", "device hours", "dollars"),
        tuple((words, executions, p.seconds, p.seconds / 3600, p.dollars) for words, executions, p in priced),
    )
