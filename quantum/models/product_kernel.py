"""Is a product of single qubits enough? A support vector machine on the product of one fidelity a feature.

Every feature has a qubit of its own and no gate joins two of them, so that the fidelity of two rows is a product of as many
numbers as there are features: a classical computer finds it without effort, for any number of features.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import check_random_state

from quantum.circuit import Circuit
from quantum.models.inputs import ToQubits
from quantum.models.kernel_classifier import QuantumKernelClassifier, bloch_vectors
from quantum.simulator.calls import states

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ProductKernelClassifier", "product_kernel"]

_FACTOR = 4.0
"""Of the root of the number of features: distances grow with it."""


class ProductKernelClassifier(QuantumKernelClassifier):
    """A support vector machine on the fidelity of product states, one qubit for each feature.

    Each qubit loads its feature (an angle, see `ToQubits`) times `bandwidth` in every layer, between fixed random rotations;
    beyond 16 features times `bandwidth` 4 / sqrt(n_features), lest all rows be far from each other. With one layer the kernel
    is the product of cos^2 of half the differences of the loaded angles.
    Machine and probabilities are those of `QuantumKernelClassifier`.

    Parameters
    ----------
    n_layers : int, default=1
    bandwidth : float, default=1.0
        Factor on the angles.
    C : float, default=1.0
        Of the support vector machine.
    input_map : {"range", "rank"}, default="range"
        How features become angles, see `ToQubits`.
    random_state : int, RandomState or None, default=None
        Draws the fixed rotations.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    circuit_ : Circuit
        Of each of the qubits.
    angles_ : ndarray of shape (n_features, n_layers, 1, 3)
        Its fixed rotations, radians.
    support_vectors_, dual_weights_, intercepts_ : ndarray
        Bloch vectors over sqrt 2 of the rows that count, their weights in each machine, and its intercept.
    slopes_, biases_ : ndarray
        Of Platt's logistic curve.

    References
    ----------
    Bowles, Ahmed and Schuld (2024), arXiv:2403.07059 (separable kernels do as well as entangled ones on their tasks).

    Examples
    --------
    >>> x = np.linspace(-1, 1, 40).reshape(-1, 1)
    >>> model = ProductKernelClassifier(bandwidth=2.0, C=10.0, random_state=0).fit(x, np.abs(x.ravel()) < 0.5)
    >>> float(model.score(x, np.abs(x.ravel()) < 0.5)) > 0.9
    True
    """

    def __init__(
        self,
        n_layers: int = 1,
        *,
        bandwidth: float = 1.0,
        C: float = 1.0,  # noqa: N803  scikit-learn's name for it
        input_map: str = "range",
        random_state: Any = None,
    ) -> None:
        self.n_layers = n_layers
        self.bandwidth = bandwidth
        self.C = C
        self.input_map = input_map
        self.random_state = random_state

    def _require_parameters(self) -> None:
        self._require_positive("bandwidth", "C")

    def _set_up(self, X: "NDArray", y: "NDArray") -> None:
        del y
        self.inputs_ = ToQubits(None, input_map=self.input_map).fit(X)
        self.circuit_ = Circuit(1, self.n_layers, rotation="Rot", entangler=None)
        rng = check_random_state(self.random_state)
        self.angles_ = rng.uniform(-np.pi, np.pi, (X.shape[1], *self.circuit_.angles_shape))

    def _set_width(self, seen: "NDArray") -> None:
        """There is none: the bandwidth is all."""

    def _embedded(self, X: "NDArray") -> "NDArray":
        loaded = self.bandwidth * min(1.0, _FACTOR / np.sqrt(X.shape[1])) * self.inputs_.transform(X)
        found = states(self.circuit_, self.angles_, None, loaded.T[:, :, None], precision="float64", n_threads=1)
        return np.hstack([bloch_vectors(np.asarray(qubit)) for qubit in found])

    def _kernel(self, a: "NDArray", b: "NDArray") -> "NDArray[np.float64]":
        return product_kernel(a, b)


def product_kernel(a: "NDArray", b: "NDArray") -> "NDArray[np.float64]":
    """Fidelity of product states whose Bloch vectors, over sqrt 2, have shapes (n, 3 q) and (m, 3 q): shape (n, m)."""
    found = np.ones((len(a), len(b)))
    for start in range(0, a.shape[1], 3):
        found *= 0.5 + a[:, start : start + 3] @ b[:, start : start + 3].T
    return np.clip(found, 0.0, 1.0)
