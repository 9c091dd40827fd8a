"""How is an ONNX graph put together? Its two inputs, its columns, constants and nodes, with names of their own.

The graph takes the numbers of a table as one tensor and the texts as another, in the order of the table's columns: what
`lab run edge --model` takes, and what a device can send.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper, numpy_helper

from lab.protocol import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PREDICTION", "PROBABILITIES", "Graph", "answers_of"]

_OPSET, _IR = 17, 8
NUMBERS, TEXTS = "numbers", "texts"
PROBABILITIES, PREDICTION = "probabilities", "prediction"
"""Names of the output: one probability for each class, shape (n_rows, n_classes), or a number, shape (n_rows, 1)."""


class Graph:
    """A graph under construction for a table with columns of given kinds."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._numbers = [name for name, kind in kinds.items() if kind != "category"]
        self._texts = [name for name, kind in kinds.items() if kind == "category"]
        self._columns: dict[str, str] = {}
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, values: "NDArray") -> str:
        """Add an array of any shape; returns its name."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, kind: str, *given: str, **attributes: Any) -> str:
        """Add a node of one output; returns the output's name."""
        name = f"value_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(given), [name], **attributes))
        return name

    def column(self, name: str) -> str:
        """Give one column of the table, shape (n_rows, 1): doubles with NaN for missing, or texts, empty for missing."""
        if name not in self._columns:
            texts = name in self._texts
            place = (self._texts if texts else self._numbers).index(name)
            index = self.constant(np.array([place], dtype=np.int64))
            self._columns[name] = self.node("Gather", TEXTS if texts else NUMBERS, index, axis=1)
        return self._columns[name]

    def finish(self, value: str, output_name: str, width: int) -> bytes:
        """Close the graph with the value that is its output, shape (n_rows, width), and check it."""
        self._nodes.append(helper.make_node("Identity", [value], [output_name]))
        inputs = [
            helper.make_tensor_value_info(name, kind, ["rows", len(columns)])
            for name, kind, columns in (
                (NUMBERS, TensorProto.DOUBLE, self._numbers),
                (TEXTS, TensorProto.STRING, self._texts),
            )
            if columns
        ]
        output = helper.make_tensor_value_info(output_name, TensorProto.DOUBLE, ["rows", width])
        made = helper.make_graph(self._nodes, "readable_model", inputs, [output], initializer=self._constants)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("ai.onnx.ml", 3)]
        model = helper.make_model(made, opset_imports=opsets, ir_version=_IR)
        names = {f"{NUMBERS}_{place}": name for place, name in enumerate(self._numbers)}
        names |= {f"{TEXTS}_{place}": name for place, name in enumerate(self._texts)}
        helper.set_model_props(model, names)
        onnx.checker.check_model(model)
        return model.SerializeToString()


def answers_of(content: bytes, kinds: Mapping[str, Kind], frame: pd.DataFrame) -> "NDArray[np.float64]":
    """Run a finished file on the rows of a frame; shape (n_rows, n_classes), or (n_rows, 1) for a number."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    numbers = [name for name, kind in kinds.items() if kind != "category"]
    texts = [name for name, kind in kinds.items() if kind == "category"]
    fed: dict[str, Any] = {}
    if numbers:
        fed[NUMBERS] = frame[numbers].to_numpy(dtype=np.float64)
    if texts:
        fed[TEXTS] = frame[texts].fillna("").to_numpy(dtype=object)
    return np.asarray(session.run(None, fed)[0])
