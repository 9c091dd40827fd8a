"""Trees that were read from the file of another library, as a classifier: their graph answers, and not the library."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from edge.boosters.forest import Forest
from edge.session import OUTPUT, session

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ReadTreesClassifier"]

_BATCH = 2_000


class ReadTreesClassifier(ClassifierMixin, BaseEstimator):
    """Boosted trees on numbers alone.

    Attributes
    ----------
    forest_ : Forest
        What was read.
    classes_ : numpy.ndarray of shape (n_classes,)
        In the order of the probabilities.
    content_ : bytes
        The graph of the trees, which takes `numbers` alone.
    """

    forest_: Forest
    classes_: "NDArray[Any]"
    content_: bytes

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are trees: a pattern from which others are made has none."""
        return hasattr(self, "content_")

    def fit(self, X: Any, y: Any) -> Self:
        """Give it as it is: it has learned elsewhere; X and y are ignored."""
        del X, y
        return self

    def predict_proba(self, X: Any) -> "NDArray[np.float64]":
        """Give the probability of each class for rows of shape (n_rows, n_features): shape (n_rows, n_classes)."""
        rows = self._dense(X)
        ready = session(self.content_)
        element = np.float64 if self.forest_.float32 is False else np.float32
        with np.errstate(over="ignore"):
            fed = rows.astype(element)
        parts = [
            ready.run([OUTPUT], {"numbers": fed[first : first + _BATCH]})[0] for first in range(0, len(fed), _BATCH)
        ]
        return np.concatenate(parts).astype(np.float64)

    def predict(self, X: Any) -> "NDArray[Any]":
        """Give the class of the highest probability, shape (n_rows,)."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def _dense(self, X: Any) -> "NDArray[np.float64]":
        """Give rows as float64: what a sparse matrix does not hold is 0."""
        return np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=np.float64)
