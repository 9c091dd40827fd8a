"""Do the arrays that compiled code of scikit-learn trusts point only into themselves? One check for each kind of part.

Compiled prediction code looks neither at the ends of its arrays nor at the width of a row: a child beyond the last node, a
feature beyond the last column, a label beyond the last class reads foreign memory. What is checked here is all that the
kinds allowed by `edge.given.estimator_graph` hand to such code. scikit-learn itself compares a row's width with
`n_features_in_` of the object that is asked, so each part is checked against that number, and that number must be there.

Sources: sklearn 1.9, `tree/_tree.pyx`, `ensemble/_gradient_boosting.pyx`, `_hist_gradient_boosting/_predictor.pyx`,
`svm/_libsvm.pyx`, `metrics/_pairwise_distances_reduction`, `preprocessing/_encoders.py`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble._gb import BaseGradientBoosting
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.neighbors import BallTree, KDTree, KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm._base import BaseLibSVM
from sklearn.tree import BaseDecisionTree
from sklearn.tree._tree import Tree

from edge.given.stand_ins import HeldTree

__all__ = ["CHECKS", "UnsoundError"]

_NEIGHBOUR_TREES = {"kd_tree": KDTree, "ball_tree": BallTree}
_KERNELS = ("linear", "poly", "rbf", "sigmoid")
_METRICS = ("minkowski", "euclidean", "l2", "manhattan", "cityblock", "l1", "chebyshev")


class UnsoundError(Exception):
    """What is wrong with a part, as words that follow "holds"."""


def _require(condition: object, what: str) -> None:
    if not condition:
        raise UnsoundError(what)


def _width(part: Any) -> int:
    """Give the number of columns that the part compares a row with."""
    width = vars(part).get("n_features_in_")
    _require(
        isinstance(width, int | np.integer) and not isinstance(width, bool) and int(width) > 0,
        f"a {type(part).__name__} that does not know its number of columns",
    )
    return int(width)


def _array(part: Any, name: str, shape: tuple[int, ...], kind: Any) -> "np.ndarray":
    found = getattr(part, name)
    fits = type(found) is np.ndarray and found.shape == shape and found.dtype == np.dtype(kind)
    _require(fits, f"a {type(part).__name__} whose {name} has another shape or type")
    checked: np.ndarray = found
    return checked


def _nodes(left: "np.ndarray", right: "np.ndarray", feature: "np.ndarray", leaf: "np.ndarray", width: int) -> None:
    """Refuse a tree that is empty, leads outside itself or back, or asks for a column that is not there."""
    _require(len(leaf) > 0, "a tree without nodes")
    above = np.flatnonzero(~leaf)
    for child in (left[above], right[above]):
        _require(((child > above) & (child < len(leaf))).all(), "a tree that points outside itself or back")
    _require(
        ((feature[above] >= 0) & (feature[above] < width)).all(), "a tree that asks for a column that is not there"
    )


def check_decision_tree(part: Any) -> None:
    """Check the tree of a `DecisionTreeClassifier` and its like."""
    if "tree_" not in vars(part):  # not fitted: the pattern from which others are made
        return
    tree, width = part.tree_, _width(part)
    _require(type(tree) is Tree, f"a {type(part).__name__} whose tree is something else")
    _require(tree.n_features == width, "a tree of another number of columns than its estimator")
    leaf = tree.children_left == -1  # as the compiled code tells one
    _require((tree.children_right[leaf] == -1).all(), "a tree that points outside itself or back")
    _nodes(tree.children_left, tree.children_right, tree.feature, leaf, width)
    _require(tree.n_outputs == 1 and tree.value.ndim == 3, "a tree of several targets")


def check_gradient_boosting(part: Any) -> None:
    """Check the array of trees, which compiled code adds up in columns that it does not count."""
    if "estimators_" not in vars(part):
        return
    width, stages = _width(part), part.estimators_
    _require(type(stages) is np.ndarray and stages.ndim == 2 and stages.size, "a boosting machine without stages")
    for member in stages.ravel():
        whole = isinstance(member, BaseDecisionTree) and "tree_" in vars(member)
        _require(whole, "a boosting machine of something else than trees")
        check_decision_tree(member)
        whole = _width(member) == width and member.tree_.value.shape[1:] == (1, 1)
        _require(whole, "a boosting machine with a tree of another shape")
    start = part.init_
    known = type(start) in (DummyClassifier, DummyRegressor) or (isinstance(start, str) and start == "zero")
    _require(known, "a boosting machine that starts from another model")
    columns = part._raw_predict_init(np.zeros((1, width), np.float32)).shape
    _require(columns == (1, stages.shape[1]), "a boosting machine with more trees in a stage than outputs")


def check_hist_gradient_boosting(part: Any) -> None:
    """Check the node arrays of the predictors of a histogram boosting machine."""
    held = vars(part)
    if "_predictors" not in held:
        return
    width = _width(part)
    _require(
        held.get("_preprocessor") is None, "a boosting machine with categories of its own, which cannot be checked"
    )
    _require(not held.get("_in_fit"), "a boosting machine that is not fitted to its end")
    known = getattr(held.get("_bin_mapper"), "is_categorical_", None)
    _require(
        known is None or not np.any(known), "a boosting machine with categories of its own, which cannot be checked"
    )
    for stage in held["_predictors"]:
        for predictor in stage:
            _require(type(predictor) is TreePredictor, "a boosting machine of something else than trees")
            nodes = predictor.nodes
            _require(
                type(nodes) is np.ndarray and nodes.dtype == PREDICTOR_RECORD_DTYPE and nodes.ndim == 1,
                "a tree without nodes",
            )
            _require(
                not nodes["is_categorical"].any(),
                "a boosting machine with categories of its own, which cannot be checked",
            )
            left, right, feature = (nodes[name].astype(np.int64) for name in ("left", "right", "feature_idx"))
            _nodes(left, right, feature, nodes["is_leaf"] > 0, width)


def check_support_vectors(part: Any) -> None:
    """Check what a support vector machine hands to libsvm."""
    held = vars(part)
    if "support_vectors_" not in held:
        return
    width = _width(part)
    _require(
        isinstance(part.kernel, str) and part.kernel in _KERNELS, "a support vector machine with a kernel of its own"
    )
    _require(held.get("_sparse") is False, "a support vector machine of sparse rows, which cannot be checked")
    counts = held.get("_n_support")
    _require(
        type(counts) is np.ndarray
        and counts.ndim == 1
        and counts.dtype == np.int32
        and len(counts) >= 2
        and (counts >= 0).all(),
        "a support vector machine that does not count its vectors",
    )
    n_classes, n_vectors = len(counts), int(counts.sum(dtype=np.int64))
    _require(n_vectors > 0, "a support vector machine without vectors")
    if hasattr(part, "classes_"):
        _require(len(part.classes_) == n_classes, "a support vector machine of other classes")
    pairs = n_classes * (n_classes - 1) // 2
    _array(part, "support_", (n_vectors,), np.int32)
    for name, shape in (
        ("support_vectors_", (n_vectors, width)), ("_dual_coef_", (n_classes - 1, n_vectors)), ("_intercept_", (pairs,)),
    ):  # fmt: skip
        _array(part, name, shape, np.float64)
    for name in ("_probA", "_probB"):
        size = (0,) if np.size(getattr(part, name)) == 0 and np.size(part._probA) == np.size(part._probB) else (pairs,)
        _array(part, name, size, np.float64)


def check_neighbours(part: Any) -> None:
    """Check the rows and labels among which neighbours are looked for, and make the tree that finds them anew."""
    held = vars(part)
    if "_fit_X" not in held:
        return
    width, rows = _width(part), held["_fit_X"]
    dense = type(rows) is np.ndarray and rows.ndim == 2 and rows.dtype.kind == "f" and rows.flags.c_contiguous
    how, tree = held.get("_fit_method"), held.get("_tree")
    kept_rows = (how == "brute" and tree is None) or (how in _NEIGHBOUR_TREES and type(tree) is HeldTree)
    _require(dense and kept_rows, "neighbours that cannot be checked")
    _require(rows.shape[1] == width, "neighbours of another number of columns")
    _require(held.get("n_samples_fit_") == len(rows), "neighbours of another number of rows")
    count = part.n_neighbors
    _require(isinstance(count, int | np.integer) and 0 < count <= len(rows), "neighbours fewer than it looks for")
    for name in ("metric", "effective_metric_"):
        _require(getattr(part, name) in _METRICS, "neighbours by a distance of its own")
    more = dict(held.get("effective_metric_params_") or {})
    _require(more.pop("w", None) is None, "neighbours by a distance of its own")
    _require(not part.metric_params and set(more) <= {"p"}, "neighbours by a distance of its own")
    if how in _NEIGHBOUR_TREES:
        part._tree = _tree_of(part, rows, more)
    if isinstance(part, KNeighborsClassifier):
        labels, n_classes = _array(part, "_y", (len(rows),), np.intp), len(part.classes_)
        _require(part.outputs_2d_ is False, "neighbours of several targets")
        _require(((labels >= 0) & (labels < n_classes)).all(), "neighbours of a class that it does not know")


def _tree_of(part: Any, rows: "np.ndarray", more: Any) -> Any:
    """Make the tree of neighbours anew, as it was made: nothing but the rows, the distance and a number decides what it is."""
    size, power = part.leaf_size, more.get("p", 2)
    _require(isinstance(size, int) and not isinstance(size, bool) and size > 0, "neighbours in leaves of no size")
    _require(isinstance(power, int | float) and 1 <= power < np.inf, "neighbours by a distance of its own")
    return _NEIGHBOUR_TREES[part._fit_method](rows, size, metric=part.effective_metric_, **more)


def check_one_hot(part: Any) -> None:
    """Check that every category gets a column of its own feature: the sparse matrix that is made trusts these places."""
    held = vars(part)
    if "categories_" not in held:
        return
    width, kinds, columns = _width(part), held["categories_"], held["_n_features_outs"]
    dropped = held.get("_drop_idx_after_grouping")
    grouped = bool(held.get("_infrequent_enabled"))
    maps = held["_default_to_infrequent_mappings"] if grouped else [None] * width
    rare = held["_infrequent_indices"] if grouped else [None] * width
    for found in (kinds, columns, maps, rare, [None] * width if dropped is None else dropped):
        _require(len(found) == width, "an encoder of another number of columns")
    for place, (known, column, mapped, few) in enumerate(zip(kinds, columns, maps, rare, strict=True)):
        _check_categories(known)
        _require((mapped is None) == (few is None), "an encoder that groups its categories in two ways")
        codes = np.arange(len(known))
        if mapped is not None:
            codes = _array_of(mapped, len(known))
        if dropped is not None and dropped[place] is not None:
            without = int(dropped[place])
            codes = codes[codes != without]
            codes = codes - (codes > without)
        fits = isinstance(column, int | np.integer) and ((codes >= 0) & (codes < column)).all()
        _require(fits, "an encoder that does not count its columns")


def _check_categories(known: Any) -> None:
    _require(type(known) is np.ndarray and known.ndim == 1 and len(known), "an encoder without categories")
    if known.dtype != object:
        last = len(known) - 1 if known.dtype.kind == "f" and np.isnan(known[-1]) else len(known)
        _require((known[: max(last - 1, 0)] < known[1:last]).all(), "an encoder whose categories are not in order")


def _array_of(mapped: Any, size: int) -> "np.ndarray":
    fits = type(mapped) is np.ndarray and mapped.shape == (size,) and mapped.dtype.kind in "iu"
    _require(fits, "an encoder that groups its categories by something else than numbers")
    checked: np.ndarray = mapped.astype(np.int64)
    return checked


CHECKS: tuple[tuple[type, Callable[[Any], None]], ...] = (
    (BaseDecisionTree, check_decision_tree),
    (BaseGradientBoosting, check_gradient_boosting),
    (BaseHistGradientBoosting, check_hist_gradient_boosting),
    (BaseLibSVM, check_support_vectors),
    (KNeighborsClassifier, check_neighbours),
    (KNeighborsRegressor, check_neighbours),
    (OneHotEncoder, check_one_hot),
)
"""Which check belongs to objects of which class."""
