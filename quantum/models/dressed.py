"""A quantum circuit behind a linear map that is trained with it, as an estimator of scikit-learn."""

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from quantum.circuit import Circuit
from quantum.models.classifier import VariationalQuantumClassifier
from quantum.models.inputs import ToQubits
from quantum.models.labelled import require_counts
from quantum.simulator.calls import Head, cross_entropy_and_gradient
from quantum.simulator.steps import learning_rates

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["DressedQuantumClassifier"]

_KEEP, _KEEP_SQUARES, _LEAST = 0.9, 0.999, 1e-8
"""Constants of Adam as its authors set them."""


class DressedQuantumClassifier(VariationalQuantumClassifier):
    """A quantum circuit that is given trained linear combinations of all features.

    Each feature is brought to [-pi/2, pi/2] by its range or its rank, and a linear map, trained together with the circuit,
    makes one angle for each qubit of them. Where there are more features than qubits, no principal component decides
    beforehand what the circuit may see. All else is as in `VariationalQuantumClassifier`: the angles are encoded before
    every layer with trained scalings, and the expectations are the scores of the classes. Map, scalings, rotations, gain and
    biases are trained by Adam on the cross-entropy and the map's penalty, with exact gradients of the exact simulation.

    Parameters
    ----------
    n_qubits : int, default=4
        1 to 20.
    n_layers : int, default=2
        Repetitions of encoding, rotations and entangling gates.
    encoding : {"RY", "RX", "RZ"}, default="RY"
        Gate that encodes an angle.
    rotation : {"Rot", "RY", "RY+RZ"}, default="Rot"
        Trained gates of each qubit in a layer.
    entangler : {"CNOT", "CZ", None}, default="CNOT"
        Two-qubit gate; None leaves a product of single qubits, which no quantum computer is needed for.
    pattern : {"line", "ring", "full"}, default="line"
        Which pairs are entangled.
    alpha : float, default=1e-3
        Penalty, at least 0: half of it times the sum of the map's squares is added to the mean cross-entropy.
    n_steps : int, default=150
        Steps of Adam on all rows; the learning rate falls to 0 by a cosine.
    learning_rate : float, default=0.1
        Of the first step, radians. The map's is smaller by the root of the number of features, so that the angles change
        alike however many there are.
    n_restarts : int, default=2
        Random starts trained side by side; the lowest training loss is kept.
    start_width : float, default=1.0
        Starting angles of the rotations are uniform in [-start_width, start_width], radians.
    input_map : {"range", "rank"}, default="range"
        How features are brought to the interval, see `ToQubits`.
    precision : {"float32", "float64"}, default="float32"
        Of the simulated state.
    n_threads : int, default=1
        Threads of the simulator.
    random_state : int, RandomState or None, default=None
        Draws the starts.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    circuit_ : Circuit
        The circuit, without its numbers.
    map_ : ndarray of shape (n_qubits, n_features)
        The linear map, radians per radian.
    angles_, scalings_ : ndarray
        Trained parameters in the shapes that `circuit_` names, radians.
    gain_, biases_ : float, ndarray
        The classical end of the model.
    loss_curves_ : ndarray of shape (n_restarts, n_steps)
        Mean cross-entropy with the penalty before each step, nats.

    References
    ----------
    Mari, Bromley, Izaac, Schuld and Killoran (2020), Quantum 4, 340 (dressed circuits);
    Kingma and Ba (2015), arXiv:1412.6980 (Adam).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(80, 6))
    >>> model = DressedQuantumClassifier(n_qubits=2, random_state=0).fit(x, x.sum(axis=1) > 0)
    >>> float(model.score(x, x.sum(axis=1) > 0)) > 0.9
    True
    """

    def __init__(
        self,
        n_qubits: int = 4,
        n_layers: int = 2,
        *,
        encoding: str = "RY",
        rotation: str = "Rot",
        entangler: str | None = "CNOT",
        pattern: str = "line",
        alpha: float = 1e-3,
        n_steps: int = 150,
        learning_rate: float = 0.1,
        n_restarts: int = 2,
        start_width: float = 1.0,
        input_map: str = "range",
        precision: str = "float32",
        n_threads: int = 1,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            n_qubits, n_layers, encoding=encoding, rotation=rotation, entangler=entangler, pattern=pattern, n_steps=n_steps,
            learning_rate=learning_rate, n_restarts=n_restarts, start_width=start_width, input_map=input_map,
            precision=precision, n_threads=n_threads, random_state=random_state,
        )  # fmt: skip
        self.alpha = alpha

    def fit(self, X: "ArrayLike", y: "ArrayLike") -> Self:
        """Train on rows X of shape (n_samples, n_features) with labels y of shape (n_samples,).

        Raises
        ------
        ValueError
            If the data or a parameter is not usable; the message says how.
        """
        X, labels = self._begun(X, y)
        require_counts(self, "n_steps", "n_restarts")
        for name, lowest in (("alpha", 0.0), ("learning_rate", np.nextafter(0.0, 1.0))):
            if not lowest <= getattr(self, name) < np.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be finite and not below {lowest:g}")
        self.inputs_ = ToQubits(None, input_map=self.input_map).fit(X)
        rows = self.inputs_.transform(X)
        values = self._start(rows.shape[1])
        moments, squares = (_Values(*map(np.zeros_like, values)) for _ in range(2))
        rates = learning_rates(
            range(1, self.n_steps + 1), rate=self.learning_rate, schedule="cosine", n_steps=self.n_steps
        )
        losses = np.empty((self.n_restarts, self.n_steps))
        told = {"precision": self.precision, "n_threads": self.n_threads}
        for step, rate in enumerate(rates):
            losses[:, step], slopes = loss_and_gradient(self.circuit_, values, rows, labels, self.alpha, **told)
            for value, slope, moment, square in zip(values, slopes, moments, squares, strict=True):
                moment += (1 - _KEEP) * (slope - moment)
                square += (1 - _KEEP_SQUARES) * (slope**2 - square)
                upright = np.sqrt(square / (1 - _KEEP_SQUARES ** (step + 1))) + _LEAST
                value -= rate * moment / (1 - _KEEP ** (step + 1)) / upright
        best = int(np.argmin(losses[:, -1]))
        self.map_ = values.weights[best] / np.sqrt(rows.shape[1])
        self.angles_, self.scalings_ = values.angles[best], values.scalings[best]
        self.gain_, self.biases_ = float(values.gain[best]), values.biases[best]
        self.loss_curves_ = losses
        self.n_iter_ = self.n_steps
        return self

    def _start(self, n_features: int) -> "_Values":
        rng, models, circuit = check_random_state(self.random_state), self.n_restarts, self.circuit_
        return _Values(
            weights=rng.normal(size=(models, self.n_qubits, n_features)),
            angles=rng.uniform(-self.start_width, self.start_width, (models, *circuit.angles_shape)),
            scalings=np.ones((models, *circuit.scalings_shape)),
            gain=np.ones(models),
            biases=np.zeros((models, circuit.n_observables)),
        )

    def encoded(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """What the circuit is given for each row: shape (n_samples, n_qubits), radians before the scalings."""
        check_is_fitted(self)
        rows = self.inputs_.transform(validate_data(self, X, dtype=np.float64, reset=False))
        return np.asarray(rows @ self.map_.T)


class _Values(NamedTuple):
    """What is trained, the models in front: the map's weights times the root of the number of features, and the circuit's numbers."""

    weights: "NDArray[np.float64]"
    angles: "NDArray[np.float64]"
    scalings: "NDArray[np.float64]"
    gain: "NDArray[np.float64]"
    biases: "NDArray[np.float64]"


def loss_and_gradient(
    circuit: Circuit,
    values: _Values,
    rows: "NDArray[np.float64]",
    labels: "NDArray[np.int64]",
    alpha: float,
    **told: Any,
) -> "tuple[NDArray[np.float64], _Values]":
    """Compute the mean cross-entropy with the penalty, shape (n_models,), and its gradient.

    Parameters
    ----------
    rows : numpy.ndarray of shape (n_samples, n_features)
    labels : numpy.ndarray of shape (n_samples,)
        0 to n_classes - 1.
    alpha : float
        Penalty of the map.
    **told
        Precision and threads, for the simulator.
    """
    root = np.sqrt(rows.shape[1])
    weights = values.weights / root
    seen = rows @ np.swapaxes(weights, -1, -2)  # one angle for each model, sample and qubit
    head = Head(values.gain, values.biases)
    loss, slopes = cross_entropy_and_gradient(
        circuit, values.angles, values.scalings, head, seen, labels, feature_gradient=True, **told
    )
    assert slopes.scalings is not None  # both are asked for
    assert slopes.features is not None
    of_map = np.swapaxes(slopes.features, -1, -2) @ rows + alpha * weights
    penalty = alpha / 2 * (weights**2).sum(axis=(-2, -1))
    return loss + penalty, _Values(of_map / root, slopes.angles, slopes.scalings, slopes.gain, slopes.biases)
