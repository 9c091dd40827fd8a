"""A variational quantum classifier, simulated exactly, as an estimator of scikit-learn."""

import itertools
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from quantum.circuit import MEAN_Z, Circuit, Observable
from quantum.models.inputs import ToQubits
from quantum.models.labelled import chances, labelled
from quantum.simulator.calls import expectations
from quantum.simulator.training import Training, train

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["VariationalQuantumClassifier", "observables_for", "z_strings"]


class VariationalQuantumClassifier(ClassifierMixin, BaseEstimator):
    """A quantum circuit with trained rotations whose expectations are the scores of the classes.

    `ToQubits` turns the features into one angle a qubit. The circuit encodes them before every layer (data
    re-uploading), with trained scalings. For two classes the probability of the second is sigmoid(gain <Z> + bias) with
    Z on the last qubit, which the entangling gates join with all others (without them: the mean of Z over all qubits);
    for more classes it is a softmax with one product of Z for each class. Angles, scalings, gain and biases are trained
    together by Adam on the cross-entropy, with exact gradients of the exact simulation.

    Parameters
    ----------
    n_qubits : int, default=4
        1 to 20.
    n_layers : int, default=2
        Repetitions of encoding, rotations and entangling gates.
    encoding : {"RY", "RX", "RZ"}, default="RY"
        Gate that encodes a feature.
    rotation : {"Rot", "RY", "RY+RZ"}, default="Rot"
        Trained gates of each qubit in a layer.
    entangler : {"CNOT", "CZ", None}, default="CNOT"
        Two-qubit gate; None leaves a product of single qubits, which no quantum computer is needed for.
    pattern : {"line", "ring", "full"}, default="line"
        Which pairs are entangled; a line needs the fewest gates on real devices.
    train_angles, train_scalings : bool, default=True
        Whether the rotations, and the factors on each encoded feature, are trained.
    n_steps : int, default=150
        Steps of Adam on all rows; the learning rate falls to 0 by a cosine.
    learning_rate : float, default=0.1
        Of the first step, radians.
    n_restarts : int, default=2
        Random starts trained side by side; the lowest training loss is kept.
    start_width : float, default=1.0
        Starting angles are uniform in [-start_width, start_width], radians.
    input_map : {"range", "rank"}, default="range"
        How features become angles, see `ToQubits`.
    reduction : {"components", "discriminant"}, default="components"
        What stands for more features than qubits, see `ToQubits`.
    precision : {"float32", "float64"}, default="float32"
        Of the simulated state.
    n_threads : int, default=1
        Threads of the simulator.
    random_state : int, RandomState or None, default=None
        Draws the starting angles.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    circuit_ : Circuit
        The circuit, without its numbers.
    angles_, scalings_ : ndarray
        Trained parameters in the shapes that `circuit_` names, radians.
    gain_, biases_ : float, ndarray
        The classical end of the model.
    loss_curves_ : ndarray of shape (n_restarts, n_steps)
        Mean cross-entropy before each step, nats.

    References
    ----------
    Schuld, Bocharov, Svore and Wiebe (2020), Physical Review A 101, 032308 (circuit-centric classifiers);
    Perez-Salinas, Cervera-Lierta, Gil-Fuster and Latorre (2020), Quantum 4, 226 (data re-uploading).

    Examples
    --------
    >>> x = np.linspace(-1, 1, 40).reshape(-1, 1)
    >>> model = VariationalQuantumClassifier(n_qubits=1, random_state=0).fit(x, np.abs(x.ravel()) < 0.5)
    >>> float(model.score(x, np.abs(x.ravel()) < 0.5)) > 0.9
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
        train_angles: bool = True,
        train_scalings: bool = True,
        n_steps: int = 150,
        learning_rate: float = 0.1,
        n_restarts: int = 2,
        start_width: float = 1.0,
        input_map: str = "range",
        reduction: str = "components",
        precision: str = "float32",
        n_threads: int = 1,
        random_state: Any = None,
    ) -> None:
        self.n_qubits = n_qubits
        self.n_layers = n_layers
        self.encoding = encoding
        self.rotation = rotation
        self.entangler = entangler
        self.pattern = pattern
        self.train_angles = train_angles
        self.train_scalings = train_scalings
        self.n_steps = n_steps
        self.learning_rate = learning_rate
        self.n_restarts = n_restarts
        self.start_width = start_width
        self.input_map = input_map
        self.reduction = reduction
        self.precision = precision
        self.n_threads = n_threads
        self.random_state = random_state

    def fit(self, X: "ArrayLike", y: "ArrayLike") -> Self:
        """Train on rows X of shape (n_samples, n_features) with labels y of shape (n_samples,).

        Raises
        ------
        ValueError
            If the data or a parameter is not usable; the message says how.
        """
        X, labels = self._begun(X, y)
        self.inputs_ = ToQubits(self.n_qubits, input_map=self.input_map, reduction=self.reduction).fit(X, labels)
        rng = check_random_state(self.random_state)
        starts = rng.uniform(-self.start_width, self.start_width, (self.n_restarts, *self.circuit_.angles_shape))
        settings = Training(
            n_steps=self.n_steps,
            learning_rate=self.learning_rate,
            train_angles=self.train_angles,
            train_scalings=self.train_scalings,
            n_models=self.n_restarts,
            precision=self.precision,
            n_threads=self.n_threads,
        )
        found = train(self.circuit_, self.inputs_.transform(X), labels, settings, angles=starts)
        best = found.best_model
        self.angles_, self.scalings_ = found.angles[best], found.scalings[best]
        self.gain_, self.biases_ = float(np.asarray(found.head.gain)[best]), np.asarray(found.head.biases)[best]
        self.loss_curves_ = found.losses
        self.n_iter_ = self.n_steps
        return self

    def _begun(self, X: "ArrayLike", y: "ArrayLike") -> "tuple[NDArray[np.float64], NDArray[np.int64]]":
        """Check the data and choose the circuit: the rows, and the classes as numbers from 0."""
        rows, labels = labelled(self, X, y)
        self.circuit_ = Circuit(
            self.n_qubits,
            self.n_layers,
            encoding=self.encoding,
            rotation=self.rotation,
            entangler=self.entangler,
            pattern=self.pattern,
            observables=observables_for(len(self.classes_), self.n_qubits, self.entangler),
        )
        return rows, labels

    def decision_function(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Logits: shape (n_samples,) for two classes (positive speaks for the second), else (n_samples, n_classes)."""
        check_is_fitted(self)
        found = expectations(
            self.circuit_,
            self.angles_,
            self.scalings_,
            self.encoded(X),
            precision=self.precision,
            n_threads=self.n_threads,
        )
        logits = self.gain_ * np.asarray(found, dtype=np.float64) + self.biases_
        return logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_proba(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Probabilities of shape (n_samples, n_classes), columns in the order of `classes_`."""
        return chances(self.decision_function(X))

    def predict(self, X: "ArrayLike") -> "NDArray":
        """Labels of shape (n_samples,)."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def encoded(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """What the circuit is given for each row: shape (n_samples, n_qubits), radians before the scalings."""
        check_is_fitted(self)
        return self.inputs_.transform(validate_data(self, X, dtype=np.float64, reset=False))


def observables_for(n_classes: int, n_qubits: int, entangler: str | None) -> tuple[Observable, ...]:
    """Choose what is measured: one observable for two classes, else one for each class; ValueError as `z_strings`."""
    if n_classes == 2 and entangler is None:
        return (MEAN_Z,)
    return z_strings(n_qubits, 1 if n_classes == 2 else n_classes)


def z_strings(n_qubits: int, count: int) -> tuple[tuple[int, ...], ...]:
    """Choose observables: Z on single qubits from the last one on, then products of two, three, ...

    >>> z_strings(2, 3)
    ((1,), (0,), (0, 1))

    Raises
    ------
    ValueError
        If there are fewer such products than asked for.
    """
    if n_qubits >= 1 and count > 2**n_qubits - 1:
        raise ValueError(f"{count} classes need more than {n_qubits} qubit(s); use at least {(count).bit_length()}")
    subsets = itertools.chain.from_iterable(
        itertools.combinations(range(n_qubits - 1, -1, -1), size) for size in range(1, n_qubits + 1)
    )
    return tuple(tuple(sorted(subset)) for subset in itertools.islice(subsets, count))
