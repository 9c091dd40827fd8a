"""Which few columns suffice? A lasso whose penalty means the same whatever the unit of the target."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.linear_model import Lasso

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ScaledLasso"]


class ScaledLasso(Lasso):
    """A lasso (Tibshirani 1996) that is fitted to the target in standard deviations, and predicts in its unit."""

    def fit(self, X: Any, y: "NDArray", sample_weight: "NDArray | None" = None, **more: Any) -> Self:
        """Fit to X, shape (n_rows, n_columns), and numbers y, shape (n_rows,); `sample_weight`, shape (n_rows,), as for a lasso."""
        middle, spread = float(np.mean(y)), float(np.std(y)) or 1.0
        super().fit(X, (np.asarray(y) - middle) / spread, sample_weight, **more)
        self.coef_: NDArray = self.coef_ * spread
        self.intercept_: float = self.intercept_ * spread + middle
        return self
