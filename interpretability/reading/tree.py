"""How is a decision tree read? Its leaves as sentences."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from interpretability.reading.days import day
from interpretability.reading.limits import Opened
from lab.learning.preparation import column_names
from lab.numbers import plain
from lab.protocol import Dataset, Kind, Table

__all__ = ["condition", "tree_rules"]


def tree_rules(model: Any, dataset: Dataset) -> Opened:
    """Lay a decision tree open: its leaves as sentences."""
    names = column_names(model.named_steps["prepare"])
    tree = model.named_steps["model"].tree_
    sentences: list[tuple[Any, ...]] = []

    def walk(node: int, conditions: tuple[str, ...]) -> None:
        if tree.children_left[node] == -1:
            said, spread = _leaf(tree, node, dataset)
            sentences.append((" and ".join(conditions) or "always", said, spread, int(tree.n_node_samples[node])))
            return
        name, threshold = names[tree.feature[node]], float(tree.threshold[node])
        for child, left in ((tree.children_left[node], True), (tree.children_right[node], False)):
            walk(child, (*conditions, condition(name, dataset.kinds, threshold, is_left=left)))

    walk(0, ())
    what, columns = "Share: proportion of the rule's training rows that are of that class.", ("then", "share")
    if dataset.task == "number":
        what = "Then: mean and standard deviation of the target over the rule's training rows."
        columns = (f"then {dataset.target_name} is", "standard deviation")
    table = Table(
        "The decision tree, rule by rule",
        f"Exactly one rule applies to every row; a missing number is replaced by (about) the median of its column. {what}",
        ("if", *columns, "rows"),
        tuple(sorted(sentences, key=lambda rule: -rule[3])),
    )
    return Opened((), (table,))


def _leaf(tree: Any, node: int, dataset: Dataset) -> tuple[Any, float]:
    """What a leaf says, and how pure it is: a class and its share, or a mean and the standard deviation around it."""
    values = tree.value[node, 0]
    if dataset.task == "number":
        return float(values[0]), float(np.sqrt(max(tree.impurity[node], 0.0)))
    shares = values / values.sum()
    return dataset.classes[int(shares.argmax())], float(shares.max())


def condition(name: str, kinds: Mapping[str, Kind], threshold: float, *, is_left: bool) -> str:
    """Say one split as a person would.

    >>> condition("age", {"age": "number"}, 41.5, is_left=True)
    'age is at most 41.5'
    >>> condition("since", {"since": "date"}, 20000.5, is_left=False)
    'since is after 2024-10-04'
    """
    kind = kinds.get(name)
    if kind is None:  # a category's column: 1 where it holds
        head, _, category = name.rpartition(" is ")
        return f"{head} is not {category}" if is_left else name
    if kind == "boolean":
        return f"{name} is {'false' if is_left else 'true'}"
    shown = day(threshold) if kind == "date" else plain(threshold, 6)
    up_to = "up to" if kind == "date" else "at most"
    return f"{name} is {up_to if is_left else 'after' if kind == 'date' else 'above'} {shown}"
