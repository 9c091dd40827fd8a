"""How much must a person read to know what the model does? Counts its parts: weights, lines, rules, curves and maps."""

from typing import Any

import numpy as np

__all__ = ["parts_to_read", "term_of_columns"]


def parts_to_read(pipeline: Any) -> int:
    """Count the parts of a fitted glass-box pipeline; 0 for a model that says the same of everybody.

    A linear model counts its weights that are not zero, additive splines a curve for each number and a weight for each
    category, a tree its leaves, a sum of trees all their leaves, a scorecard its lines, a boosting machine its curves and
    maps. A curve is more to read than a weight; the count does not know that.

    Raises
    ------
    ValueError
        If the model is of no kind that can be read.
    """
    model = pipeline.named_steps["model"]
    kind = type(model).__name__
    if kind == "Scorecard":
        return len(model.conditions_)
    if kind in ("ReadableTreeClassifier", "ReadableTreeRegressor"):
        return int(model.get_n_leaves()) if model.get_n_leaves() > 1 else 0
    if kind in ("RuleSum", "NumberRuleSum"):
        return sum(_leaves(tree) for tree in model.trees_)
    if kind in ("ReadableBoostingClassifier", "ReadableBoostingRegressor"):
        return len(model.term_features_)
    if kind in ("LogisticRegression", "Ridge", "ScaledLasso"):
        used = np.abs(np.atleast_2d(model.coef_)).max(axis=0) > 0
        return len({term for term, there in zip(term_of_columns(pipeline), used, strict=True) if there})
    raise ValueError(f"{kind} is not a model that can be read")


def term_of_columns(pipeline: Any) -> list[str]:
    """Name for each column that a linear model sees the term to which it belongs: a spline's basis functions are one curve."""
    names = [str(name) for name in pipeline.named_steps["prepare"].get_feature_names_out()]
    return [name.rpartition("~")[0] or name for name in names] if "scale" in pipeline.named_steps else names


def _leaves(node: Any) -> int:
    if node.left is None and node.right is None:
        return 1
    return _leaves(node.left) + _leaves(node.right)
