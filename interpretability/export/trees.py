"""How does a tree, or a sum of trees, become an ONNX graph? Every leaf as the set of answers that lead to it.

All questions are asked at once: a matrix says which of them a row answers with "left". A leaf is reached where the lefts
on its path are all given and the rights are not, which one matrix product counts; a second product adds up what the
leaves say. The arithmetic is in double precision and follows each library: scikit-learn's trees round a value to single
precision before they compare it with a threshold in double precision, FIGS does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto

from interpretability.export.graph import PREDICTION, PROBABILITIES, Graph
from lab.protocol import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TREES", "trees_to_onnx"]

TREES = ("tree", "figs")
"""Families that `trees_to_onnx` knows."""


@dataclass
class _Paths:
    """Questions (prepared column, threshold) and leaves (the questions on the way with the answer, and the value)."""

    questions: list[tuple[int, float]] = field(default_factory=list)
    leaves: "list[tuple[dict[int, bool], NDArray[np.float64]]]" = field(default_factory=list)


def trees_to_onnx(pipeline: Any, kinds: Mapping[str, Kind]) -> bytes:
    """Write a fitted pipeline of `dense_columns` and a decision tree or a FIGS model, of classes or of a number, as an ONNX file.

    Parameters
    ----------
    pipeline : estimator
        With the steps `prepare` and `model`.
    kinds : mapping of str to Kind
        The columns of the table in their order (see `interpretability.export.graph` for the inputs and the output).

    Raises
    ------
    ValueError
        If the model is neither.
    """
    model, paths = pipeline.named_steps["model"], _Paths()
    kind = type(model).__name__
    if kind in ("ReadableTreeClassifier", "ReadableTreeRegressor"):
        _walk_tree(model.tree_, 0, {}, paths, shares=kind == "ReadableTreeClassifier")
    elif kind in ("RuleSum", "NumberRuleSum"):
        for root in model.trees_:
            _walk_node(root, {}, paths)
    else:
        raise ValueError(f"{kind} is neither a tree nor a sum of trees")
    if not paths.questions:
        paths.questions.append((0, np.inf))  # nobody asks; a row is needed all the same
    graph = Graph(kinds)
    lefts = _asked(graph, pipeline.named_steps["prepare"], paths, rounds=kind.startswith("ReadableTree"))
    found = _sum_of_leaves(graph, lefts, paths)
    if kind in ("ReadableTreeRegressor", "NumberRuleSum"):
        return graph.finish(found, PREDICTION, 1)
    probabilities = graph.node("Softmax", found, axis=1) if kind == "RuleSum" else found
    return graph.finish(probabilities, PROBABILITIES, len(model.classes_))


def _walk_tree(tree: Any, node: int, way: dict[int, bool], paths: _Paths, *, shares: bool) -> None:
    if tree.children_left[node] == -1:
        value = np.ravel(tree.value[node])
        paths.leaves.append((way, value / value.sum() if shares else value))
        return
    question = len(paths.questions)
    paths.questions.append((int(tree.feature[node]), float(tree.threshold[node])))
    _walk_tree(tree, tree.children_left[node], {**way, question: True}, paths, shares=shares)
    _walk_tree(tree, tree.children_right[node], {**way, question: False}, paths, shares=shares)


def _walk_node(node: Any, way: dict[int, bool], paths: _Paths) -> None:
    if node.left is None and node.right is None:
        paths.leaves.append((way, np.ravel(node.value).astype(np.float64)))
        return
    question = len(paths.questions)
    paths.questions.append((int(node.feature), float(node.threshold)))
    _walk_node(node.left, {**way, question: True}, paths)
    _walk_node(node.right, {**way, question: False}, paths)


def _asked(graph: Graph, prepare: Any, paths: _Paths, *, rounds: bool) -> str:
    """Answer all questions, shape (n_rows, n_questions): 1 for left, 0 for right."""
    columns = [_prepared(graph, prepare, place) for place, _ in paths.questions]
    values = graph.node("Concat", *columns, axis=1) if len(columns) > 1 else columns[0]
    if rounds:
        values = graph.node("Cast", graph.node("Cast", values, to=TensorProto.FLOAT), to=TensorProto.DOUBLE)
    thresholds = graph.constant(np.array([threshold for _, threshold in paths.questions]))
    return graph.node("Cast", graph.node("LessOrEqual", values, thresholds), to=TensorProto.DOUBLE)


def _prepared(graph: Graph, prepare: Any, place: int) -> str:
    """Give one column as `dense_columns` prepares it, shape (n_rows, 1): a number with its median, or a category as 0 or 1."""
    for name, step, columns in prepare.transformers_:
        if name == "numbers" and len(columns):
            if place < len(columns):
                column = graph.column(str(columns[place]))
                median = np.nan_to_num(float(step.named_steps["impute"].statistics_[place]))
                return graph.node("Where", graph.node("IsNaN", column), graph.constant(np.array([median])), column)
            place -= len(columns)
        if name == "texts" and len(columns):
            for column_name, categories in zip(columns, step.encoder_.categories_, strict=True):
                if place < len(categories):
                    holds = graph.node(
                        "LabelEncoder",
                        graph.column(str(column_name)),
                        domain="ai.onnx.ml",
                        keys_strings=[str(categories[place])],
                        values_int64s=[1],
                        default_int64=0,
                    )
                    return graph.node("Cast", holds, to=TensorProto.DOUBLE)
                place -= len(categories)
    raise ValueError("a tree asks for a column that its preparation does not make")


def _sum_of_leaves(graph: Graph, lefts: str, paths: _Paths) -> str:
    """Add up the values of the leaves that each row reaches, shape (n_rows, n_values)."""
    counted = np.zeros((len(paths.questions), len(paths.leaves)))
    wanted = np.zeros(len(paths.leaves))
    for leaf, (way, _) in enumerate(paths.leaves):
        for question, is_left in way.items():
            counted[question, leaf] = 1.0 if is_left else -1.0
            wanted[leaf] += is_left
    counts = graph.node("MatMul", lefts, graph.constant(counted))
    reached = graph.node("Cast", graph.node("Equal", counts, graph.constant(wanted)), to=TensorProto.DOUBLE)
    return graph.node("MatMul", reached, graph.constant(np.array([value for _, value in paths.leaves])))
