"""How does a booster's file become a graph? Told by its first bytes, read strictly, and lowered as the lab lowers its own boosters.

The graph says in its metadata what the file says of its features and classes, so that these are followed as those of any graph.
"""

import functools
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import helper

from edge.boosters.forest import Forest
from edge.exporting.lowering.read import add_forest
from edge.given.tree_files.binary import as_json
from edge.given.tree_files.forest import UnusableError
from edge.given.tree_files.leafwise import leafwise_forest
from edge.given.tree_files.levelwise import levelwise_forest
from edge.given.tree_files.symmetric import symmetric_forest
from edge.given.tree_files.ubjson import from_ubjson
from edge.session import OUTPUT
from lab.errors import SettingsError
from lab.onnx_graphs.columns import Column, NotLoweredError, Number, Text
from lab.onnx_graphs.graph import Graph

__all__ = ["SUFFIXES", "graph_of", "lowered"]

SUFFIXES = (".json", ".ubj", ".txt", ".cbm")
"""Of XGBoost (.json, .ubj), LightGBM (.txt) and CatBoost (.cbm, .json)."""
_LARGEST = 2**28


@functools.lru_cache(maxsize=2)
def graph_of(content: bytes, name: str) -> onnx.ModelProto:
    """Make the graph of a booster's file; it takes `numbers` (and `texts`), and gives `probabilities`.

    Parameters
    ----------
    name : str
        The file, for messages.

    Raises
    ------
    SettingsError
        If the file is damaged, predicts no class, or holds what is not lowered.
    """
    if len(content) > _LARGEST:
        raise SettingsError(
            f"{name} has {len(content) / 1e6:.0f} MB; a file of trees must be below 268 MB: make it smaller"
        )
    try:
        return lowered(_forest(content, name))
    except UnusableError as error:
        raise SettingsError(f"{name} {error}") from error
    except NotLoweredError as error:
        raise SettingsError(f"{name} cannot be lowered: {error}") from error


def _forest(content: bytes, name: str) -> Forest:
    if name.endswith(".cbm") or content.startswith(b"CBM1"):
        content = as_json(content, name)
    if content.startswith((b"tree\n", b"tree\r\n")):
        try:
            return leafwise_forest(content.decode("utf-8").replace("\r\n", "\n"))
        except UnicodeDecodeError as error:
            raise UnusableError("is damaged: it is no text; save the model again") from error
    said = _value(content, name)
    if isinstance(said, Mapping) and "learner" in said:
        return levelwise_forest(said)
    if isinstance(said, Mapping) and "features_info" in said:
        return symmetric_forest(said)
    raise UnusableError(
        "is no model of XGBoost (.json, .ubj), LightGBM (.txt) or CatBoost (.cbm, .json) as their save_model writes it; give one of "
        "these, or an .onnx file"
    )


def _value(content: bytes, name: str) -> Any:
    try:
        start = content[:2]
        if start[:1] == b"{" and start[1:] in (b'"', b" ", b"\n", b"\r", b"\t", b"}"):
            return json.loads(content)
        return from_ubjson(content) if start[:1] == b"{" else None
    except (
        ValueError,
        RecursionError,
    ) as error:  # no JSON, no text, numbers of thousands of digits, or parts inside one another
        raise UnusableError("is damaged: it cannot be read to its end; save the model again") from error


def lowered(forest: Forest) -> onnx.ModelProto:
    """Make the graph of a booster; raises NotLoweredError where a part is not known."""
    numbers = [place for place in range(forest.n_features) if place not in forest.categories]
    texts = [place for place in range(forest.n_features) if place in forest.categories]
    columns: list[Column] = []
    for place in range(forest.n_features):
        if place in forest.categories:
            codes = {text: float(code) for code, text in enumerate(forest.categories[place])}
            columns.append(Text(texts.index(place), codes, -1.0))
        else:
            columns.append(Number(numbers.index(place)))
    narrow = np.float32 if forest.float32 else np.float64
    graph = Graph(len(numbers), len(texts), narrow, answers=np.float64 if forest.float32 else None)
    add_forest(graph, forest, columns)
    n_classes = max(2, len(forest.prior))
    model = graph.finish(OUTPUT, n_classes, "trees")
    facts = {
        "columns": [forest.names[place] for place in [*numbers, *texts]] if forest.names else [],
        "classes": forest.classes,
    }
    helper.set_model_props(model, {key: json.dumps(list(value)) for key, value in facts.items() if value})
    return model
