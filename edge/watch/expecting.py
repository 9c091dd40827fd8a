"""How accurate is the model now, where labels have come, and what is to be expected where they have not?

Without labels accuracy is estimated from the confidence (confidence-based performance estimation): how often the model was right
at a confidence is known from the reference, and taken to hold on. That sees a change of the columns, and none of what they mean
for the labels; where labels show that it was wrong, the estimate is withdrawn.
"""

import functools
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.parting import Parting
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
    reference_is : str
        What that is, as a sentence goes on after "than".
    labels : int
        Labels so far.
    """

    def __init__(self, answered: Answered | None, *, seed: int) -> None:
        self.labels = self._n_right = 0
        self.reference: Estimate | None = None
        self.reference_is = "on the reference" if answered is not None and answered.is_own else "in training"
        self._answered, self._seed = answered, seed
        if answered is not None and any(answered.asked):
            self.reference = rate(int(np.sum(answered.right)), int(np.sum(answered.asked)))
        self._recent = np.zeros((0, 3), dtype=np.int64)  # row, whether it was right, step of its confidence
        self._asked: deque[NDArray[np.int64]] = deque(maxlen=_BLOCKS)
        self._parting = Parting()

    def answered(self, steps: "NDArray[np.int64]") -> None:
        """Take the confidence of a block's answers, in steps: shape (n_rows,); `FINE`, where there is no answer, does not count."""
        self._asked.append(np.bincount(steps, minlength=FINE)[:FINE])
        self._parting.block(len(steps))

    def judged(self, found: "Judged") -> None:
        """Take answers whose labels have come."""
        self.labels += len(found.rows)
        self._n_right += int(found.right.sum())
        steps = np.minimum((found.confidence * FINE).astype(np.int64), FINE - 1)
        table = np.stack([found.rows, found.right, steps], axis=1)
        known = np.concatenate([self._recent, table])
        known = known[
            known[:, 0].argsort(kind="stable")
        ]  # the last rows count as now, in whatever order their labels come
        self._recent = known[-_WINDOW:]
        self._parting.judged(table[:, :2])
        self._parting.aged(known[:-_WINDOW, :2])

    def began(self, first: int) -> None:
        """Take note of the first row of a change: from now on its labels are counted apart; the earliest change counts."""
        self._parting.began(first, self._recent[:, :2])

    @property
    def start(self) -> int | None:
        """First row of the earliest change; None before there is one."""
        return self._parting.start

    def now(self) -> Estimate | None:
        """Accuracy of the most recent rows whose labels have come; None before the first."""
        return rate(int(self._recent[:, 1].sum()), len(self._recent)) if len(self._recent) else None

    def whole(self) -> Estimate | None:
        """Accuracy from the first row on; None where fewer than 30 labels have come."""
        return _rate((self.labels, self._n_right), _FEWEST)

    def before(self, fewest: int = _FEWEST) -> Estimate | None:
        """Accuracy before the first change, as labels told; None where there is none, or fewer came."""
        return _rate(self._parting.before, fewest)

    def since(self) -> Estimate | None:
        """Accuracy since the first change; None where there is none, or fewer than 30 labels have come."""
        return _rate(self._parting.since, _FEWEST)

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
            "parting": self._parting.state(),
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.labels, self._n_right = state["labels"], state["n_right"]
        self._recent = state["recent"]
        self._asked = deque(list(state["asked"]), maxlen=_BLOCKS)
        self._parting.resume(state["parting"])


def _rate(counts: "Sequence[int] | NDArray[np.int64]", fewest: int) -> Estimate | None:
    asked, right = (int(each) for each in counts)
    return rate(right, asked) if asked >= fewest else None


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
