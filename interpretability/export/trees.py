"""How does a tree, or a sum of trees, become an ONNX file? Read off node by node; the graph is `lab.onnx_graphs`' own.

The arithmetic is in double precision and follows each library: scikit-learn's trees round a value to single precision
before they compare it with a threshold in double precision, FIGS does not.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from interpretability.export.file import PREDICTION, PROBABILITIES, close, open_graph, placed
from lab.onnx_graphs.columns import Number
from lab.onnx_graphs.forests import add_forest, add_leaf_values, read_tree
from lab.onnx_graphs.graph import NUMBERS
from lab.onnx_graphs.preparation import RawText, columns_after
from lab.onnx_graphs.trees import Tree
from lab.protocol import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TREES", "trees_to_onnx"]

TREES = ("tree", "figs")
"""Families that `trees_to_onnx` knows."""


def trees_to_onnx(pipeline: Any, kinds: Mapping[str, Kind]) -> bytes:
    """Write a fitted pipeline of `dense_columns` and a decision tree or a FIGS model, of classes or of a number, as an ONNX file.

    Parameters
    ----------
    pipeline : estimator
        With the steps `prepare` and `model`.
    kinds : mapping of str to Kind
        The columns of the table in their order (see `interpretability.export.file` for the inputs and the output).

    Raises
    ------
    ValueError
        If the model is neither.
    """
    model, graph = pipeline.named_steps["model"], open_graph(kinds)
    kind = type(model).__name__
    raw = [Number(place) if matrix == NUMBERS else RawText(place) for matrix, place in placed(kinds).values()]
    columns = columns_after([pipeline.named_steps["prepare"]], raw)
    if kind == "ReadableTreeClassifier":
        add_forest(graph, model, columns)
        return close(graph, kinds, PROBABILITIES, len(model.classes_))
    if kind == "ReadableTreeRegressor":
        values = model.tree_.value[:, 0, :]
        add_leaf_values(graph, [read_tree(model.tree_)], [values], columns, how="sum", float32=True)
        return close(graph, kinds, PREDICTION, 1)
    if kind not in ("RuleSum", "NumberRuleSum"):
        raise ValueError(f"{kind} is neither a tree nor a sum of trees")
    trees, all_values = zip(*(_read_rule_tree(root) for root in model.trees_), strict=True)
    found = add_leaf_values(graph, trees, all_values, columns, how="sum", float32=False)
    if kind == "NumberRuleSum":
        return close(graph, kinds, PREDICTION, 1)
    graph.add("Softmax", [found], axis=1)
    return close(graph, kinds, PROBABILITIES, len(model.classes_))


def _read_rule_tree(root: Any) -> "tuple[Tree, NDArray[np.float64]]":
    """Read a tree of FIGS off: the tree, and the values of its leaves, shape (n_nodes, n_values); 0 at splits."""
    nodes, left = [root], []
    for node in nodes:  # which grows: the two sides of a split follow one another
        is_leaf = node.left is None and node.right is None
        left.append(-1 if is_leaf else len(nodes))
        nodes += [] if is_leaf else [node.left, node.right]
    below, count = np.array(left), len(nodes)
    feature, threshold = np.zeros(count, dtype=np.int64), np.zeros(count)
    values = np.zeros((count, np.size(nodes[-1].value)))  # the last one is a leaf
    for place, node in enumerate(nodes):
        if below[place] < 0:
            values[place] = np.ravel(node.value)
        else:
            feature[place], threshold[place] = node.feature, node.threshold
    never = np.zeros(count, dtype=bool)
    return Tree(feature, below, below + 1, threshold, never, np.zeros(count, np.int64), np.zeros(count)), values
