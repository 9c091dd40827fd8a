"""Which trees does a JSON file of CatBoost hold? Symmetric ones, or ones that grew leaf by leaf; all features cast to float32.

A number goes right above a border. What is missing lies below every border, or above all where the file says so of its feature.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from edge.boosters.forest import Forest
from edge.exporting.lowering.symmetric import flat, grown_out
from edge.given.tree_files.forest import UnusableError, array, names_of, part, whole
from lab.onnx_graphs.trees import Tree

__all__ = ["symmetric_forest"]

_SEVERAL, _BINARY = ("MultiClass",), ("Logloss", "CrossEntropy")
_DEEPEST, _MOST = 16, 2**31 - 1


def symmetric_forest(said: Mapping[str, Any]) -> Forest:
    """Read what CatBoost (0.24 and newer) writes as JSON.

    Raises
    ------
    UnusableError
        If it is damaged, predicts no class, or holds what is not lowered.
    """
    facts = part(said, "model_info", dict)
    objective = _objective(facts)
    if facts.get("binclass_probability_threshold", "0.5") not in ("0.5", 0.5):
        raise UnusableError(
            "labels rows by a threshold of its own (binclass_probability_threshold), and a device gets probabilities; "
            "save it after set_probability_threshold(0.5)"
        )
    features, n_features, names, missing_right = _features(part(said, "features_info", dict))
    scale, bias = _scale_and_bias(said)
    if (objective in _BINARY) != (len(bias) == 1):
        raise UnusableError("is damaged: its scores are not those of its classes; save the model again")
    symmetric = "oblivious_trees" in said
    trees, values = [], []
    for each in part(said, "oblivious_trees" if symmetric else "trees", list):
        if not isinstance(each, Mapping):
            raise UnusableError("is damaged: a tree is none; save the model again")
        read = _symmetric if symmetric else _grown
        tree, leaves = read(each, features, len(bias), missing_right)
        trees.append(tree)
        values.append(scale * leaves)
    if not trees:
        raise UnusableError("holds no tree; train it for one round at least")
    return Forest(
        tuple(trees),
        bias,
        n_features,
        float32=True,
        names=names,
        classes=_classes(facts, len(bias)),
        values=tuple(values),
    )


def _objective(facts: Mapping[str, Any]) -> str:
    params = facts.get("params", {})
    try:
        params = json.loads(params) if isinstance(params, str) else params
    except (ValueError, RecursionError):
        params = {}
    loss = params.get("loss_function") if isinstance(params, Mapping) else None
    found = str(loss.get("type")) if isinstance(loss, Mapping) else "nothing that it names"
    if found not in (*_BINARY, *_SEVERAL):
        raise UnusableError(
            f"was trained for {found[:40]!r}, which gives no probabilities of classes, and the edge lab judges models of classes "
            "only; give one trained for Logloss or MultiClass"
        )
    return found


def _features(said: Mapping[str, Any]) -> tuple[dict[int, int], int, tuple[str, ...], frozenset[int]]:
    """Give the column of each number, how many columns there are, their names, and those whose missing values lie above all."""
    for kind in ("categorical_features", "text_features", "embedding_features", "ctrs"):
        if said.get(kind):
            raise UnusableError(
                f"has {kind.replace('_', ' ')}, whose numbers only CatBoost itself can make of a table; train it on encoded columns"
            )
    found, names, above = {}, {}, set()
    for each in part(said, "float_features", list):
        if not isinstance(each, Mapping):
            raise UnusableError("is damaged: a feature is none; save the model again")
        column = whole(each, "flat_feature_index", low=0, high=10**6)
        found[whole(each, "feature_index", low=0, high=10**6)] = column
        names[column] = each.get("feature_id", each.get("feature_name"))
        if each.get("nan_value_treatment") == "AsTrue":
            above.add(column)
    n_features = max(names, default=-1) + 1
    if not n_features or len(names) != len(found):
        raise UnusableError("is damaged: its features are not what they should be; save the model again")
    listed = [names.get(place) for place in range(n_features)]
    shown = names_of(listed, n_features, [str(place) for place in range(n_features)])
    return found, n_features, shown, frozenset(above)


def _scale_and_bias(said: Mapping[str, Any]) -> "tuple[float, np.ndarray]":
    found = part(said, "scale_and_bias", list)
    if len(found) != 2:
        raise UnusableError("is damaged: its 'scale_and_bias' is not what it should be; save the model again")
    shift = found[1] if isinstance(found[1], list) else [found[1]]
    scale = array({"scale": [found[0]]}, "scale", np.float64, length=1)
    bias = array({"bias": shift}, "bias", np.float64)
    if not (np.isfinite(scale).all() and np.isfinite(bias).all() and len(bias)):
        raise UnusableError("is damaged: its 'scale_and_bias' is not what it should be; save the model again")
    return float(scale[0]), bias


def _classes(facts: Mapping[str, Any], n_scores: int) -> tuple[str, ...]:
    said = facts.get("class_params")
    try:
        said = json.loads(said) if isinstance(said, str) else said
    except (ValueError, RecursionError):
        said = None
    named = said.get("class_names") if isinstance(said, Mapping) else None
    if not isinstance(named, list) or len(named) != max(2, n_scores):
        return ()
    return tuple(str(label) for label in named)


def _split(said: Any, features: Mapping[int, int]) -> tuple[int, float]:
    """Give the column and the border of a split."""
    if not isinstance(said, Mapping) or said.get("split_type", "FloatFeature") != "FloatFeature":
        raise UnusableError("splits what is no number, which is not taken; train it on encoded columns")
    column = features.get(whole(said, "float_feature_index", low=0, high=_MOST))
    border = array({"border": [said.get("border")]}, "border", np.float64, length=1)
    if column is None or np.isnan(border).any():
        raise UnusableError("is damaged: a split is not what it should be; save the model again")
    return column, float(border[0])


def _symmetric(
    said: Mapping[str, Any], features: Mapping[int, int], n_scores: int, missing_right: frozenset[int]
) -> "tuple[Tree, np.ndarray]":
    splits = part(said, "splits", list) if said.get("splits") is not None else []
    if len(splits) > _DEEPEST:
        raise UnusableError("is damaged: a tree is deeper than CatBoost grows them; save the model again")
    leaves = _finite(array(said, "leaf_values", np.float64, length=n_scores << len(splits))).reshape(-1, n_scores)
    asked = [_split(each, features) for each in splits]
    tree, places = flat(grown_out(asked, leaves, 0, 0, {}), missing_right=missing_right)
    return tree, leaves[places]


def _grown(
    said: Mapping[str, Any], features: Mapping[int, int], n_scores: int, missing_right: frozenset[int]
) -> "tuple[Tree, np.ndarray]":
    """Read a tree that grew leaf by leaf: nodes inside one another."""
    nodes: list[Any] = [said]
    rows, left, right, values = [], [], [], []
    for node in nodes:  # it grows meanwhile
        if not isinstance(node, Mapping):
            raise UnusableError("is damaged: a node is none; save the model again")
        is_leaf = "split" not in node
        rows.append((0, 0.0) if is_leaf else _split(node["split"], features))
        left.append(-1 if is_leaf else len(nodes))
        right.append(-1 if is_leaf else len(nodes) + 1)
        nodes += [] if is_leaf else [node.get("left"), node.get("right")]
        value = node.get("value") if is_leaf else [0.0] * n_scores
        values.append(
            _finite(
                array({"value": value if isinstance(value, list) else [value]}, "value", np.float64, length=n_scores)
            )
        )
    feature = np.array([column for column, _ in rows], dtype=np.int64)
    tree = Tree(
        feature, np.array(left), np.array(right), np.array([border for _, border in rows]),
        ~np.isin(feature, list(missing_right)), np.zeros(len(rows), np.int64), np.zeros(len(rows)),
    )  # fmt: skip
    return tree, np.array(values)


def _finite(values: "np.ndarray") -> "np.ndarray":
    if not np.isfinite(values).all():
        raise UnusableError("is damaged: a leaf holds what is no number; save the model again")
    return values
