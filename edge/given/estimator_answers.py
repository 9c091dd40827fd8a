"""What does an estimator answer? Probabilities; where it gives labels alone, 1 for its label and 0 for the others."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LABELS_ALONE", "gives_labels_alone", "with_probabilities"]

LABELS_ALONE = "the given model gives labels only: it is judged by them, as if it were certain of each"


class _Certain:
    """An estimator whose labels are its probabilities."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator
        self.classes_ = np.asarray(estimator.classes_)

    def predict_proba(self, rows: Any) -> "NDArray[np.float64]":
        """Answer rows as the estimator takes them, shape (n_rows, n_classes)."""
        labels = np.asarray(self.estimator.predict(rows))
        return np.asarray(labels[:, None] == self.classes_[None], dtype=np.float64)


def gives_labels_alone(estimator: Any) -> bool:
    """Whether a fitted classifier has no probabilities."""
    return not hasattr(estimator, "predict_proba")


def with_probabilities(estimator: Any) -> Any:
    """Give what has `predict_proba` and answers as the estimator does."""
    return _Certain(estimator) if gives_labels_alone(estimator) else estimator
