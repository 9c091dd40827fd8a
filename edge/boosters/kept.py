"""How does a model of another library become one that can be kept and read again? As an estimator that holds the model's own file."""

import copy
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["KeptBooster"]


class KeptBooster(ABC, ClassifierMixin, BaseEstimator):
    """Boosted trees of a library, on numbers alone and on one thread.

    Attributes
    ----------
    classes_ : numpy.ndarray of shape (n_classes,)
        In the order of the probabilities.
    content_ : numpy.ndarray of shape (n_bytes,), uint8
        The model in the library's own format; empty where no feature varied in training.
    shares_ : numpy.ndarray of shape (n_classes,)
        Of the training rows: the answer to every row where the model is empty, since there is nothing to learn from.
    """

    def fit(self, X: "ArrayLike", y: "ArrayLike", sample_weight: "NDArray | None" = None) -> Self:
        """Fit to X, shape (n_rows, n_features), NaN where missing, and y, shape (n_rows,).

        `sample_weight`, shape (n_rows,), says for how much each row counts; all alike without it.
        """
        rows = np.asarray(X, dtype=np.float64)
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        counts = np.bincount(codes, sample_weight)
        self.shares_ = counts / counts.sum()
        self.content_ = np.zeros(0, dtype=np.uint8)
        with np.errstate(over="ignore"):
            seen = np.nan_to_num(rows.astype(np.float32), nan=np.inf)
        if (seen != seen[:1]).any():
            self._keep(self._learned(rows, codes, sample_weight))
        return self

    def predict_proba(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Give the probability of each class for rows of shape (n_rows, n_features): shape (n_rows, n_classes)."""
        rows = np.asarray(X, dtype=np.float64)
        if not len(self.content_):
            return np.tile(self.shares_, (len(rows), 1))
        if not hasattr(self, "_read"):
            self._read = self.library_model()
        said = np.asarray(self._said(self._read, rows), dtype=np.float64)
        return np.column_stack([1 - said, said]) if said.ndim == 1 else said

    def predict(self, X: "ArrayLike") -> "NDArray":
        """Give the class of the highest probability, shape (n_rows,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def with_first(self, count: int) -> Self:
        """Give the model as it was after its first `count` rounds, at least 1."""
        fewer = copy.copy(self)
        fewer._keep(self._first(self.library_model(), count))
        return fewer

    @property
    def rounds_(self) -> int:
        """Rounds that it has kept; an empty model has none."""
        return self._rounds(self.library_model()) if len(self.content_) else 0

    def _keep(self, content: bytes) -> None:
        self.content_ = np.frombuffer(content, dtype=np.uint8).copy()
        self.__dict__.pop("_read", None)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the library's object out: it is read from `content_` again."""
        return {name: value for name, value in super().__getstate__().items() if name != "_read"}

    @abstractmethod
    def library_model(self) -> Any:
        """Read `content_`."""

    @abstractmethod
    def _learned(self, rows: "NDArray[np.float64]", codes: "NDArray[np.int64]", weights: "NDArray | None") -> bytes:
        """Let the library learn classes, counted from 0, and give its file."""

    @abstractmethod
    def _said(self, model: Any, rows: "NDArray[np.float64]") -> "NDArray":
        """Probabilities of rows: of all classes, or of the second of two, shape (n_rows,)."""

    @abstractmethod
    def _first(self, model: Any, count: int) -> bytes:
        """Give the file of the first rounds."""

    @abstractmethod
    def _rounds(self, model: Any) -> int:
        """Count them."""
