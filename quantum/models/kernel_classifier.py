"""A support vector machine on a quantum kernel, simulated exactly, as an estimator of scikit-learn."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from lab.learning.calibration import rising_sigmoid, rising_softmax
from quantum.circuit import Circuit
from quantum.models.inputs import ToQubits
from quantum.models.labelled import chances, labelled
from quantum.simulator.calls import states

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["QuantumKernelClassifier", "bloch_vectors", "fidelity_kernel", "projected_kernel"]

KERNELS = ("projected", "fidelity")


class QuantumKernelClassifier(ClassifierMixin, BaseEstimator):
    """A support vector machine whose kernel compares the states into which a circuit puts two rows.

    The circuit loads the features (one angle a qubit, see `ToQubits`) times `bandwidth` in every layer, between fixed
    random rotations and entangling gates; nothing in it is trained. "fidelity" is |<a|b>|^2; "projected" is a Gaussian of
    the distance between the qubits' own states. Probabilities are by Platt's method on three folds of the training rows, with
    a curve on which a class never gets less likely as its machine's score rises.

    Parameters
    ----------
    n_qubits : int, default=4
    n_layers : int, default=2
    kernel : {"projected", "fidelity"}, default="projected"
    bandwidth : float, default=0.5
        Factor on the angles; small ones keep states close to each other.
    gamma : float, default=1.0
        Of the Gaussian of the projected kernel, relative to 1 / the median squared distance of training rows.
    C : float, default=1.0
        Of the support vector machine.
    entangler : {"CZ", "CNOT", None}, default="CZ"
    input_map : {"range", "rank"}, default="range"
        How features become angles, see `ToQubits`.
    reduction : {"components", "discriminant"}, default="components"
        What stands for more features than qubits, see `ToQubits`.
    random_state : int, RandomState or None, default=None
        Draws the fixed rotations.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    circuit_, angles_ : Circuit, ndarray
        The circuit and its fixed rotations.
    support_vectors_, dual_weights_, intercepts_ : ndarray
        States (or Bloch vectors) of the rows that count, their weights in each machine, and its intercept.
    slopes_, biases_ : ndarray of shapes (n_machines, n_machines), (n_machines,)
        Of Platt's sigmoid, or for several classes of a softmax of all machines' scores; none of them falls.

    References
    ----------
    Havlicek et al. (2019), Nature 567, 209; Huang et al. (2021), Nature Communications 12, 2631 (projected kernels);
    Shaydulin and Wild (2022), Physical Review A 106, 042407 (bandwidth); Platt (1999).

    Examples
    --------
    >>> x = np.linspace(-1, 1, 40).reshape(-1, 1)
    >>> model = QuantumKernelClassifier(n_qubits=2, random_state=0, C=10.0).fit(x, np.abs(x.ravel()) < 0.5)
    >>> float(model.score(x, np.abs(x.ravel()) < 0.5)) > 0.9
    True
    """

    def __init__(
        self,
        n_qubits: int = 4,
        n_layers: int = 2,
        *,
        kernel: str = "projected",
        bandwidth: float = 0.5,
        gamma: float = 1.0,
        C: float = 1.0,  # noqa: N803  scikit-learn's name for it
        entangler: str | None = "CZ",
        input_map: str = "range",
        reduction: str = "components",
        random_state: Any = None,
    ) -> None:
        self.n_qubits = n_qubits
        self.n_layers = n_layers
        self.kernel = kernel
        self.bandwidth = bandwidth
        self.gamma = gamma
        self.C = C
        self.entangler = entangler
        self.input_map = input_map
        self.reduction = reduction
        self.random_state = random_state

    def fit(self, X: "ArrayLike", y: "ArrayLike") -> Self:
        """Learn from rows X of shape (n_samples, n_features) with labels y of shape (n_samples,).

        Raises
        ------
        ValueError
            If the data or a parameter is not usable.
        """
        self._require_parameters()
        rows, labels = labelled(self, X, y)
        self._set_up(rows, labels)
        seen = self._embedded(rows)
        self._set_width(seen)
        gram = self._kernel(seen, seen)
        weights, self.intercepts_ = self._machines(gram, labels)
        kept = np.flatnonzero(weights.any(axis=0))
        self.support_vectors_, self.dual_weights_ = seen[kept], weights[:, kept]
        self.slopes_, self.biases_ = self._calibrate(gram, labels)
        return self

    def decision_function(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Logits: shape (n_samples,) for two classes (positive speaks for the second), else (n_samples, n_classes)."""
        logits = self._decisions(X) @ self.slopes_.T + self.biases_
        return logits[:, 0] if logits.shape[1] == 1 else logits

    def predict_proba(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Probabilities of shape (n_samples, n_classes), columns in the order of `classes_`."""
        return chances(self.decision_function(X))

    def predict(self, X: "ArrayLike") -> "NDArray":
        """Labels of shape (n_samples,)."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def _require_parameters(self) -> None:
        if self.kernel not in KERNELS:
            raise ValueError(f"kernel is {self.kernel!r}; choose one of {', '.join(map(repr, KERNELS))}")
        self._require_positive("bandwidth", "gamma", "C")

    def _require_positive(self, *names: str) -> None:
        for name in names:
            if not 0.0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be positive and finite")

    def _set_up(self, X: "NDArray", y: "NDArray") -> None:
        """Find the way from rows of shape (n_samples, n_features) to angles, and draw the circuit's fixed rotations."""
        self.inputs_ = ToQubits(self.n_qubits, input_map=self.input_map, reduction=self.reduction).fit(X, y)
        self.circuit_ = Circuit(self.n_qubits, self.n_layers, rotation="Rot", entangler=self.entangler)
        rng = check_random_state(self.random_state)
        self.angles_ = rng.uniform(-np.pi, np.pi, self.circuit_.angles_shape)

    def _set_width(self, seen: "NDArray") -> None:
        """Choose the width of the projected kernel's Gaussian by the distances of the training rows."""
        if self.kernel != "projected":
            return
        distances = _squared_distances(seen, seen)
        median = float(np.median(distances[np.triu_indices(len(seen), 1)])) if len(seen) > 1 else 0.0
        self.width_ = self.gamma / median if median > 0.0 else self.gamma

    def _embedded(self, X: "NDArray") -> "NDArray":
        scalings = np.full(self.circuit_.scalings_shape, self.bandwidth)
        found = states(self.circuit_, self.angles_, scalings, self.inputs_.transform(X), n_threads=1)
        return bloch_vectors(found) if self.kernel == "projected" else found

    def _kernel(self, a: "NDArray", b: "NDArray") -> "NDArray[np.float64]":
        if self.kernel == "fidelity":
            return fidelity_kernel(a, b)
        return np.exp(-self.width_ * _squared_distances(a, b))

    def _decisions(self, X: "ArrayLike") -> "NDArray[np.float64]":
        check_is_fitted(self)
        embedded = self._embedded(np.asarray(validate_data(self, X, dtype=np.float64, reset=False)))
        return self._kernel(embedded, self.support_vectors_) @ self.dual_weights_.T + self.intercepts_

    def _machines(self, gram: "NDArray", labels: "NDArray") -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        """Weights of the rows, shape (n_machines, n_rows), and intercepts: one machine, or each class against the rest."""
        n_classes = len(self.classes_)
        weights, intercepts = [], []
        for label in (1,) if n_classes == 2 else range(n_classes):
            machine = SVC(C=self.C, kernel="precomputed").fit(gram, labels == label)
            of_rows = np.zeros(len(labels))
            of_rows[machine.support_] = machine.dual_coef_[0]
            weights.append(of_rows)
            intercepts.append(machine.intercept_[0])
        return np.array(weights), np.array(intercepts)

    def _calibrate(self, gram: "NDArray", labels: "NDArray") -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        """Slopes (n_machines, n_machines) and biases (n_machines,) of a rising curve, from decisions about rows not learned from."""
        decisions = self._held_out(gram, labels)
        if len(self.classes_) > 2:
            return rising_softmax(decisions, labels)
        slope, bias = rising_sigmoid(decisions[:, 0], labels == 1)
        return np.array([[slope]]), np.array([bias])

    def _held_out(self, gram: "NDArray", labels: "NDArray") -> "NDArray[np.float64]":
        """Decisions of shape (n_rows, n_machines) by machines that have not seen the row."""
        n_folds = min(3, int(np.bincount(labels).min()))
        if n_folds < 2:  # one row of a class cannot be kept aside
            weights, intercepts = self._machines(gram, labels)
            return np.asarray(gram @ weights.T + intercepts)
        found = np.empty((len(labels), 1 if len(self.classes_) == 2 else len(self.classes_)))
        for train, test in StratifiedKFold(n_folds).split(gram, labels):
            weights, intercepts = self._machines(gram[np.ix_(train, train)], labels[train])
            found[test] = gram[np.ix_(test, train)] @ weights.T + intercepts
        return found


def fidelity_kernel(a: "NDArray", b: "NDArray") -> "NDArray[np.float64]":
    """|<a|b>|^2 between states of shape (n, 2^q) and (m, 2^q): shape (n, m), in [0, 1]."""
    overlaps = a.conj() @ b.T
    return np.asarray(overlaps.real**2 + overlaps.imag**2, dtype=np.float64)


def projected_kernel(a: "NDArray", b: "NDArray", gamma: float) -> "NDArray[np.float64]":
    """exp(-gamma sum over qubits of |rho_a - rho_b|^2) between states of shape (n, 2^q) and (m, 2^q): shape (n, m).

    The squared Hilbert-Schmidt distance of two qubits is half that of their Bloch vectors.
    """
    return np.exp(-gamma * _squared_distances(bloch_vectors(a), bloch_vectors(b)))


def bloch_vectors(states: "NDArray") -> "NDArray[np.float64]":
    """Give <X>, <Y>, <Z> of every qubit, each over sqrt 2: shape (n, 3 q) from states of shape (n, 2^q)."""
    n, size = states.shape
    found = []
    for q in range(size.bit_length() - 1):
        halves = states.reshape(n, 1 << q, 2, -1)
        zero, one = halves[:, :, 0].reshape(n, -1), halves[:, :, 1].reshape(n, -1)
        coherence = np.einsum("ni,ni->n", zero.conj(), one)
        z = np.einsum("ni,ni->n", zero.conj(), zero).real - np.einsum("ni,ni->n", one.conj(), one).real
        found += [2 * coherence.real, 2 * coherence.imag, z]
    return np.column_stack(found).astype(np.float64) / np.sqrt(2.0)


def _squared_distances(a: "NDArray", b: "NDArray") -> "NDArray[np.float64]":
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2.0 * a @ b.T
    return np.maximum(squared, 0.0)
