"""A sum of small rule trees (FIGS) that gives the same trees for the same seed. Needs the library imodels.

Its trees are divided at cut points and have leaves of at least 5 rows, as those of `interpretability.models.trees`; the library
has no setting for either.
"""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from imodels import FIGSClassifier, FIGSRegressor
from imodels.tree.figs import Node
from sklearn.tree import DecisionTreeRegressor

from interpretability.models.trees import cuts_of, placed, threshold_of
from lab.privacy.aggregates import MIN_ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NumberRuleSum", "RuleSum"]


class _Readable:
    """FIGS (Tan et al. 2022, arXiv:2201.11931) with its `random_state` kept, at cut points, with leaves of 5 rows or more.

    imodels 3.0 takes the parameter, and breaks ties between splits by numpy's global generator all the same; that one is
    seeded for the time of a fit, and put back.
    """

    random_state: int | None
    n_outputs: int
    trees_: list[Any]

    def fit(self, X: Any, y: Any = None, **arguments: Any) -> Self:
        """Fit as FIGS does to X, shape (n_rows, n_columns), without missing values."""
        cuts = cuts_of(X)
        before = np.random.get_state()  # noqa: NPY002  the library draws from it
        np.random.seed(self.random_state)  # noqa: NPY002
        try:
            super().fit(placed(X, cuts), y, **arguments)  # type: ignore[misc]
        finally:
            np.random.set_state(before)  # noqa: NPY002
        for root in self.trees_:
            _put_thresholds(root, cuts)
        return self

    def _construct_node_with_stump(self, X: Any, y: Any, idxs: Any, tree_num: int, **given: Any) -> Node:
        """Make the node that splits some rows best, as the library does but for the size of the leaves."""
        stump = DecisionTreeRegressor(max_depth=1, max_features=given["max_features"], min_samples_leaf=MIN_ROWS)
        tree, depth = stump.fit(X[idxs], y[idxs]).tree_, given["depth"]
        named = {"tree_num": tree_num, "feature": tree.feature[0], "threshold": tree.threshold[0]}
        node = Node(idxs=idxs, value=tree.value[0], impurity=tree.impurity[0], depth=depth, **named)
        if len(tree.feature) == 1:
            return node
        is_left = X[:, tree.feature[0]] <= tree.threshold[0]
        weighted = tree.impurity * tree.n_node_samples
        left, right = (
            Node(idxs=idxs & there, value=tree.value[place], impurity=tree.impurity[place], tree_num=tree_num, depth=depth + 1)
            for place, there in ((1, is_left), (2, ~is_left))
        )  # fmt: skip
        node.setattrs(impurity_reduction=weighted[0] - weighted[1] - weighted[2], left_temp=left, right_temp=right)
        return node

    def _predict_tree(self, root: Node, X: Any) -> "NDArray[np.float64]":
        """Give what one tree says of rows, shape (n_rows, n_outputs), node by node where the library goes row by row."""
        said = np.zeros((len(X), self.n_outputs))
        waiting = [(root, np.arange(len(X)))]
        while waiting:
            node, rows = waiting.pop()
            if node.left is None and node.right is None:
                said[rows] = np.ravel(node.value)
                continue
            is_left = X[rows, node.feature] <= node.threshold
            waiting += [(node.left, rows[is_left]), (node.right, rows[~is_left])]
        return said


def _put_thresholds(node: Any, cuts: "list[NDArray[np.float64]]") -> None:
    if node.left is None and node.right is None:
        return
    node.setattrs(threshold=threshold_of(node.threshold, cuts[node.feature]))
    _put_thresholds(node.left, cuts)
    _put_thresholds(node.right, cuts)


class RuleSum(_Readable, FIGSClassifier):
    """A sum of small rule trees for classes."""


class NumberRuleSum(_Readable, FIGSRegressor):
    """A sum of small rule trees for a number."""
