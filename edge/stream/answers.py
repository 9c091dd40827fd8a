"""What did the model answer in a stream, and was it right? As far as labels have come, and what is expected where they have not."""

from dataclasses import dataclass

import numpy as np

from edge.stream import accuracy, monitor
from lab.protocol import Estimate
from lab.stats import rate

__all__ = ["ERRORS", "Answers", "Known", "share", "share_known"]

ERRORS = "errors"
"""The signal of the model that follows its labels."""

_PREDICTED, _CONFIDENCE = "predicted class", "confidence of the predictions"
_FEWEST_KEPT = 30  # rows with labels after a change: of fewer nothing is said
_MOST_KEPT = 20_000  # of them: the last ones


@dataclass(frozen=True)
class Known:
    """Accuracy by window, known and estimated, and that of the rows whose labels are late."""

    accuracy: list[tuple[int, Estimate]]
    estimated: list[tuple[int, float]]
    expected: Estimate | None


class Answers:
    """What the model said of the history and of the stream, and whether it was right, as far as labels have come."""

    def __init__(self, probabilities: np.ndarray, target: np.ndarray, n_history: int, label_delay: int) -> None:
        self.labels, self.confidence = probabilities.argmax(axis=1).astype(np.int16), probabilities.max(axis=1)
        right = self.labels[: len(target) - label_delay] == target[: len(target) - label_delay]
        self.n_history, self.label_delay = n_history, label_delay
        self.before, self.right = right[:n_history], right[n_history:]
        self.history = self.confidence[:n_history], self.before

    def signals(self, n_classes: int) -> list[monitor.Signal]:
        """Give what is watched of the model; the errors come last."""
        at = self.n_history
        twentieths = np.minimum((self.confidence * 20).astype(np.int16), 19)
        said = [(_PREDICTED, self.labels, n_classes), (_CONFIDENCE, twentieths, 20)]
        wrong = (~self.before).astype(np.int16), (~self.right).astype(np.int16)
        return [
            *(monitor.Signal(name, codes[:at], codes[at:], count, "model") for name, codes, count in said),
            monitor.Signal(ERRORS, *wrong, 2, "model", events=((1,),)),
        ]

    def of_stream(self, seed: int) -> Known:
        """Give the accuracy in the stream."""
        stream = self.confidence[self.n_history :]
        late = stream[len(self.right) :]
        return Known(
            accuracy.rolling_accuracy(self.right, window=accuracy.window_of(len(stream))),
            accuracy.estimated_accuracy(stream, *self.history),
            accuracy.expected_accuracy(late, *self.history, seed=seed) if self.label_delay else None,
        )

    def promised_and_kept(self, split: int | None, seed: int) -> tuple[Estimate | None, Estimate | None]:
        """Give what the estimate says of the rows from a change on whose labels have come, and what their labels say."""
        window = accuracy.window_of(len(self.confidence) - self.n_history)
        first = 0 if split is None else split
        if len(self.right) - first < _FEWEST_KEPT:
            first = max(len(self.right) - window, 0)
        first = max(first, len(self.right) - _MOST_KEPT)
        right = self.right[first:]
        if not len(right):
            return None, None
        stream = self.confidence[self.n_history :]
        promised = accuracy.expected_accuracy(stream[first : len(self.right)], *self.history, seed=seed)
        return promised, share(right)


def share(right: np.ndarray) -> Estimate:
    """Share of right answers, shape (n_rows,), with its exact interval."""
    return rate(int(right.sum()), len(right))


def share_known(right: np.ndarray) -> Estimate | None:
    """Give the same; None where there is no answer."""
    return share(right) if len(right) else None
