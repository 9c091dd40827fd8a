"""Is a part of a booster's file what it should be? Each is looked at before it is used; what is not is refused in words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lab.onnx_graphs.trees import Tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["UnusableError", "array", "names_of", "part", "whole", "whole_tree"]

_Kind = TypeVar("_Kind")


class UnusableError(Exception):
    """Why a file is not taken; the message goes on behind the file's name."""


_DAMAGED = "is damaged: {} is not what it should be; save the model again"


def part(holder: Mapping[str, Any], key: str, kind: type[_Kind]) -> _Kind:
    """Give a part of an object, if it is of that kind.

    Raises
    ------
    UnusableError
        If it is missing, or of another kind.
    """
    found = holder.get(key)
    if not isinstance(found, kind) or (kind is not bool and isinstance(found, bool)):
        raise UnusableError(_DAMAGED.format(f"its {key!r}"))
    return found


def whole(holder: Mapping[str, Any], key: str, *, low: int, high: int, missing: int | None = None) -> int:
    """Give a whole number, which may be written as a text, if it lies within limits."""
    found = holder.get(key, missing)
    try:
        number = int(found) if isinstance(found, int | str) and len(str(found)) < 20 else None
    except ValueError:
        number = None
    if number is None or isinstance(found, bool) or not low <= number <= high:
        raise UnusableError(_DAMAGED.format(f"its {key!r}"))
    return number


def array(holder: Mapping[str, Any], key: str, dtype: Any, *, length: int | None = None) -> "NDArray[Any]":
    """Give a list of numbers as an array, shape (length,)."""
    found = holder.get(key)
    try:
        if not isinstance(found, list | np.ndarray):
            raise TypeError
        numbers = np.asarray(found)
        if numbers.size == 0:
            numbers = np.zeros(0, dtype)
        if numbers.ndim != 1 or numbers.dtype.kind not in "iufb" or (length is not None and len(numbers) != length):
            raise TypeError
        if np.dtype(dtype).kind in "iu" and (numbers != np.floor(numbers)).any():
            raise TypeError
        with np.errstate(over="ignore", invalid="ignore"):
            return numbers.astype(dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise UnusableError(_DAMAGED.format(f"a list {key!r}")) from error


def whole_tree(tree: Tree, *, n_features: int) -> Tree:
    """Give a tree without nodes that its root does not reach.

    Raises
    ------
    UnusableError
        If a node points outside the tree or is reached twice, splits no feature, or holds no number.
    """
    order, place_of = [0], {0: 0}
    for node in order:  # it grows meanwhile
        left, right = int(tree.left[node]), int(tree.right[node])
        if left < 0 and right < 0:
            continue
        for child in (left, right):
            if not 0 <= child < len(tree.left) or child in place_of:
                raise UnusableError("is damaged: a tree points outside itself; save the model again")
            place_of[child] = len(order)
            order.append(child)
    at = np.array(order)
    inner = tree.left[at] >= 0
    features, thresholds, weights = tree.feature[at], tree.threshold[at], tree.weights[at]
    splits_sets = np.array([node in tree.sets for node in order])
    if (inner & ((features < 0) | (features >= n_features))).any():
        raise UnusableError("is damaged: a tree splits a feature that there is not; save the model again")
    if np.isnan(thresholds[inner & ~splits_sets]).any() or not np.isfinite(weights[~inner]).all():
        raise UnusableError("is damaged: a tree holds what is no number; save the model again")
    children = {
        side: np.where(inner, [place_of.get(int(child), -1) for child in values[at]], -1)
        for side, values in (("left", tree.left), ("right", tree.right))
    }
    return Tree(
        np.where(inner, features, 0), children["left"], children["right"], np.where(inner, thresholds, 0.0),
        tree.missing_left[at], tree.targets[at], np.where(inner, 0.0, weights),
        {place_of[node]: codes for node, codes in tree.sets.items() if node in place_of},
    )  # fmt: skip


def names_of(found: Any, n_features: int, unnamed: Sequence[str]) -> tuple[str, ...]:
    """Give the names of features, if they are as many, and others than a library gives where it has none."""
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        return ()
    if len(found) not in (0, n_features):
        raise UnusableError(_DAMAGED.format("its list of features"))
    return () if found == list(unnamed) else tuple(found)
