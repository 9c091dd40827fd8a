"""Which trees does a fitted ensemble of scikit-learn hold, and how do their answers become probabilities?

Forests cast what they see to float32 and average the leaves' class shares; gradient boosting adds the leaves' values to
a prior. Histogram gradient boosting sees float64, and splits categories by sets.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto
from sklearn.dummy import DummyClassifier

from edge.exporting.lowering.columns import Column, NotLoweredError, Number, Text
from edge.exporting.lowering.graph import Graph
from edge.exporting.lowering.preparation import recode
from edge.exporting.lowering.trees import Tree, add_ensemble

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["add_forest", "add_gradient_boosting", "add_histogram_boosting", "exact_in_float32"]

_WHOLE = 2**24  # float32 holds all whole numbers up to here


def add_forest(graph: Graph, model: Any, columns: Sequence[Column]) -> None:
    """Random forest, extra trees, or one decision tree.

    Where the graph takes float32 numbers and answers in float64 (`exact_in_float32`), votes are counted and divided last.
    """
    trees, shares = _members(model)
    n_classes = shares[0].shape[1]
    counts = graph.answers != graph.dtype
    aggregate, divisor = ("SUM", len(trees)) if counts else ("AVERAGE", 1)
    if n_classes == 2:
        trees = [replace(tree, weights=share[:, 1].copy()) for tree, share in zip(trees, shares, strict=True)]
        second = add_ensemble(graph, trees, columns, n_targets=1, aggregate=aggregate, float32=True)
        both = [np.array([[-1 / divisor, 1 / divisor]]), np.array([1.0, 0.0])]
        graph.add("Gemm", [graph.in_answers(second), *(graph.constant(each.astype(graph.answers)) for each in both)])
    elif _pure(trees, shares):
        trees = [
            replace(tree, targets=share.argmax(axis=1), weights=np.ones(len(share)))
            for tree, share in zip(trees, shares, strict=True)
        ]
        votes = add_ensemble(graph, trees, columns, n_targets=n_classes, aggregate=aggregate, float32=True)
        if counts:
            graph.add("Div", [graph.in_answers(votes), graph.constant(np.array(divisor, dtype=graph.answers))])
    else:
        _add_leaf_table(graph, trees, shares, columns)


def exact_in_float32(model: Any, columns: Sequence[Column]) -> bool:
    """Whether float32 numbers and thresholds lose nothing: half the memory, and the very same answers.

    A forest casts its features to float32 itself, so that numbers which nothing prepares can be cast on the way in. What
    its leaves give must be a whole number, a vote or the row of a table, that float32 holds and adds exactly.
    """
    trees, shares = _members(model)
    whole = _pure(trees, shares) if shares[0].shape[1] == 2 else sum(map(len, shares)) <= _WHOLE
    return whole and all(not column.steps for column in columns if isinstance(column, Number))


def _members(model: Any) -> tuple[list[Tree], list["NDArray[np.float64]"]]:
    """Give the trees and, node by node, their shares of the classes, arrays of shape (n_nodes, n_classes)."""
    members = getattr(model, "estimators_", None) or [model]
    return [_of_sklearn(member.tree_) for member in members], [member.tree_.value[:, 0, :] for member in members]


def _pure(trees: Sequence[Tree], shares: Sequence["NDArray[np.float64]"]) -> bool:
    return all((share[tree.left < 0].max(axis=1) == 1.0).all() for tree, share in zip(trees, shares, strict=True))


def _add_leaf_table(
    graph: Graph, trees: Sequence[Tree], shares: Sequence["NDArray[np.float64]"], columns: Sequence[Column]
) -> None:
    """Several classes and mixed leaves: a leaf can add to one output only, so it gives the row of a table of shares."""
    numbered, tables, rows = [], [], 0
    for place, (tree, share) in enumerate(zip(trees, shares, strict=True)):
        ends = tree.left < 0
        weights = np.zeros(len(ends))
        weights[ends] = rows + np.arange(ends.sum())
        numbered.append(replace(tree, targets=np.full(len(ends), place), weights=weights))
        tables.append(share[ends])
        rows += int(ends.sum())
    if graph.dtype == np.float32 and rows > _WHOLE:
        raise NotLoweredError("a forest of over 16 million leaves, which float32 cannot number")
    found = add_ensemble(graph, numbered, columns, n_targets=len(trees), aggregate="SUM", float32=True)
    whole = graph.add("Cast", [found], to=TensorProto.INT64)
    table = graph.constant(np.concatenate(tables).astype(graph.answers))
    gathered = graph.add("Gather", [table, whole], axis=0)
    graph.add("ReduceMean", [gathered, graph.constant(np.array([1], np.int64))], keepdims=0)


def add_gradient_boosting(graph: Graph, model: Any, columns: Sequence[Column]) -> None:
    """Gradient boosting on exact splits: float32 features, a prior, and leaves times the learning rate.

    Raises
    ------
    NotLoweredError
        If its loss is another than log_loss, or it starts from a model.
    """
    if model.loss != "log_loss" or not (model.init_ == "zero" or type(model.init_) is DummyClassifier):
        raise NotLoweredError("gradient boosting with another loss than log_loss, or a model in front")
    prior = model._raw_predict_init(np.zeros((1, model.n_features_in_)))[0]
    trees = []
    for stage in model.estimators_:
        for output, member in enumerate(stage):
            tree = _of_sklearn(member.tree_)
            weights = model.learning_rate * member.tree_.value[:, 0, 0]
            trees.append(replace(tree, weights=weights, targets=np.full(len(weights), output)))
    _add_boosted(graph, trees, prior, columns, float32=True)


def add_histogram_boosting(graph: Graph, model: Any, columns: Sequence[Column]) -> None:
    """Histogram gradient boosting: float64 features, missing values and categories with a side of their own."""
    columns = _as_seen(model, columns)
    trees = [
        _of_predictor(predictor, output, columns)
        for stage in model._predictors
        for output, predictor in enumerate(stage)
    ]
    _add_boosted(graph, trees, model._baseline_prediction.ravel(), columns, float32=False)


def _add_boosted(
    graph: Graph, trees: list[Tree], prior: "NDArray[np.float64]", columns: Sequence[Column], *, float32: bool
) -> None:
    """Add the prior to the first tree of each output: the additions stay in the original's order.

    For two classes the score of the first one is 0: softmax of (0, score) is (1 - sigmoid, sigmoid).
    """
    binary = len(prior) == 1
    for output, value in enumerate(prior):
        trees[output] = replace(trees[output], weights=value + trees[output].weights)
    if binary:
        trees = [replace(tree, targets=np.ones_like(tree.targets)) for tree in trees]
    n_targets = 2 if binary else len(prior)
    scores = add_ensemble(graph, trees, columns, n_targets=n_targets, aggregate="SUM", float32=float32)
    graph.add("Softmax", [scores], axis=1)  # not the node's own transform: runtimes number the transforms in two ways


def _of_sklearn(tree: Any) -> Tree:
    """Read a tree of `sklearn.tree` off; the weights are left to the caller."""
    left = np.asarray(tree.children_left, dtype=np.int64)
    return Tree(
        np.asarray(tree.feature, dtype=np.int64),
        left,
        np.asarray(tree.children_right, dtype=np.int64),
        np.asarray(tree.threshold, dtype=np.float64),
        np.asarray(tree.missing_go_to_left).astype(bool),
        np.zeros(len(left), np.int64),
        np.zeros(len(left)),
    )


def _of_predictor(predictor: Any, output: int, columns: Sequence[Column]) -> Tree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    sets = {}
    for place in np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaf):
        if not isinstance(columns[nodes["feature_idx"][place]], Text):
            raise NotLoweredError("histogram gradient boosting on categories that are numbers in the table")
        words = predictor.raw_left_cat_bitsets[nodes["bitset_idx"][place]]
        sets[int(place)] = frozenset(code for code in range(256) if words[code // 32] >> np.uint32(code % 32) & 1)
    return Tree(
        nodes["feature_idx"].astype(np.int64),
        np.where(leaf, -1, nodes["left"].astype(np.int64)),
        nodes["right"].astype(np.int64),
        nodes["num_threshold"].astype(np.float64),
        nodes["missing_go_to_left"].astype(bool),
        np.full(len(nodes), output),
        nodes["value"].astype(np.float64),
        sets,
    )


def _as_seen(model: Any, columns: Sequence[Column]) -> list[Column]:
    """Put the columns into the model's own order: categories first, in codes of its own."""
    if model._preprocessor is None:
        return list(columns)
    is_category = np.asarray(model.is_categorical_, dtype=bool)
    chosen = [column for column, category in zip(columns, is_category, strict=True) if category]
    texts = [column for column in chosen if isinstance(column, Text)]
    if len(texts) != len(chosen):
        raise NotLoweredError("histogram gradient boosting on categories that are numbers in the table")
    encoder = model._preprocessor.named_transformers_["encoder"]
    return [
        *recode(encoder.transform, texts),
        *(c for c, category in zip(columns, is_category, strict=True) if not category),
    ]
