"""How is a sum of small rule trees read? Each tree as sentences."""

from typing import Any

import numpy as np

from interpretability.reading.limits import Opened
from interpretability.reading.tree import condition
from interpretability.scale import scale_of
from lab.learning.preparation import column_names
from lab.protocol import Dataset, Table

__all__ = ["read_rule_sum"]


def read_rule_sum(model: Any, dataset: Dataset) -> Opened:
    """Lay a sum of small trees open: their leaves as sentences."""
    names = column_names(model.named_steps["prepare"])
    trees = model.named_steps["model"].trees_
    rows: list[tuple[Any, ...]] = []

    def walk(node: Any, conditions: tuple[str, ...], tree: int) -> None:
        if node.left is None and node.right is None:
            values = [float(value) for value in np.ravel(node.value)]
            rows.append((tree, " and ".join(conditions) or "always", *values))
            return
        for child, left in ((node.left, True), (node.right, False)):
            said = condition(names[node.feature], dataset.kinds, float(node.threshold), is_left=left)
            walk(child, (*conditions, said), tree)

    for place, tree in enumerate(trees, start=1):
        walk(tree, (), place)
    n_values = len(rows[0]) - 2
    adds = ("adds",) if n_values == 1 else tuple(f"adds for {label!r}" for label in dataset.classes[-n_values:])
    leads = "the larger the sum, the more likely the class"
    if dataset.task == "number":
        leads = f"the sum is {scale_of(dataset).whole}"
    table = Table(
        "The sum of small rule trees",
        f"In every tree exactly one rule applies; what the rules add is summed over the trees, and {leads}. "
        "A missing number is replaced by (about) the median of its column.",
        ("tree", "if", *adds),
        tuple(rows),
    )
    return Opened((), (table,))
