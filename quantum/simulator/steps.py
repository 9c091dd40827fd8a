"""How are many steps of training taken without Python between them? Buffers and tables of a descent."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantum.simulator.layout import DESCEND, DESCENT, LOAD, UPDATE
from quantum.simulator.workspace import Workspace, working_memory

__all__ = ["Descent", "Samples"]

Floats = NDArray[np.float64]
LONGEST_BURST = 64
BURST_ROW_UPDATES = 16_000_000
"""Steps, and work (some 20 ms), after which Python is asked again: whether to stop, and who watches."""


@dataclass(frozen=True)
class Samples:
    """Samples to choose from.

    Features have shape ([n_models,] n_samples, n_qubits), labels and weights ([n_models,] n_samples).
    """

    features: Floats
    labels: NDArray[np.int64]
    weights: Floats

    def of(self, chosen: NDArray[np.int64]) -> "Samples":
        """Keep some samples: places of shape (n_kept,)."""
        return Samples(self.features[..., chosen, :], self.labels[..., chosen], self.weights[..., chosen])

    def load(self, workspace: Workspace, scalings: Floats) -> None:
        """Put all of them into a workspace of their number."""
        workspace.set_features(self.features)
        # Contiguous, so that a model's weights are summed in the same order however many models there are.
        part = np.ascontiguousarray(self.weights)
        total = part.sum(axis=-1, keepdims=True)
        workspace.set_targets(self.labels, part / np.where(total > 0.0, total, 1.0))
        workspace.set_scalings(scalings)


class Descent:
    """Adam on the parameters of a workspace (beta 0.9 and 0.999, epsilon 1e-8).

    Parameters
    ----------
    workspace : Workspace
        Of a loss; its angles and head are moved in place.
    samples : Samples
        What steps draw from.
    scalings : ndarray of shape (n_models, n_encoding_layers, n_qubits)
        Moved in place if `train_scalings`.
    trained : ndarray of shape (n_layers, n_qubits, 3)
        1 for each angle that the circuit has, else 0.
    """

    def __init__(
        self, workspace: Workspace, samples: Samples, scalings: Floats, trained: Floats, *, train_scalings: bool
    ) -> None:
        self._workspace = workspace
        self._is_whole = workspace.n_samples == samples.features.shape[-2]
        slopes = np.zeros_like(scalings)
        self._moved: list[tuple[Floats, Floats]] = [
            (workspace.angles, workspace.angle_gradient),
            (workspace.head, workspace.head_gradient[:, 1:]),
        ]
        masks = [np.broadcast_to(trained, workspace.angles.shape), np.ones_like(workspace.head)]
        if train_scalings:
            self._moved.append((scalings, slopes))
            masks.append(np.ones_like(scalings))
        # Moments, squares, and the mask of what moves.
        self._states = [np.stack([np.zeros(mask.shape), np.zeros(mask.shape), mask]) for mask in masks]
        self._numbers = np.zeros(2)
        self._updates = [self._update_table(*pair) for pair in zip(self._moved, self._states, strict=True)]
        first = samples if self._is_whole else samples.of(np.arange(workspace.n_samples))
        first.load(workspace, scalings)
        self._kept = {
            "numbers": self._numbers,
            "updates": np.array([table.ctypes.data for table in self._updates], np.int64),
            "half": workspace.half_features,
            "all_half": 0.5 * np.swapaxes(samples.features, -1, -2),
            "all_labels": samples.labels,
            "all_weights": samples.weights,
        }
        if train_scalings:
            self._kept |= {"scalings": scalings, "scaling_slopes": slopes}
        elif not self._is_whole:
            half = scalings[:1, ..., None] * self._kept["all_half"].reshape(-1, 1, *self._kept["all_half"].shape[-2:])
            self._kept["all_turns"] = np.stack([np.cos(half), np.sin(half)], axis=-2).astype(workspace.real)
        self._kept = {name: np.ascontiguousarray(array) for name, array in self._kept.items()}
        self._counts = {
            "main": workspace.address,
            "tasks": workspace.n_models * workspace.n_blocks,
            "n_updates": len(self._updates),
            "half_rows": len(workspace.half_features),
            "n_batch": workspace.n_samples,
            "n_all": samples.features.shape[-2],
            "label_rows": len(workspace.labels),
            "weight_rows": len(workspace.weights),
        }
        self.longest = min(LONGEST_BURST, 1 + BURST_ROW_UPDATES // workspace.row_updates)
        """Steps to take at once at most."""

    def _update_table(self, moved: tuple[Floats, Floats], state: Floats) -> NDArray[np.int64]:
        values, slopes = moved
        addresses = [each.ctypes.data for each in (values, slopes, *state, self._numbers)]
        return np.array([len(values), values[0].size, slopes.strides[0] // 8, *addresses], np.int64)

    def rest(self, finished: NDArray[np.bool_]) -> None:
        """Move the parameters of some models no more: a flag for each, shape (n_models,)."""
        for state in self._states:
            state[2][finished] = 0.0

    def take(self, steps: range, rates: Floats, batches: NDArray[np.int64] | None) -> Floats:
        """Take steps, counted from 1.

        Parameters
        ----------
        rates : ndarray of shape (n_steps,)
            Learning rate of each, radians.
        batches : ndarray of shape (n_steps, n_batch), or None for all samples

        Returns
        -------
        ndarray of shape (n_models, n_steps)
            The loss before each step.
        """
        workspace, n_steps = self._workspace, len(steps)
        count = np.array(steps, dtype=float)
        numbers = np.stack([rates / (1.0 - 0.9**count), 1.0 / (1.0 - 0.999**count)], axis=1)
        losses = np.empty((n_steps, workspace.n_models))
        arrays = {**self._kept, "rates": numbers, "losses": losses}
        if batches is not None:
            arrays["indices"] = batches
        work, _owner = working_memory(workspace.work_bytes)
        known = {**self._counts, "work": work, **{name: array.ctypes.data for name, array in arrays.items()}}
        table = np.array([known.get(name, 0) for name in DESCENT], np.int64)
        address = table.ctypes.data
        if workspace.threads_used == 1:
            workspace.walk(address, DESCEND, 0, n_steps, 0)
        else:
            for step in range(n_steps):
                workspace.walk(address, LOAD, step, step + 1, 0)
                workspace.run()
                workspace.walk(address, UPDATE, step, step + 1, 0)
        return losses.T


def learning_rates(steps: range, *, rate: float, schedule: str, n_steps: int) -> Floats:
    """Rates of some of `n_steps` steps, counted from 1.

    >>> learning_rates(range(1, 4), rate=0.1, schedule="cosine", n_steps=2).round(3).tolist()
    [0.1, 0.05, 0.0]
    """
    count = np.array(steps, dtype=float)
    if schedule == "constant":
        return np.full(len(count), rate)
    return rate * 0.5 * (1.0 + np.cos(math.pi * (count - 1) / n_steps))
