"""Can an estimator that came from a file read memory that is not its own? Its whole graph of objects is walked.

Every object that can be reached must be plain data, or of a kind of scikit-learn whose answers are either computed by numpy
and scipy, which look at the ends of their arrays, or by compiled code whose arrays `edge.given.estimator_parts` checks. Whatever
is neither is refused by its name; so is an attribute that hides a method of its own class, because a check that the file can
replace is none. A tree may stand only where its estimator guards it.
"""

import types
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
from sklearn.neighbors._base import NeighborsBase
from sklearn.tree import BaseDecisionTree

from edge.given.estimator_parts import CHECKS, UnsoundError
from edge.given.tree_files.inside import CatboostInside, LightgbmInside, XgboostInside

__all__ = ["UnsoundError", "require_sound"]

_PLAIN: tuple[type, ...] = (
    type(None), bool, int, float, complex, str, bytes, bytearray, slice, range, np.generic, np.dtype, type, np.ufunc,
)  # fmt: skip
_HOLDERS = (dict, list, tuple, set, frozenset)
_PACKAGES = (
    "_loss", "calibration", "compose", "discriminant_analysis", "dummy", "ensemble", "feature_selection", "frozen", "impute",
    "isotonic", "kernel_approximation", "linear_model", "metrics._scorer", "model_selection", "multiclass", "multioutput",
    "naive_bayes", "neighbors._classification", "neighbors._nca", "neighbors._nearest_centroid", "neighbors._regression",
    "neural_network",
    "pipeline", "preprocessing", "random_projection", "svm", "tree", "utils._metadata_requests", "decomposition._factor_analysis",
    "decomposition._fastica", "decomposition._incremental_pca", "decomposition._kernel_pca", "decomposition._pca",
    "decomposition._truncated_svd",
)  # fmt: skip
"""Parts of scikit-learn whose estimators answer by numpy, or are checked; compiled code elsewhere is not known here."""
_UNCHECKED = ("RadiusNeighborsClassifier", "RadiusNeighborsRegressor", "SplineTransformer")
"""Estimators in these packages that hand unchecked arrays to compiled code."""
_WITHOUT_ARRAYS = (
    "_loss.Cy",  # what compiled losses of scikit-learn call their module
    "sklearn._loss._loss.Cy",
    "sklearn.linear_model._sgd_fast.",
    "scipy.special._support_alternative_backends._FuncInfo",
    "scipy.special._special_ufuncs.",
    "scipy.special._multiufuncs.MultiUFunc",
    "scipy.interpolate._interpolate.interp1d",  # no file can hold one: IsotonicRegression makes it of its thresholds
)
"""Kinds that compute number by number, or by numpy."""
_FUNCTIONS = ("sklearn.feature_selection._", "sklearn.metrics._classification", "sklearn.metrics._ranking")
"""Where functions may come from that a selection or a search keeps: what they compute, they compute by numpy."""
_STANDS_IN = ("_estimator_type", "_sklearn_output_config")
"""Attributes of a class that an object may hold anew."""
_GUARDED = ((BaseDecisionTree, "tree_"), (BaseHistGradientBoosting, "_predictors"), (NeighborsBase, "_tree"))
"""Attributes that the check of their owner has seen whole, or made."""
_READ = (XgboostInside, LightgbmInside, CatboostInside)
"""Stand-ins for boosters, whose parts their own reader has made."""
_LAST_KEY = 624  # words in the state of a Mersenne twister


def require_sound(root: Any) -> None:
    """Raise UnsoundError where an estimator could make compiled code read what is not its own."""
    seen: set[int] = set()
    waiting: list[Any] = [root]
    held: list[Any] = []  # keeps what is made on the way, so that no number of an object is used twice
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, _PLAIN):
            continue
        seen.add(id(part))
        inner = list(_inside(part))
        held.append((part, inner))
        waiting += inner


def _inside(part: Any) -> Iterator[Any]:
    """Check one object, and give those that it holds."""
    if isinstance(part, dict):
        yield from part.keys()
        yield from part.values()
    elif isinstance(part, _HOLDERS):
        yield from part
    elif isinstance(part, np.ma.MaskedArray):
        yield part.data
    elif type(part) is np.ndarray:
        if part.dtype.hasobject:
            yield from part.ravel().tolist()
    elif isinstance(part, np.random.RandomState | np.random.Generator):
        _check_random(part)
    elif f"{type(part).__module__}.{type(part).__name__}".startswith(_WITHOUT_ARRAYS) or (
        isinstance(part, types.FunctionType) and part.__module__.startswith(_FUNCTIONS)
    ):
        return
    elif type(part) not in _READ:
        yield from _inside_estimator(part)


def _inside_estimator(part: Any) -> Iterator[Any]:
    kind = type(part)
    name = f"{kind.__module__}.{kind.__qualname__}"
    known = any(name.startswith(f"sklearn.{package}.") for package in _PACKAGES)
    if not known or kind.__name__ in _UNCHECKED or not hasattr(part, "__dict__"):
        raise UnsoundError(f"{kind.__name__}, which cannot be checked")
    hidden = [name for name in vars(part) if hasattr(kind, name) and name not in _STANDS_IN]
    if hidden:
        raise UnsoundError(f"a {kind.__name__} whose {hidden[0]!r} is replaced")
    for owner, check in CHECKS:
        if isinstance(part, owner):
            check(part)
    guarded = {name for owner, name in _GUARDED if isinstance(part, owner)}
    for name, value in vars(part).items():
        if name not in guarded:
            yield value


def _check_random(part: Any) -> None:
    state = part.get_state(legacy=False) if isinstance(part, np.random.RandomState) else part.bit_generator.state
    inner = state.get("state")
    at = inner.get("pos", 0) if isinstance(inner, dict) else 0
    if not 0 <= int(at) <= _LAST_KEY:
        raise UnsoundError("random numbers that point outside themselves")
