"""How accurate is the model now, where labels have come, and what is to be expected where they have not?

Without labels accuracy is estimated from the confidence (confidence-based performance estimation): how often the model was right
at a confidence is known from the reference, and taken to hold on. That sees a change of the columns, and none of what they mean
for the labels; where labels show that it was wrong, the estimate is withdrawn.
"""

import functools
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.profile import FINE, Answered
from lab.protocol import Estimate
from lab.stats import rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.watch.labels import Judged

__all__ = ["Accuracy", "expected_share", "shares_right"]

_WINDOW, _BLOCKS = 1_000, 10
"""Labels, and blocks of rows, that count as now."""
_FEWEST = 30
_DRAWS = 200
_WRONG = 0.02  # of the answers: an estimate that is off by less is of use, however surely it is off


class Accuracy:
    """Follows accuracy, known and expected.

    Attributes
    ----------
    reference : Estimate or None
        Accuracy on the reference.
    labels : int
        Labels so far.
    """

    def __init__(self, answered: Answered | None, *, seed: int) -> None:
        self.labels = self._n_right = 0
        self.reference: Estimate | None = None
        self._answered, self._seed = answered, seed
        if answered is not None and any(answered.asked):
            self.reference = rate(int(np.sum(answered.right)), int(np.sum(answered.asked)))
        self._recent = np.zeros((0, 3), dtype=np.int64)  # row, whether it was right, step of its confidence
        self._asked: deque[NDArray[np.int64]] = deque(maxlen=_BLOCKS)
        self._after: tuple[int, int, int] | None = None

    def answered(self, steps: "NDArray[np.int64]") -> None:
        """Take the confidence of a block's answers, in steps: shape (n_rows,)."""
        self._asked.append(np.bincount(steps, minlength=FINE))

    def judged(self, found: "Judged") -> None:
        """Take answers whose labels have come."""
        self.labels += len(found.rows)
        self._n_right += int(found.right.sum())
        steps = np.minimum((found.confidence * FINE).astype(np.int64), FINE - 1)
        table = np.stack([found.rows, found.right, steps], axis=1)
        self._recent = np.concatenate([self._recent, table])[-_WINDOW:]
        if self._after is not None:
            first, right, asked = self._after
            later = found.rows >= first
            self._after = first, right + int(found.right[later].sum()), asked + int(later.sum())

    def began(self, first: int) -> None:
        """Take note of the first row of a change: from now on its labels are counted apart; the earliest change counts."""
        if self._after is None:
            since = self._recent[self._recent[:, 0] >= first]
            self._after = first, int(since[:, 1].sum()), len(since)

    def now(self) -> Estimate | None:
        """Accuracy of the most recent rows whose labels have come; None before the first."""
        return rate(int(self._recent[:, 1].sum()), len(self._recent)) if len(self._recent) else None

    def before(self) -> Estimate | None:
        """Accuracy before the first change, as labels told; None where fewer than 30 came."""
        right, asked = (0, 0) if self._after is None else self._after[1:]
        return rate(self._n_right - right, self.labels - asked) if self.labels - asked >= _FEWEST else None

    def since(self) -> Estimate | None:
        """Accuracy since the first change; None where there is none, or fewer than 30 labels have come."""
        if self._after is None or self._after[2] < _FEWEST:
            return None
        return rate(self._after[1], self._after[2])

    def expected(self) -> Estimate | None:
        """Accuracy of the most recent rows by their confidence; None where nothing is known of it, or it was wrong."""
        return None if self.is_withdrawn() else self._expected(sum(self._asked, start=np.zeros(FINE, dtype=np.int64)))

    def is_withdrawn(self) -> bool:
        """Whether the estimate was wrong where labels came: outside its interval, and by 2 points."""
        if len(self._recent) < _FEWEST:
            return False
        found, kept = self._expected(np.bincount(self._recent[:, 2], minlength=FINE)), self.now()
        if found is None or kept is None:
            return False
        return not found.low <= kept.value <= found.high and abs(kept.value - found.value) > _WRONG

    def _expected(self, asked: "NDArray[np.int64]") -> Estimate | None:
        if self._answered is None or self.reference is None or asked.sum() < _FEWEST:
            return None
        return expected_share(self._answered, asked, seed=self._seed)

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        return {
            "labels": self.labels,
            "n_right": self._n_right,
            "recent": self._recent,
            "asked": np.array(self._asked, dtype=np.int64).reshape(-1, FINE),
            "after": None if self._after is None else list(self._after),
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.labels, self._n_right = state["labels"], state["n_right"]
        self._recent = state["recent"]
        self._asked = deque(list(state["asked"]), maxlen=_BLOCKS)
        after = state["after"]
        self._after = None if after is None else (after[0], after[1], after[2])


def expected_share(answered: Answered, asked: "NDArray[np.int64]", *, seed: int) -> Estimate:
    """Estimate how many of some answers are right, from how many have each confidence: shape (FINE,), one at least.

    The 95 % interval counts what is not known of how often the model is right at a confidence (the known answers drawn anew, 200
    times) and the chance in so many answers. It does not count that the columns may mean something else now.
    """
    n_rows = int(asked.sum())
    drawn = shares_right(answered, seed) @ asked / n_rows
    value = float(drawn[0])
    noise = np.random.default_rng(seed).standard_normal(_DRAWS)
    drawn = drawn + noise * np.sqrt(np.clip(drawn * (1 - drawn), 0, 1) / n_rows)
    low, high = np.clip(np.quantile(drawn, [0.025, 0.975]), 0, 1)
    return Estimate(value, min(float(low), value), max(float(high), value), "share")


@functools.lru_cache(maxsize=4)
def shares_right(answered: Answered, seed: int) -> "NDArray[np.float64]":
    """How often answers of each confidence are right, shape (_DRAWS, FINE): as it was found, then drawn anew.

    It never falls with the confidence (isotonic regression).
    """
    from sklearn.isotonic import IsotonicRegression

    asked, right = np.array(answered.asked), np.array(answered.right)
    rng = np.random.default_rng(seed)
    steps = np.flatnonzero(asked)
    found = right[steps] / asked[steps]
    fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    every = np.arange(FINE)
    whole = fitted.fit(steps, found, sample_weight=asked[steps]).predict(every)
    chances = whole[steps]
    drawn = [
        fitted.fit(steps, rng.binomial(asked[steps], chances) / asked[steps], sample_weight=asked[steps]).predict(every)
        for _ in range(_DRAWS - 1)
    ]
    return np.array([whole, *drawn])
