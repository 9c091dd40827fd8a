"""What must somebody know who has only the file? Columns, kinds, categories and classes, as JSON in its ONNX metadata.

Only categories that the model knows are named, and it must know none of fewer than 5 rows: see `with_frequent_texts`.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pandas as pd
import sklearn
from onnx import helper
from sklearn.base import clone
from sklearn.preprocessing import OrdinalEncoder

from edge.exporting.device import device_columns
from edge.exporting.ensemble import WeightedAverage
from edge.exporting.seen import seen
from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Dataset
from lab.version import __version__

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["graph_digest", "with_card", "with_frequent_texts"]

_MOST_TEXTS = 200
_NONE = "(none is frequent)"  # the encoder wants a category; this one never holds
_TYPES = {onnx.TensorProto.FLOAT: "float32", onnx.TensorProto.DOUBLE: "float64", onnx.TensorProto.STRING: "str"}
_MISSING = "NaN where missing, which a model may not answer in a column that is listed as complete"
_ENCODING = {
    "number": f"as it is; {_MISSING}",
    "boolean": f"0 or 1; {_MISSING}",
    "date": f"days since 1970-01-01; {_MISSING}",
    "category": "text; empty where missing; one that is not listed counts as unknown",
}


def with_frequent_texts(model: Any, dataset: Dataset, rows: "NDArray") -> Any:
    """Let an unfitted pipeline know only categories of at least 5 of these rows (their numbers, shape (n_rows,)).

    All others are unknown to it, while it learns too: its file would name them. One-hot encoded columns are so already.
    """
    fresh = clone(model)
    prepare = fresh.named_steps["prepare"]
    texts = dataset.features[device_columns(dataset)[1]].iloc[rows]
    prepare.transformers = [
        (name, _known(step, texts) if isinstance(step, OrdinalEncoder) else step, columns)
        for name, step, columns in prepare.transformers
    ]
    return fresh


def _known(step: OrdinalEncoder, texts: pd.DataFrame) -> Any:
    counts = [texts[column].value_counts() for column in texts]
    known = [sorted(count[count >= MIN_ROWS].index[:_MOST_TEXTS]) or [_NONE] for count in counts]
    return clone(step).set_params(categories=known or "auto", max_categories=None, dtype=np.float64)


def with_card(content: bytes, dataset: Dataset, model: Any, about: Mapping[str, Any]) -> bytes:
    """Write into a file's metadata what its graph takes and gives, each value as JSON.

    Parameters
    ----------
    content : bytes
        An ONNX file with the inputs of `edge.exporting.device`.
    model : sklearn.pipeline.Pipeline or edge.exporting.ensemble.WeightedAverage
        Its fitted original.
    about : mapping
        Plain values to be written beside: label, parameters and rows of the model, say.

    Returns
    -------
    bytes
        The same graph; the same bytes for the same arguments and versions.
    """
    graph = onnx.load_from_string(content)
    columns = dict(zip(("numbers", "texts"), device_columns(dataset), strict=True))
    card = {
        "task": dataset.task,
        "target": dataset.target_name,
        "classes": list(dataset.classes),
        "columns": [*columns["numbers"], *columns["texts"]],
        "inputs": {
            given.name: {"columns": columns[given.name], "type": _TYPES[given.type.tensor_type.elem_type]}
            for given in graph.graph.input
        },
        "kinds": {name: dataset.kinds[name] for each in columns.values() for name in each},
        "encoding": {kind: how for kind, how in _ENCODING.items() if kind in dataset.kinds.values()},
        "complete": _complete(dataset, columns["numbers"]),
        "categories": _categories(model, columns["texts"]),
        "data_sha256": dataset.digest,
        "graph_sha256": graph_digest(graph),
        "versions": {
            "future-tech-lab": __version__,
            "scikit-learn": sklearn.__version__,
            "onnx": onnx.__version__,
            "numpy": np.__version__,
        },
        **about,
    }
    helper.set_model_props(graph, {name: json.dumps(value, ensure_ascii=False) for name, value in card.items()})
    written: bytes = graph.SerializeToString(deterministic=True)
    return written


def graph_digest(graph: onnx.ModelProto) -> str:
    """Digest a model without its metadata, SHA-256: what it computes, whatever is said of it."""
    bare = onnx.ModelProto()
    bare.CopyFrom(graph)
    del bare.metadata_props[:]
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).hexdigest()


def _complete(dataset: Dataset, numbers: list[str]) -> list[str]:
    """Name the columns of numbers of which no row of the table lacks one: models need not have learned what to do without."""
    lacks = seen(dataset).features[numbers].isna().any(axis=0)
    return [name for name in numbers if not lacks[name]]


def _categories(model: Any, texts: list[str]) -> dict[str, list[str]]:
    """List by column the categories that a fitted pipeline knows, or any member of an average."""
    if not texts:
        return {}
    members = model.models if isinstance(model, WeightedAverage) else [model]
    encoders = [member.named_steps["prepare"].named_transformers_["texts"] for member in members]
    known = {
        name: {str(text) for each in encoders for text in each.categories_[place]} for place, name in enumerate(texts)
    }
    return {name: sorted(each - {_NONE}) for name, each in known.items()}
