"""Which trees does CatBoost hold, and how do their answers become probabilities? Symmetric ones, grown out and then pruned.

Every node of a level asks whether one number, cast to float32, is above a border. Grown out, a tree asks again what its own
path has answered, and neighbouring leaves may say the same: both are left out, and no row's value changes.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from edge.boosters.symmetric import SymmetricTreesClassifier
from lab.onnx_graphs.columns import Column
from lab.onnx_graphs.forests import add_leaf_values
from lab.onnx_graphs.graph import Graph
from lab.onnx_graphs.trees import Tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Node", "add_scores", "add_symmetric_trees", "flat", "grown_out"]

Node: TypeAlias = "int | tuple[int, float, Node, Node]"
"""The place of a leaf's value; or feature, border, and what holds up to it and above it."""


def add_symmetric_trees(graph: Graph, model: SymmetricTreesClassifier, columns: Sequence[Column]) -> None:
    """Look the values of each row's leaves up, and add them in the type of the graph's answers.

    For two classes the score of the first one is 0: softmax of (0, score) is (1 - sigmoid, sigmoid).
    """
    add_scores(graph, *_read(model), columns)


def add_scores(
    graph: Graph,
    trees: Sequence[Tree],
    values: "Sequence[NDArray[np.float64]]",
    bias: "NDArray[np.float64]",
    columns: Sequence[Column],
) -> None:
    """Add what makes probabilities of trees whose nodes have `values`, each of shape (n_nodes, n_scores), and a bias (n_scores,)."""
    found = add_leaf_values(graph, trees, values, columns, how="sum", float32=True)
    scores = graph.add("Add", [found, graph.constant(bias.astype(graph.answers))])
    if len(bias) == 1:
        scores = graph.add("MatMul", [scores, graph.constant(np.array([[0.0, 1.0]], dtype=graph.answers))])
    graph.add("Softmax", [scores], axis=1)


def _read(model: SymmetricTreesClassifier) -> "tuple[list[Tree], list[NDArray[np.float64]], NDArray[np.float64]]":
    """Give the trees, the values of their nodes (shape (n_nodes, n_scores)), and what is added to their sum."""
    if not len(model.content_):
        return [flat(0)[0]], [np.zeros((1, len(model.shares_)))], np.log(model.shares_)
    said = model.written_out()
    scale, bias = said["scale_and_bias"]
    trees, values = [], []
    for each in said["oblivious_trees"]:
        leaves = np.reshape(each["leaf_values"], (-1, len(bias)))
        splits = [(split["float_feature_index"], split["border"]) for split in each["splits"]]
        tree, places = flat(grown_out(splits, leaves, 0, 0, {}))
        trees.append(tree)
        values.append(scale * leaves[places])
    return trees, values, np.array(bias, dtype=np.float64)


def grown_out(
    splits: Sequence[tuple[int, float]],
    leaves: "NDArray[np.float64]",
    level: int,
    place: int,
    known: Mapping[int, tuple[float, float]],
) -> Node:
    """Ask the question of a level and those below, unless it is `known` (above which border, and up to which) how it is answered."""
    if level == len(splits):
        return place
    feature, border = splits[level]
    low, high = known.get(feature, (-math.inf, math.inf))
    above = place | 1 << level
    if border <= low:
        return grown_out(splits, leaves, level + 1, above, known)
    if border >= high:
        return grown_out(splits, leaves, level + 1, place, known)
    left = grown_out(splits, leaves, level + 1, place, {**known, feature: (low, border)})
    right = grown_out(splits, leaves, level + 1, above, {**known, feature: (border, high)})
    if isinstance(left, int) and isinstance(right, int) and (leaves[left] == leaves[right]).all():
        return left
    return feature, border, left, right


def flat(root: Node, *, missing_right: Collection[int] = ()) -> "tuple[Tree, NDArray[np.int64]]":
    """List the nodes of a tree, and for each leaf the place of its value; a missing number lies below every border.

    Parameters
    ----------
    missing_right : collection of int
        Features of which a missing number lies above every border.
    """
    nodes: list[Any] = [root]
    left, right = [], []
    for node in nodes:  # it grows meanwhile
        inner = not isinstance(node, int)
        left.append(len(nodes) if inner else -1)
        right.append(len(nodes) + 1 if inner else -1)
        nodes += node[2:] if inner else ()
    tree = Tree(
        np.array([0 if isinstance(node, int) else node[0] for node in nodes], dtype=np.int64),
        np.array(left, dtype=np.int64),
        np.array(right, dtype=np.int64),
        np.array([0.0 if isinstance(node, int) else node[1] for node in nodes]),
        np.array([isinstance(node, int) or node[0] not in missing_right for node in nodes], dtype=bool),
        np.zeros(len(nodes), np.int64),
        np.zeros(len(nodes)),
    )
    return tree, np.array([node if isinstance(node, int) else 0 for node in nodes], dtype=np.int64)
