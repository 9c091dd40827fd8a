"""What did the model answer in a stream, and was it right? As far as labels have come, and what is expected where they have not."""

from dataclasses import dataclass

import numpy as np

from edge.stream import accuracy
from edge.watch.expecting import expected_share
from edge.watch.profile import FINE
from edge.watch.profiling import answered_by, confidence_step
from lab.protocol import Estimate
from lab.stats import rate

__all__ = ["Answers", "Known", "share", "share_known"]

_FEWEST_KEPT = 30  # rows with labels after a change: of fewer nothing is said
_MOST_KEPT = 20_000  # of them: the last ones


@dataclass(frozen=True)
class Known:
    """Accuracy by window, known and estimated, and that of the rows whose labels are late."""

    accuracy: list[tuple[int, Estimate]]
    estimated: list[tuple[int, float]]
    expected: Estimate | None


class Answers:
    """What the model said of the history and of the stream, and whether it was right, as far as labels have come.

    Attributes
    ----------
    n_history, label_delay : int
    history : Answered
        What it said of the history, and how often it was right there: the very model, which did not learn from it.
    confidence : array of shape (n_stream,)
        Probability of the class that was predicted.
    before, right : arrays of bool, of shapes (n_history,) and (n_labels,)
        Whether it was right, in the history and in the stream.
    """

    def __init__(self, probabilities: np.ndarray, target: np.ndarray, n_history: int, label_delay: int) -> None:
        self.n_history, self.label_delay = n_history, label_delay
        self.history = answered_by(probabilities[:n_history], target[:n_history], is_own=True)
        self._said = probabilities[n_history:]
        self.confidence, self._steps = self._said.max(axis=1), confidence_step(self._said)
        known = len(target) - label_delay
        right = probabilities[:known].argmax(axis=1) == target[:known]
        self.before, self.right = right[:n_history], right[n_history:]

    def probabilities(self, rows: slice) -> np.ndarray:
        """Give what was said of some rows of the stream, shape (n_rows, n_classes)."""
        found: np.ndarray = self._said[rows]
        return found

    def of_stream(self, seed: int) -> Known:
        """Give the accuracy in the stream."""
        return Known(
            accuracy.rolling_accuracy(self.right, window=accuracy.window_of(len(self._steps))),
            accuracy.estimated_accuracy(self._steps, self.history, seed=seed),
            self._expected(self._steps[len(self.right) :], seed) if self.label_delay else None,
        )

    def promised_and_kept(self, split: int | None, seed: int) -> tuple[Estimate | None, Estimate | None]:
        """Give what the estimate says of the rows from a change on whose labels have come, and what their labels say."""
        window = accuracy.window_of(len(self._steps))
        first = 0 if split is None else split
        if len(self.right) - first < _FEWEST_KEPT:
            first = max(len(self.right) - window, 0)
        first = max(first, len(self.right) - _MOST_KEPT)
        right = self.right[first:]
        if not len(right):
            return None, None
        return self._expected(self._steps[first : len(self.right)], seed), share(right)

    def _expected(self, steps: np.ndarray, seed: int) -> Estimate:
        return expected_share(self.history, np.bincount(steps, minlength=FINE), seed=seed)


def share(right: np.ndarray) -> Estimate:
    """Share of right answers, shape (n_rows,), with its exact interval."""
    return rate(int(right.sum()), len(right))


def share_known(right: np.ndarray) -> Estimate | None:
    """Give the same; None where there is no answer."""
    return share(right) if len(right) else None
