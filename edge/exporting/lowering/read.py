"""How do trees that were read from the file of another library become a graph? As the lab lowers its own boosters."""

from collections.abc import Sequence

import numpy as np

from edge.boosters.forest import Forest
from edge.boosters.read import ReadTreesClassifier
from edge.exporting.lowering.boosting import add_boosted, told_apart
from edge.exporting.lowering.symmetric import add_scores
from lab.onnx_graphs.columns import Column, Text
from lab.onnx_graphs.graph import Graph
from lab.onnx_graphs.trees import Tree

__all__ = ["add_forest", "add_read_trees"]


def add_read_trees(graph: Graph, model: ReadTreesClassifier, columns: Sequence[Column]) -> None:
    """Add the trees that stand in somebody's pipeline."""
    add_forest(graph, model.forest_, columns)


def add_forest(graph: Graph, forest: Forest, columns: Sequence[Column]) -> None:
    """Add the trees of a booster, and what makes probabilities of their scores."""
    if forest.values:
        add_scores(graph, forest.trees, forest.values, forest.prior, columns)
        return
    apart = any(tree.sets for tree in forest.trees) or any(isinstance(column, Text) for column in columns)
    trees = [told_apart(tree) if apart else tree for tree in _with_each_score(forest)]
    add_boosted(graph, trees, forest.prior, columns, float32=forest.float32)


def _with_each_score(forest: Forest) -> list[Tree]:
    """Give the trees, those of the first scores in front: what is added to a score goes into the first tree of it."""
    count = len(forest.prior)
    first = [
        next((p for p, tree in enumerate(forest.trees) if tree.targets[0] == score), None) for score in range(count)
    ]
    lead = [_nothing(score) if place is None else forest.trees[place] for score, place in enumerate(first)]
    return [*lead, *(tree for place, tree in enumerate(forest.trees) if place not in first)]


def _nothing(score: int) -> Tree:
    none = np.zeros(1, np.int64)
    return Tree(none, none - 1, none - 1, np.zeros(1), np.zeros(1, bool), none + score, np.zeros(1))
