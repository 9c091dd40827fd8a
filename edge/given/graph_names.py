"""How do values of a graph get other names? Through all graphs inside it, and a name that is taken already moves out of the way."""

from collections.abc import Iterator, Mapping

import onnx

__all__ = ["graphs_in", "rename"]


def graphs_in(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """Yield a graph and those inside its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from graphs_in(attribute.g)
            for inner in attribute.graphs:
                yield from graphs_in(inner)


def rename(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    """Rename values through the graph and the graphs inside it."""
    new = {wanted: f"{wanted} of the file" for wanted in names.values() if wanted not in names} | dict(names)
    for inner in graphs_in(graph):
        for value in (*inner.input, *inner.output, *inner.value_info, *inner.initializer):
            value.name = new.get(value.name, value.name)
        for node in inner.node:
            node.input[:] = [new.get(name, name) for name in node.input]
            node.output[:] = [new.get(name, name) for name in node.output]
