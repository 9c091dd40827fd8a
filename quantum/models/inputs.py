"""What does a circuit see of a row? One angle a qubit."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy.special import ndtri
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeClassifierCV
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["INPUT_MAPS", "REDUCTIONS", "ToQubits"]

INPUT_MAPS = ("range", "rank")
"""How a feature is brought to its angle: by its range, or by its rank among the training rows."""
REDUCTIONS = ("components", "discriminant")
"""What stands for more features than there are qubits: principal components, or first the directions that tell the classes."""
_ALPHAS = tuple(10.0**power for power in range(-1, 5))
"""Penalties of the linear model that finds these directions, of which cross-validation takes one."""
_REACH = np.pi / 2
_KNOTS = 100
"""Quantiles of a feature that are kept: between them its ranks are interpolated."""


class ToQubits(TransformerMixin, BaseEstimator):
    """Turn features into one angle for each qubit, in [-pi/2, pi/2].

    Features are standardised, reduced to their first principal components where there are more of them than qubits,
    and brought to the interval by the range of the training rows; rows beyond it are clipped. Where there are fewer
    features than qubits they are repeated in turn.

    With `input_map` "rank" each feature is first replaced by its normal score, the normal quantile of its rank among the
    training rows: an increasing map of a column, or an outlier, then changes next to nothing.

    With `reduction` "discriminant" the first of the components are replaced by the directions along which a penalised linear
    model tells the classes (one for two classes, for more one fewer than classes, and at most half of the qubits), a linear
    map that is trained in front of the circuit; the principal components are those of what lies across them.

    Parameters
    ----------
    n_qubits : int or None, default=4
        Columns of the result; None: as many as there are features.
    input_map : {"range", "rank"}, default="range"
    reduction : {"components", "discriminant"}, default="components"
        Matters only where there are more features than qubits.

    Attributes
    ----------
    centre_, matrix_, offset_ : ndarrays of shape (n_features,), (n_features, n_components), (n_components,)
        The angles are (row - centre) @ matrix + offset, clipped; with "rank" of the row's scores.
    knots_ : ndarray of shape (n_knots, n_features)
        With "rank" only: quantiles of each feature at evenly spaced ranks, ascending.

    References
    ----------
    Van der Waerden (1952), Indagationes Mathematicae 14, 453-458 (normal scores).

    Examples
    --------
    >>> ToQubits(2).fit_transform([[0.0, 5.0, 1.0], [1.0, 3.0, 2.0], [2.0, 4.0, 0.0]]).shape
    (3, 2)
    >>> ToQubits(1, input_map="rank").fit_transform([[0.0], [1.0], [1e6]]).ravel().round(2).tolist()
    [-1.57, 0.0, 1.57]
    """

    def __init__(self, n_qubits: int | None = 4, *, input_map: str = "range", reduction: str = "components") -> None:
        self.n_qubits = n_qubits
        self.input_map = input_map
        self.reduction = reduction

    def fit(self, X: "ArrayLike", y: Any = None) -> Self:
        """Learn ranks, scales and components from X of shape (n_samples, n_features); only "discriminant" reads the labels y.

        Raises
        ------
        ValueError
            If the data or a parameter is not usable.
        """
        X = np.asarray(validate_data(self, X, dtype=np.float64))
        if self.input_map not in INPUT_MAPS:
            raise ValueError(f"input_map is {self.input_map!r}; choose one of {', '.join(map(repr, INPUT_MAPS))}")
        if self.reduction not in REDUCTIONS:
            raise ValueError(f"reduction is {self.reduction!r}; choose one of {', '.join(map(repr, REDUCTIONS))}")
        n_samples, n_features = X.shape
        if self.input_map == "rank":
            ranks = np.linspace(0.0, 1.0, min(_KNOTS, max(n_samples, 2)))
            self.knots_ = np.maximum.accumulate(np.quantile(X, ranks, axis=0), axis=0)  # rounding must not order them
        scores = self._scores(X)
        standard = StandardScaler().fit(scores)
        axes, most = np.eye(n_features), min(self.n_qubits or n_features, n_samples)
        if n_features > most:
            axes = self._axes(standard.transform(scores), y, most)
        angles = MinMaxScaler((-_REACH, _REACH)).fit(standard.transform(scores) @ axes)
        self.centre_ = standard.mean_
        self.matrix_ = axes / standard.scale_[:, None] * angles.scale_
        self.offset_ = angles.min_
        return self

    def transform(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Give the angles, shape (n_samples, n_qubits), radians."""
        check_is_fitted(self)
        rows = self._scores(np.asarray(validate_data(self, X, dtype=np.float64, reset=False)))
        reduced = np.clip((rows - self.centre_) @ self.matrix_ + self.offset_, -_REACH, _REACH)
        return reduced[:, np.arange(self.n_qubits or len(self.centre_)) % reduced.shape[1]]

    def _axes(self, rows: "NDArray[np.float64]", y: Any, most: int) -> "NDArray[np.float64]":
        """Choose orthonormal directions, shape (n_features, most), of standardised rows."""
        if self.reduction == "components":
            return np.asarray(PCA(most, svd_solver="full").fit(rows).components_.T)
        if y is None:
            raise ValueError("reduction is 'discriminant', which needs the labels; give y, or use 'components'")
        weights = np.atleast_2d(RidgeClassifierCV(alphas=_ALPHAS).fit(rows, y).coef_)
        n_told = min(max(len(weights) - 1, 1), most // 2)
        told = np.linalg.svd(weights, full_matrices=False)[2][:n_told].T
        across = rows - rows @ told @ told.T
        return np.hstack([told, PCA(most - n_told, svd_solver="full").fit(across).components_.T])

    def _scores(self, rows: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """The features themselves, or their normal scores: shape (n_samples, n_features)."""
        if self.input_map != "rank":
            return rows
        n_knots = len(self.knots_)
        places = np.linspace(0.0, 1.0, n_knots)
        pairs = zip(rows.T, self.knots_.T, strict=True)
        found = np.column_stack([_rank(column, knots, places) for column, knots in pairs])
        return np.asarray(ndtri(np.clip(found, 0.5 / n_knots, 1.0 - 0.5 / n_knots)))


def _rank(
    column: "NDArray[np.float64]", knots: "NDArray[np.float64]", places: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    """Ranks in [0, 1], shape of the column; a value that several knots share gets the middle of their places."""
    above = np.interp(column, knots, places)
    below = 1.0 - np.interp(-column, -knots[::-1], places)
    return (above + below) / 2
