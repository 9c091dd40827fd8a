"""Which operator made an output? The last one that does more than move or retype its numbers."""

from collections.abc import Mapping

import onnx

__all__ = ["origins"]

_MOVES = {
    "Cast", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze", "ZipMap",
}  # fmt: skip


def origins(graph: onnx.GraphProto) -> Mapping[str, onnx.NodeProto]:
    """Give for each output of a graph the node that made it, through nodes that only move or retype numbers."""
    made = {name: node for node in graph.node for name in node.output}
    found = {}
    for value in graph.output:
        node, steps = made.get(value.name), len(graph.node)
        while node is not None and node.op_type in _MOVES and node.input and steps:
            node, steps = made.get(node.input[0]), steps - 1
        if node is not None:
            found[value.name] = node
    return found
