"""Which trees does a forest of scikit-learn hold, and how do their leaves become its answer?

Forests cast what they see to float32 and average the leaves' class shares. A leaf of the operator adds to one output
only: where it has several values, it gives the row of a table that holds them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from onnx import TensorProto

from lab.onnx_graphs.columns import Column, Indicator, NotLoweredError, Number, Text
from lab.onnx_graphs.graph import Graph
from lab.onnx_graphs.trees import Tree, add_ensemble

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["add_forest", "add_leaf_values", "exact_in_float32", "read_tree", "unprepared"]

_WHOLE = 2**24  # float32 holds all whole numbers up to here


def add_forest(graph: Graph, model: Any, columns: Sequence[Column]) -> None:
    """Random forest, extra trees, or one decision tree.

    Where the graph takes float32 numbers and answers in float64 (`exact_in_float32`), votes are counted and divided last.
    Leaves are looked up where trees that split texts vote for several classes, or send missing numbers to either side (see
    `add_ensemble`).
    """
    trees, shares = _members(model)
    n_classes = shares[0].shape[1]
    counts = graph.answers != graph.dtype
    aggregate, divisor = ("SUM", len(trees)) if counts else ("AVERAGE", 1)
    splits_texts = any(isinstance(column, Text) for column in columns)
    meets_missing = any(
        isinstance(column, Indicator) or (isinstance(column, Number) and np.isnan(column.missing)) for column in columns
    )
    if n_classes == 2 and not (splits_texts and meets_missing):
        trees = [replace(tree, weights=share[:, 1].copy()) for tree, share in zip(trees, shares, strict=True)]
        second = add_ensemble(graph, trees, columns, n_targets=1, aggregate=aggregate, float32=True)
        both = [np.array([[-1 / divisor, 1 / divisor]]), np.array([1.0, 0.0])]
        graph.add("Gemm", [graph.in_answers(second), *(graph.constant(each.astype(graph.answers)) for each in both)])
    elif _pure(trees, shares) and not splits_texts:
        trees = [
            replace(tree, targets=share.argmax(axis=1), weights=np.ones(len(share)))
            for tree, share in zip(trees, shares, strict=True)
        ]
        votes = add_ensemble(graph, trees, columns, n_targets=n_classes, aggregate=aggregate, float32=True)
        if counts:
            graph.add("Div", [graph.in_answers(votes), graph.constant(np.array(divisor, dtype=graph.answers))])
    else:
        add_leaf_values(graph, trees, shares, columns, how="mean", float32=True)


def exact_in_float32(model: Any, columns: Sequence[Column]) -> bool:
    """Whether float32 numbers and thresholds lose nothing: half the memory, and the very same answers.

    A forest casts its features to float32 itself, so that numbers which nothing prepares can be cast on the way in. What
    its leaves give must be a whole number, a vote or the row of a table, that float32 holds and adds exactly.
    """
    trees, shares = _members(model)
    whole = _pure(trees, shares) if shares[0].shape[1] == 2 else sum(map(len, shares)) <= _WHOLE
    return whole and unprepared(columns)


def unprepared(columns: Sequence[Column]) -> bool:
    """Whether a model sees every number as it is in the table, filled at most."""
    return all(not column.steps for column in columns if isinstance(column, Number))


def _members(model: Any) -> tuple[list[Tree], list["NDArray[np.float64]"]]:
    """Give the trees and, node by node, their shares of the classes, arrays of shape (n_nodes, n_classes)."""
    members = getattr(model, "estimators_", None) or [model]
    return [read_tree(member.tree_) for member in members], [member.tree_.value[:, 0, :] for member in members]


def _pure(trees: Sequence[Tree], shares: Sequence["NDArray[np.float64]"]) -> bool:
    return all((share[tree.left < 0].max(axis=1) == 1.0).all() for tree, share in zip(trees, shares, strict=True))


def add_leaf_values(
    graph: Graph,
    trees: Sequence[Tree],
    values: Sequence["NDArray[np.float64]"],
    columns: Sequence[Column],
    *,
    how: Literal["sum", "mean"],
    float32: bool,
) -> str:
    """Add what looks the values of each row's leaves up, and takes their sum or mean over the trees.

    Parameters
    ----------
    values : sequence of numpy.ndarray of shape (n_nodes, n_values)
        For each tree what its nodes answer; those of splits are not used. The trees' own weights are not used either.
    float32 : bool
        Whether the model casts what it sees to float32 first.

    Returns
    -------
    str
        The name of the answer, shape (n_rows, n_values).

    Raises
    ------
    NotLoweredError
        If the graph's float32 cannot number the leaves.
    """
    if graph.dtype == np.float32 and sum(int((tree.left < 0).sum()) for tree in trees) > _WHOLE:
        raise NotLoweredError("a forest of over 16 million leaves, which float32 cannot number")
    numbered, tables, rows = [], [], 0
    for place, (tree, value) in enumerate(zip(trees, values, strict=True)):
        ends = tree.left < 0
        weights = np.zeros(len(ends))
        weights[ends] = rows + np.arange(ends.sum())
        numbered.append(replace(tree, targets=np.full(len(ends), place), weights=weights))
        tables.append(value[ends])
        rows += int(ends.sum())
    found = add_ensemble(graph, numbered, columns, n_targets=len(trees), aggregate="SUM", float32=float32)
    whole = graph.add("Cast", [found], to=TensorProto.INT64)
    table = graph.constant(np.concatenate(tables).astype(graph.answers))
    gathered = graph.add("Gather", [table, whole], axis=0)
    over_trees = graph.constant(np.array([1], np.int64))
    return graph.add({"sum": "ReduceSum", "mean": "ReduceMean"}[how], [gathered, over_trees], keepdims=0)


def read_tree(tree: Any) -> Tree:
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
