"""What is the circuit that the search chose? Drawn, watched as it learns, and written as a formula."""

from collections.abc import Sequence
from typing import Any

from lab.numbers import number
from lab.protocol import Evidence, Figure, Rows, Table, Trial
from lab.report import charts
from lab.wording import count
from quantum.chosen_circuit.drawing import drawing
from quantum.chosen_circuit.learning import LEARNING, boundary_figure, formula_table, watch_learning
from quantum.chosen_circuit.loading import loading_table
from quantum.chosen_circuit.trials import CIRCUIT, CircuitRow, examine_circuit
from quantum.circuit import Circuit
from quantum.context import Context

__all__ = ["evidence", "plan"]


def plan(context: Context) -> Sequence[Trial[Any]]:
    """Fit the circuit once on all rows, and once more to see it learn."""
    settings = context.settings
    examined = {
        "family": context.variational,
        "scorer": context.metric.scorer,
        "candidates": settings.candidates,
        "devices": settings.devices,
    }
    watched = {"steps": settings.steps}
    return [
        CIRCUIT.trial(examine_circuit, examined, seed=context.seed_of(CIRCUIT.name)),
        LEARNING.trial(watch_learning, watched, seed=context.seed_of(LEARNING.name), needs=(CIRCUIT,)),
    ]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show the circuit, its losses, its boundary and its formula, and how far the simulator is from PennyLane."""
    figures: list[Figure] = []
    tables: list[Table] = []
    caveats: list[str] = []
    examined, learned = CIRCUIT.found(rows), LEARNING.found(rows)
    if examined:
        figures += [_drawn(examined.circuit), _losses_figure(examined)]
        if examined.scalings is not None:
            tables.append(loading_table(examined.circuit, examined.loads, examined.scalings))
        caveats.append(f"the simulator's expectations lie within {number(examined.pennylane)} of PennyLane's")
    if learned:
        figures.append(boundary_figure(learned, context.dataset.classes))
        tables += [table for table in (formula_table(learned),) if table]
    facts = {"pennylane_distance": examined.pennylane if examined else None}
    return Evidence({}, facts, tuple(figures), tuple(tables), tuple(caveats))


def _drawn(circuit: Circuit) -> Figure:
    layers = count(circuit.n_layers, "layer")
    caption = f"The circuit that the search chose on all rows: {layers}; at most the first two are drawn; others have the same form."
    return Figure("The circuit", caption, drawing(circuit))


def _losses_figure(examined: CircuitRow) -> Figure:
    every = max(examined.losses.shape[1] // 50, 1)
    curves = {
        f"start {i + 1}": [(float(step), float(loss)) for step, loss in enumerate(curve) if step % every == 0]
        for i, curve in enumerate(examined.losses)
    }
    return Figure(
        "How the circuit learned",
        "Loss on all rows from each random initialisation; curves that end apart show that training depends on it.",
        charts.lines(curves, x="training step", y="cross-entropy (nats)", whole_x=True),
    )
