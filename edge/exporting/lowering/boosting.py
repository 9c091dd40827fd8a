"""Which trees does a boosted ensemble of scikit-learn hold, and how do their answers become probabilities?

Gradient boosting casts what it sees to float32, and adds the leaves' values to a prior. Histogram gradient boosting sees
float64, and splits categories by sets. Forests are added by `lab.onnx_graphs.forests`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.dummy import DummyClassifier

from lab.onnx_graphs.columns import Column, Indicator, NotLoweredError, Text
from lab.onnx_graphs.forests import read_tree
from lab.onnx_graphs.graph import Graph
from lab.onnx_graphs.preparation import recode
from lab.onnx_graphs.trees import Tree, add_ensemble

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["add_boosted", "add_gradient_boosting", "add_histogram_boosting", "told_apart"]


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
            tree = read_tree(member.tree_)
            weights = model.learning_rate * member.tree_.value[:, 0, 0]
            trees.append(replace(tree, weights=weights, targets=np.full(len(weights), output)))
    add_boosted(graph, trees, prior, columns, float32=True)


def add_histogram_boosting(graph: Graph, model: Any, columns: Sequence[Column]) -> None:
    """Histogram gradient boosting: float64 features, missing values and categories with a side of their own."""
    columns = _as_seen(model, columns)
    trees = [
        _of_predictor(predictor, output, columns)
        for stage in model._predictors
        for output, predictor in enumerate(stage)
    ]
    add_boosted(graph, trees, model._baseline_prediction.ravel(), columns, float32=False)


def add_boosted(
    graph: Graph, trees: list[Tree], prior: "NDArray[np.float64]", columns: Sequence[Column], *, float32: bool
) -> None:
    """Add trees whose leaves add to scores, the prior in the first tree of each output: additions stay in the original's order.

    For two classes the score of the first one is 0: softmax of (0, score) is (1 - sigmoid, sigmoid).
    """
    binary = len(prior) == 1
    for output, value in enumerate(prior):
        trees[output] = replace(trees[output], weights=value + trees[output].weights)
    if binary:
        trees = [replace(tree, targets=np.ones_like(tree.targets)) for tree in trees]
    n_targets = 2 if binary else len(prior)
    if any(isinstance(each, Text) for each in columns) and any(isinstance(each, Indicator) for each in columns):
        trees = [told_apart(tree) for tree in trees]
    scores = add_ensemble(graph, trees, columns, n_targets=n_targets, aggregate="SUM", float32=float32)
    graph.add(
        "Softmax", [graph.in_answers(scores)], axis=1
    )  # not the node's own transform: runtimes number the transforms in two ways


def told_apart(tree: Tree) -> Tree:
    """Move equal leaves apart by the smallest step, since ONNX Runtime takes questions about texts that lead to equal ones for one."""
    weights, seen = tree.weights.copy(), set[float]()
    for node in np.flatnonzero(tree.left < 0).tolist():
        while weights[node] in seen:
            weights[node] = np.nextafter(weights[node], np.inf)
        seen.add(weights[node])
    return replace(tree, weights=weights)


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
