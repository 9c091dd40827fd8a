"""How does somebody's estimator become a file for a device? By our own lowering, as far as that goes; the converter adds the rest.

What our lowering knows of the steps in front of the model gives one float64 matrix; skl2onnx makes a graph of the steps behind it,
which gets that matrix. Whether it is the same model is shown by comparison, as for any other.
"""

import copy
import functools
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import KBinsDiscretizer

from edge.exporting import device
from edge.exporting.device import Exported
from edge.exporting.lowering import NotLoweredError, lower
from edge.exporting.lowering.affine import add_first
from edge.exporting.lowering.front import columns_in_front
from edge.given.estimator_columns import inner_of
from edge.session import OUTPUT, session
from lab.onnx_graphs.columns import Number
from lab.onnx_graphs.graph import Graph
from lab.onnx_graphs.preparation import RawText, Source
from lab.protocol import Dataset

__all__ = ["answering", "forms_of"]

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
    inner = answering(estimator)
    try:
        return device.lowered(inner, dataset, order=order)
    except NotLoweredError as error:
        return _converted(inner, dataset, order, reason=error.part)


def _converted(model: Any, dataset: Dataset, order: Sequence[int], *, reason: str) -> list[Exported]:
    """Have the converter add what is not known here, in float32 and in float64, as far as it can."""
    numbers, texts = device.device_columns(dataset)
    sources: list[Source] = [
        *(Number(place) for place in range(len(numbers))),
        *(RawText(place) for place in range(len(texts))),
    ]
    steps = _flat(model)
    followed = columns_in_front(steps[:-1], [sources[place] for place in order])
    rest = steps[followed.n_steps :]
    graph = Graph(len(numbers), len(texts), np.float64)
    width = len(followed.columns)
    missing = bool(device.device_frame(dataset)[numbers].isna().to_numpy().any())
    add_first(graph, (np.eye(width), np.zeros(width)), followed.columns, form="float64", missing=missing)
    prepared = graph.finish(_PREPARED, width, "prepared")
    makers = [_by_converter] if hasattr(rest[-1], "predict_proba") else []  # it would give scores for labels
    makers += [_with_our_last] if len(rest) > 1 else []
    ways = [functools.partial(make, rest, width, number) for number in ("float32", "float64") for make in makers]
    some = device.device_rows(dataset)[:2]
    found, said = [], ""
    for way in ways:
        try:
            content = device.finish(_joined(prepared, way(), len(dataset.classes)), dataset)
            ready = session(content)  # of some types the runtime lacks what the standard has
            ready.run([OUTPUT], device.feeds(dataset, some, ready))
        except Exception as error:  # noqa: BLE001 - the converter raises types of its own, and any other, at what it does not know
            said = said or " ".join(str(error).split())[:160]
            continue
        promise = f"prepared in float64, then by skl2onnx ({reason}); shown by comparison"
        found.append(Exported(content, "converter", promise))
    if not found:
        raise NotLoweredError(f"{reason}, and skl2onnx does not know how either ({said})")
    return found


def answering(estimator: Any) -> Any:
    """Give the model that answers, or its pipeline, without searches of settings around either."""
    inner = inner_of(estimator)
    if not isinstance(inner, Pipeline) or inner_of(inner.steps[-1][1]) is inner.steps[-1][1]:
        return inner
    return Pipeline([*inner.steps[:-1], (inner.steps[-1][0], inner_of(inner.steps[-1][1]))])


def _flat(model: Any) -> list[Any]:
    """List the steps of a pipeline, those of pipelines in it among them."""
    if not isinstance(model, Pipeline):
        return [model]
    return [each for _, step in model.steps for each in _flat(step) if each not in (None, "passthrough")]


def _with_our_last(steps: Sequence[Any], width: int, number: str) -> onnx.ModelProto:
    """Have the converter make all steps but the last, and lower that one."""
    middle = _by_converter(steps[:-1], width, number)
    n_columns = int(steps[-1].n_features_in_)
    last = lower(steps[-1], n_numbers=n_columns, n_texts=0, missing=True)[-1].graph
    (made,) = middle.graph.output
    last = onnx.compose.add_prefix(last, "last ", rename_outputs=False)
    (given,) = last.graph.input
    kind = given.type.tensor_type.elem_type
    nodes = [*middle.graph.node, helper.make_node("Cast", [made.name], [given.name], to=kind), *last.graph.node]
    constants = [*middle.graph.initializer, *last.graph.initializer]
    graph = helper.make_graph(nodes, "behind", list(middle.graph.input), list(last.graph.output), constants)
    return helper.make_model(graph, opset_imports=last.opset_import)


def _by_converter(steps: Sequence[Any], width: int, number: str) -> onnx.ModelProto:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
    from skl2onnx.helpers.onnx_helper import select_model_inputs_outputs

    kind = DoubleTensorType if number == "float64" else FloatTensorType
    steps = [_as_converted(step) for step in steps]
    model = Pipeline([(str(place), step) for place, step in enumerate(steps)]) if len(steps) > 1 else steps[0]
    classifies = hasattr(steps[-1], "predict_proba")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it reads attributes that scikit-learn will drop
        made = to_onnx(
            model, initial_types=[(_PREPARED, kind([None, width]))], options={"zipmap": False} if classifies else None,
            target_opset={"": _OPSETS[""], "ai.onnx.ml": 3},
        )  # fmt: skip
    return select_model_inputs_outputs(made, outputs=[OUTPUT]) if classifies else made


def _as_converted(step: Any) -> Any:
    """Give a step as the converter knows it: sparse bins, and votes as columns, are nothing that is asked here."""
    if isinstance(step, KBinsDiscretizer) and step.encode == "onehot":
        step = copy.copy(step)
        step.encode = "onehot-dense"
    elif isinstance(step, VotingClassifier):
        step = copy.copy(step)
        step.flatten_transform = False
    return step


def _joined(front: onnx.ModelProto, back: onnx.ModelProto, n_classes: int) -> onnx.ModelProto:
    """Put a graph that takes the prepared matrix behind the one that gives it."""
    front, (given,) = copy.deepcopy(front), back.graph.input
    back = onnx.compose.add_prefix(back, "after ", rename_inputs=False, rename_outputs=False)
    nodes = list(front.graph.node)
    nodes[-1].output[:] = [f"{_PREPARED} in float64"]
    nodes.append(
        helper.make_node("Cast", [f"{_PREPARED} in float64"], [given.name], to=given.type.tensor_type.elem_type)
    )
    element = back.graph.output[0].type.tensor_type.elem_type or given.type.tensor_type.elem_type
    output = helper.make_tensor_value_info(OUTPUT, element, [None, n_classes])
    constants = [*front.graph.initializer, *back.graph.initializer]
    graph = helper.make_graph([*nodes, *back.graph.node], "pipeline", list(front.graph.input), [output], constants)
    versions = dict(_OPSETS) | {entry.domain: entry.version for entry in front.opset_import if _needs_newest(back)}
    opsets = [helper.make_opsetid(domain, version) for domain, version in versions.items()]
    return helper.make_model(
        graph, opset_imports=opsets, ir_version=front.ir_version, producer_name=front.producer_name
    )


def _needs_newest(graph: onnx.ModelProto) -> bool:
    """Whether a graph has trees as our lowering writes them, which the version that the converter's trees need does not know."""
    return any(node.op_type == "TreeEnsemble" for node in graph.graph.node)
