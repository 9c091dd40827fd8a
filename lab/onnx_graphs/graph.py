"""How is an ONNX graph put together? From at most two inputs to one output, with names of its own for all in between.

A graph takes the numbers of a table as one matrix, `numbers` (NaN where missing), and the texts as another, `texts` (empty
where missing), each in the order of the table's columns: what a device can send, and what `lab run edge --model` takes.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ELEMENTS", "ML", "NUMBERS", "TEXTS", "Graph"]

ML = "ai.onnx.ml"
NUMBERS, TEXTS = "numbers", "texts"
_OPSETS = {"": 21, ML: 5}
_IR_VERSION = 10
ELEMENTS = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.float64): TensorProto.DOUBLE}
"""What ONNX calls the two precisions."""


class Graph:
    """A graph under construction; the node that is added last gives its output.

    Parameters
    ----------
    n_numbers, n_texts : int
        Widths of the inputs `numbers` and `texts`; an input of width 0 is left out.
    dtype : numpy.dtype
        float32 or float64: the type of `numbers`.
    answers : numpy.dtype, optional
        The type of the output; that of `numbers` unless given.
    """

    def __init__(self, n_numbers: int, n_texts: int, dtype: Any, *, answers: Any = None) -> None:
        self.n_numbers, self.n_texts, self.dtype = n_numbers, n_texts, np.dtype(dtype)
        self.answers = self.dtype if answers is None else np.dtype(answers)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._columns: dict[tuple[str, int], str] = {}

    def add(self, operator: str, inputs: Sequence[str], *, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output, and give the output's name."""
        name = f"{operator}_{len(self.nodes)}".lower()
        self.nodes.append(helper.make_node(operator, list(inputs), [name], domain=domain, **attributes))
        return name

    def add_second(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a node with two outputs of which only the second is used, and give that one's name."""
        name = self.add(operator, inputs, **attributes)
        self.nodes[-1].output[:] = [f"{name}_first", name]
        return name

    def in_answers(self, name: str) -> str:
        """Add a cast to the type of the output, if `numbers` have another one, and give its name."""
        return name if self.answers == self.dtype else self.add("Cast", [name], to=ELEMENTS[self.answers])

    def constant(self, values: "NDArray") -> str:
        """Add a constant of any shape, and give its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def column(self, matrix: str, place: int) -> str:
        """Give one column of `NUMBERS` or of `TEXTS`, shape (n_rows, 1)."""
        if (matrix, place) not in self._columns:
            index = self.constant(np.array([place], dtype=np.int64))
            self._columns[matrix, place] = self.add("Gather", [matrix, index], axis=1)
        return self._columns[matrix, place]

    def codes(self, known: Sequence[tuple[int, Sequence[str]]], *, dtype: Any) -> str:
        """Add what turns texts into whole numbers, shape (n_rows, n_texts), counted from 1 in the order of `known`.

        Each text gets the place of its column in front, so that one look-up serves all columns; `known` lists
        (column, texts), and a text that it does not list becomes 0.
        """
        keys = [f"{column}:{text}" for column, texts in known for text in texts]
        values = [place + 1 for _, texts in known for place in range(len(texts))]
        return self._look_up(keys, values, dtype)

    def rows(self, known: Sequence[tuple[int, Sequence[str]]]) -> str:
        """Like `codes`, but each (column, text) gets a number of its own: the row of a table; 0 is left for all others."""
        keys = [f"{column}:{text}" for column, texts in known for text in texts]
        return self._look_up(keys, range(1, len(keys) + 1), np.int64)

    def _look_up(self, keys: Sequence[str], values: Sequence[int], dtype: Any) -> str:
        places = np.array([[f"{column}:" for column in range(self.n_texts)]], dtype=object)
        marked = self.add("StringConcat", [self.constant(places), TEXTS])
        return self.add(
            "LabelEncoder",
            [marked],
            domain=ML,
            keys_tensor=numpy_helper.from_array(np.array(keys or ["none"], dtype=object), "keys"),
            values_tensor=numpy_helper.from_array(np.array(values if keys else [0], dtype=dtype), "values"),
            default_tensor=numpy_helper.from_array(np.array([0], dtype=dtype), "other"),
        )

    def finish(self, output: str, width: int, name: str) -> onnx.ModelProto:
        """Make the model of that name: what the last node gives, shape (n_rows, width), is its only output."""
        self.nodes[-1].output[:] = [output]
        element = ELEMENTS[self.dtype]
        inputs = [helper.make_tensor_value_info(NUMBERS, element, [None, self.n_numbers])] if self.n_numbers else []
        if self.n_texts:
            inputs.append(helper.make_tensor_value_info(TEXTS, TensorProto.STRING, [None, self.n_texts]))
        outputs = [helper.make_tensor_value_info(output, ELEMENTS[self.answers], [None, width])]
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.constants)
        opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS.items()]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="future-tech-lab")
