"""Which lowering fits a fitted pipeline? The one of its last step, if all steps in front of it are known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import (
    LogisticRegression,
    PassiveAggressiveClassifier,
    Perceptron,
    RidgeClassifier,
    RidgeClassifierCV,
    SGDClassifier,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from edge.boosters.leafwise import LeafwiseTreesClassifier
from edge.boosters.levelwise import LevelwiseTreesClassifier
from edge.boosters.read import ReadTreesClassifier
from edge.boosters.symmetric import SymmetricTreesClassifier
from edge.distilling.student import DistilledClassifier
from edge.exporting.lowering import affine, boosters, boosting, kernels, neighbours, read, symmetric
from edge.exporting.lowering.front import columns_in_front
from edge.session import OUTPUT
from lab.learning.calibration import RisingCalibration
from lab.onnx_graphs import forests
from lab.onnx_graphs.columns import Column, NotLoweredError, Number
from lab.onnx_graphs.graph import Graph
from lab.onnx_graphs.preparation import RawText, Source

__all__ = ["Lowered", "lower"]

_TREES = {
    RandomForestClassifier: forests.add_forest,
    ExtraTreesClassifier: forests.add_forest,
    DecisionTreeClassifier: forests.add_forest,
    GradientBoostingClassifier: boosting.add_gradient_boosting,
    HistGradientBoostingClassifier: boosting.add_histogram_boosting,
    SymmetricTreesClassifier: symmetric.add_symmetric_trees,
    LeafwiseTreesClassifier: boosters.add_leafwise_trees,
    LevelwiseTreesClassifier: boosters.add_levelwise_trees,
    ReadTreesClassifier: read.add_read_trees,
}
SCALED: affine.Form = "scaled float32"
_LAYERS = {LogisticRegression: affine.layers_of_linear, MLPClassifier: affine.layers_of_mlp}

_LABELLED = (LinearSVC, PassiveAggressiveClassifier, Perceptron, RidgeClassifier, RidgeClassifierCV, SGDClassifier)
"""Linear classifiers that give labels alone, unless their loss makes probabilities."""

_PRODUCTS = {
    CalibratedClassifierCV: kernels.add_calibrated_machine,
    RisingCalibration: kernels.add_calibrated_machine,
    KNeighborsClassifier: neighbours.add_neighbours,
}


@dataclass(frozen=True)
class Lowered:
    """A graph, its form (`exact` for trees on doubles, else one of the forms of `affine`), and the promise that it makes."""

    graph: onnx.ModelProto
    form: str
    promise: str


_PROMISES = {
    "exact": "the same path through every tree for every double that a row can hold (cast to float32 where the graph takes it)",
    "float32": "the same path through every tree for rows that are float32 numbers",
    "folded float32": "float32 arithmetic, scaling folded in float64; shown by comparison",
    "centred float32": "numbers centred in float64, then float32 arithmetic; shown by comparison",
    "summed in float64": "numbers centred in float64, kernels in float32, their sum in float64; shown by comparison",
    SCALED: "float32 arithmetic, scaling in front; shown by comparison",
    "float64": "float64 arithmetic throughout; shown by comparison",
}


def lower(
    model: Any,
    *,
    n_numbers: int,
    n_texts: int,
    missing: bool,
    precision: str = "exact",
    order: Sequence[int] | None = None,
) -> list[Lowered]:
    """Lower a fitted classifier, or a pipeline that ends with one, whose rows hold all numbers first and then all texts.

    Parameters
    ----------
    missing : bool
        Whether a number of a row may be missing.
    precision : str
        For trees: `exact` (float64 rows, or float32 where that loses nothing) or `float32`, half the size and exact for
        rows that are float32 numbers.
        For linear models and networks: `exact` gives all of `affine.FORMS`, `scaled float32` that form alone.
    order : sequence of int, optional
        Where each column of the model stands among all numbers and then all texts, if it saw them in another order.

    Returns
    -------
    list of Lowered
        One for trees; for linear models and networks one for each form, from the leanest to the most exact.

    Raises
    ------
    NotLoweredError
        If the model, a step in front of it, or an option is not known here.
    """
    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else [model]
    sources: list[Source] = [*(Number(place) for place in range(n_numbers)), *(RawText(p) for p in range(n_texts))]
    sources = sources if order is None else [sources[place] for place in order]
    last = steps[-1].student_ if isinstance(steps[-1], DistilledClassifier) else steps[-1]
    inner = kernels.inside_calibration(last) if isinstance(last, CalibratedClassifierCV) else None
    front = [*steps[:-1], *([step for _, step in inner.steps[:-1]] if isinstance(inner, Pipeline) else [])]
    followed = columns_in_front(front, sources)
    if followed.unknown:
        raise NotLoweredError(followed.unknown)
    columns = followed.columns
    kind = ReadTreesClassifier if isinstance(last, ReadTreesClassifier) else type(last)
    if kind in _TREES:
        add = _TREES[kind]
        narrow = precision == "exact" and _exact_in_float32(last, columns)
        numbers = np.float32 if narrow or precision == "float32" else np.float64
        graph = Graph(n_numbers, n_texts, numbers, answers=np.float64 if narrow else None)
        add(graph, last, columns)
        return [_done(graph, last, precision)]
    add = _adds(last)
    forms = kernels.FORMS if isinstance(last, CalibratedClassifierCV) else affine.FORMS
    found = []
    for form in (SCALED,) if precision == SCALED else forms:
        graph = Graph(n_numbers, n_texts, np.float32 if form == "folded float32" else np.float64)
        add(graph, columns, form=form, missing=missing)
        found.append(_done(graph, last, form))
    return found


def _exact_in_float32(model: Any, columns: Sequence[Column]) -> bool:
    """Whether float32 numbers and thresholds lose nothing for a model of `_TREES`."""
    if isinstance(model, SymmetricTreesClassifier | LevelwiseTreesClassifier) or (
        isinstance(model, ReadTreesClassifier) and model.forest_.float32
    ):
        return forests.unprepared(columns)
    if isinstance(model, ReadTreesClassifier):
        return False
    return _TREES[type(model)] is forests.add_forest and forests.exact_in_float32(model, columns)


def _adds(model: Any) -> Callable[..., None]:
    """Give `add(graph, columns, form=, missing=)` for a model made of matrix products."""
    if type(model) in _PRODUCTS:
        return lambda graph, columns, **how: _PRODUCTS[type(model)](graph, model, columns, **how)
    if type(model) in _LABELLED and not hasattr(model, "predict_proba"):
        return lambda graph, columns, **how: affine.add_labels(graph, model, columns, **how)
    if type(model) not in _LAYERS:
        raise NotLoweredError(f"there is no lowering of {type(model).__name__}")
    layers, activation = _LAYERS[type(model)](model)
    return lambda graph, columns, **how: affine.add_layers(graph, layers, activation, columns, **how)


def _done(graph: Graph, model: Any, form: str) -> Lowered:
    return Lowered(graph.finish(OUTPUT, len(model.classes_), type(model).__name__), form, _PROMISES[form])
