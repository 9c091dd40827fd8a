"""How does a file take a table that wants one input a column, or one row a call? Its graph is given the inputs of this lab in front.

An exporter that knows the columns writes an input for each of them (skl2onnx does), by name and of its own type. One that was shown a
single row writes its number into the shape. Whether answers to rows together are those to each alone is tried later, under limits.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

__all__ = ["Column", "take_any_rows", "take_matrices"]

_NUMBERS = {
    TensorProto.FLOAT,
    TensorProto.DOUBLE,
    TensorProto.INT64,
    TensorProto.INT32,
    TensorProto.FLOAT16,
    TensorProto.BOOL,
}
_MATRICES = {"numbers": TensorProto.DOUBLE, "texts": TensorProto.STRING}


class Column(NamedTuple):
    """A column of the table: its name, the matrix that holds it (`numbers` or `texts`), and its place there."""

    name: str
    matrix: str
    place: int


def take_any_rows(model: onnx.ModelProto) -> None:
    """Let inputs of a single row take any number of them; what is written of shapes inside is forgotten."""
    given = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in given]
    single = [
        value
        for value in inputs
        if value.type.tensor_type.shape.dim and value.type.tensor_type.shape.dim[0].dim_value == 1
    ]
    if not single or len(single) != len(inputs):
        return
    for value in (*single, *model.graph.output):
        if value.type.tensor_type.shape.dim:
            value.type.tensor_type.shape.dim[0].dim_param = "rows"
    del model.graph.value_info[:]


def take_matrices(model: onnx.ModelProto, columns: Sequence[Column]) -> bool:
    """Put the matrices of this lab in front of a graph that has an input for each column that it uses, by its name; whether it has.

    Names may have lost what is no letter, digit or line, as identifiers do. Left alone is a graph whose inputs are others.
    """
    given = {tensor.name for tensor in model.graph.initializer}
    inputs = {value.name: value.type.tensor_type for value in model.graph.input if value.name not in given}
    by_name = {name: column for column in columns for name in {column.name, _plain(column.name)}}
    asked = {by_name[name].name for name in inputs if name in by_name}
    if len(asked) < min(2, len(columns)) or len(asked) != len(inputs):
        return False
    if any(not _fits(kind, by_name[name]) for name, kind in inputs.items()) or set(inputs) & set(_MATRICES):
        return False
    nodes = []
    for name, kind in inputs.items():
        column, picked = by_name[name], f"{name}: place"
        model.graph.initializer.append(numpy_helper.from_array(np.array([column.place], dtype=np.int64), picked))
        is_cast = kind.elem_type not in (TensorProto.DOUBLE, TensorProto.STRING)
        out = f"{name}: number" if is_cast else name
        nodes.append(helper.make_node("Gather", [column.matrix, picked], [out], axis=1))
        if is_cast:
            nodes.append(helper.make_node("Cast", [out], [name], to=kind.elem_type))
    kept = [*nodes, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    weights = [value for value in model.graph.input if value.name in given]
    del model.graph.input[:]
    for matrix, kind in _MATRICES.items():
        if width := sum(column.matrix == matrix for column in columns):
            model.graph.input.append(helper.make_tensor_value_info(matrix, kind, [None, width]))
    model.graph.input.extend(weights)
    return True


def _fits(kind: onnx.TypeProto.Tensor, column: Column) -> bool:
    """Whether an input is one column of numbers, or of texts, as the table has them."""
    if len(kind.shape.dim) != 2 or kind.shape.dim[1].dim_value != 1:
        return False
    return kind.elem_type in (_NUMBERS if column.matrix == "numbers" else {TensorProto.STRING})


def _plain(name: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in name)
