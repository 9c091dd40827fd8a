"""Can one qubit do it? Data re-uploading on a single qubit, as an estimator of scikit-learn.

One qubit is a point on a sphere, so the whole model is rotations of a vector in three dimensions: a classical
computer runs it as fast as any device could, and whatever it achieves needs no quantum computer.
"""

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from quantum.models.inputs import ToQubits
from quantum.models.labelled import chances, labelled, require_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["SingleQubitClassifier", "directions"]

_AXES = (2, 1, 2)
"""A layer turns by RZ, RY, RZ."""


class SingleQubitClassifier(ClassifierMixin, BaseEstimator):
    """Data re-uploading on one qubit.

    In every layer the qubit is turned by RZ, RY, RZ once for each three inputs, by angles `bias + weight * input`.
    Class c has a fixed direction on the Bloch sphere (two: the poles; more: spread evenly), and its logit is
    `gain * <direction, Bloch vector> + offset`. Weights, biases, gain and offsets are trained by L-BFGS on the
    cross-entropy, with exact gradients by uncomputing the rotations.

    Parameters
    ----------
    n_inputs : int or None, default=None
        Angles to which `ToQubits` reduces the features; None: one for each feature.
    n_layers : int, default=3
        Times that all of them are loaded.
    alpha : float, default=1e-4
        Penalty on the squared weights of the features, divided by two.
    n_restarts : int, default=2
        Random starts; the lowest final loss is kept.
    max_iter : int, default=100
        Iterations of L-BFGS.
    input_map : {"range", "rank"}, default="range"
        How features become angles, see `ToQubits`.
    random_state : int, RandomState or None, default=None

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    weights_, biases_ : ndarray of shape (n_layers, n_groups, 3)
        Radians per radian of an input, and radians.
    gain_, offsets_ : float, ndarray of shape (n_classes,)

    References
    ----------
    Perez-Salinas, Cervera-Lierta, Gil-Fuster and Latorre (2020), Quantum 4, 226.

    Examples
    --------
    >>> x = np.linspace(-2, 2, 80).reshape(-1, 1)
    >>> model = SingleQubitClassifier(random_state=0).fit(x, np.abs(x.ravel()) < 1)
    >>> float(model.score(x, np.abs(x.ravel()) < 1)) > 0.95
    True
    """

    def __init__(
        self,
        n_inputs: int | None = None,
        n_layers: int = 3,
        *,
        alpha: float = 1e-4,
        n_restarts: int = 2,
        max_iter: int = 100,
        input_map: str = "range",
        random_state: Any = None,
    ) -> None:
        self.n_inputs = n_inputs
        self.n_layers = n_layers
        self.alpha = alpha
        self.n_restarts = n_restarts
        self.max_iter = max_iter
        self.input_map = input_map
        self.random_state = random_state

    def fit(self, X: "ArrayLike", y: "ArrayLike") -> Self:
        """Train on rows X of shape (n_samples, n_features) with labels y of shape (n_samples,).

        Raises
        ------
        ValueError
            If the data or a parameter is not usable.
        """
        require_counts(self, "n_layers", "n_restarts", "max_iter")
        rows, labels = labelled(self, X, y)
        self.inputs_ = ToQubits(self.n_inputs, input_map=self.input_map).fit(rows)
        self.directions_ = directions(len(self.classes_))
        groups = _in_threes(self.inputs_.transform(rows))
        shape = (self.n_layers, groups.shape[1], 3)
        rng = check_random_state(self.random_state)
        ends = [self._descend(groups, labels, shape, rng) for _ in range(self.n_restarts)]
        best = min(ends, key=lambda end: end.fun)
        self.weights_, self.biases_, self.gain_, self.offsets_ = _unpack(best.x, shape, len(self.classes_))
        self.loss_, self.n_iter_ = float(best.fun), int(best.nit)
        return self

    def _descend(
        self, groups: "NDArray", labels: "NDArray", shape: tuple[int, int, int], rng: np.random.RandomState
    ) -> Any:
        n_classes = len(self.classes_)
        start = np.concatenate(
            [
                rng.normal(0.0, 0.5, np.prod(shape)),
                rng.uniform(-np.pi, np.pi, np.prod(shape)),
                [2.0],
                np.zeros(n_classes),
            ]
        )

        def loss(parameters: "NDArray") -> "tuple[float, NDArray]":
            return _loss_and_gradient(parameters, shape, groups, labels, self.directions_, self.alpha)

        return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": self.max_iter})

    def decision_function(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Logits: shape (n_samples,) for two classes (positive speaks for the second), else (n_samples, n_classes)."""
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_proba(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Probabilities of shape (n_samples, n_classes), columns in the order of `classes_`."""
        return chances(self._logits(X))

    def predict(self, X: "ArrayLike") -> "NDArray":
        """Labels of shape (n_samples,)."""
        best = self._logits(X).argmax(axis=1)
        return self.classes_[best]

    def _logits(self, X: "ArrayLike") -> "NDArray[np.float64]":
        check_is_fitted(self)
        groups = _in_threes(self.inputs_.transform(validate_data(self, X, dtype=np.float64, reset=False)))
        vectors = _turn(_angles(self.weights_, self.biases_, groups))
        return self.gain_ * vectors @ self.directions_.T + self.offsets_


class _Parts(NamedTuple):
    weights: Any
    biases: Any
    gain: float
    offsets: Any


def _unpack(parameters: "NDArray", shape: tuple[int, int, int], n_classes: int) -> _Parts:
    size = int(np.prod(shape))
    weights, biases = parameters[:size].reshape(shape), parameters[size : 2 * size].reshape(shape)
    return _Parts(weights, biases, float(parameters[2 * size]), parameters[2 * size + 1 :][:n_classes])


def _loss_and_gradient(
    parameters: "NDArray", shape: tuple[int, int, int], groups: "NDArray", labels: "NDArray",
    directions: "NDArray", alpha: float,
) -> "tuple[float, NDArray]":  # fmt: skip
    """Mean cross-entropy (nats) with the penalty, and its gradient."""
    part = _unpack(parameters, shape, len(directions))
    angles = _angles(part.weights, part.biases, groups)
    vectors, rows = _turn(angles), np.arange(len(labels))
    scores = vectors @ directions.T
    chances = softmax(part.gain * scores + part.offsets, axis=1)
    loss = -np.mean(np.log(chances[rows, labels] + 1e-300)) + 0.5 * alpha * np.sum(part.weights**2)
    pulls = chances.copy()
    pulls[rows, labels] -= 1.0
    pulls /= len(labels)
    slopes = _slopes(angles, vectors, part.gain * pulls @ directions)
    of_weights = np.einsum("lgks,sgk->lgk", slopes, groups) + alpha * part.weights
    flat = [of_weights.ravel(), slopes.sum(axis=-1).ravel(), [np.sum(pulls * scores)], pulls.sum(axis=0)]
    return float(loss), np.concatenate(flat)


def _angles(weights: "NDArray", biases: "NDArray", groups: "NDArray") -> "NDArray[np.float64]":
    """Angles of shape (n_layers, n_groups, 3, n_samples)."""
    return biases[..., None] + weights[..., None] * np.moveaxis(groups, 0, -1)


def _turn(angles: "NDArray") -> "NDArray[np.float64]":
    """Bloch vectors of shape (n_samples, 3) after all rotations, from the north pole."""
    vectors = np.zeros((angles.shape[-1], 3))
    vectors[:, 2] = 1.0
    for layer in angles.reshape(-1, 3, angles.shape[-1]):
        for axis, angle in zip(_AXES, layer, strict=True):
            _rotate(vectors, axis, np.cos(angle), np.sin(angle))
    return vectors


def _slopes(angles: "NDArray", vectors: "NDArray", pulls: "NDArray") -> "NDArray[np.float64]":
    """Derivatives by every angle, in their shape; undoes the rotations on `vectors` and `pulls` (both overwritten).

    Turning by a little more about axis a moves the vector v by a x v, so the derivative is <pull, a x v>.
    """
    flat = angles.reshape(-1, 3, angles.shape[-1])
    found = np.empty_like(flat)
    for place in range(len(flat) - 1, -1, -1):
        for k in (2, 1, 0):
            a = _AXES[k]
            u, v = (a + 1) % 3, (a + 2) % 3
            found[place, k] = pulls[:, v] * vectors[:, u] - pulls[:, u] * vectors[:, v]
            cosine, sine = np.cos(flat[place, k]), np.sin(flat[place, k])
            _rotate(vectors, a, cosine, -sine)
            _rotate(pulls, a, cosine, -sine)
    return found.reshape(angles.shape)


def _rotate(vectors: "NDArray", axis: int, cosine: "NDArray", sine: "NDArray") -> None:
    u, v = (axis + 1) % 3, (axis + 2) % 3
    first, second = vectors[:, u].copy(), vectors[:, v]
    vectors[:, u], vectors[:, v] = cosine * first - sine * second, sine * first + cosine * second


def _in_threes(features: "NDArray") -> "NDArray[np.float64]":
    """Fill the features up with zeros to whole groups of three: shape (n_samples, n_groups, 3)."""
    n_samples, n_features = features.shape
    filled = np.zeros((n_samples, -(-n_features // 3) * 3))
    filled[:, :n_features] = features
    return filled.reshape(n_samples, -1, 3)


def directions(n_classes: int) -> "NDArray[np.float64]":
    """One direction for each class: the poles for two, else a spiral of points spread evenly over the sphere.

    The shape is (n_classes, 3), and each row has length 1.
    """
    if n_classes == 2:
        return np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    heights = 1.0 - 2.0 * (np.arange(n_classes) + 0.5) / n_classes
    turns = np.pi * (1.0 + np.sqrt(5.0)) * np.arange(n_classes)
    radii = np.sqrt(1.0 - heights**2)
    return np.column_stack([radii * np.cos(turns), radii * np.sin(turns), heights])
