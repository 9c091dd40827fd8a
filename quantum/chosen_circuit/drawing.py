"""What does the circuit look like? Its gates as a picture: one wire a qubit, time from left to right."""

from typing import Any

import numpy as np

from lab.report.charts import COLOURS
from quantum.circuit import Circuit

__all__ = ["columns", "drawing"]

Spec = dict[str, Any]
"""A part of a Vega-Lite description."""
Placed = tuple[int, str, str, tuple[int, ...]]
"""A gate in the picture: column, label, kind, wires."""

_COLOURS = {"loads a feature": COLOURS[0], "trained": COLOURS[2], "entangles": "#555555"}
_COLOUR: Spec = {
    "field": "kind",
    "type": "nominal",
    "title": None,
    "scale": {"domain": list(_COLOURS), "range": list(_COLOURS.values())},
    "legend": {"orient": "bottom", "symbolType": "square"},
}


def columns(circuit: Circuit, *, max_layers: int) -> list[Placed]:
    """Place the gates of the first layers: (column, label, kind, wires); gates that share no wire share a column.

    >>> columns(Circuit(2, 1, rotation="RY"), max_layers=1)
    [(0, 'RY x1', 'loads a feature', (0,)), (0, 'RY x2', 'loads a feature', (1,)), (1, 'RY', 'trained', (0,)), \
(1, 'RY', 'trained', (1,)), (2, 'CNOT', 'entangles', (0, 1))]
    """
    shown = Circuit(
        circuit.n_qubits,
        min(circuit.n_layers, max_layers),
        encoding=circuit.encoding,
        rotation=circuit.rotation,
        entangler=circuit.entangler,
        pattern=circuit.pattern,
        reupload=circuit.reupload,
    )
    free = [0] * circuit.n_qubits
    placed = []
    for gate in shown.gates(np.zeros(shown.angles_shape)):
        first, last = min(gate.wires), max(gate.wires)
        column = max(free[first : last + 1])
        free[first : last + 1] = [column + 1] * (last - first + 1)
        is_feature = gate.source[:1] == ("feature",)
        label = f"{gate.name} x{gate.wires[0] + 1}" if is_feature else gate.name
        kind = "entangles" if len(gate.wires) == 2 else "loads a feature" if is_feature else "trained"
        placed.append((column, label, kind, gate.wires))
    return placed


def drawing(circuit: Circuit, *, max_layers: int = 2) -> dict[str, Any]:
    """Draw the first layers as a Vega-Lite description."""
    placed = columns(circuit, max_layers=max_layers)
    width = 1 + max(column for column, *_ in placed)
    x = {"type": "quantitative", "axis": None, "scale": {"domain": [-2.2, width]}}
    y = {"type": "quantitative", "axis": None, "scale": {"domain": [circuit.n_qubits - 0.4, -0.6], "nice": False}}
    gates = [
        {"column": column + 1, "gate": label, "qubits": ", ".join(str(wire + 1) for wire in wires), "what": kind}
        for column, label, kind, wires in placed
    ]
    layers = [
        *_wire_marks(circuit.n_qubits, width, x, y),
        *_join_marks(placed, "⊕" if circuit.entangler == "CNOT" else "●", x, y),
        *_box_marks(placed, x, y),
    ]
    return {"data": {"values": gates}, "width": 720, "height": 56 * circuit.n_qubits, "layer": layers}


def _wire_marks(n_qubits: int, width: int, x: Spec, y: Spec) -> list[Spec]:
    """One line for each qubit, with its name."""
    wires = [{"wire": q, "start": -0.6, "end": width - 0.4, "label": f"qubit {q + 1}"} for q in range(n_qubits)]
    return [
        {
            "data": {"values": wires},
            "mark": {"type": "rule", "color": "#999"},
            "encoding": {"x": x | {"field": "start"}, "x2": {"field": "end"}, "y": y | {"field": "wire"}},
        },
        {
            "data": {"values": wires},
            "mark": {"type": "text", "align": "right", "fontSize": 16},
            "encoding": {"x": x | {"datum": -0.7}, "y": y | {"field": "wire"}, "text": {"field": "label"}},
        },
    ]


def _join_marks(placed: list[Placed], target: str, x: Spec, y: Spec) -> list[Spec]:
    """Gates on two qubits: a line with a dot on the control and the sign of the gate on the target."""
    joins = [
        {"column": column, "control": wires[0], "target": wires[1], "kind": kind}
        for column, _, kind, wires in placed
        if len(wires) == 2
    ]
    grey = {"color": _COLOURS["entangles"]}
    return [
        {
            "data": {"values": joins},
            "mark": {"type": "rule", "strokeWidth": 2},
            "encoding": {
                "x": x | {"field": "column"},
                "y": y | {"field": "control"},
                "y2": {"field": "target"},
                "color": _COLOUR,
            },
        },
        {
            "data": {"values": joins},
            "mark": {"type": "text", "text": "●", "fontSize": 14, **grey},
            "encoding": {"x": x | {"field": "column"}, "y": y | {"field": "control"}},
        },
        {
            "data": {"values": joins},
            "mark": {"type": "text", "text": target, "fontSize": 22 if target == "⊕" else 14, **grey},
            "encoding": {"x": x | {"field": "column"}, "y": y | {"field": "target"}},
        },
    ]


def _box_marks(placed: list[Placed], x: Spec, y: Spec) -> list[Spec]:
    """Gates on one qubit: a box with the gate's name, or with the input that it loads (both do not fit)."""
    boxes = [
        {"column": column, "label": label.rpartition(" ")[2], "kind": kind, "wire": wires[0]}
        for column, label, kind, wires in placed
        if len(wires) == 1
    ]
    return [
        {
            "data": {"values": boxes},
            "mark": {"type": "square", "size": 1_500, "opacity": 1},
            "encoding": {"x": x | {"field": "column"}, "y": y | {"field": "wire"}, "color": _COLOUR},
        },
        {
            "data": {"values": boxes},
            "mark": {"type": "text", "fontSize": 13, "color": "white", "fontWeight": "bold"},
            "encoding": {"x": x | {"field": "column"}, "y": y | {"field": "wire"}, "text": {"field": "label"}},
        },
    ]
