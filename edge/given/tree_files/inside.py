"""How does a booster of another library inside a skops file become trees? Its own serialised model is read, and nothing of it run.

skops would make the library's objects, and hand bytes of the file to compiled code of the library. Classes of ours take their places
(`edge.given.stand_ins`): these get the same attributes, read the model in them as a file of that library, and answer by the graph of
its trees.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from edge.boosters.forest import Forest
from edge.boosters.read import ReadTreesClassifier
from edge.given.tree_files.binary import as_json
from edge.given.tree_files.forest import UnusableError, part, whole
from edge.given.tree_files.leafwise import leafwise_forest
from edge.given.tree_files.levelwise import levelwise_forest
from edge.given.tree_files.lowered import lowered
from edge.given.tree_files.symmetric import symmetric_forest
from edge.given.tree_files.ubjson import from_ubjson

__all__ = ["CatboostInside", "Held", "LightgbmInside", "XgboostInside"]

_MOST = 2**31 - 1


class Held:
    """The attributes of a library's own object, as a file has them: plain data."""


class _Inside(ReadTreesClassifier):
    """A classifier of another library, whose attributes stand in a skops file."""

    LIBRARY: ClassVar[str]

    def __setstate__(self, state: Any) -> None:
        """Read the trees among the attributes; one that was not fitted has none.

        Raises
        ------
        UnusableError
            If they are damaged, or what is not lowered is among them.
        """
        if not isinstance(state, Mapping):
            raise UnusableError(f"holds a model of {self.LIBRARY} that is damaged; write it again with skops.io.dump")
        try:
            found = self._read(state)
            if found is None:
                return
            forest, classes = found
            if forest.categories:
                raise UnusableError("takes texts as categories; give the file that the library itself writes")
        except UnusableError as error:
            raise UnusableError(f"holds a model of {self.LIBRARY} that {error}") from error
        self.forest_, self.classes_, self.n_features_in_ = forest, classes, forest.n_features
        if forest.names:
            self.feature_names_in_ = np.array(forest.names, dtype=object)
        self.content_ = lowered(replace(forest, names=(), classes=())).SerializeToString()

    def _read(self, state: Mapping[str, Any]) -> "tuple[Forest, np.ndarray] | None":
        raise NotImplementedError  # each library has its own


class XgboostInside(_Inside):
    """`xgboost.XGBClassifier`."""

    LIBRARY = "XGBoost"

    def _read(self, state: Mapping[str, Any]) -> "tuple[Forest, np.ndarray] | None":
        booster = state.get("_Booster")
        if booster is None:
            return None
        missing = state.get("missing")
        if not (missing is None or (isinstance(missing, float) and np.isnan(missing))):
            raise UnusableError(
                "takes a number for missing values (missing), which is not taken; train it with missing=np.nan"
            )
        content = vars(booster).get("handle") if isinstance(booster, Held) else None
        try:
            said = from_ubjson(bytes(content)) if isinstance(content, bytes | bytearray) else None
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, Mapping):
            raise UnusableError("is damaged, or of a version before 2.1; save the model again")
        forest = levelwise_forest(part(said, "Model", dict), is_classifier=True)
        return forest, np.arange(max(2, len(forest.prior)))

    def _dense(self, X: Any) -> "np.ndarray":
        """XGBoost takes what a sparse matrix does not hold for missing, so that zeros of numbers count as missing, too."""
        if hasattr(X, "toarray"):
            raise UnusableError(
                "gives its model a sparse matrix, whose zeros XGBoost takes for missing values, as a device does not; train it on a "
                "dense one (ColumnTransformer(..., sparse_threshold=0), OneHotEncoder(sparse_output=False))"
            )
        return super()._dense(X)


class LightgbmInside(_Inside):
    """`lightgbm.LGBMClassifier`."""

    LIBRARY = "LightGBM"

    def _read(self, state: Mapping[str, Any]) -> "tuple[Forest, np.ndarray] | None":
        booster = state.get("_Booster")
        if booster is None:
            return None
        held = vars(booster) if isinstance(booster, Held) else {}
        options = state.get("_other_params")
        if isinstance(options, Mapping) and any("pred" in str(name) for name in options):
            raise UnusableError("has options of its own for predicting, which are not taken; train it without them")
        forest = leafwise_forest(part(held, "_handle", str))
        best = whole(held, "best_iteration", low=-1, high=_MOST, missing=-1)
        if best > 0:
            forest = replace(forest, trees=forest.trees[: best * len(forest.prior)])
        return forest, _labels(state.get("_classes"), max(2, len(forest.prior)))


class CatboostInside(_Inside):
    """`catboost.CatBoostClassifier`."""

    LIBRARY = "CatBoost"

    def _read(self, state: Mapping[str, Any]) -> "tuple[Forest, np.ndarray] | None":
        if state.get("__model") is None:
            return None
        content = as_json(part(state, "__model", bytes), "model.cbm")
        try:
            said = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise UnusableError("is damaged: it cannot be read to its end; save the model again") from error
        if not isinstance(said, Mapping):
            raise UnusableError("is damaged: it cannot be read to its end; save the model again")
        forest = symmetric_forest(said)
        count = max(2, len(forest.prior))
        return forest, np.array(forest.classes or [str(place) for place in range(count)], dtype=object)


def _labels(found: Any, count: int) -> "np.ndarray":
    fits = type(found) is np.ndarray and found.shape == (count,) and found.dtype.kind in "iufbUO"
    if not fits or not all(isinstance(label, str | int | float | bool) for label in found.tolist()):
        raise UnusableError("is damaged: its classes are not what they should be; save the model again")
    labels: np.ndarray = found
    return labels
