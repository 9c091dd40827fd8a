"""How does the readable model leave the laboratory? Any additive model as an ONNX graph, held against the original.

The graph takes one tensor for each feature (doubles, texts) and gives the probabilities of both classes. It looks every
value up in the same tables that the report shows, in double precision, so that no row falls into another bin.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper, numpy_helper

from interpretability.scale import answers
from lab.protocol import Term, WhatIf

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["largest_difference", "probabilities_of", "to_onnx"]

_OPSET, _IR = 17, 8


def to_onnx(opened: WhatIf) -> bytes:
    """Write an additive model of two classes, or of a number, as an ONNX file.

    Returns
    -------
    bytes
        Inputs `input_0`, `input_1`, ... of shape (n_rows, 1), in the order of `opened.inputs` (their names are in the
        metadata); output `probabilities` of shape (n_rows, 2), or `prediction` of shape (n_rows, 1). A
        missing number is NaN, a missing text is empty.
    """
    graph = _Graph()
    inputs = [
        helper.make_tensor_value_info(
            f"input_{place}", TensorProto.STRING if item.kind == "category" else TensorProto.DOUBLE, ["rows", 1]
        )
        for place, item in enumerate(opened.inputs)
    ]
    total = graph.constant(np.array([opened.intercept]))
    for term in opened.terms:
        total = graph.node("Add", total, _add_term(graph, term, opened))
    if opened.link == "identity":
        name, width = "prediction", 1
        graph.nodes.append(helper.make_node("Identity", [total], [name]))
    else:
        name, width = "probabilities", 2
        positive = graph.node("Sigmoid", total)
        negative = graph.node("Sub", graph.constant(np.array([1.0])), positive)
        graph.nodes.append(helper.make_node("Concat", [negative, positive], [name], axis=1))
    output = helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["rows", width])
    made = helper.make_graph(graph.nodes, "additive_model", inputs, [output], initializer=graph.constants)
    model = helper.make_model(
        made,
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid("ai.onnx.ml", 3)],
        ir_version=_IR,
    )
    helper.set_model_props(model, {f"input_{place}": item.name for place, item in enumerate(opened.inputs)})
    onnx.checker.check_model(model)
    return model.SerializeToString()


def probabilities_of(content: bytes, opened: WhatIf, frame: pd.DataFrame) -> "NDArray[np.float64]":
    """Run the file on the rows of a frame; shape (n_rows, 2), or (n_rows, 1) for a number."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    fed = {}
    for place, item in enumerate(opened.inputs):
        values = frame[item.name]
        if item.kind == "category":
            fed[f"input_{place}"] = values.fillna("").to_numpy(dtype=object).reshape(-1, 1)
        else:
            fed[f"input_{place}"] = values.to_numpy(dtype=np.float64).reshape(-1, 1)
    return np.asarray(session.run(None, fed)[0])


def largest_difference(content: bytes, opened: WhatIf, model: Any, frame: pd.DataFrame) -> float:
    """Largest difference between the answers of the file and of the model."""
    return float(np.abs(probabilities_of(content, opened, frame)[:, -1] - answers(model, frame)).max())


class _Graph:
    """Nodes and constants with names of their own."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: "NDArray") -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, kind: str, *given: str, **attributes: Any) -> str:
        name = f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(given), [name], **attributes))
        return name


def _add_term(graph: _Graph, term: Term, opened: WhatIf) -> str:
    places = [_place(graph, where, bins, opened) for where, bins in zip(term.inputs, term.bins, strict=True)]
    if term.origins:
        return _polynomial(graph, term, places[0])
    values = np.array(term.values, dtype=np.float64)
    flat = places[0]
    if len(places) == 2:
        width = graph.constant(np.array([values.shape[1]], dtype=np.int64))
        flat = graph.node("Add", graph.node("Mul", places[0], width), places[1])
    return graph.node("Gather", graph.constant(values.ravel()), flat)


def _place(graph: _Graph, where: int, bins: tuple[Any, ...], opened: WhatIf) -> str:
    """Look up the bin of each row: 0 for missing, then as `lab.additive.place` counts."""
    name = f"input_{where}"
    if opened.inputs[where].kind == "category":
        return graph.node(
            "LabelEncoder",
            name,
            domain="ai.onnx.ml",
            keys_strings=["", *bins],
            values_int64s=list(range(len(bins) + 1)),
            default_int64=len(bins) + 1,
        )
    missing = graph.node("IsNaN", name)
    one = graph.constant(np.array([1], dtype=np.int64))
    zero = graph.constant(np.array([0], dtype=np.int64))
    place = one
    if bins:
        cuts = graph.constant(np.array([bins], dtype=np.float64))
        reached = graph.node("Cast", graph.node("GreaterOrEqual", name, cuts), to=TensorProto.INT64)
        axis = graph.constant(np.array([1], dtype=np.int64))
        place = graph.node("Add", graph.node("ReduceSum", reached, axis, keepdims=1), one)
    return graph.node("Where", missing, zero, place)


def _polynomial(graph: _Graph, term: Term, place: str) -> str:
    """Evaluate the polynomial of each row's piece by Horner's rule; a missing value takes the constant of place 0."""
    degree = max(len(piece) for piece in term.values)
    table = np.zeros((len(term.values), degree))
    for row, piece in enumerate(term.values):
        table[row, : len(piece)] = piece
    name = f"input_{term.inputs[0]}"
    filled = graph.node("Where", graph.node("IsNaN", name), graph.constant(np.array([0.0])), name)
    origin = graph.node("Gather", graph.constant(np.array([0.0, *term.origins])), place)
    distance = graph.node("Sub", filled, origin)
    total = graph.node("Gather", graph.constant(table[:, -1]), place)
    for power in range(degree - 2, -1, -1):
        own = graph.node("Gather", graph.constant(table[:, power]), place)
        total = graph.node("Add", graph.node("Mul", total, distance), own)
    return total
