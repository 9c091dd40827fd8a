"""How are the parameters found? Adam on the mean cross-entropy, for one model or many side by side.

Models of equal shape (random restarts, seeds, folds) share every call of the simulator. They differ in their
start and, through `sample_weights`, in the samples that they may see; each stops by its own validation loss.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantum.circuit import Circuit
from quantum.simulator.calls import Head, checked_features, checked_targets, loss_mode, set_angles, used_angles
from quantum.simulator.steps import Descent, Samples, learning_rates
from quantum.simulator.workspace import Workspace

Floats = NDArray[np.float64]
OnStep = Callable[[int, Floats], None]
SCHEDULES = ("constant", "cosine")


@dataclass(frozen=True)
class Training:
    """Settings of `train`.

    Parameters
    ----------
    n_steps : int
        Updates of the parameters at most.
    learning_rate : float
        Of Adam, radians per step at first.
    schedule : {"cosine", "constant"}
        "cosine" lets the learning rate fall to 0 at `n_steps`.
    batch_size : int or None
        Samples per step, drawn without replacement epoch by epoch; None uses all.
    validation_share : float
        Share of the samples, in [0, 1), kept aside to stop by; 0 never stops early. The share is of the
        shared samples, whatever their weights.
    patience : int
        Checks of the validation loss without improvement after which a model stops.
    check_every : int
        Steps between checks.
    train_angles, train_scalings : bool
        Train the rotations, and the scalings of the encoding, else keep them at their start.
    n_models : int
        Random starts side by side.
    seed : int
        Of starts, the validation share and mini-batches.
    precision : {"float32", "float64"}
    n_threads : int or None

    Raises
    ------
    ValueError
        If a number is out of its range or a name is not listed above.
    """

    n_steps: int = 200
    learning_rate: float = 0.05
    schedule: str = "cosine"
    batch_size: int | None = None
    validation_share: float = 0.0
    patience: int = 10
    check_every: int = 5
    train_angles: bool = True
    train_scalings: bool = False
    n_models: int = 1
    seed: int = 0
    precision: str = "float32"
    n_threads: int | None = None

    def __post_init__(self) -> None:
        """Check every field."""
        for name in ("n_steps", "patience", "check_every", "n_models"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if self.batch_size is not None and self.batch_size < 1:
            raise ValueError(f"batch_size is {self.batch_size}; it must be at least 1, or None for all samples")
        if not 0.0 < self.learning_rate < np.inf:
            raise ValueError(f"learning_rate is {self.learning_rate}; it must be positive and finite")
        if not 0.0 <= self.validation_share < 1.0:
            raise ValueError(f"validation_share is {self.validation_share}; it must be in [0, 1)")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"schedule is {self.schedule!r}; choose one of {', '.join(map(repr, SCHEDULES))}")


@dataclass(frozen=True)
class Trained:
    """What `train` found; the first axis is always the model.

    `losses` has shape (n_models, steps taken) with NaN after a model stopped, `validation_losses`
    (n_models, checks) likewise. Parameters are those of the best check, or the last step without validation.
    `snapshots` are the parameters before the steps that were asked for: (steps done, angles, scalings, head).
    """

    angles: Floats
    scalings: Floats
    head: Head
    losses: Floats
    validation_losses: Floats
    best_step: NDArray[np.int64]
    snapshots: tuple[tuple[int, Floats, Floats, Head], ...] = ()

    @property
    def best_model(self) -> int:
        """Model with the lowest validation loss, or the lowest final training loss without validation."""
        losses = self.validation_losses if self.validation_losses.size else self.losses
        return int(np.argmin(np.nanmin(losses, axis=1) if self.validation_losses.size else _last(losses)))


def train(
    circuit: Circuit, features: ArrayLike, labels: ArrayLike, settings: Training | None = None, *,
    angles: ArrayLike | None = None, sample_weights: ArrayLike | None = None, on_step: OnStep | None = None,
    keep_steps: Sequence[int] = (),
) -> Trained:  # fmt: skip
    """Train classifiers by Adam (Kingma and Ba 2015, arXiv:1412.6980: beta 0.9 and 0.999, epsilon 1e-8).

    Parameters
    ----------
    circuit : Circuit
        One observable: two classes; more: one class per observable.
    features : array-like of shape ([n_models,] n_samples, n_qubits)
    labels : array-like of int, shape ([n_models,] n_samples)
    settings : Training, optional
    angles : array-like of shape ([n_models,] n_layers, n_qubits, angles per rotation), optional
        Start; uniform in [-pi, pi) unless given. Gain starts at 1, biases at 0, scalings at 1.
    sample_weights : array-like of shape ([n_models,] n_samples), optional
        0 hides a sample from a model, in training and in its validation.
    on_step : callable, optional
        Called for every step with its number (from 1) and a copy of the losses, shape (n_models,); steps of
        small circuits are told in bursts of up to 64.
    keep_steps : sequence of int
        Numbers of steps done after which the parameters are kept as a snapshot; 0 is the start.

    Raises
    ------
    ValueError
        If the samples, labels or weights are not usable; the message says how.

    Examples
    --------
    >>> circuit = Circuit(n_qubits=1, n_layers=1, rotation="RY")
    >>> found = train(circuit, [[0.0], [3.1]], [0, 1], Training(n_steps=50, learning_rate=0.2))
    >>> bool(found.losses[0, -1] < found.losses[0, 0])
    True
    """
    chosen = settings or Training()
    samples = checked_features(circuit, features)
    n_samples, models = samples.shape[-2], chosen.n_models
    if samples.ndim == 3 and len(samples) != models:
        raise ValueError(f"features hold {len(samples)} models but n_models is {models}; make them equal")
    targets, weights = checked_targets(circuit, n_samples, models, labels, sample_weights)
    rng = np.random.default_rng(chosen.seed)
    start = rng.uniform(-np.pi, np.pi, (models, *circuit.angles_shape))
    if angles is not None:
        start = np.broadcast_to(np.asarray(angles, np.float64), start.shape)
    order = rng.permutation(n_samples)
    n_held = round(chosen.validation_share * n_samples)
    if chosen.validation_share > 0.0 and not 0 < n_held < n_samples:
        raise ValueError(
            f"validation_share {chosen.validation_share} of {n_samples} samples leaves {n_held} to validate "
            f"on and {n_samples - n_held} to train on; change the share or give more samples"
        )
    data = Samples(samples, targets, weights)
    loop = _Loop(circuit, chosen, start, data, order[n_held:], order[:n_held], rng)
    return loop.run(on_step, sorted(set(keep_steps)))


class _Loop:
    """State of one training: what moves, who still moves, and the best found so far."""

    def __init__(
        self, circuit: Circuit, settings: Training, start: Floats,
        data: Samples, fit: NDArray[np.int64], held: NDArray[np.int64], rng: np.random.Generator,
    ) -> None:  # fmt: skip
        self.settings, self.rng = settings, rng
        seen = data.of(np.sort(fit))
        self.n_seen, self.batch_size = len(fit), min(settings.batch_size or len(fit), len(fit))
        self.workspace = workspace = self._workspace(circuit, self.batch_size)
        set_angles(workspace, start)
        workspace.head[:, 0] = 1.0
        self.scalings = np.ones((settings.n_models, *circuit.scalings_shape))
        trained = np.zeros(workspace.angles.shape[1:])
        used_angles(workspace, trained)[...] = float(settings.train_angles)
        self.descent = Descent(workspace, seen, self.scalings, trained, train_scalings=settings.train_scalings)
        self.held = data.of(np.sort(held))
        self.judge = self._workspace(circuit, len(held)) if len(held) else None
        if self.judge is not None:
            self.held.load(self.judge, self.scalings)
        self.active = np.ones(settings.n_models, dtype=bool)
        self.queue: NDArray[np.int64] = np.empty(0, np.int64)

    def _values(self) -> tuple[Floats, Floats, Floats]:
        return self.workspace.angles, self.workspace.head, self.scalings

    def _workspace(self, circuit: Circuit, n_samples: int) -> Workspace:
        return Workspace(
            circuit, loss_mode(circuit), self.settings.n_models, n_samples,
            precision=self.settings.precision, n_threads=self.settings.n_threads,
        )  # fmt: skip

    def run(self, on_step: OnStep | None, keep_steps: Sequence[int]) -> Trained:
        """Take steps until all models stopped or `n_steps` are done."""
        settings = self.settings
        losses: list[Floats] = []
        checks: list[Floats] = []
        best = np.full(settings.n_models, np.inf)
        best_values = [each.copy() for each in self._values()]
        best_step = np.zeros(settings.n_models, np.int64)
        waits = np.zeros(settings.n_models, np.int64)
        done, snapshots = 0, []
        while done < settings.n_steps:
            if done in keep_steps:
                snapshots.append((done, *self._parameters(self._values())))
            steps = self._burst(done, keep_steps)
            losses.append(self._take(steps))
            done = steps[-1]
            if on_step is not None:
                for column, step in enumerate(steps):
                    on_step(step, losses[-1][:, column].copy())
            if self.judge is None or (done % settings.check_every and done != settings.n_steps):
                continue
            check = np.where(self.active, self._validate(self.judge), np.nan)
            checks.append(check)
            better = check < best
            best, waits = np.where(better, check, best), np.where(better, 0, waits + 1)
            best_step[better] = done
            for kept, values in zip(best_values, self._values(), strict=True):
                kept[better] = values[better]
            if self._stop(waits >= settings.patience):
                break
        if self.judge is None:
            best_step[:] = done
            best_values = [each.copy() for each in self._values()]
        if done in keep_steps:
            snapshots.append((done, *self._parameters(self._values())))
        angles, scalings, head = self._parameters(best_values)
        return Trained(
            angles=angles,
            scalings=scalings,
            head=head,
            losses=np.concatenate(losses, axis=1),
            validation_losses=np.stack(checks, axis=1) if checks else np.empty((settings.n_models, 0)),
            best_step=best_step,
            snapshots=tuple(snapshots),
        )

    def _parameters(self, values: Sequence[Floats]) -> tuple[Floats, Floats, Head]:
        """Copy parameters into the caller's shapes."""
        angles, head, scalings = values
        own = used_angles(self.workspace, angles).copy()
        return own, scalings.copy(), Head(head[:, 0].copy(), head[:, 1:].copy())

    def _burst(self, done: int, keep_steps: Sequence[int]) -> range:
        """Choose the steps to take before anybody looks: to the next check or snapshot at most."""
        last = min(done + self.descent.longest, self.settings.n_steps)
        if self.judge is not None:
            every = self.settings.check_every
            last = min(last, (done // every + 1) * every)
        last = min([last, *(step for step in keep_steps if step > done)])
        return range(done + 1, last + 1)

    def _take(self, steps: range) -> Floats:
        settings = self.settings
        rates = learning_rates(steps, rate=settings.learning_rate, schedule=settings.schedule, n_steps=settings.n_steps)
        is_whole = self.batch_size == self.n_seen
        losses = self.descent.take(steps, rates, None if is_whole else self._next_batches(len(steps)))
        losses[~self.active] = np.nan
        return losses

    def _stop(self, finished: NDArray[np.bool_]) -> bool:
        """Let models rest that are finished; whether all do."""
        self.active &= ~finished
        self.descent.rest(~self.active)
        return not self.active.any()

    def _validate(self, judge: Workspace) -> Floats:
        judge.angles[...], judge.head[...] = self.workspace.angles, self.workspace.head
        if self.settings.train_scalings:
            judge.set_scalings(self.scalings)
        judge.run()
        return judge.head_gradient[:, 0].copy()

    def _next_batches(self, n_steps: int) -> NDArray[np.int64]:
        """Draw without replacement, one shuffled epoch after another: shape (n_steps, batch_size)."""
        wanted = n_steps * self.batch_size
        epochs = [self.queue]
        epochs += [self.rng.permutation(self.n_seen) for _ in range(-(-(wanted - len(self.queue)) // self.n_seen))]
        self.queue = np.concatenate(epochs)
        batches, self.queue = self.queue[:wanted], self.queue[wanted:]
        return batches.reshape(n_steps, self.batch_size)


def _last(losses: Floats) -> Floats:
    return losses[:, -1]
