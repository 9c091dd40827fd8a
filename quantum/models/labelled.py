"""What do all classifiers of this lab share? What they ask of rows, labels and numbers, and how scores become probabilities."""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import softmax
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["chances", "labelled", "require_counts"]


def labelled(model: Any, X: "ArrayLike", y: "ArrayLike") -> "tuple[NDArray[np.float64], NDArray[np.int64]]":
    """Check what a classifier is to learn from, and set its `classes_`.

    Parameters
    ----------
    model : estimator
    X : array-like of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)

    Returns
    -------
    rows : numpy.ndarray of shape (n_samples, n_features)
    labels : numpy.ndarray of shape (n_samples,)
        The classes as numbers from 0.

    Raises
    ------
    ValueError
        If the data cannot be learned from, or hold a single class.
    """
    X, y = validate_data(model, X, y, dtype=np.float64)
    check_classification_targets(y)
    model.classes_, labels = np.unique(y, return_inverse=True)
    if len(model.classes_) < 2:
        raise ValueError(f"y has {len(model.classes_)} class; a classifier needs samples of at least two classes")
    return np.asarray(X), labels.astype(np.int64)


def require_counts(model: Any, *names: str) -> None:
    """Raise ValueError where a parameter of these names is below 1."""
    for name in names:
        if getattr(model, name) < 1:
            raise ValueError(f"{name} is {getattr(model, name)}; it must be at least 1")


def chances(logits: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Turn logits of shape (n_samples, n_classes), or of the second of two classes, into probabilities (n_samples, n_classes).

    >>> chances(np.array([0.0, np.log(3.0)]))
    array([[0.5 , 0.5 ],
           [0.25, 0.75]])
    """
    every = logits if logits.ndim == 2 else np.column_stack([np.zeros_like(logits), logits])
    return np.asarray(softmax(every, axis=1))
