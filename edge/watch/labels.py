"""Which label belongs to which answer? Labels come with their row, later by its key, or never; what waits for them is bounded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MOST_WAITING", "Answers", "Judged", "Order", "Waiting"]

MOST_WAITING = 100_000
"""Answers that wait for their labels, at most: the oldest are given up."""
_NO_LABEL, _NO_CLASS = -2, -1
_LATE = 0.1  # of the labels of a block: so many may come much later than those of the rows beside theirs


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model said of the rows of a block: class and confidence, shapes (n_rows,)."""

    first: int
    predicted: "NDArray[np.int64]"
    confidence: "NDArray[np.float64]"


@dataclass(frozen=True, eq=False)
class Judged:
    """Answers whose labels have come, in the order of the labels: shapes (n_labels,).

    Attributes
    ----------
    rows, confidence : arrays
    right : array of bool
    known : array of bool
        Whether the label is a class that the model knows.
    """

    rows: "NDArray[np.int64]"
    confidence: "NDArray[np.float64]"
    right: "NDArray[np.bool_]"
    known: "NDArray[np.bool_]"


class Waiting:
    """Answers by the key of their row.

    Attributes
    ----------
    given_up, unknown, repeated : int
        Answers that waited too long, labels without an answer, and keys that came again.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self._codes: dict[str | None, int] = {None: _NO_LABEL, **{name: code for code, name in enumerate(classes)}}
        self._answers: dict[str, tuple[int, int, float]] = {}
        self._early: dict[int, str] = {}  # labels of rows that are not answered yet, by row
        self.given_up = self.unknown = self.repeated = 0

    def answered(self, answers: Answers, keys: Sequence[str | None], labels: Sequence[str | None]) -> Judged:
        """Take the answers to a block; gives those whose label is there already. An empty key is none."""
        early = [self._early.pop(answers.first + place, None) for place in range(len(labels))]
        labels = [known if label is None else label for known, label in zip(early, labels, strict=True)]
        codes = np.array([self._codes.get(label, _NO_CLASS) for label in labels], dtype=np.int64)
        for place, (key, known) in enumerate(zip(keys, early, strict=True)):
            if key and (known is not None or codes[place] == _NO_LABEL):
                self.repeated += self._answers.pop(key, None) is not None
            if key and codes[place] == _NO_LABEL:
                said = int(answers.predicted[place]), float(answers.confidence[place])
                self._answers[key] = (answers.first + place, *said)
        while len(self._answers) > MOST_WAITING:
            del self._answers[next(iter(self._answers))]
            self.given_up += 1
        rows = np.flatnonzero(codes != _NO_LABEL)
        right = codes[rows] == answers.predicted[rows]
        return Judged(answers.first + rows, answers.confidence[rows], right, codes[rows] != _NO_CLASS)

    def late(self, labels: Sequence[tuple[str, str]], near: Mapping[str, int]) -> Judged:
        """Take labels that came late, by key; `near` are the rows that were taken, and are not answered yet, by theirs."""
        found: list[tuple[int, float, bool, bool]] = []
        for key, label in labels:
            row = near.get(key)
            if row is not None and row not in self._early:
                self._early[row] = label
                continue
            answer = None if row is not None else self._answers.pop(key, None)
            if answer is not None:
                row, predicted, confidence = answer
                code = self._codes.get(label, _NO_CLASS)
                found.append((row, confidence, code == predicted, code != _NO_CLASS))
            else:
                self.unknown += 1
        rows, sure, right, known = (list(part) for part in zip(*found, strict=True)) if found else ([], [], [], [])
        return Judged(
            np.array(rows, dtype=np.int64),
            np.array(sure, dtype=np.float64),
            np.array(right, dtype=bool),
            np.array(known, dtype=bool),
        )

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        rows, predicted, confidence = zip(*self._answers.values(), strict=True) if self._answers else ((), (), ())
        return {
            "keys": list(self._answers),
            "rows": np.array(rows, dtype=np.int64),
            "predicted": np.array(predicted, dtype=np.int64),
            "confidence": np.array(confidence, dtype=np.float64),
            "early": dict(self._early),
            "counts": [self.given_up, self.unknown, self.repeated],
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        parts = (state[name].tolist() for name in ("rows", "predicted", "confidence"))
        self._answers = dict(zip(state["keys"], zip(*parts, strict=True), strict=True))
        self._early = dict(state["early"])
        self.given_up, self.unknown, self.repeated = state["counts"]


class Order:
    """Do labels come in the order of their rows, block by block, but for a few that come much later?

    Attributes
    ----------
    is_kept : bool
        False from the first block on in which more than one in ten comes after most of a block of later rows, or whose second
        half lies before most of its first.
    """

    def __init__(self) -> None:
        self.is_kept, self._middle = True, 0  # the largest median row of a block

    def first(self, rows: "NDArray[np.int64]") -> int:
        """Take the rows of a block of labels, shape (n_labels,); gives the first but for those that come much too late."""
        on_time = rows[rows >= self._middle]
        halves = rows[: len(rows) // 2], rows[len(rows) // 2 :]
        is_turned = len(rows) > 1 and (halves[1] < np.median(halves[0])).mean() > 1 - _LATE
        self.is_kept = self.is_kept and len(on_time) >= (1 - _LATE) * len(rows) and not is_turned
        self._middle = max(self._middle, int(np.median(rows)))
        return int((on_time if len(on_time) else rows).min())

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        return {"is_kept": self.is_kept, "middle": self._middle}

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.is_kept, self._middle = state["is_kept"], state["middle"]
