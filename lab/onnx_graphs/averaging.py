"""How do several models become one graph? Side by side on shared inputs, the weighted mean of their answers at the end.

Every part computes what it computes alone, in its own precision; products with the weights and their sum are float64, in the
order of the parts.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

from lab.onnx_graphs.columns import NotLoweredError
from lab.onnx_graphs.graph import NUMBERS, TEXTS

__all__ = ["weighted_average"]


def weighted_average(models: Sequence[onnx.ModelProto], weights: Sequence[float], *, output: str) -> onnx.ModelProto:
    """Join models that take `numbers` and `texts` and give one matrix of the same shape.

    Parameters
    ----------
    models : sequence of onnx.ModelProto
        At least one. Where one of them takes float64 numbers the joined graph does, and casts them for those that take float32, as
        a device would have done.
    weights : sequence of float
        One for each, of sum 1.
    output : str
        The name of the only output, float64 of the shape of the parts' own.

    Raises
    ------
    NotLoweredError
        If the models are written in other versions of the operators.
    """
    first = models[0]
    versions = [{(each.domain, each.version) for each in model.opset_import} for model in models]
    if any(each != versions[0] for each in versions):
        raise NotLoweredError("models in other versions of ONNX operators cannot be one graph")
    shared = _shared_inputs(models)
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []
    total = ""
    for place, (model, weight) in enumerate(zip(models, weights, strict=True)):
        prefix = f"part{place}_"
        part = compose.add_prefix(model, prefix).graph
        nodes += [_handed_on(shared[given.name.removeprefix(prefix)], given) for given in part.input]
        nodes += part.node
        factor = numpy_helper.from_array(np.array(weight, dtype=np.float64), f"{prefix}weight")
        constants += [*part.initializer, factor]
        said, weighted = f"{prefix}float64", f"{prefix}weighted"
        nodes.append(helper.make_node("Cast", [part.output[0].name], [said], to=TensorProto.DOUBLE))
        nodes.append(helper.make_node("Mul", [said, factor.name], [weighted]))
        if total:
            nodes.append(helper.make_node("Add", [total, weighted], [f"{prefix}total"]))
        total = nodes[-1].output[0]
    nodes[-1].output[:] = [output]
    width = first.graph.output[0].type.tensor_type.shape.dim[1].dim_value
    answer = helper.make_tensor_value_info(output, TensorProto.DOUBLE, [None, width])
    graph = helper.make_graph(nodes, "weighted_average", list(shared.values()), [answer], constants)
    return helper.make_model(
        graph, opset_imports=first.opset_import, ir_version=first.ir_version, producer_name=first.producer_name
    )


def _shared_inputs(models: Sequence[onnx.ModelProto]) -> dict[str, onnx.ValueInfoProto]:
    """Give each input once, in float64 where a model takes it so."""
    found: dict[str, onnx.ValueInfoProto] = {}
    for name in (NUMBERS, TEXTS):
        for given in (each for model in models for each in model.graph.input if each.name == name):
            if name not in found or given.type.tensor_type.elem_type == TensorProto.DOUBLE:
                found[name] = given
    return found


def _handed_on(shared: onnx.ValueInfoProto, given: onnx.ValueInfoProto) -> onnx.NodeProto:
    """Hand a shared input on to a part, in the part's own type."""
    element = given.type.tensor_type.elem_type
    if element == shared.type.tensor_type.elem_type:
        return helper.make_node("Identity", [shared.name], [given.name])
    return helper.make_node("Cast", [shared.name], [given.name], to=element)
