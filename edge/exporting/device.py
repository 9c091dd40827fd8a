"""How does a trained pipeline become a file for a device? As an ONNX graph that takes raw rows.

The device hands over at most two matrices: `numbers` (float32 or float64, as the graph says, NaN where missing) and
`texts` (strings, empty where missing), in the column order that the model's metadata names. Imputing, scaling and
encoding are part of the graph. The graph is our own lowering where there is one, else the converter's.
"""

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper
from sklearn.base import clone
from sklearn.preprocessing import OneHotEncoder

from edge.exporting.lowering import NotLoweredError, lower
from edge.exporting.seen import seen
from edge.session import OUTPUT
from lab.learning.fitting import fit_together
from lab.learning.preparation import FillMiddle, FrequentOneHot
from lab.onnx_graphs.graph import NUMBERS, Graph
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Exported",
    "as_texts",
    "convert",
    "device_columns",
    "device_frame",
    "device_rows",
    "device_rows_at",
    "feeds",
    "finish",
    "fit_for_device",
    "holds_rows",
    "identity_model",
    "lowered",
    "to_files",
]


def device_columns(dataset: Dataset) -> tuple[list[str], list[str]]:
    """Column names of the two matrices: (numbers, texts)."""
    kinds = seen(dataset).kinds
    numbers = [name for name, kind in kinds.items() if kind != "category"]
    return numbers, [name for name, kind in kinds.items() if kind == "category"]


def device_frame(dataset: Dataset) -> pd.DataFrame:
    """Give all rows with the columns that the device gets, in their order: numbers first, then texts."""
    numbers, texts = device_columns(dataset)
    return seen(dataset).features[[*numbers, *texts]]


def device_rows(dataset: Dataset) -> "NDArray[np.float64] | pd.DataFrame":
    """Rows as the pipeline on the server takes them fastest, of shape (n_rows, n_columns).

    A plain matrix where all columns are numbers.
    """
    ordered = device_frame(dataset)
    return ordered if device_columns(dataset)[1] else ordered.to_numpy()


def device_rows_at(dataset: Dataset, rows: "NDArray") -> Any:
    """Give some rows of the table, by their numbers (shape (n_chosen,)), as `device_rows` gives all."""
    table = device_rows(dataset)
    return table.iloc[rows] if isinstance(table, pd.DataFrame) else table[rows]


def fit_for_device(model: Any, dataset: Dataset, rows: "NDArray") -> Any:
    """Fit the same pipeline on the given rows (their numbers, shape (n_train,)) with columns told by place, as a device has them.

    Elsewhere they are told by name.
    """
    numbers, texts = device_columns(dataset)
    places = {"numbers": list(range(len(numbers))), "texts": list(range(len(numbers), len(numbers) + len(texts)))}
    fresh = clone(model)
    prepare = fresh.named_steps["prepare"]
    table = device_rows(dataset)
    known = table.iloc[rows] if isinstance(table, pd.DataFrame) else table[rows]
    prepare.transformers = [
        (name, _for_converter(step, known, places[name]), places[name]) for name, step, _ in prepare.transformers
    ]
    return fit_together(fresh, known, dataset.target[rows], dataset.belonging.of(rows), seed=0)


def _for_converter(step: Any, known: Any, places: list[int]) -> Any:
    """Give a step that the converter knows: the plain encoder with the categories that ours has learned."""
    if not isinstance(step, FrequentOneHot) or not places:
        return step
    categories = step.fit(known.iloc[:, places]).encoder_.categories_
    return OneHotEncoder(categories=list(categories), handle_unknown="ignore", sparse_output=False, dtype=np.float64)


@dataclass(frozen=True)
class Exported:
    """A file for a device.

    Attributes
    ----------
    content : bytes
        The ONNX file.
    form : str
        `exact`, `folded float32`, `centred float32`, `float64`, or `converter` for one that skl2onnx made.
    promise : str
        Why it is the same model, in words.
    """

    content: bytes
    form: str
    promise: str


def to_files(model: Any, dataset: Dataset, *, order: Sequence[int] | None = None) -> list[Exported]:
    """Export a fitted pipeline in all forms that there are, from the leanest to the most exact.

    Its columns stand as `fit_for_device` puts them, or in the given `order` of these.

    Raises
    ------
    RuntimeError
        If nothing knows a part of the pipeline, or the graph is not valid ONNX.
    NotLoweredError
        If only the converter knows it, and its columns stand in another order, which the converter cannot be told.
    """
    try:
        return lowered(model, dataset, order=order)
    except NotLoweredError as error:
        if order is not None and list(order) != sorted(order):
            raise
        return [convert(model, dataset, reason=error.part)]


def lowered(model: Any, dataset: Dataset, *, order: Sequence[int] | None = None) -> list[Exported]:
    """Export as `to_files` does, without a converter: raises NotLoweredError where a part is not known."""
    numbers, texts = device_columns(dataset)
    missing = bool(device_frame(dataset)[numbers].isna().to_numpy().any())
    found = lower(model, n_numbers=len(numbers), n_texts=len(texts), missing=missing, order=order)
    return [Exported(finish(each.graph, dataset), each.form, each.promise) for each in found]


def convert(model: Any, dataset: Dataset, *, reason: str = "asked for") -> Exported:
    """Convert a pipeline by skl2onnx; the graph's only output is the matrix of probabilities, in float32."""
    from skl2onnx import to_onnx, update_registered_converter
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from skl2onnx.helpers.onnx_helper import select_model_inputs_outputs
    from skl2onnx.operator_converters.imputer_op import convert_sklearn_imputer
    from skl2onnx.shape_calculators.imputer import calculate_sklearn_imputer_output_shapes

    shapes = calculate_sklearn_imputer_output_shapes
    update_registered_converter(FillMiddle, "LabFillMiddle", shapes, convert_sklearn_imputer)  # it fills as any imputer
    numbers, texts = device_columns(dataset)
    inputs: list[tuple[str, Any]] = [("numbers", FloatTensorType([None, len(numbers)]))] if numbers else []
    if texts:
        inputs.append(("texts", StringTensorType([None, len(texts)])))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # the converter reads attributes that scikit-learn will drop
        graph = to_onnx(model, initial_types=inputs, options={"zipmap": False})
    graph = select_model_inputs_outputs(graph, outputs=[OUTPUT])
    del graph.graph.output[:]  # the selection leaves an output without a type, which the checker refuses
    graph.graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, len(dataset.classes)]))
    promise = f"by skl2onnx in float32 ({reason}); shown by comparison"
    return Exported(finish(graph, dataset), "converter", promise)


def holds_rows(model: Any) -> bool:
    """Whether a fitted classifier keeps rows of its training data, so that whoever has its file can read them."""
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    inner = [each.estimator for each in getattr(last, "calibrated_classifiers_", ())]
    return any(hasattr(last, kept) for kept in ("_fit_X", "support_vectors_")) or any(map(holds_rows, inner))


def finish(graph: onnx.ModelProto, dataset: Dataset) -> bytes:
    """Write columns, classes and target of the table into a graph's metadata, check it, and give the file."""
    numbers, texts = device_columns(dataset)
    facts = {"columns": [*numbers, *texts], "classes": dataset.classes, "target": dataset.target_name}
    helper.set_model_props(graph, {name: json.dumps(value, ensure_ascii=False) for name, value in facts.items()})
    onnx.checker.check_model(graph, full_check=True)
    return graph.SerializeToString()


def identity_model(width: int) -> bytes:
    """Make a graph that returns its `width` numbers untouched: what a call of the runtime costs without any model."""
    graph = Graph(width, 0, np.float32)
    graph.add("Identity", [NUMBERS])
    return bytes(graph.finish(OUTPUT, width, "identity").SerializeToString())


def as_texts(table: pd.DataFrame) -> "NDArray":
    """Give texts as a device hands them over, shape (n_rows, n_columns): empty where missing. The runtime would write "None" there."""
    values = table.to_numpy(dtype=object, copy=True)
    values[table.isna().to_numpy()] = ""
    return values


def feeds(dataset: Dataset, table: "NDArray | pd.DataFrame", ready: Any) -> "dict[str, NDArray]":
    """Split rows (columns as `device_rows` orders them) into the matrices that a session's graph takes, in its types.

    Each is of shape (n_rows, n_columns), its columns those of one kind: numbers, or texts.
    """
    numbers, _ = device_columns(dataset)
    types = {given.name: given.type for given in ready.get_inputs()}
    number_type = np.float64 if types.get("numbers") == "tensor(double)" else np.float32
    if not isinstance(table, pd.DataFrame):
        return {"numbers": table.astype(number_type)}
    given: dict[str, NDArray] = {}
    if "numbers" in types:
        given["numbers"] = table.iloc[:, : len(numbers)].to_numpy(dtype=number_type)
    if "texts" in types:
        given["texts"] = as_texts(table.iloc[:, len(numbers) :])
    return given
