"""What was found about the quantum classifier? The comparison, what carried it, and what hardware would take."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lab.decisions import rows_to_settle
from lab.learning import comparison, scoring
from lab.protocol import Dataset, Estimate, Evidence, Figure, Row, Table
from lab.report import charts
from lab.wording import count
from quantum.circuit import Circuit, circuit_from
from quantum.hardware.evidence import hardware_evidence, prices
from quantum.hardware.price import Price, executions_to_train
from quantum.models.families import CONSTANT, groups
from quantum.study import ablations
from quantum.study import sizes as sweep
from quantum.study.drawing import drawing
from quantum.study.learning import boundary_figure, formula_table
from quantum.study.scale import decay_figure, decay_of, measures_table

if TYPE_CHECKING:
    from quantum.settings import Settings

__all__ = ["summarise"]

_PREDICTIONS = 1_000


def summarise(dataset: Dataset, settings: "Settings", rows: Mapping[str, Row]) -> Evidence:
    """Gather the rows of the trials."""
    metric = scoring.primary_metric(settings.metric, dataset)
    sides = groups(settings.qubits, settings.steps, len(dataset.classes))
    found = comparison.compare(dataset, sides, rows, folds=settings.folds, repeats=settings.repeats, metric=metric)
    quantum, classical = found.best["quantum"], found.best["classical"]
    advantage = found.difference(quantum, classical)
    carried = ablations.differences(found)
    margin = settings.margin * metric.factor
    detectable = found.detectable(quantum, classical)
    parts = found.regions(quantum, classical, margin)
    examined = rows.get("circuit")
    priced, hardware_tables, hardware_figures = _hardware(dataset, settings, examined) if examined else ({}, (), ())
    extra = _circuit(dataset, rows)
    noisy = hardware_evidence(rows, metric, settings.shots)
    return Evidence(
        estimates={
            "advantage": advantage,
            "quantum": found.mean(quantum),
            **carried,
            **extra.estimates,
            **priced,
            **noisy.estimates,
        },
        facts={
            "metric": metric.label,
            "margin": margin,
            "detectable": detectable,
            "rows_to_settle": rows_to_settle(advantage, margin, dataset.n_rows, detectable=detectable),
            "probability_better": parts.better,
            "probability_equal": parts.equal,
            "probability_worse": parts.worse,
            "pennylane_distance": examined["pennylane"] if examined else None,
        },
        figures=(
            found.figure("All models", _caption(metric.label, settings), without=(CONSTANT.name,)),
            *ablations.figures(carried, metric.label),
            *sweep.figures(rows, metric, settings.qubits),
            *extra.figures,
            *noisy.figures,
            *hardware_figures,
            found.calibration(dataset.target, dataset.classes),
        ),
        tables=(*noisy.tables, *hardware_tables, *extra.tables, found.table(dataset.target), found.choices()),
        caveats=(
            *found.caveats(),
            *_inputs_caveat(dataset, settings),
            *(
                (f"the simulator's expectations lie within {examined['pennylane']:.1g} of PennyLane's",)
                if examined
                else ()
            ),
            *(noisy.caveats or ("scores are of an exact simulation without noise: hardware would do worse",)),
        ),
    )


def _circuit(dataset: Dataset, rows: Mapping[str, Row]) -> Evidence:
    """What was found about the circuit itself."""
    estimates: dict[str, Estimate] = {}
    figures: list[Figure] = []
    tables: list[Table] = []
    if examined := rows.get("circuit"):
        figures.append(_drawn(circuit_from(examined["circuit"])))
    if learned := rows.get("learning"):
        figures.append(boundary_figure(learned, dataset.classes))
        tables += [table for table in (formula_table(learned),) if table]
    if studied := rows.get("scale"):
        estimates["decay"] = decay_of(studied)
        figures.append(decay_figure(studied))
        tables.append(measures_table(studied))
    return Evidence(estimates, {}, tuple(figures), tuple(tables))


def _drawn(circuit: Circuit) -> Figure:
    layers = count(circuit.n_layers, "layer")
    caption = f"The circuit that the search chose on all rows: {layers}; at most the first two are drawn, the others are alike."
    return Figure("The circuit", caption, drawing(circuit))


def _caption(label: str, settings: "Settings") -> str:
    return (
        f"{label}, {settings.repeats} x {settings.folds}-fold cross-validation, all models on the same folds, "
        f"{count(settings.candidates, 'candidate')} each. Bars are 95 % intervals of each mean; the verdict rests on the paired "
        "difference fold by fold. The table has the constant answer too."
    )


def _inputs_caveat(dataset: Dataset, settings: "Settings") -> tuple[str, ...]:
    categories = [name for name, kind in dataset.kinds.items() if kind == "category"]
    n_encoded = len(dataset.kinds) - len(categories) + sum(dataset.features[name].nunique() for name in categories)
    if n_encoded <= settings.qubits:
        return ()
    return (
        f"the circuit sees {count(settings.qubits, 'principal component')} of the {count(len(dataset.kinds), 'column')} "
        f"(about {n_encoded} numbers once categories are encoded); classical models are compared on these and on all columns",
    )


def _hardware(
    dataset: Dataset, settings: "Settings", examined: Row
) -> tuple[dict[str, Estimate], tuple[Table, ...], tuple[Figure, ...]]:
    rates = {"overhead_s": settings.overhead_s, "execution_s": settings.execution_s, "rate": settings.rate}
    to_train = executions_to_train(examined["trained"], rows=dataset.n_rows, steps=settings.steps, shots=settings.shots)
    training = Price.of(to_train, jobs=settings.steps, **rates)
    predicting = Price.of(_PREDICTIONS * settings.shots, jobs=1, **rates)
    devices = Table(
        "The circuit on real devices",
        "Transpiled by Qiskit at its highest level for the topology and native gates of each device model. Success: the "
        "estimated probability that no gate and no readout errs in one execution.",
        ("device", "device qubits", "depth", "gates", "two-qubit gates", "success"),
        tuple(
            (d["device"], d["device_qubits"], d["depth"], d["gates"], d["two_qubit_gates"], d["success"])
            for d in examined["devices"]
        ),
    )
    price = prices(settings, n_trained=examined["trained"], n_rows=dataset.n_rows)
    losses = np.asarray(examined["losses"])
    every = max(losses.shape[1] // 50, 1)
    curves = {
        f"start {i + 1}": [(float(step), float(loss)) for step, loss in enumerate(curve) if step % every == 0]
        for i, curve in enumerate(losses)
    }
    figure = Figure(
        "How the circuit learned",
        "Loss of each random start on all rows; curves that end apart show that training depends on its start.",
        charts.lines(curves, x="training step", y="cross-entropy (nats)"),
    )
    exact = {
        "training_hours": (training.seconds / 3600, "hours"),
        "training_dollars": (training.dollars, "dollars"),
        "predictions_dollars": (predicting.dollars, "dollars"),
    }
    return {name: Estimate(v, v, v, unit) for name, (v, unit) in exact.items()}, (devices, price), (figure,)
