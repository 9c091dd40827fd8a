"""How does CatBoost become a candidate that can be kept, read again and exported? As an estimator that holds its model's file.

All nodes of a level of its trees ask one question, of numbers cast to float32; missing numbers have a side of their own.
"""

import copy
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["SymmetricTreesClassifier"]


class SymmetricTreesClassifier(ClassifierMixin, BaseEstimator):
    """CatBoost on numbers alone, on one thread, silent and writing nothing: the same model again.

    Parameters
    ----------
    iterations : int
        Rounds of boosting, a tree each.
    depth : int
        Questions of a tree, which has 2^depth leaves.
    learning_rate : float, optional
        The library's own choice for so many rows and rounds unless given.
    random_state : int
        Its seed.

    Attributes
    ----------
    classes_ : numpy.ndarray of shape (n_classes,)
        In the order of the probabilities.
    content_ : numpy.ndarray of shape (n_bytes,), uint8
        The model in the library's own format; empty where no feature varied in training.
    shares_ : numpy.ndarray of shape (n_classes,)
        Of the training rows: the answer to every row where the model is empty, since the library refuses to learn from nothing.
    """

    def __init__(
        self, iterations: int = 200, depth: int = 6, learning_rate: float | None = None, random_state: int = 0
    ) -> None:
        self.iterations = iterations
        self.depth = depth
        self.learning_rate = learning_rate
        self.random_state = random_state

    def fit(self, X: "ArrayLike", y: "ArrayLike") -> Self:
        """Fit to X, shape (n_rows, n_features), NaN where missing, and y, shape (n_rows,)."""
        from catboost import CatBoostClassifier

        rows = np.asarray(X, dtype=np.float64)
        self.classes_, codes, counts = np.unique(np.asarray(y), return_inverse=True, return_counts=True)
        self.shares_ = counts / counts.sum()
        self.content_ = np.zeros(0, dtype=np.uint8)
        seen = np.nan_to_num(rows.astype(np.float32), nan=np.inf)
        if (seen != seen[:1]).any():
            model = CatBoostClassifier(
                iterations=self.iterations, depth=self.depth, learning_rate=self.learning_rate, thread_count=1,
                random_seed=self.random_state, allow_writing_files=False, logging_level="Silent",
                loss_function="Logloss" if len(self.classes_) == 2 else "MultiClass",
            )  # fmt: skip
            self._keep(model.fit(rows, codes))
        return self

    def predict_proba(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Give the probability of each class for rows of shape (n_rows, n_features): shape (n_rows, n_classes)."""
        rows = np.asarray(X, dtype=np.float64)
        if not len(self.content_):
            return np.tile(self.shares_, (len(rows), 1))
        if not hasattr(self, "_read"):
            self._read = self._library()
        found: NDArray[np.float64] = self._read.predict_proba(rows, thread_count=1)
        return found

    def predict(self, X: "ArrayLike") -> "NDArray":
        """Give the class of the highest probability, shape (n_rows,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def with_first(self, count: int) -> Self:
        """Give the model as it was after its first `count` rounds, at least 1."""
        fewer, shrunk = copy.copy(self), self._library()
        shrunk.shrink(ntree_end=count)
        fewer._keep(shrunk)
        return fewer

    @property
    def rounds_(self) -> int:
        """Rounds that it has kept: trees, of which an empty model has none."""
        return int(self._library().tree_count_) if len(self.content_) else 0

    def written_out(self) -> dict[str, Any]:
        """Give the model in the library's JSON format: `oblivious_trees`, `features_info`, `scale_and_bias`."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.json"
            self._library().save_model(str(file), format="json")
            found: dict[str, Any] = json.loads(file.read_text())
        return found

    def _keep(self, model: Any) -> None:
        self.content_ = np.frombuffer(model._serialize_model(), dtype=np.uint8).copy()

    def _library(self) -> Any:
        from catboost import CatBoostClassifier

        return CatBoostClassifier().load_model(blob=self.content_.tobytes())

    def __getstate__(self) -> dict[str, Any]:
        """Leave the library's object out: it is read from `content_` again."""
        return {name: value for name, value in super().__getstate__().items() if name != "_read"}
