"""Which trees does a file of LightGBM hold? Read from its text: lines of `key=value`, a block a tree.

The library compares features in float64; what is missing has a side of its own, or counts as 0. Categories of a data frame stand in
the file by their names, so that texts of a table can be followed; those that are numbers there are not taken.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edge.boosters.forest import Forest
from edge.exporting.lowering.boosters import leafwise_thresholds
from edge.given.tree_files.forest import UnusableError, names_of, whole, whole_tree
from lab.onnx_graphs.trees import Tree

__all__ = ["leafwise_forest"]

_CATEGORY, _DEFAULT_LEFT, _ZERO_MISSING, _NAN_MISSING = 1, 2, 4, 8
_MOST = 2**31 - 1


def leafwise_forest(text: str) -> Forest:
    """Read what LightGBM (2.0 and newer) writes.

    Raises
    ------
    UnusableError
        If it is damaged, predicts no class, or holds what is not lowered.
    """
    body, _, rest = text.partition("\nend of trees")
    head, *blocks = body.split("\nTree=")
    facts = _facts(head)
    if not rest or not blocks:
        raise UnusableError("is damaged: its trees do not end; save the model again")
    n_features = whole(facts, "max_feature_idx", low=0, high=_MOST) + 1
    n_scores = whole(facts, "num_tree_per_iteration", low=1, high=10_000)
    sigmoid = _sigmoid(facts.get("objective", ""), n_scores)
    names = names_of(
        facts.get("feature_names", "").split(" "), n_features, [f"Column_{place}" for place in range(n_features)]
    )
    categories = _categories(rest, facts.get("feature_infos", "").split(" "), n_features)
    average = n_scores / len(blocks) if "average_output" in head.splitlines() else 1.0
    trees = []
    for place, block in enumerate(blocks):
        tree = whole_tree(_tree(_facts(block), place % n_scores, categories), n_features=n_features)
        trees.append(replace(tree, weights=tree.weights * average * sigmoid))
    return Forest(tuple(trees), np.zeros(n_scores), n_features, float32=False, names=names, categories=categories)


def _facts(lines: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in lines.splitlines() if "=" in line)


def _sigmoid(objective: str, n_scores: int) -> float:
    """Give what the scores are multiplied by before the link."""
    kind, *more = objective.split(" ")
    options = dict(each.split(":", 1) for each in more if ":" in each)
    if kind == "multiclass" and n_scores > 1:
        return 1.0
    if kind == "cross_entropy" and n_scores == 1:
        return 1.0
    if kind != "binary" or n_scores != 1:
        raise UnusableError(
            f"was trained for {kind[:40] or 'nothing that it names'!r}, which gives no probabilities that add up to 1, and the edge "
            "lab judges models of classes only; give one that was trained for binary or multiclass"
        )
    try:
        found = float(options.get("sigmoid", "1"))
    except ValueError:
        found = np.nan
    if not 0 < found < np.inf:
        raise UnusableError("is damaged: its sigmoid is no number above 0; save the model again")
    return found


def _categories(rest: str, infos: Sequence[str], n_features: int) -> dict[int, tuple[str, ...]]:
    """Give the categories of a data frame by feature, as far as the file names them."""
    line = next(
        (line for line in rest.splitlines() if line.startswith("pandas_categorical:")), "pandas_categorical:null"
    )
    try:
        said = json.loads(line.partition(":")[2])
    except (ValueError, RecursionError) as error:
        raise UnusableError("is damaged: its categories cannot be read; save the model again") from error
    if not said:
        return {}
    if not isinstance(said, list) or not all(
        isinstance(each, list) and all(isinstance(name, str | int) for name in each) for each in said
    ):
        raise UnusableError(
            "has categories that are neither texts nor whole numbers; train it on texts, or export it to ONNX"
        )
    found = [place for place, info in enumerate(infos[:n_features]) if info != "none" and not info.startswith("[")]
    if len(found) != len(said):
        raise UnusableError("does not say which of its features are categories; export it to ONNX, and give that file")
    return {place: tuple(str(name) for name in each) for place, each in zip(found, said, strict=True)}


def _tree(facts: Mapping[str, str], output: int, categories: Mapping[int, tuple[str, ...]]) -> Tree:
    """Read a block; splits come first, then leaves, which the file numbers from -1 downwards."""
    leaves = whole(facts, "num_leaves", low=1, high=_MOST)
    if facts.get("is_linear", "0").strip() != "0":
        raise UnusableError("has linear models in its leaves (linear_tree), which are not taken; train it without them")
    inner = leaves - 1
    feature, left, right = (
        _numbers(facts, key, inner, np.int64) for key in ("split_feature", "left_child", "right_child")
    )
    kinds, thresholds = (
        _numbers(facts, "decision_type", inner, np.int64),
        _numbers(facts, "threshold", inner, np.float64),
    )
    values = _numbers(facts, "leaf_value", leaves, np.float64)
    if (kinds & _ZERO_MISSING).any():
        raise UnusableError(
            "takes zeros for missing values (zero_as_missing), which is not taken; train it without that"
        )
    sets = _sets(facts, np.flatnonzero(kinds & _CATEGORY), thresholds, feature, categories)
    left, right = (np.where(side < 0, inner - 1 - side, side) for side in (left, right))
    ends = np.full(leaves, -1)
    moved = leafwise_thresholds(thresholds)
    missing = np.where(kinds & _NAN_MISSING, kinds & _DEFAULT_LEFT, thresholds >= 0)
    missing[list(sets)] = False
    return Tree(
        np.concatenate([feature, np.zeros(leaves, np.int64)]),
        np.concatenate([left, ends]), np.concatenate([right, ends]),
        np.concatenate([moved, np.zeros(leaves)]),
        np.concatenate([missing.astype(bool), np.zeros(leaves, bool)]),
        np.full(inner + leaves, output),
        np.concatenate([np.zeros(inner), values]),
        sets,
    )  # fmt: skip


def _sets(
    facts: Mapping[str, str],
    nodes: "np.ndarray",
    thresholds: "np.ndarray",
    feature: "np.ndarray",
    categories: Mapping[int, tuple[str, ...]],
) -> dict[int, frozenset[int]]:
    """Give the codes that go left at splits of categories; all others go right."""
    if not len(nodes):
        return {}
    count = whole(facts, "num_cat", low=1, high=_MOST)
    bounds = _numbers(facts, "cat_boundaries", count + 1, np.int64)
    words = _numbers(facts, "cat_threshold", None, np.int64)
    found = {}
    for node in nodes.tolist():
        known = categories.get(int(feature[node]))
        if known is None:
            raise UnusableError(
                "splits numbers as categories, which is not taken; train it on texts, or export it to ONNX"
            )
        place = thresholds[node]
        if not 0 <= place < count or not 0 <= bounds[int(place)] <= bounds[int(place) + 1] <= len(words):
            raise UnusableError("is damaged: a split of categories points outside its list; save the model again")
        bits = words[bounds[int(place)] : bounds[int(place) + 1]]
        found[node] = frozenset(
            code for code in range(min(len(known), 32 * len(bits))) if bits[code // 32] >> (code % 32) & 1
        )
    return found


def _numbers(facts: Mapping[str, str], key: str, length: int | None, dtype: Any) -> "np.ndarray":
    words = facts.get(key, "").split()
    try:
        found = np.array([float(word) for word in words])
        if (length is not None and len(found) != length) or (
            np.dtype(dtype).kind == "i" and not (np.abs(found) <= 2**53).all()
        ):
            raise ValueError
        return found.astype(dtype)
    except (ValueError, OverflowError) as error:
        raise UnusableError(f"is damaged: a list {key!r} is not what it should be; save the model again") from error
