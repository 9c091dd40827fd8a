"""How many executions of a circuit does a prediction need? Few where the label is clear, many where it is close.

The logits of a row are means over shots, so by the central limit theorem a label flips with probability
Phi(-margin sqrt(shots) / deviation), where margin and deviation are those of one shot, known exactly here. Over more
than two classes the chances of the rivals are added up (an upper bound).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, softmax

__all__ = ["FLIPPED", "MOST_SHOTS", "ClassicalEnd", "flip_chances", "probabilities_of", "sampled", "shots_needed"]

FLIPPED = 0.01
"""Share of labels that shot noise may change."""
MOST_SHOTS = 10**9
"""Beyond that a number of shots is of no use to anybody."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ClassicalEnd:
    """The classical end of the model: logits = gain * expectations + biases; for two classes only the second's.

    >>> ClassicalEnd(2.0, np.array([1.0])).logits(np.array([[0.5]]))
    array([[0., 2.]])
    """

    gain: float
    biases: Floats

    def logits(self, expectations: Floats) -> Floats:
        """Give shape (..., n_classes) for expectations of shape (..., n_observables)."""
        found = self.gain * expectations + self.biases
        return np.concatenate([np.zeros_like(found), found], axis=-1) if found.shape[-1] == 1 else found


def probabilities_of(logits: Floats) -> Floats:
    """Softmax over the last axis."""
    return np.asarray(softmax(logits, axis=-1))


def sampled(probabilities: Floats, shots: int, *, seed: int) -> Floats:
    """Draw that many bit strings for each row from its probability cube; gives the shares of each, in the same shape."""
    flat = np.clip(probabilities.reshape(len(probabilities), -1), 0.0, None)
    flat /= flat.sum(axis=1, keepdims=True)
    return (np.random.default_rng(seed).multinomial(shots, flat) / shots).reshape(probabilities.shape)


def flip_chances(probabilities: Floats, values: Floats, head: ClassicalEnd, shots: int) -> Floats:
    """Give for each row the chance that its label from that many shots differs from its label without shot noise.

    Parameters
    ----------
    probabilities : array of shape (n_rows, 2, ..., 2)
        Of the bit strings as they are read.
    values : array of shape (n_observables, 2, ..., 2)
        See `quantum.hardware.readout.outcome_values`.

    Returns
    -------
    array of shape (n_rows,), in [0, 1]
    """
    margins, deviations = _margins(probabilities, values, head)
    return _chances(margins, deviations, shots)


def shots_needed(probabilities: Floats, values: Floats, head: ClassicalEnd, *, share: float = FLIPPED) -> int | None:
    """Give the fewest shots with which less than `share` of the labels are expected to flip; None beyond MOST_SHOTS."""
    margins, deviations = _margins(probabilities, values, head)

    def enough(shots: int) -> bool:
        return float(_chances(margins, deviations, shots).mean()) < share

    if not enough(MOST_SHOTS):
        return None
    low, high = 0, 1
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _chances(margins: Floats, deviations: Floats, shots: int) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):  # no deviation: never a flip; no margin either: even odds
        ratio = np.where(deviations > 0, margins / deviations, np.where(margins > 0, np.inf, 0.0))
    return np.minimum(ndtr(-ratio * np.sqrt(shots)).sum(axis=1), 1.0)


def _margins(probabilities: Floats, values: Floats, head: ClassicalEnd) -> tuple[Floats, Floats]:
    """Mean and deviation of one shot's lead of the label over each rival, shapes (n_rows, n_classes - 1)."""
    flat = probabilities.reshape(len(probabilities), -1)
    one_shot = head.logits(values.reshape(len(values), -1).T)  # (bit strings, classes)
    best = (flat @ one_shot).argmax(axis=1)
    n_classes = one_shot.shape[1]
    margins, deviations = np.empty((2, len(flat), n_classes - 1))
    for row, label in enumerate(best):
        lead = one_shot[:, [label]] - np.delete(one_shot, label, axis=1)
        mean = flat[row] @ lead
        margins[row] = mean
        deviations[row] = np.sqrt(np.maximum(flat[row] @ (lead - mean) ** 2, 0.0))
    return margins, deviations
