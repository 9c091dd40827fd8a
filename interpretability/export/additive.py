"""How does the readable model leave the laboratory? Additive models of two classes, or of a number, as an ONNX graph.

The graph looks every value up in the same tables that the report shows, in double precision, so that no row falls into
another bin. Trees and sums of trees are written by `interpretability.export.trees`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from onnx import TensorProto

from interpretability.export.file import PREDICTION, PROBABILITIES, answers_of, close, open_graph, placed
from interpretability.scale import says_classes
from lab.onnx_graphs.graph import ML, Graph
from lab.protocol import Kind, Term, WhatIf

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["largest_difference", "to_onnx"]


def to_onnx(opened: WhatIf) -> bytes:
    """Write an additive model of two classes, or of a number, as an ONNX file (see `interpretability.export.file`)."""
    graph, kinds = open_graph(kinds_of(opened)), kinds_of(opened)
    total = graph.constant(np.array([[opened.intercept]]))
    if not opened.terms:  # the answer still needs one line for each row
        total = graph.add("Expand", [total, graph.add("Shape", [_column(graph, opened, 0)])])
    for term in opened.terms:
        total = graph.add("Add", [total, _add_term(graph, term, opened)])
    if opened.link == "identity":
        return close(graph, kinds, PREDICTION, 1)
    positive = graph.add("Sigmoid", [total])
    negative = graph.add("Sub", [graph.constant(np.array([1.0])), positive])
    graph.add("Concat", [negative, positive], axis=1)
    return close(graph, kinds, PROBABILITIES, 2)


def kinds_of(opened: WhatIf) -> dict[str, Kind]:
    """Name the columns and their kinds."""
    return {item.name: item.kind for item in opened.inputs}


def largest_difference(content: bytes, kinds: Mapping[str, Kind], model: Any, frame: pd.DataFrame) -> float:
    """Largest difference between the answers of the file and of the model."""
    said = model.predict_proba(frame) if says_classes(model) else model.predict(frame)
    return float(np.abs(answers_of(content, kinds, frame) - np.reshape(said, (len(frame), -1))).max())


def _add_term(graph: Graph, term: Term, opened: WhatIf) -> str:
    places = [_place(graph, where, bins, opened) for where, bins in zip(term.inputs, term.bins, strict=True)]
    if term.origins:
        return _polynomial(graph, term, places[0], opened)
    values = np.array(term.values, dtype=np.float64)
    flat = places[0]
    if len(places) == 2:
        width = graph.constant(np.array([values.shape[1]], dtype=np.int64))
        flat = graph.add("Add", [graph.add("Mul", [places[0], width]), places[1]])
    return graph.add("Gather", [graph.constant(values.ravel()), flat])


def _column(graph: Graph, opened: WhatIf, where: int) -> str:
    """Give the column of one of the model's inputs, shape (n_rows, 1)."""
    return graph.column(*placed(kinds_of(opened))[opened.inputs[where].name])


def _place(graph: Graph, where: int, bins: tuple[Any, ...], opened: WhatIf) -> str:
    """Look up the bin of each row: 0 for missing, then as `lab.report.additive.place` counts."""
    item = opened.inputs[where]
    column = _column(graph, opened, where)
    if item.kind == "category":
        return graph.add(
            "LabelEncoder",
            [column],
            domain=ML,
            keys_strings=["", *bins],
            values_int64s=list(range(len(bins) + 1)),
            default_int64=len(bins) + 1,
        )
    missing = graph.add("IsNaN", [column])
    one = graph.constant(np.array([1], dtype=np.int64))
    zero = graph.constant(np.array([0], dtype=np.int64))
    place = one
    if bins:
        cuts = graph.constant(np.array([bins], dtype=np.float64))
        reached = graph.add("Cast", [graph.add("GreaterOrEqual", [column, cuts])], to=TensorProto.INT64)
        axis = graph.constant(np.array([1], dtype=np.int64))
        place = graph.add("Add", [graph.add("ReduceSum", [reached, axis], keepdims=1), one])
    return graph.add("Where", [missing, zero, place])


def _polynomial(graph: Graph, term: Term, place: str, opened: WhatIf) -> str:
    """Evaluate the polynomial of each row's piece by Horner's rule; a missing value takes the constant of place 0."""
    pieces = [piece for piece in term.values if isinstance(piece, tuple)]  # all are: it has origins
    degree = max(len(piece) for piece in pieces)
    table: NDArray = np.zeros((len(pieces), degree))
    for row, piece in enumerate(pieces):
        table[row, : len(piece)] = piece
    column = _column(graph, opened, term.inputs[0])
    filled = graph.add("Where", [graph.add("IsNaN", [column]), graph.constant(np.array([0.0])), column])
    origin = graph.add("Gather", [graph.constant(np.array([0.0, *term.origins])), place])
    distance = graph.add("Sub", [filled, origin])
    total = graph.add("Gather", [graph.constant(table[:, -1]), place])
    for power in range(degree - 2, -1, -1):
        own = graph.add("Gather", [graph.constant(table[:, power]), place])
        total = graph.add("Add", [graph.add("Mul", [total, distance]), own])
    return total
