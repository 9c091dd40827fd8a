"""Which trees does a file of XGBoost hold? Read from its JSON, or from the same in binary.

The library casts features to float32, goes left below a condition, and adds leaves in float32. Its files name no classes, which
are 0 to n_classes - 1. Where one of these was stopped early, it answers with its best rounds alone, and so is read.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.boosters.forest import Forest
from edge.exporting.lowering.boosters import levelwise_tree
from edge.given.tree_files.forest import UnusableError, array, names_of, part, whole, whole_tree
from lab.onnx_graphs.trees import Tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["levelwise_forest"]

_BINARY, _SEVERAL = ("binary:logistic", "binary:logitraw"), ("multi:softprob", "multi:softmax")
_MOST = 2**31 - 1


def levelwise_forest(said: Mapping[str, Any], *, is_classifier: bool = False) -> Forest:
    """Read what XGBoost (1.0 and newer) writes.

    Parameters
    ----------
    is_classifier : bool
        Whether a classifier of its scikit-learn interface keeps the model, whose file need not say so then.

    Raises
    ------
    UnusableError
        If it is damaged, predicts no class, or holds what is not lowered.
    """
    learner = part(said, "learner", dict)
    objective = part(part(learner, "objective", dict), "name", str)
    if objective not in (*_BINARY, *_SEVERAL):
        raise UnusableError(
            f"was trained for {objective[:40]!r}, which gives no probability of a class, and the edge lab judges models of classes "
            "only; give one that was trained for binary:logistic or multi:softprob"
        )
    if is_classifier and objective == "binary:logitraw":
        raise UnusableError("answers with scores for probabilities (binary:logitraw); train it for binary:logistic")
    facts = part(learner, "learner_model_param", dict)
    n_features = whole(facts, "num_feature", low=1, high=_MOST)
    n_scores = 1 if objective in _BINARY else whole(facts, "num_class", low=2, high=10_000)
    if whole(facts, "num_target", low=0, high=_MOST, missing=1) > 1:
        raise UnusableError("predicts several targets at once; give a model of one target")
    model, shares = _model(part(learner, "gradient_booster", dict))
    trees = [_tree(tree, n_features) for tree in part(model, "trees", list)]
    if not trees:
        raise UnusableError("holds no tree; train it for one round at least")
    outputs = array(model, "tree_info", np.int64, length=len(trees))
    if len(outputs) and not (outputs.min() >= 0 and outputs.max() < n_scores):
        raise UnusableError("is damaged: a tree adds to a class that there is not; save the model again")
    used = _used(learner, model, len(trees), n_scores, is_classifier=is_classifier)
    kept = [
        replace(tree, targets=np.full(len(tree.left), output), weights=_times(tree.weights, share))
        for tree, output, share in zip(trees[:used], outputs.tolist(), shares or [1.0] * len(trees), strict=False)
    ]
    names = names_of(learner.get("feature_names", []), n_features, [f"f{place}" for place in range(n_features)])
    return Forest(tuple(kept), _prior(facts, objective, n_scores), n_features, float32=True, names=names)


def _model(booster: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[float]]:
    """Give the trees' part, and for DART the share of each tree."""
    kind = part(booster, "name", str)
    if kind == "gbtree":
        return part(booster, "model", dict), ()
    if kind == "dart":
        inner = part(part(booster, "gbtree", dict), "model", dict)
        shares = array(booster, "weight_drop", np.float32, length=len(part(inner, "trees", list)))
        return inner, shares.tolist()
    raise UnusableError(
        f"holds no trees but a booster of the kind {kind[:40]!r}; export it to ONNX, and give that file"
    )


def _tree(said: Any, n_features: int) -> Tree:
    if not isinstance(said, Mapping):
        raise UnusableError("is damaged: a tree is none; save the model again")
    left = array(said, "left_children", np.int64)
    if not len(left):
        raise UnusableError("is damaged: a tree has no node; save the model again")
    if whole(part(said, "tree_param", dict), "size_leaf_vector", low=0, high=_MOST, missing=1) > 1:
        raise UnusableError(
            "has leaves of several numbers (multi_output_tree), which are not taken; train with one_output_per_tree"
        )
    if "split_type" in said and array(said, "split_type", np.int64, length=len(left)).any():
        raise UnusableError(
            "splits categories, whose codes a table does not have; export it to ONNX, or train it on encoded columns"
        )
    checked = {
        key: array(said, key, dtype, length=len(left))
        for key, dtype in (
            ("split_indices", np.int64), ("left_children", np.int64), ("right_children", np.int64),
            ("split_conditions", np.float32), ("default_left", np.int64),
        )
    }  # fmt: skip
    return whole_tree(levelwise_tree(checked, 0), n_features=n_features)


def _times(weights: "NDArray[np.float64]", share: float) -> "NDArray[np.float64]":
    with np.errstate(over="ignore"):
        return (weights.astype(np.float32) * np.float32(share)).astype(np.float64)


def _used(
    learner: Mapping[str, Any], model: Mapping[str, Any], n_trees: int, n_scores: int, *, is_classifier: bool
) -> int:
    """Count the trees that answer: all, or those up to the best round of a classifier that was stopped early."""
    attributes = learner.get("attributes")
    if not isinstance(attributes, Mapping) or "best_iteration" not in attributes:
        return n_trees
    if not is_classifier and "scikit_learn" not in attributes:
        return n_trees
    best = whole(attributes, "best_iteration", low=0, high=_MOST)
    ends = array(model, "iteration_indptr", np.int64) if "iteration_indptr" in model else None
    if ends is not None:
        return int(min(n_trees, ends[best + 1])) if best + 1 < len(ends) and ends[best + 1] > 0 else n_trees
    parallel = whole(part(model, "gbtree_model_param", dict), "num_parallel_tree", low=0, high=_MOST, missing=1)
    return min(n_trees, (best + 1) * max(1, parallel) * n_scores)


def _prior(facts: Mapping[str, Any], objective: str, n_scores: int) -> "NDArray[np.float64]":
    """Give what is added to the scores; for binary:logistic the file has it as a probability."""
    said = facts.get("base_score", "0.5")
    try:
        numbers = np.atleast_1d(np.array(json.loads(said) if isinstance(said, str) else said, dtype=np.float32))
        if numbers.shape not in ((1,), (n_scores,)) or not np.isfinite(numbers).all():
            raise ValueError
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise UnusableError("is damaged: its 'base_score' is no number; save the model again") from error
    prior = np.broadcast_to(numbers.astype(np.float64), n_scores).copy()
    if objective != "binary:logistic":
        return prior
    if not 0 < prior[0] < 1:
        raise UnusableError("is damaged: its 'base_score' is no probability; save the model again")
    return np.log(prior / (1 - prior))
