"""Could a classical model with the circuit's own frequencies do the same? A random Fourier surrogate.

A circuit that loads a feature by rotations is a sum of cosines and sines of it, of frequencies that the loading alone
decides; training chooses their weights. A linear model on frequencies drawn from that spectrum is its classical twin.
"""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["CircuitFrequencies"]


class CircuitFrequencies(TransformerMixin, BaseEstimator):
    """Cosines and sines of frequencies that a circuit can reach with features loaded `n_layers` times.

    One rotation by a feature x offers the frequencies -1, 0, 1 (differences of the eigenvalues -1/2 and 1/2), reached in
    1, 2 and 1 ways; `n_layers` of them add up. Each frequency vector is drawn with those weights, one sum a feature.

    Parameters
    ----------
    n_layers : int, default=2
        Times that the circuit loads each feature.
    n_frequencies : int, default=200
        Vectors drawn.
    scaling : float, default=1.0
        Factor on the features, as the circuit's scalings.
    random_state : int, RandomState or None, default=None

    References
    ----------
    Schuld, Sweke and Meyer (2021), Physical Review A 103, 032430 (accessible frequencies); Schreiber, Eisert and Meyer
    (2023), Physical Review Letters 131, 100803 (classical surrogates); Landman et al. (2022), arXiv:2210.13200 (random
    Fourier features of a circuit).

    Examples
    --------
    >>> CircuitFrequencies(n_frequencies=5, random_state=0).fit_transform([[0.1, 0.2], [0.3, 0.4]]).shape
    (2, 10)
    """

    def __init__(
        self, n_layers: int = 2, *, n_frequencies: int = 200, scaling: float = 1.0, random_state: Any = None
    ) -> None:
        self.n_layers = n_layers
        self.n_frequencies = n_frequencies
        self.scaling = scaling
        self.random_state = random_state

    def fit(self, X: "ArrayLike", y: Any = None) -> Self:
        """Draw the frequencies for X of shape (n_samples, n_features); y is ignored."""
        X = validate_data(self, X, dtype=np.float64)
        rng = check_random_state(self.random_state)
        steps = rng.binomial(2, 0.5, (self.n_layers, self.n_frequencies, np.shape(X)[1])) - 1
        self.frequencies_ = steps.sum(axis=0)
        return self

    def transform(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Give the waves: shape (n_samples, 2 * n_frequencies)."""
        check_is_fitted(self)
        rows = np.asarray(validate_data(self, X, dtype=np.float64, reset=False))
        phases = self.scaling * rows @ self.frequencies_.T
        return np.hstack([np.cos(phases), np.sin(phases)]) / np.sqrt(self.n_frequencies)
