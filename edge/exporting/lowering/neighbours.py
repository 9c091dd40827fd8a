"""How does k nearest neighbours become a matrix product? All distances at once, up to what a row's own norm adds.

Of |x - s|^2 = |x|^2 - 2 x.s + |s|^2 the first part is the same for every known row s, so that the order of the others
gives the neighbours. Scaling and encoding go into the product. The file holds the training rows themselves. Where two
known rows are equally far, the original takes one by chance of rounding, and so does the graph.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from edge.exporting.lowering.affine import Form, add_first, finish_in
from lab.onnx_graphs.columns import Column, NotLoweredError
from lab.onnx_graphs.graph import Graph

__all__ = ["add_neighbours"]


def add_neighbours(graph: Graph, model: Any, columns: Sequence[Column], *, form: Form, missing: bool) -> None:
    """K nearest neighbours by Euclidean distance, each with the same weight.

    Raises
    ------
    NotLoweredError
        If the distance is another, or neighbours have weights.
    """
    if model.weights not in ("uniform", None) or model.effective_metric_ != "euclidean" or model._y.ndim != 1:
        raise NotLoweredError("there is no lowering of KNeighborsClassifier with weights or another distance")
    number = np.float64 if form == "float64" else np.float32
    known = np.asarray(model._fit_X, dtype=np.float64)
    layer = (2 * known.T, -(known**2).sum(axis=1))
    near = add_first(graph, layer, columns, form=form, missing=missing)
    chosen = graph.add_second("TopK", [near, graph.constant(np.array([model.n_neighbors], np.int64))], axis=1, sorted=0)
    shares = np.eye(len(model.classes_))[model._y].astype(number)
    votes = graph.add("Gather", [graph.constant(shares), chosen], axis=0)
    mean = graph.add("ReduceMean", [votes, graph.constant(np.array([1], np.int64))], keepdims=0)
    finish_in(graph, mean, number)
