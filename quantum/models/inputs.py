"""What does a circuit see of a row? One angle a qubit."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ToQubits"]

_REACH = np.pi / 2


class ToQubits(TransformerMixin, BaseEstimator):
    """Turn features into one angle for each qubit, in [-pi/2, pi/2].

    Features are standardised, reduced to their first principal components where there are more of them than qubits,
    and brought to the interval by the range of the training rows; rows beyond it are clipped. Where there are fewer
    features than qubits they are repeated in turn.

    Parameters
    ----------
    n_qubits : int, default=4
        Columns of the result.

    Attributes
    ----------
    centre_, matrix_, offset_ : ndarrays of shape (n_features,), (n_features, n_components), (n_components,)
        The angles are (row - centre) @ matrix + offset, clipped.

    Examples
    --------
    >>> ToQubits(2).fit_transform([[0.0, 5.0, 1.0], [1.0, 3.0, 2.0], [2.0, 4.0, 0.0]]).shape
    (3, 2)
    """

    def __init__(self, n_qubits: int = 4) -> None:
        self.n_qubits = n_qubits

    def fit(self, X: "ArrayLike", y: Any = None) -> Self:
        """Learn scales and components from X of shape (n_samples, n_features); y is ignored."""
        X = validate_data(self, X, dtype=np.float64)
        n_samples, n_features = np.shape(X)
        standard = StandardScaler().fit(X)
        rows = standard.transform(X)
        axes = np.eye(n_features)
        if n_features > min(self.n_qubits, n_samples):
            axes = PCA(min(self.n_qubits, n_samples), svd_solver="full").fit(rows).components_.T
        angles = MinMaxScaler((-_REACH, _REACH)).fit(rows @ axes)
        self.centre_ = standard.mean_
        self.matrix_ = axes / standard.scale_[:, None] * angles.scale_
        self.offset_ = angles.min_
        return self

    def transform(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Give the angles, shape (n_samples, n_qubits), radians."""
        check_is_fitted(self)
        rows = np.asarray(validate_data(self, X, dtype=np.float64, reset=False))
        reduced = np.clip((rows - self.centre_) @ self.matrix_ + self.offset_, -_REACH, _REACH)
        return reduced[:, np.arange(self.n_qubits) % reduced.shape[1]]
