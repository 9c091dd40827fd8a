"""What does the circuit answer, and how does the answer change with its parameters? Exact, batched, on a CPU.

All functions take one set of parameters, or many models of equal shape side by side with a leading
``n_models`` axis; the samples are then shared, or different for each model. Results are equal to the last bit
for any number of threads. See `quantum.circuit` for the conventions and `quantum.simulator.passes` for the method.

Precision: float32 states keep expectations to about 1e-6 and gradients to about 1e-6 of the sum of absolute
cotangents (rounding grows like the square root of the number of gates); "float64" gives 1e-12.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantum.circuit import Circuit
from quantum.simulator.layout import EXPECT, PULL_BACK, SIGMOID, SOFTMAX, STATES
from quantum.simulator.native import PRECISIONS, is_compiled, warm_up
from quantum.simulator.workspace import Workspace, workspace_for

__all__ = [
    "Gradient",
    "Head",
    "LossGradient",
    "cross_entropy_and_gradient",
    "expectations",
    "expectations_and_gradient",
    "is_compiled",
    "states",
    "warm_up",
]

Floats = NDArray[np.float64]
_ANGLES_USED = {"Rot": slice(0, 3), "RY": slice(1, 2), "RY+RZ": slice(1, 3)}


class Gradient(NamedTuple):
    """Derivatives, each in the shape of what it is taken by; None where that was not asked for."""

    angles: Floats
    scalings: Floats | None
    features: Floats | None


class Head(NamedTuple):
    """Classical end of a classifier: logit k = gain * expectation k + bias k.

    `gain` has shape () or (n_models,), `biases` (n_observables,) or (n_models, n_observables).
    """

    gain: ArrayLike
    biases: ArrayLike


class LossGradient(NamedTuple):
    """Derivatives of the mean loss; `scalings` is None if they are fixed at 1, `features` unless they were asked for."""

    angles: Floats
    scalings: Floats | None
    gain: Floats
    biases: Floats
    features: Floats | None = None


def expectations(
    circuit: Circuit, angles: ArrayLike, scalings: ArrayLike | None, features: ArrayLike, *,
    precision: str = "float32", n_threads: int | None = None,
) -> NDArray:  # fmt: skip
    """Compute the expectation of every observable for every sample.

    Parameters
    ----------
    circuit : Circuit
    angles : array-like of shape ([n_models,] n_layers, n_qubits, angles per rotation)
        Radians.
    scalings : array-like of shape ([n_models,] n_encoding_layers, n_qubits), or None for ones
        Radians per unit of the feature.
    features : array-like of shape ([n_models,] n_samples, n_qubits)
    precision : {"float32", "float64"}
    n_threads : int, optional
        All cores that the process may use, unless given.

    Returns
    -------
    array of shape ([n_models,] n_samples, n_observables), in [-1, 1]

    Raises
    ------
    ValueError
        If a shape does not fit the circuit, there is no sample, or a number is not finite.

    Examples
    --------
    >>> circuit = Circuit(n_qubits=1, n_layers=1, rotation="RY")
    >>> values = expectations(circuit, [[[0.0]]], None, [[0.0], [np.pi]], precision="float64")
    >>> values.round(12).tolist()
    [[1.0], [-1.0]]
    """
    call = _Call(circuit, angles, scalings, features, precision, n_threads)
    workspace = call.workspace(EXPECT)
    workspace.run()
    return call.out(_by_sample(workspace))


def expectations_and_gradient(
    circuit: Circuit, angles: ArrayLike, scalings: ArrayLike | None, features: ArrayLike,
    cotangents: ArrayLike | Callable[[NDArray], ArrayLike], *,
    feature_gradient: bool = False, precision: str = "float32", n_threads: int | None = None,
) -> tuple[NDArray, Gradient]:  # fmt: skip
    """Compute expectations and the gradient of any function of them (a vector-Jacobian product).

    Parameters
    ----------
    circuit, angles, scalings, features, precision, n_threads
        As in `expectations`.
    cotangents : array-like of shape ([n_models,] n_samples, n_observables), or callable
        Derivative of your function by each expectation. A callable gets the expectations and returns
        it, at the price of a second forward pass.
    feature_gradient : bool
        Also differentiate by the features (one gradient per model and sample).

    Returns
    -------
    expectations : array of shape ([n_models,] n_samples, n_observables)
    gradient : Gradient

    Raises
    ------
    ValueError
        If a shape does not fit the circuit, there is no sample, or a number is not finite.

    Examples
    --------
    >>> circuit = Circuit(n_qubits=1, n_layers=1, rotation="RY")     # <Z> = cos(angle + x)
    >>> values, gradient = expectations_and_gradient(
    ...     circuit, [[[0.3]]], None, [[0.2]], [[1.0]], precision="float64")
    >>> bool(np.isclose(gradient.angles[0, 0, 0], -np.sin(0.5), atol=1e-12))
    True
    """
    call = _Call(circuit, angles, scalings, features, precision, n_threads)
    if callable(cotangents):
        first = call.workspace(EXPECT)
        first.run()
        cotangents = cotangents(call.out(_by_sample(first)))
    pulls = call.shaped("cotangents", cotangents, (call.n_samples, circuit.n_observables))
    workspace = call.workspace(PULL_BACK)
    workspace.cotangents[..., : call.n_samples] = np.swapaxes(pulls, -1, -2)
    workspace.run()
    gradient = Gradient(
        angles=call.out(used_angles(workspace, workspace.angle_gradient)),
        scalings=call.out(workspace.scaling_gradient()) if scalings is not None else None,
        features=call.out(workspace.feature_gradient(call.scalings)) if feature_gradient else None,
    )
    return call.out(_by_sample(workspace)), gradient


def cross_entropy_and_gradient(
    circuit: Circuit, angles: ArrayLike, scalings: ArrayLike | None, head: Head, features: ArrayLike,
    labels: ArrayLike, *, sample_weights: ArrayLike | None = None, feature_gradient: bool = False,
    precision: str = "float32", n_threads: int | None = None,
) -> tuple[Floats, LossGradient]:  # fmt: skip
    """Compute a classifier's mean cross-entropy and its gradient in one pass.

    With one observable there are two classes and the probability of class 1 is sigmoid(logit); with more
    there is a class per observable and a softmax.

    Parameters
    ----------
    circuit, angles, scalings, features, precision, n_threads
        As in `expectations`.
    head : Head
    labels : array-like of int, shape ([n_models,] n_samples)
        0 to n_classes - 1.
    sample_weights : array-like of shape ([n_models,] n_samples), optional
        Not negative, with a positive sum; the loss is the weighted mean. A model skips samples of weight 0
        in the loss, so models can train on different subsets of shared samples.
    feature_gradient : bool
        Also differentiate by the features (one gradient per model and sample).

    Returns
    -------
    loss : array of shape () or (n_models,), nats
    gradient : LossGradient

    Raises
    ------
    ValueError
        If a shape does not fit the circuit, there is no sample, a number is not finite, a label is out of
        range, or the weights cannot be averaged.

    Examples
    --------
    >>> circuit = Circuit(n_qubits=2, n_layers=1)
    >>> loss, gradient = cross_entropy_and_gradient(
    ...     circuit, np.zeros((1, 2, 3)), None, Head(0.0, [0.0]), [[0.1, 0.2], [0.3, 0.4]], [0, 1])
    >>> round(float(loss), 6) == round(float(np.log(2)), 6), gradient.biases.tolist()
    (True, [0.0])
    """
    call = _Call(circuit, angles, scalings, features, precision, n_threads)
    targets, weights = checked_targets(circuit, call.n_samples, call.n_models, labels, sample_weights)
    workspace = call.workspace(loss_mode(circuit))
    workspace.set_targets(targets, weights)
    gain = np.asarray(head.gain, np.float64)
    if gain.shape not in {(), (call.n_models,)}:
        raise ValueError(f"head.gain has shape {gain.shape}; it must be one number, or one for each model")
    workspace.head[:, 0] = _finite("head.gain", gain)
    workspace.head[:, 1:] = call.shaped("head.biases", head.biases, (circuit.n_observables,))
    workspace.run()
    return call.out(workspace.head_gradient[:, 0]), LossGradient(
        angles=call.out(used_angles(workspace, workspace.angle_gradient)),
        scalings=call.out(workspace.scaling_gradient()) if scalings is not None else None,
        gain=call.out(workspace.head_gradient[:, 1]),
        biases=call.out(workspace.head_gradient[:, 2:]),
        features=call.out(workspace.feature_gradient(call.scalings)) if feature_gradient else None,
    )


def states(
    circuit: Circuit, angles: ArrayLike, scalings: ArrayLike | None, features: ArrayLike, *,
    precision: str = "float32", n_threads: int | None = None,
) -> NDArray:  # fmt: skip
    """Compute final state vectors, for quantum kernels and inspection.

    Parameters
    ----------
    circuit, angles, scalings, features, precision, n_threads
        As in `expectations`.

    Returns
    -------
    complex array of shape ([n_models,] n_samples, 2**n_qubits)
        complex64 or complex128; qubit 0 is the most significant bit of the index.

    Raises
    ------
    ValueError
        If a shape does not fit the circuit, there is no sample, or a number is not finite.

    Examples
    --------
    >>> bell = Circuit(n_qubits=2, n_layers=1, rotation="RY")
    >>> found = states(bell, np.zeros((1, 2, 1)), None, [[np.pi / 2, 0.0]], precision="float64")
    >>> found.round(4).real.tolist()
    [[0.7071, 0.0, 0.0, 0.7071]]
    """
    call = _Call(circuit, angles, scalings, features, precision, n_threads)
    workspace = call.workspace(STATES)
    workspace.run()
    return call.out(workspace.states[:, : call.n_samples])


def loss_mode(circuit: Circuit) -> int:
    """Which loss the compiled code computes for this circuit's observables."""
    return SIGMOID if circuit.n_observables == 1 else SOFTMAX


def checked_targets(
    circuit: Circuit, n_samples: int, n_models: int, labels: ArrayLike, sample_weights: ArrayLike | None
) -> tuple[NDArray[np.int64], Floats]:
    """Check labels and weights, shape ([n_models,] n_samples); scale the weights of each model to a sum of 1.

    Raises
    ------
    ValueError
        If there is not one for each sample, a label is no class, or the weights of a model are negative or all zero.
    """
    shapes = {(n_samples,), (n_models, n_samples)}
    targets = np.asarray(labels)
    if targets.shape not in shapes:
        raise ValueError(f"labels have shape {targets.shape}; one per sample is needed: ({n_samples},)")
    n_classes = max(2, circuit.n_observables)
    if targets.dtype.kind not in "iub" or targets.min() < 0 or targets.max() >= n_classes:
        raise ValueError(
            f"labels must be whole numbers from 0 to {n_classes - 1}, found {targets.dtype} "
            f"from {targets.min()} to {targets.max()}; number the classes first"
        )
    weights = np.ones(n_samples) if sample_weights is None else np.asarray(sample_weights, np.float64)
    if weights.shape not in shapes:
        raise ValueError(f"sample_weights have shape {weights.shape}; one per sample is needed: ({n_samples},)")
    total = _finite("sample_weights", weights).sum(axis=-1, keepdims=True)
    if weights.min() < 0 or total.min() <= 0:
        raise ValueError("sample_weights must not be negative and must have a positive sum for each model")
    return targets.astype(np.int64), weights / total


def checked_features(circuit: Circuit, features: ArrayLike) -> Floats:
    """Check samples: finite numbers of shape ([n_models,] n_samples, n_qubits), at least one sample.

    Raises
    ------
    ValueError
        If they are something else.
    """
    samples = np.asarray(features, dtype=np.float64)
    if samples.ndim not in (2, 3) or samples.shape[-1] != circuit.n_qubits:
        raise ValueError(
            f"features have shape {samples.shape}; this circuit needs (n_samples, {circuit.n_qubits}): "
            "one column for each qubit"
        )
    if samples.size == 0:
        raise ValueError(f"features have shape {samples.shape}: no samples; give at least one row")
    return _finite("features", samples)


class _Call:
    """Checked arguments with the model axis in place, and the way back to the caller's shapes."""

    def __init__(
        self, circuit: Circuit, angles: ArrayLike, scalings: ArrayLike | None, features: ArrayLike,
        precision: str, n_threads: int | None,
    ) -> None:  # fmt: skip
        if precision not in PRECISIONS:
            raise ValueError(f"precision is {precision!r}; choose one of {', '.join(map(repr, PRECISIONS))}")
        if n_threads is not None and (not isinstance(n_threads, int) or n_threads < 1):
            raise ValueError(f"n_threads is {n_threads!r}; it must be at least 1, or None for all cores")
        self.circuit, self.precision, self.n_threads = circuit, precision, n_threads
        self.features = checked_features(circuit, features)
        self.n_samples = self.features.shape[-2]
        turns = np.asarray(angles, np.float64)
        factors = np.ones(circuit.scalings_shape) if scalings is None else np.asarray(scalings, np.float64)
        counts = {len(array) for array, ndim in ((turns, 4), (factors, 3), (self.features, 3)) if array.ndim == ndim}
        if len(counts) > 1 or 0 in counts:
            raise ValueError(f"angles, scalings and features disagree on the number of models: {sorted(counts)}")
        self.batched = bool(counts)
        self.n_models = counts.pop() if counts else 1
        self.angles = self.shaped("angles", turns, circuit.angles_shape)
        self.scalings = self.shaped("scalings", factors, circuit.scalings_shape)

    def shaped(self, name: str, values: ArrayLike, shape: tuple[int, ...]) -> Floats:
        """Check the shape, with or without the model axis, and give it a model axis.

        Raises
        ------
        ValueError
            If the shape is another one, or a value is not finite.
        """
        array = np.asarray(values, np.float64)
        if array.shape not in {shape, (self.n_models, *shape)}:
            raise ValueError(f"{name} have shape {array.shape}; this circuit needs {shape}, or n_models in front")
        return _finite(name, array if array.ndim > len(shape) else array[None])

    def workspace(self, mode: int) -> Workspace:
        """Buffers with the samples and angles in place."""
        workspace = workspace_for(
            self.circuit, mode, self.n_models, self.n_samples,
            precision=self.precision, n_threads=self.n_threads,
        )  # fmt: skip
        workspace.set_features(self.features)
        workspace.set_scalings(self.scalings)
        set_angles(workspace, self.angles)
        return workspace

    def out(self, values: NDArray) -> NDArray:
        """Drop the model axis if the caller gave none."""
        return np.array(values if self.batched else values[0])


def set_angles(workspace: Workspace, angles: Floats) -> None:
    """Write a circuit's angles into the three of a general rotation."""
    workspace.angles[..., _ANGLES_USED[workspace.circuit.rotation]] = angles


def used_angles(workspace: Workspace, values: Floats) -> Floats:
    """View a circuit's own angles in an array of the three angles of general rotations."""
    return values[..., _ANGLES_USED[workspace.circuit.rotation]]


def _by_sample(workspace: Workspace) -> NDArray:
    return np.swapaxes(workspace.expectations, -1, -2)[:, : workspace.n_samples]


def _finite(name: str, array: Floats) -> Floats:
    if not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite, found {array[place]} at {place}; fill or drop such values first")
    return array
