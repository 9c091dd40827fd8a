"""How does somebody's estimator become a file for a device? By our own lowering; else our graph prepares the table, and the converter adds the rest.

What our lowering knows of the steps in front of the model gives one float64 matrix; skl2onnx makes a graph of the steps behind it, which
gets that matrix. Whether it is the same model is shown by comparison, as for any other.
"""

import copy
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline

from edge.exporting import device
from edge.exporting.device import Exported
from edge.exporting.lowering import NotLoweredError
from edge.exporting.lowering.affine import add_first
from edge.exporting.lowering.front import columns_in_front
from edge.given.estimator_columns import inner_of
from edge.session import OUTPUT
from lab.onnx_graphs.columns import Number
from lab.onnx_graphs.graph import Graph
from lab.onnx_graphs.preparation import RawText
from lab.protocol import Dataset

__all__ = ["forms_of"]

_PREPARED = "prepared"
_OPSETS = {"": 21, "ai.onnx.ml": 4}


def forms_of(estimator: Any, dataset: Dataset, columns: Sequence[str]) -> list[Exported]:
    """Export a fitted estimator in all forms that there are, from the leanest to the most exact.

    Parameters
    ----------
    columns : sequence of str
        Those of the table (`edge.exporting.seen.seen`) in the order of the estimator.

    Raises
    ------
    NotLoweredError
        If neither our lowering nor the converter knows a part of it; says which.
    """
    numbers, texts = device.device_columns(dataset)
    ours = [*numbers, *texts]
    order = [ours.index(name) for name in columns]
    inner = inner_of(estimator)
    try:
        return device.lowered(inner, dataset, order=order)
    except NotLoweredError as error:
        return _converted(inner, dataset, order, reason=error.part)


def _converted(model: Any, dataset: Dataset, order: Sequence[int], *, reason: str) -> list[Exported]:
    """Have the converter add what is not known here, in float32 and in float64, as far as it can."""
    numbers, texts = device.device_columns(dataset)
    sources = [*(Number(place) for place in range(len(numbers))), *(RawText(place) for place in range(len(texts)))]
    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else [model]
    followed = columns_in_front(steps[:-1], [sources[place] for place in order])
    rest = steps[followed.n_steps :]
    graph = Graph(len(numbers), len(texts), np.float64)
    width = len(followed.columns)
    missing = bool(device.device_frame(dataset)[numbers].isna().to_numpy().any())
    add_first(graph, (np.eye(width), np.zeros(width)), followed.columns, form="float64", missing=missing)
    prepared = graph.finish(_PREPARED, width, "prepared")
    found, said = [], ""
    for number in ("float32", "float64"):
        try:
            back = _by_converter(rest, width, number)
            front = copy.deepcopy(prepared)
            content = device.finish(_joined(front, back, len(dataset.classes), number), dataset)
        except Exception as error:  # noqa: BLE001 - the converter raises types of its own, and any other, at what it does not know
            said = said or " ".join(str(error).split())[:160]
            continue
        promise = f"prepared in float64, then by skl2onnx in {number} ({reason}); shown by comparison"
        found.append(Exported(content, "converter", promise))
    if not found:
        raise NotLoweredError(f"{reason}, and skl2onnx does not know how either ({said})")
    return found


def _by_converter(steps: Sequence[Any], width: int, number: str) -> onnx.ModelProto:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    kind = DoubleTensorType if number == "float64" else FloatTensorType
    steps = [_as_converted(step) for step in steps]
    model = Pipeline([(str(place), step) for place, step in enumerate(steps)]) if len(steps) > 1 else steps[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it reads attributes that scikit-learn will drop
        return to_onnx(
            model, initial_types=[(_PREPARED, kind([None, width]))], options={"zipmap": False},
            target_opset={"": _OPSETS[""], "ai.onnx.ml": 3},
        )  # fmt: skip


def _as_converted(step: Any) -> Any:
    """Give a step as the converter knows it: how a vote would hand its votes on as columns is nothing that is asked here."""
    if not isinstance(step, VotingClassifier):
        return step
    step = copy.copy(step)
    step.flatten_transform = False
    return step


def _joined(front: onnx.ModelProto, back: onnx.ModelProto, n_classes: int, number: str) -> onnx.ModelProto:
    """Put the graph of the steps behind the one in front of it; what gives labels in it is left out."""
    from skl2onnx.helpers.onnx_helper import select_model_inputs_outputs

    back = select_model_inputs_outputs(back, outputs=[OUTPUT])
    back = onnx.compose.add_prefix(back, "after ", rename_inputs=False, rename_outputs=False)
    element = TensorProto.DOUBLE if number == "float64" else TensorProto.FLOAT
    nodes = [*front.graph.node]
    if number == "float32":
        nodes[-1].output[:] = ["prepared in float64"]
        nodes.append(helper.make_node("Cast", ["prepared in float64"], [_PREPARED], to=TensorProto.FLOAT))
    nodes += back.graph.node
    output = helper.make_tensor_value_info(OUTPUT, element, [None, n_classes])
    constants = [*front.graph.initializer, *back.graph.initializer]
    graph = helper.make_graph(nodes, "pipeline", list(front.graph.input), [output], constants)
    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS.items()]
    return helper.make_model(graph, opset_imports=opsets, ir_version=front.ir_version, producer_name=front.producer_name)
