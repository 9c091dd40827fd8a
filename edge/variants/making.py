"""Which smaller models of the same family are there? Fewer trees, narrower layers, float32, float16, int8, and the ORT format.

Every variant is compared with the original on the same test rows, alone and in a batch: dynamic int8 takes its scale
from all rows of a call, so that a row's answer depends on its neighbours.
"""

import contextlib
import copy
import functools
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime import quantization
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline

from edge.boosters.kept import KeptBooster
from edge.distilling.student import DistilledClassifier
from edge.exporting.device import Exported, feeds, to_files
from edge.exporting.lowering import NotLoweredError, lower
from edge.exporting.lowering.model import SCALED
from edge.exporting.parity import leanest_equal
from edge.session import OUTPUT, session
from lab.learning.fitting import fit_together
from lab.protocol import Belonging, Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Compared", "describe", "variants_of", "with_float16_weights"]

_CALIBRATION = 500
_ALONE = 200
_TRIED = 2_000  # training rows on which the forms of a narrower network are compared


def variants_of(
    model: Any,
    chosen: Exported,
    dataset: Dataset,
    training: Any,
    target: "NDArray[np.int64]",
    weights: "NDArray | None" = None,
) -> dict[str, bytes]:
    """Make the variants of an exported pipeline by name; what a family does not allow is left out.

    Parameters
    ----------
    training : array or data frame
        Training rows: static int8 takes its scales from them, and narrower networks learn from them.
    target : numpy.ndarray of shape (n_rows,)
        Their classes.
    weights : numpy.ndarray of shape (n_rows,), optional
        For how much each of them counts; all alike without it.
    """
    made: dict[str, bytes] = {}
    before = logging.root.manager.disable
    logging.disable(
        logging.WARNING
    )  # the quantiser asks for a pre-processing that does nothing to graphs as lean as these
    try:
        for name, make in _recipes(model, chosen, dataset, training, target, weights):
            with contextlib.suppress(NotLoweredError):
                content = make()
                if content is not None:
                    made[name] = content
    finally:
        logging.disable(before)
    return made


@dataclass(frozen=True, eq=False)
class Compared:
    """A file beside the original on unseen rows.

    Attributes
    ----------
    onnx : numpy.ndarray of shape (size_bytes,), uint8
        The file.
    size_bytes : int
        Its size.
    right, original_right : numpy.ndarray of shape (n_rows,), int8
        Whether each row's label is right: 1 or 0.
    largest : float
        Largest difference of a probability.
    flips : int
        Rows whose label differs.
    neighbours : float
        How far an answer depends on the rest of its batch: the largest change of a probability.
    """

    onnx: np.ndarray
    size_bytes: int
    right: np.ndarray
    original_right: np.ndarray
    largest: float
    flips: int
    neighbours: float


def describe(model: Any, content: bytes, dataset: Dataset, table: Any, target: "NDArray[np.int64]") -> Compared:
    """Compare a variant with the original on unseen rows: a table of n_rows, and their classes of shape (n_rows,)."""
    ready = session(content)
    found = ready.run([OUTPUT], feeds(dataset, table, ready))[0]
    alone = np.concatenate(
        [ready.run([OUTPUT], feeds(dataset, table[i : i + 1], ready))[0] for i in range(min(_ALONE, len(table)))]
    )
    original = np.asarray(model.predict_proba(table))
    return Compared(
        onnx=np.frombuffer(content, dtype=np.uint8),
        size_bytes=len(content),
        right=(found.argmax(axis=1) == target).astype(np.int8),
        original_right=(original.argmax(axis=1) == target).astype(np.int8),
        largest=float(np.abs(found - original).max()),
        flips=int((found.argmax(axis=1) != original.argmax(axis=1)).sum()),
        neighbours=float(np.abs(found[: len(alone)] - alone).max()),
    )


def _recipes(
    model: Any,
    chosen: Exported,
    dataset: Dataset,
    training: Any,
    target: "NDArray[np.int64]",
    weights: "NDArray | None",
) -> Iterator[tuple[str, Callable[[], bytes | None]]]:
    yield "ort format", lambda: _in_ort_format(chosen.content)
    if chosen.form == "exact":
        yield "float32 trees", lambda: _lowered(model, dataset, "float32")
        for share, words in ((2, "half the trees"), (4, "a quarter of the trees"), (10, "a tenth of the trees")):
            yield words, functools.partial(_with_fewer_trees, model, share, dataset)
    elif chosen.form in ("folded float32", "centred float32"):
        yield "float16 weights", lambda: with_float16_weights(_scaled(model, dataset))
        yield "int8 dynamic", lambda: _int8_dynamic(_scaled(model, dataset))
        yield "int8 static", lambda: _int8_static(_scaled(model, dataset), dataset, training)
    if isinstance(model, Pipeline) and isinstance(model[-1], MLPClassifier | DistilledClassifier):
        for share, words in ((2, "half the width"), (4, "a quarter of the width")):
            yield words, functools.partial(_narrower, model, share, dataset, training, target, weights)


def _lowered(model: Any, dataset: Dataset, precision: str) -> bytes | None:
    if model is None:
        return None
    n_texts = sum(kind == "category" for kind in dataset.kinds.values())
    missing = bool(dataset.features.select_dtypes("number").isna().to_numpy().any())
    (found,) = lower(
        model, n_numbers=len(dataset.kinds) - n_texts, n_texts=n_texts, missing=missing, precision=precision
    )
    content: bytes = found.graph.SerializeToString()
    return content


def _scaled(model: Any, dataset: Dataset) -> bytes:
    return _lowered(model, dataset, SCALED) or b""


def _with_fewer_trees(model: Any, share: int, dataset: Dataset) -> bytes | None:
    return _lowered(_thinned(model, share), dataset, "exact")


def _thinned(model: Any, share: int) -> Any:
    """Keep the first trees of an ensemble; boosting stops earlier, which is what fewer iterations would have given."""
    thin = copy.copy(model)
    last = copy.copy(model.steps[-1][1])
    name = "_predictors" if hasattr(last, "_predictors") else "estimators_"
    members = getattr(last, name, ())
    kept = (last.rounds_ if isinstance(last, KeptBooster) else len(members)) // share
    if kept < 1:
        return None
    if isinstance(last, KeptBooster):
        last = last.with_first(kept)
    else:
        setattr(last, name, members[:kept])
    thin.steps = [*model.steps[:-1], (model.steps[-1][0], last)]
    return thin


def _in_ort_format(content: bytes) -> bytes:
    """Write the optimised graph in the runtime's own format, which loads without parsing and optimising it again."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.ort"
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(file)
        options.add_session_config_entry("session.save_model_format", "ORT")
        onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        return file.read_bytes()


def with_float16_weights(content: bytes) -> bytes:
    """Store the matrices of a network in float16, and turn them into float32 where they are used, as the CPU computes.

    The runtime does so once, when it loads the file: the file is smaller, the arithmetic and its speed stay. A matrix
    with numbers beyond the range of float16 stays in float32, and so do the scaler and all sums, which are small. Tree
    ensembles have no matrices, and the runtime reads their thresholds in float32 or float64 only.
    """
    model = onnx.load_from_string(content)
    factors = {node.input[1] for node in model.graph.node if node.op_type in ("Gemm", "MatMul")}
    factors |= {node.input[0] for node in model.graph.node if node.op_type == "Gather"}  # rows for the categories
    casts = []
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if tensor.name not in factors or values.dtype != np.float32:
            continue
        if np.abs(values).max(initial=0) > np.finfo(np.float16).max:
            continue
        name, narrow = tensor.name, f"{tensor.name}_float16"
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), narrow))
        casts.append(onnx.helper.make_node("Cast", [narrow], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    narrowed: bytes = model.SerializeToString()
    return narrowed


def _narrower(
    model: Any,
    share: int,
    dataset: Dataset,
    training: Any,
    target: "NDArray[np.int64]",
    weights: "NDArray | None",
) -> bytes | None:
    """Train the same network again, on the same rows, with layers of a share of the width."""
    widths = np.atleast_1d(model[-1].hidden_layer_sizes)
    if widths.min() // share < 1:
        return None
    thin = clone(model).set_params(**{f"{model.steps[-1][0]}__hidden_layer_sizes": tuple((widths // share).tolist())})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # its accuracy is measured, whenever it stopped
        fit_together(thin, training, target, Belonging(weights=weights), seed=0)
    return leanest_equal(thin, to_files(thin, dataset), dataset, training[:_TRIED], seed=0).content


def _int8_dynamic(content: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "int8.onnx"
        quantization.quantize_dynamic(_as_products(content), file, weight_type=quantization.QuantType.QInt8)
        return file.read_bytes()


def _int8_static(content: bytes, dataset: Dataset, calibration: Any) -> bytes:
    ready = session(content)
    rows = [
        feeds(dataset, calibration[start : start + 50], ready)
        for start in range(0, min(len(calibration), _CALIBRATION), 50)
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "int8.onnx"
        quantization.quantize_static(
            _as_products(content),
            file,
            _Rows(rows),
            op_types_to_quantize=["MatMul"],
            weight_type=quantization.QuantType.QInt8,
        )
        return file.read_bytes()


def _as_products(content: bytes) -> onnx.ModelProto:
    """Write each Gemm as a product and a sum, which is what the quantiser knows."""
    model = onnx.load_from_string(content)
    nodes = []
    for node in model.graph.node:
        if node.op_type != "Gemm":
            nodes.append(node)
            continue
        product = f"{node.output[0]}_product"
        nodes.append(onnx.helper.make_node("MatMul", node.input[:2], [product], name=product))
        nodes.append(onnx.helper.make_node("Add", [product, node.input[2]], node.output[:1], name=node.output[0]))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.opset_import.append(onnx.helper.make_opsetid("com.microsoft", 1))
    return model


class _Rows(quantization.CalibrationDataReader):
    """Hands the quantiser one batch after another."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows = iter(rows)

    def get_next(self) -> Mapping[str, Any] | None:
        """Give the next batch, None after the last."""
        return next(self.rows, None)
