"""What do all exported files share? The table's columns as inputs in double precision, their names, and one output."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pandas as pd
from onnx import helper

from lab.onnx_graphs.graph import NUMBERS, TEXTS, Graph
from lab.protocol import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PREDICTION", "PROBABILITIES", "answers_of", "close", "open_graph", "placed"]

PROBABILITIES, PREDICTION = "probabilities", "prediction"
"""Names of the output: one probability for each class, shape (n_rows, n_classes), or a number, shape (n_rows, 1)."""


def placed(kinds: Mapping[str, Kind]) -> dict[str, tuple[str, int]]:
    """Say of each column which input holds it (`NUMBERS` or `TEXTS`), and at which place there."""
    matrices = {name: TEXTS if kind == "category" else NUMBERS for name, kind in kinds.items()}
    names = list(kinds)
    return {
        name: (matrix, sum(matrices[other] == matrix for other in names[:number]))
        for number, (name, matrix) in enumerate(matrices.items())
    }


def open_graph(kinds: Mapping[str, Kind]) -> Graph:
    """Begin a graph for a table with columns of given kinds."""
    matrices = [matrix for matrix, _ in placed(kinds).values()]
    return Graph(matrices.count(NUMBERS), matrices.count(TEXTS), np.float64)


def close(graph: Graph, kinds: Mapping[str, Kind], output: str, width: int) -> bytes:
    """Make the file of a finished graph: `output`, shape (n_rows, width), is what its last node gives."""
    model = graph.finish(output, width, "readable_model")
    helper.set_model_props(model, {f"{matrix}_{place}": name for name, (matrix, place) in placed(kinds).items()})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def answers_of(content: bytes, kinds: Mapping[str, Kind], frame: pd.DataFrame) -> "NDArray[np.float64]":
    """Run a finished file on the rows of a frame; shape (n_rows, n_classes), or (n_rows, 1) for a number."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    columns: dict[str, list[str]] = {NUMBERS: [], TEXTS: []}
    for name, (matrix, _) in placed(kinds).items():
        columns[matrix].append(name)
    fed: dict[str, Any] = {}
    if columns[NUMBERS]:
        fed[NUMBERS] = frame[columns[NUMBERS]].to_numpy(dtype=np.float64)
    if columns[TEXTS]:
        fed[TEXTS] = frame[columns[TEXTS]].fillna("").to_numpy(dtype=object)
    return np.asarray(session.run(None, fed)[0])
