"""How does a tree ensemble become one node? Splits on raw numbers and on sets of texts, leaves with probabilities.

Imputing, scaling and encoding disappear: a scaled number's threshold becomes the largest raw double that goes left, a
missing number goes where its filling goes, and a split on an encoded text becomes a split on a set of texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from lab.onnx_graphs.columns import Column, Constant, Indicator, Number, Text, text_columns
from lab.onnx_graphs.graph import ML, NUMBERS, Graph
from lab.onnx_graphs.thresholds import largest_going_left

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Tree", "add_ensemble"]

_LEQ, _EQ, _MEMBER = 0, 4, 6


@dataclass(frozen=True)
class Tree:
    """A fitted tree, node by node; the first node is the root.

    Attributes
    ----------
    feature, left, right : numpy.ndarray of shape (n_nodes,), int64
        What is split, and where it goes on; `left` is negative at a leaf.
    threshold : numpy.ndarray of shape (n_nodes,), float64
        Left where the prepared value is at most this.
    missing_left : numpy.ndarray of shape (n_nodes,), bool
        Where a value goes that is missing when the model sees it.
    targets : numpy.ndarray of shape (n_nodes,), int64
        The output to which a leaf adds its weight.
    weights : numpy.ndarray of shape (n_nodes,), float64
        What it adds.
    sets : dict of int to frozenset of int
        For nodes that split a category: the codes that go left.
    """

    feature: "NDArray[np.int64]"
    left: "NDArray[np.int64]"
    right: "NDArray[np.int64]"
    threshold: "NDArray[np.float64]"
    missing_left: "NDArray[np.bool_]"
    targets: "NDArray[np.int64]"
    weights: "NDArray[np.float64]"
    sets: dict[int, frozenset[int]] = field(default_factory=dict)


@dataclass
class _Node:
    """What the operator needs of all nodes."""

    feature: "NDArray[np.int64]"
    split: "NDArray[np.float64]"
    mode: "NDArray[np.uint8]"
    missing_true: "NDArray[np.bool_]"
    swapped: "NDArray[np.bool_]"
    members: dict[int, list[int]]


def add_ensemble(
    graph: Graph,
    trees: Sequence[Tree],
    columns: Sequence[Column],
    *,
    n_targets: int,
    aggregate: str,
    float32: bool,
) -> str:
    """Add the node that walks all trees, and what brings texts to it.

    Leaves of a tree that splits texts must differ in their weights, or all have one target and no missing number above
    them: ONNX Runtime (1.32) joins questions about one text that lead to the same thresholds and weights, whatever the
    targets, and wherever missing numbers go.

    Parameters
    ----------
    columns : sequence of Column
        What each feature of the trees comes from.
    n_targets : int
        Outputs.
    aggregate : str
        `SUM` or `AVERAGE` of the trees' weights for each output.
    float32 : bool
        Whether the model casts what it sees to float32 first.
    """
    texts = text_columns(columns)
    codes = {source: {text: place + 1 for place, text in enumerate(known)} for source, known in texts}
    forest, roots = _joined(trees)
    made = _fold(forest, columns, codes, graph.n_numbers, float32=float32)
    matrix = NUMBERS
    if texts:
        matrix = graph.codes(texts, dtype=np.float64)
        if graph.dtype != np.float64:
            matrix = graph.add("Cast", [matrix], to=TensorProto.FLOAT)
        if graph.n_numbers:
            matrix = graph.add("Concat", [NUMBERS, matrix], axis=1)
    return graph.add(
        "TreeEnsemble",
        [matrix],
        domain=ML,
        n_targets=n_targets,
        aggregate_function={"AVERAGE": 0, "SUM": 1}[aggregate],
        **_attributes(forest, roots, made, graph.dtype),
    )


def _fold(
    tree: Tree, columns: Sequence[Column], codes: dict[int, dict[str, int]], n_numbers: int, *, float32: bool
) -> _Node:
    count = len(tree.feature)
    made = _Node(
        np.zeros(count, np.int64), np.zeros(count), np.zeros(count, np.uint8), np.zeros(count, bool),
        np.zeros(count, bool), {},
    )  # fmt: skip
    inner = tree.left >= 0
    for feature in np.unique(tree.feature[inner]):
        at = np.flatnonzero(inner & (tree.feature == feature))
        column = columns[feature]
        if isinstance(column, Number):
            made.feature[at] = column.source
            made.split[at] = largest_going_left(column, tree.threshold[at], float32=float32)
            filled = _cast(column.missing, float32=float32)
            made.missing_true[at] = tree.missing_left[at] if np.isnan(filled) else filled <= tree.threshold[at]
        elif isinstance(column, Constant):
            left = np.array([_goes_left(tree, int(node), column.value, float32=float32) for node in at])
            made.split[at], made.missing_true[at] = np.where(left, np.inf, -np.inf), left
        elif isinstance(column, Indicator):
            sides = [
                np.array([_goes_left(tree, int(node), value, float32=float32) for node in at])
                for value in (column.present, column.missing)
            ]
            made.feature[at] = column.source
            made.split[at], made.missing_true[at] = np.where(sides[0], np.inf, -np.inf), sides[1]
        else:
            for node in at:
                _split_texts(made, tree, int(node), column, codes[column.source], float32=float32)
            made.feature[at] = n_numbers + column.source
    return made


def _split_texts(made: _Node, tree: Tree, node: int, column: Text, codes: dict[str, int], *, float32: bool) -> None:
    """Turn a split of an encoded text into a question about its code: is it one of these? All others go the other way."""
    others_left = _goes_left(tree, node, column.other, float32=float32)
    apart = [
        code
        for text, code in codes.items()
        if _goes_left(tree, node, column.values.get(text, column.other), float32=float32) != others_left
    ]
    made.swapped[node] = others_left
    if len(apart) > 1:
        made.mode[node], made.members[node] = _MEMBER, apart
    else:
        made.mode[node], made.split[node] = _EQ, apart[0] if apart else -1.0


def _goes_left(tree: Tree, node: int, value: float, *, float32: bool) -> bool:
    value = _cast(value, float32=float32)
    if np.isnan(value):
        return bool(tree.missing_left[node])
    if node in tree.sets:
        return int(value) in tree.sets[node]
    return bool(value <= tree.threshold[node])


def _cast(value: float, *, float32: bool) -> float:
    return float(np.float32(value)) if float32 else value


def _joined(trees: Sequence[Tree]) -> tuple[Tree, list[int]]:
    """Put all trees into one list of nodes; gives it and the places of the roots."""
    grown = [tree if tree.left[0] >= 0 else _grow(tree) for tree in trees]
    starts = np.cumsum([0, *(len(tree.left) for tree in grown)]).tolist()
    pairs = list(zip(grown, starts, strict=False))
    return (
        Tree(
            np.concatenate([tree.feature for tree in grown]),
            np.concatenate([np.where(tree.left < 0, -1, tree.left + start) for tree, start in pairs]),
            np.concatenate([np.where(tree.left < 0, -1, tree.right + start) for tree, start in pairs]),
            np.concatenate([tree.threshold for tree in grown]),
            np.concatenate([tree.missing_left for tree in grown]),
            np.concatenate([tree.targets for tree in grown]),
            np.concatenate([tree.weights for tree in grown]),
            {place + start: codes for tree, start in pairs for place, codes in tree.sets.items()},
        ),
        starts[:-1],
    )


def _grow(tree: Tree) -> Tree:
    """Give a tree that is one leaf a split with that leaf on both sides: the operator wants one."""
    return Tree(
        np.zeros(2, np.int64),
        np.array([1, -1]),
        np.array([1, -1]),
        np.zeros(2),
        np.zeros(2, bool),
        np.repeat(tree.targets[:1], 2),
        np.repeat(tree.weights[:1], 2),
    )


def _attributes(tree: Tree, roots: Sequence[int], made: _Node, dtype: Any) -> dict[str, Any]:
    """Number splits and leaves apart, as the operator does."""
    inner = tree.left >= 0
    ends = ~inner
    place = np.where(inner, np.cumsum(inner), np.cumsum(ends)) - 1
    true = np.where(made.swapped, tree.right, tree.left)[inner]
    false = np.where(made.swapped, tree.left, tree.right)[inner]
    splits = made.split[inner] if dtype == np.float64 else _down_to_float32(made.split[inner])
    attributes = {
        "tree_roots": place[list(roots)].tolist(),
        "nodes_featureids": made.feature[inner].tolist(),
        "nodes_modes": helper.make_tensor("modes", TensorProto.UINT8, [int(inner.sum())], made.mode[inner].tolist()),
        "nodes_splits": numpy_helper.from_array(splits, "splits"),
        "nodes_truenodeids": place[true].tolist(),
        "nodes_trueleafs": ends[true].astype(np.int64).tolist(),
        "nodes_falsenodeids": place[false].tolist(),
        "nodes_falseleafs": ends[false].astype(np.int64).tolist(),
        "leaf_targetids": tree.targets[ends].tolist(),
        "leaf_weights": numpy_helper.from_array(tree.weights[ends].astype(dtype), "weights"),
    }
    if made.missing_true[inner].any():
        attributes["nodes_missing_value_tracks_true"] = made.missing_true[inner].astype(np.int64).tolist()
    if made.members:
        codes = [code for _, listed in sorted(made.members.items()) for code in (*listed, np.nan)]
        attributes["membership_values"] = numpy_helper.from_array(np.array(codes, dtype=dtype), "members")
    return attributes


def _down_to_float32(splits: "NDArray[np.float64]") -> "NDArray[np.float32]":
    """Give the largest float32 that goes left, too: for rows that are float32 numbers nothing changes."""
    with np.errstate(over="ignore"):
        near = splits.astype(np.float32)
        below = np.nextafter(near, np.float32(-np.inf))
    return np.where(near > splits, below, near)
