"""Does a smooth curve for each number do? Cubic splines with few knots in front of a logistic regression."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import SplineTransformer

from lab.privacy.aggregates import outer_range, quantile_points

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["SplineColumns"]

_FEW = 8


class SplineColumns(TransformerMixin, BaseEstimator):
    """A cubic B-spline basis for each column, with knots at quantiles (`lab.privacy.aggregates`); one of few values stays as it is.

    Beyond the outermost knots, which leave the extreme rows outside, a curve goes on as a straight line, so that no row gets a
    wild value.

    Parameters
    ----------
    n_knots : int
        Knots of a column at most, the two ends included.

    Attributes
    ----------
    bases_ : list of (SplineTransformer or None)
        One for each column; None stands for the column itself.

    References
    ----------
    Hastie and Tibshirani (1986), Statistical Science 1(3), generalized additive models; Eilers and Marx (1996) for B-splines.
    """

    def __init__(self, n_knots: int = 5) -> None:
        self.n_knots = n_knots

    def fit(self, X: "ArrayLike", y: Any = None) -> Self:
        """Place the knots on X, shape (n_rows, n_columns), nothing missing; y is ignored."""
        self.bases_ = [_basis(column, self.n_knots) for column in np.asarray(X, dtype=np.float64).T]
        return self

    def transform(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Evaluate the bases, shape (n_rows, n_basis_functions)."""
        columns = np.asarray(X, dtype=np.float64).T
        return np.column_stack([self.column(place, values) for place, values in enumerate(columns)])

    def column(self, place: int, values: "NDArray") -> "NDArray[np.float64]":
        """Evaluate the basis of one column, shape (n_rows, n_basis_functions of that column)."""
        basis, wide = self.bases_[place], np.asarray(values, dtype=np.float64).reshape(-1, 1)
        return wide if basis is None else basis.transform(wide)

    def knots(self, place: int) -> "NDArray[np.float64]":
        """Knots of a column that has a spline, ascending: shape (n_knots,).

        Raises
        ------
        ValueError
            If the column has none.
        """
        basis = self.bases_[place]
        if basis is None:
            raise ValueError(f"column {place} has no spline")
        spline = basis.bsplines_[0]
        return spline.t[spline.k : -spline.k]

    def get_feature_names_out(self, input_features: Any = None) -> "NDArray":
        """Name the basis functions after their columns, shape (n_basis_functions,): `age~0`, `age~1`."""
        given = range(len(self.bases_)) if input_features is None else input_features
        return np.array(
            [
                f"{name}~{i}"
                for name, basis in zip(given, self.bases_, strict=True)
                for i in range(1 if basis is None else basis.n_features_out_)
            ],
            dtype=object,
        )


def _basis(column: "NDArray[np.float64]", n_knots: int) -> SplineTransformer | None:
    if len(np.unique(column)) <= _FEW:
        return None
    ends = outer_range(column)
    inner = quantile_points(column, np.linspace(0, 1, n_knots)[1:-1].tolist())
    if ends is None:  # most rows share one value
        return None
    knots = np.array([ends[0], *inner[(ends[0] < inner) & (inner < ends[1])], ends[1]])
    if len(knots) < 3:
        return None
    spline = SplineTransformer(degree=3, knots=knots.reshape(-1, 1), extrapolation="linear", include_bias=False)
    return spline.fit(column.reshape(-1, 1))
