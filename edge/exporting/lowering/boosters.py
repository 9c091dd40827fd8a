"""Which trees do LightGBM and XGBoost hold? Read off the descriptions that the libraries write of their models."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.boosters.kept import KeptBooster
from edge.boosters.leafwise import LeafwiseTreesClassifier
from edge.boosters.levelwise import LevelwiseTreesClassifier
from edge.exporting.lowering.boosting import add_boosted
from lab.onnx_graphs.columns import Column
from lab.onnx_graphs.graph import Graph
from lab.onnx_graphs.trees import Tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["add_leafwise_trees", "add_levelwise_trees", "leafwise_thresholds", "levelwise_tree"]


def add_leafwise_trees(graph: Graph, model: LeafwiseTreesClassifier, columns: Sequence[Column]) -> None:
    """LightGBM: float64 features; what is missing has a side of its own, or counts as 0 where training had none missing."""
    trees, prior = _empty(model)
    if len(model.content_):
        said = model.library_model().dump_model()
        outputs = said["num_tree_per_iteration"]
        prior = np.zeros(outputs)
        trees = [_leafwise(each["tree_structure"], place % outputs) for place, each in enumerate(said["tree_info"])]
    add_boosted(graph, trees, prior, columns, float32=False)


def add_levelwise_trees(graph: Graph, model: LevelwiseTreesClassifier, columns: Sequence[Column]) -> None:
    """XGBoost: float32 features that go left where they are below a condition, a prior, and sums in float32 where the graph has it."""
    trees, prior = _empty(model)
    if len(model.content_):
        learner = json.loads(model.library_model().save_raw("json"))["learner"]
        prior = np.array(json.loads(learner["learner_model_param"]["base_score"]), dtype=np.float64)
        if len(prior) == 1:
            prior = np.log(prior / (1 - prior))
        said = learner["gradient_booster"]["model"]
        trees = [levelwise_tree(tree, output) for tree, output in zip(said["trees"], said["tree_info"], strict=True)]
    add_boosted(graph, trees, prior, columns, float32=True)


def _empty(model: KeptBooster) -> "tuple[list[Tree], NDArray[np.float64]]":
    """Give trees of one leaf that says nothing, and the shares of the classes: a model that has learned from nothing."""
    nothing = [levelwise_tree(_STUMP, output) for output in range(len(model.shares_))]
    return nothing, np.log(model.shares_)


_STUMP = {
    "split_indices": [0],
    "left_children": [-1],
    "right_children": [-1],
    "split_conditions": [0.0],
    "default_left": [0],
}


def levelwise_tree(said: Mapping[str, Any], output: int) -> Tree:
    """Read a tree of XGBoost's JSON: left below a condition, which at a leaf is its value."""
    left = np.array(said["left_children"], dtype=np.int64)
    conditions = np.array(said["split_conditions"], dtype=np.float32)
    return Tree(
        np.array(said["split_indices"], dtype=np.int64),
        left,
        np.array(said["right_children"], dtype=np.int64),
        np.nextafter(conditions, np.float32(-np.inf)).astype(np.float64),  # the largest float32 below it
        np.array(said["default_left"], dtype=bool),
        np.full(len(left), output),
        conditions.astype(np.float64),
    )


def _leafwise(root: Mapping[str, Any], output: int) -> Tree:
    nodes, left, right = [root], [], []
    for node in nodes:  # it grows meanwhile
        inner = "split_feature" in node
        left.append(len(nodes) if inner else -1)
        right.append(len(nodes) + 1 if inner else -1)
        nodes += [node["left_child"], node["right_child"]] if inner else []
    return Tree(
        np.array([node.get("split_feature", 0) for node in nodes], dtype=np.int64),
        np.array(left, dtype=np.int64),
        np.array(right, dtype=np.int64),
        leafwise_thresholds(np.array([node.get("threshold", 0.0) for node in nodes])),
        np.array([_missing_left(node) for node in nodes], dtype=bool),
        np.full(len(nodes), output),
        np.array([node.get("leaf_value", 0.0) for node in nodes]),
    )


def leafwise_thresholds(thresholds: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Move thresholds to where the library divides numbers: it takes those within 1e-35 of 0 for 0, and writes 1e300 for infinity."""
    found = np.where(np.abs(thresholds) < _ZERO, _ZERO, thresholds)
    found[(thresholds >= -_ZERO) & (thresholds < 0)] = np.nextafter(-_ZERO, -np.inf)
    found[thresholds >= _ENDLESS] = np.inf
    return found


_ENDLESS = 1e300
_ZERO = float(np.float32(1e-35))


def _missing_left(node: Mapping[str, Any]) -> bool:
    if node.get("missing_type") == "None":
        return bool(node["threshold"] >= 0)
    return bool(node.get("default_left", False))
