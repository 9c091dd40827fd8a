"""How does a graph give what its outputs were read as? Nodes behind it make `probabilities`, in the order of the table's classes.

They are operators that have been the same since version 7, so that a file keeps the versions that it was written in.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from edge.given.graph_names import rename
from edge.given.outputs import JOINED, Reading
from edge.session import OUTPUT

__all__ = ["give_probabilities", "join_columns", "take_off_maps"]

_ML = "ai.onnx.ml"


def take_off_maps(model: onnx.ModelProto) -> dict[str, tuple[str, ...]]:
    """Let outputs that are lists of maps (label: probability) be the matrices that these are made from; gives their labels."""
    found: dict[str, tuple[str, ...]] = {}
    outputs = {value.name: place for place, value in enumerate(model.graph.output)}
    kept = []
    for node in model.graph.node:
        if node.op_type != "ZipMap" or len(node.input) != 1 or node.output[0] not in outputs:
            kept.append(node)
            continue
        labels = [text.decode("utf-8", "replace") for attribute in node.attribute for text in attribute.strings]
        labels += [str(number) for attribute in node.attribute for number in attribute.ints]
        found[node.input[0]] = tuple(labels)
        value = helper.make_tensor_value_info(node.input[0], TensorProto.FLOAT, [None, len(labels) or None])
        is_there = node.input[0] in outputs
        model.graph.output[outputs[node.output[0]]].CopyFrom(
            model.graph.output[outputs[node.input[0]]] if is_there else value
        )
    if found:
        del model.graph.node[:]
        model.graph.node.extend(kept)
        unique = {value.name: value for value in model.graph.output}
        del model.graph.output[:]
        model.graph.output.extend(unique.values())
    return found


def join_columns(model: onnx.ModelProto, n_classes: int) -> None:
    """Add a matrix of the outputs that are one column of numbers each, if there are as many as classes: skl2onnx can write them so."""
    single = []
    for value in model.graph.output:
        kind = value.type.tensor_type
        dims = [size.dim_value for size in kind.shape.dim]
        if kind.elem_type in (TensorProto.FLOAT, TensorProto.DOUBLE) and (len(dims) == 1 or dims[1:] == [1]):
            single.append((value.name, kind.elem_type))
    if len(single) != n_classes or n_classes < 2 or len({kind for _, kind in single}) != 1:
        return
    columns = [f"{JOINED}: {place}" for place in range(n_classes)]
    flat = numpy_helper.from_array(np.array([-1, 1], dtype=np.int64))
    model.graph.node.append(helper.make_node("Constant", [], [f"{JOINED}: shape"], value=flat))
    for (name, _), column in zip(single, columns, strict=True):
        model.graph.node.append(helper.make_node("Reshape", [name, f"{JOINED}: shape"], [column]))
    model.graph.node.append(helper.make_node("Concat", columns, [JOINED], axis=1))
    model.graph.output.append(helper.make_tensor_value_info(JOINED, single[0][1], [None, n_classes]))


def give_probabilities(
    model: onnx.ModelProto, reading: Reading, *, order: Sequence[int], element: str, n_classes: int
) -> None:
    """Let the graph give one output, `probabilities`, shape (n_rows, n_classes), and nothing else.

    Parameters
    ----------
    order : sequence of int
        For each class of the table its place among those of the file; empty where they are in that order.
    element : str
        The type that ONNX Runtime says of the output, such as `tensor(float)`.
    n_classes : int
        Of the table.
    """
    source = reading.output
    is_plain = reading.how == "probabilities" and not order and element in ("tensor(float)", "tensor(double)")
    rename(model.graph, {source: OUTPUT} if is_plain else {OUTPUT: f"{OUTPUT} of the file"})
    source = f"{OUTPUT} of the file" if source == OUTPUT and not is_plain else source
    double = is_plain and element == "tensor(double)"
    if not is_plain:
        behind = _Behind(model, double=element == "tensor(double)")
        made = (
            behind.labels(source, reading.named, element) if reading.how == "labels" else behind.read(source, reading)
        )
        double = behind.element == TensorProto.DOUBLE
        behind.node("Gather", [made, behind.constant(np.array(order or range(n_classes)))], OUTPUT, axis=1)
    del model.graph.output[:]
    kind = TensorProto.DOUBLE if double else TensorProto.FLOAT
    model.graph.output.append(helper.make_tensor_value_info(OUTPUT, kind, [None, n_classes]))


class _Behind:
    """Nodes at the end of a graph, whose values have names of ours."""

    def __init__(self, model: onnx.ModelProto, *, double: bool) -> None:
        self.model = model
        self.element = TensorProto.DOUBLE if double else TensorProto.FLOAT
        self.count = 0

    def node(self, operator: str, inputs: Sequence[str], output: str = "", *, domain: str = "", **how: Any) -> str:
        self.count += 1
        output = output or f"{OUTPUT}: step {self.count}"
        self.model.graph.node.append(helper.make_node(operator, list(inputs), [output], domain=domain, **how))
        return output

    def constant(self, values: "np.ndarray") -> str:
        if values.dtype.kind == "f":
            values = values.astype(np.float64 if self.element == TensorProto.DOUBLE else np.float32)
        return self.node("Constant", [], value=numpy_helper.from_array(values))

    def read(self, source: str, reading: Reading) -> str:
        """Make probabilities from scores."""
        found = self.node("Cast", [source], to=self.element)
        if reading.how in ("second", "sigmoid"):
            found = self.node("Reshape", [found, self.constant(np.array([-1, 1]))])
            found = self.node("Sigmoid", [found]) if reading.how == "sigmoid" else found
            first = self.node("Sub", [self.constant(np.ones((1, 1))), found])
            return self.node("Concat", [first, found], axis=1)
        if reading.how == "logarithms":
            return self.node("Exp", [found])
        if reading.how == "softmax":
            return self.node("Softmax", [found], axis=1)
        if reading.how == "shares":
            total = self.node("ReduceL1", [found], axes=[1], keepdims=1) if self._old() else self._total(found)
            return self.node("Div", [found, total])
        return found

    def _old(self) -> bool:
        versions = [opset.version for opset in self.model.opset_import if opset.domain in ("", "ai.onnx")]
        return not versions or versions[0] < 18

    def _total(self, source: str) -> str:
        return self.node("ReduceL1", [source, self.constant(np.array([1]))], keepdims=1)

    def labels(self, source: str, named: Sequence[str], element: str) -> str:
        """Give 1 for the class that a label names, and 0 for the others; strings are numbered first."""
        flat = self.constant(np.array([-1, 1]))
        if element != "tensor(string)":
            whole = self.node("Cast", [source], to=TensorProto.INT64)
            places, known = self.node("Reshape", [whole, flat]), np.array([[_whole(label) for label in named]])
        else:
            places, known = self._numbered(self.node("Reshape", [source, flat]), named), np.arange(len(named))[None]
        same = self.node("Equal", [places, self.constant(known.astype(np.int64))])
        return self.node("Cast", [same], to=self.element)

    def _numbered(self, source: str, named: Sequence[str]) -> str:
        versions = [opset.version for opset in self.model.opset_import if opset.domain == _ML]
        if not versions:
            self.model.opset_import.append(helper.make_opsetid(_ML, 2))
        if versions and versions[0] < 2:
            return self.node("LabelEncoder", [source], domain=_ML, classes_strings=list(named), default_int64=-1)
        return self.node(
            "LabelEncoder", [source], domain=_ML, keys_strings=list(named), values_int64s=list(range(len(named))), default_int64=-1,
        )  # fmt: skip


def _whole(label: str) -> int:
    """Give the number that a label of a file is; `True` and `False` are 1 and 0."""
    if label in ("True", "False"):
        return int(label == "True")
    try:
        return int(float(label))
    except (ValueError, OverflowError):
        return -(2**62)  # the name of a class that no row was given
