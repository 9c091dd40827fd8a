"""How does a linear model or an MLP become a few matrix products? Scaling and encoding go into the first matrix.

The first matrix is folded in float64 whatever the graph's precision. With large offsets a folded matrix in float32
loses digits that the scaled numbers had; then the numbers are centred in float64 first, or all stays float64.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from onnx import TensorProto

from lab.onnx_graphs.columns import Column, Constant, Indicator, NotLoweredError, Number, text_columns
from lab.onnx_graphs.graph import Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "FORMS",
    "Form",
    "Layer",
    "add_first",
    "add_labels",
    "add_layers",
    "finish_in",
    "for_softmax",
    "layers_of_linear",
    "layers_of_mlp",
]

Form = Literal["folded float32", "centred float32", "summed in float64", "float64", "scaled float32"]
FORMS: tuple[Form, ...] = ("folded float32", "centred float32", "float64")
"""From the leanest to the most exact; a float32 graph takes float32 numbers unless it has to centre them.

`scaled float32` stands outside: it leaves scaling in front of the first matrix, so that all its inputs have one scale,
which is what a quantiser to int8 needs. `summed in float64` is for kernels (`edge.exporting.lowering.kernels`).
"""

Layer = tuple["NDArray[np.float64]", "NDArray[np.float64]"]
_ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "logistic": "Sigmoid", "identity": ""}


def layers_of_linear(model: Any) -> tuple[list[Layer], str]:
    """Matrix and intercept of a logistic regression, made ready for softmax.

    Raises
    ------
    NotLoweredError
        If it is another model.
    """
    if type(model).__name__ != "LogisticRegression":
        raise NotLoweredError(f"there is no lowering of {type(model).__name__}")
    return [for_softmax(np.asarray(model.coef_, float).T, np.ravel(np.asarray(model.intercept_, float)))], "identity"


def layers_of_mlp(model: Any) -> tuple[list[Layer], str]:
    """Matrices, intercepts and activation of a multi-layer perceptron, the last layer made ready for softmax.

    Raises
    ------
    NotLoweredError
        If a row may have several labels.
    """
    if model.out_activation_ == "logistic" and model.n_outputs_ > 1:
        raise NotLoweredError("an MLPClassifier with several labels a row")
    weights = [np.asarray(matrix, dtype=np.float64) for matrix in model.coefs_]
    shifts = [np.asarray(values, dtype=np.float64) for values in model.intercepts_]
    last = for_softmax(weights[-1], shifts[-1])
    return [*zip(weights[:-1], shifts[:-1], strict=True), last], model.activation


def add_layers(
    graph: Graph, layers: Sequence[Layer], activation: str, columns: Sequence[Column], *, form: Form, missing: bool
) -> None:
    """Add all layers and the softmax.

    Parameters
    ----------
    columns : sequence of Column
        What each row of the first matrix comes from.
    form : Form
        See `FORMS`.
    missing : bool
        Whether a number may be missing; without it the graph spares the filling, and a missing number gives NaN.
    """
    precision = np.float64 if form == "float64" else np.float32
    found = add_first(graph, layers[0], columns, form=form, missing=missing)
    for weights, intercept in layers[1:]:
        if _ACTIVATIONS[activation]:
            found = graph.add(_ACTIVATIONS[activation], [found])
        found = graph.add(
            "Gemm", [found, graph.constant(weights.astype(precision)), graph.constant(intercept.astype(precision))]
        )
    finish_in(graph, graph.add("Softmax", [found], axis=1), precision)


def add_labels(graph: Graph, model: Any, columns: Sequence[Column], *, form: Form, missing: bool) -> None:
    """Add the scores of a linear classifier without probabilities, and 1 for the class that it names, 0 for all others.

    Of two classes it names the first where the score is 0, as the largest of (0, score) does.
    """
    precision = np.float64 if form == "float64" else np.float32
    weights = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64)).T
    shift = np.broadcast_to(np.ravel(np.asarray(model.intercept_, dtype=np.float64)), weights.shape[1]).copy()
    scores = add_first(graph, for_softmax(weights, shift), columns, form=form, missing=missing)
    chosen = graph.add("ArgMax", [scores], axis=1, keepdims=1)
    places = graph.constant(np.arange(max(2, weights.shape[1]), dtype=np.int64)[None])
    named = graph.add("Equal", [chosen, places])
    graph.add("Cast", [named], to=TensorProto.DOUBLE if precision == np.float64 else TensorProto.FLOAT)
    finish_in(graph, graph.nodes[-1].output[0], precision)


def finish_in(graph: Graph, found: str, precision: Any) -> None:
    """Cast probabilities that were computed in `precision` to the graph's own type, where these differ."""
    if np.dtype(precision) != graph.dtype:
        graph.add("Cast", [found], to=TensorProto.DOUBLE)


def add_first(graph: Graph, layer: Layer, columns: Sequence[Column], *, form: Form, missing: bool) -> str:
    """Add the first matrix with all that stands in front of it; gives the name of its (n_rows, n_outputs) product."""
    precision = np.float64 if form == "float64" else np.float32
    matrix, shift, table, known = _fold(layer, columns, graph.n_numbers)
    numbers, flags = "numbers", _of_flags(layer[0], columns, graph.n_numbers)
    if graph.n_numbers and missing:
        fill = graph.constant(_fillings(columns, graph.n_numbers)[None].astype(graph.dtype))
        numbers = graph.add("Where", [graph.add("IsNaN", ["numbers"]), fill, "numbers"])
    if graph.n_numbers and form in ("centred float32", "scaled float32", "summed in float64"):
        centre = _centres(columns, graph.n_numbers)
        shift = shift + centre @ matrix
        numbers = graph.add("Sub", [numbers, graph.constant(centre[None])])
        numbers = graph.add("Cast", [numbers], to=TensorProto.FLOAT)
        if form == "scaled float32":
            slopes = _slopes(columns, graph.n_numbers)
            matrix = matrix / slopes[:, None]
            numbers = graph.add("Mul", [numbers, graph.constant(slopes[None].astype(np.float32))])
    found = ""
    if graph.n_numbers:
        found = graph.add(
            "Gemm", [numbers, graph.constant(matrix.astype(precision)), graph.constant(shift.astype(precision))]
        )
        shift = np.zeros_like(shift)
    if flags.any():
        element = TensorProto.DOUBLE if precision == np.float64 else TensorProto.FLOAT
        said = graph.add("Cast", [graph.add("IsNaN", ["numbers"])], to=element)
        found = graph.add("Add", [found, graph.add("MatMul", [said, graph.constant(flags.astype(precision))])])
    if known:
        rows = graph.add("Gather", [graph.constant(table.astype(precision)), graph.rows(known)], axis=0)
        summed = graph.add("ReduceSum", [rows, graph.constant(np.array([1], np.int64))], keepdims=0)
        found = graph.add("Add", [summed, found or graph.constant(shift.astype(precision))])
    return found


def for_softmax(weights: "NDArray[np.float64]", shift: "NDArray[np.float64]") -> Layer:
    """Give two classes two scores: softmax of (0, score) is (1 - sigmoid, sigmoid).

    `weights` of shape (n_inputs, 1) and `shift` of shape (1,) become (n_inputs, 2) and (2,); more classes stay as they are.
    """
    if weights.shape[1] > 1:
        return weights, shift
    return np.hstack([np.zeros_like(weights), weights]), np.concatenate([np.zeros_like(shift), shift])


def _fold(
    layer: Layer, columns: Sequence[Column], n_numbers: int
) -> tuple["NDArray[np.float64]", "NDArray[np.float64]", "NDArray[np.float64]", list[tuple[int, list[str]]]]:
    """Put the steps in front of the first layer into it.

    Returns
    -------
    matrix, shift, table, known
        For raw numbers (n_numbers, n_outputs); for all rows; for raw texts one row each after a row of zeros for texts
        that are not known; and the texts of these rows by column.
    """
    weights, shift = layer[0], layer[1].copy()
    matrix = np.zeros((n_numbers, weights.shape[1]))
    known = text_columns(columns)
    places = {(source, text): 0 for source, texts in known for text in texts}
    places = {key: number + 1 for number, key in enumerate(places)}
    table = np.zeros((len(places) + 1, weights.shape[1]))
    for column, row in zip(columns, weights, strict=True):
        if isinstance(column, Constant):
            shift += column.value * row
        elif isinstance(column, Indicator):
            shift += column.present * row
        elif isinstance(column, Number):
            slope, added = column.affine()
            matrix[column.source] += slope * row
            shift += added * row
        else:
            shift += column.other * row
            for text, value in column.values.items():
                table[places[column.source, text]] += (value - column.other) * row
    return matrix, shift, table, known


def _of_flags(weights: "NDArray[np.float64]", columns: Sequence[Column], n_numbers: int) -> "NDArray[np.float64]":
    """Give what each missing number adds to the outputs by being missing, shape (n_numbers, n_outputs)."""
    flags = np.zeros((n_numbers, weights.shape[1]))
    for column, row in zip(columns, weights, strict=True):
        if isinstance(column, Indicator):
            flags[column.source] += (column.missing - column.present) * row
    return flags


def _fillings(columns: Sequence[Column], n_numbers: int) -> "NDArray[np.float64]":
    """What stands for a missing number; 0 for one that the model does not use, since NaN times nothing is NaN."""
    fillings = np.zeros(n_numbers)
    used: set[int] = set()
    for column in columns:
        if isinstance(column, Number):
            before = fillings[column.source]
            if column.source in used and not np.isnan(before) and before != column.filled:
                raise NotLoweredError("one number that is filled in two ways")
            fillings[column.source] = column.filled
            used.add(column.source)
    return fillings


def _centres(columns: Sequence[Column], n_numbers: int) -> "NDArray[np.float64]":
    """Give the raw numbers that the model sees as 0."""
    centres = np.zeros(n_numbers)
    for column in columns:
        if isinstance(column, Number):
            slope, shift = column.affine()
            centres[column.source] = -shift / slope
    return centres


def _slopes(columns: Sequence[Column], n_numbers: int) -> "NDArray[np.float64]":
    slopes = np.ones(n_numbers)
    for column in columns:
        if isinstance(column, Number):
            slopes[column.source] = column.affine()[0]
    return slopes
