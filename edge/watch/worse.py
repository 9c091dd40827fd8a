"""Is a model wrong more often than training said? For a file that a run left: how often models like it were wrong, it carries.

The very model has answered no row that it did not learn from; others, which learned from a part of the rows, have. Their errors
bound its rate of errors from above (Clopper and Pearson 1934), and from the first label on somebody bets that it is wrong more
often than that by a point at least: at each of some rates, with the same stake. While the chance of an error, whatever came
before, is at most the bound, his capital is a supermartingale, which ever reaches 1 / a with a chance of a at most (Ville 1939).

Assumed: the model is no worse than those that learned from fewer rows, and the rows that these answered are independent.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import logsumexp
from scipy.stats import beta

from edge.watch.group import Change
from edge.watch.profile import Answered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.watch.labels import Judged

__all__ = ["WORSE", "Worse"]

WORSE = "errors beyond those in training"
_MARGIN = 0.01  # of the answers: being worse by less does not count
_BEYOND = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4)
"""On which rates of errors he bets: so far from the bound, of the way from there to 1."""


class Worse:
    """Bets against a model. It has one signal, with the chance of a false alarm that two sides of any other have.

    Attributes
    ----------
    bound : float
        The rate of errors up to which he loses.
    changes : dict
        The alarm, by the place 0: it began with the first row, as far as anybody knows.
    """

    def __init__(self, answered: Answered, rows: int, *, threshold: float) -> None:
        asked, right = sum(answered.asked), sum(answered.right)
        known = min(asked, rows)  # in several repetitions of the folds each row was answered several times
        wrong = known * (asked - right) / asked
        self._before = np.array([known - wrong, wrong])
        self.bound = float(beta.ppf(1 - 1 / threshold, wrong + 1, known - wrong)) + _MARGIN
        self._threshold = math.log(threshold)
        rates = self.bound + (1 - self.bound) * np.array(_BEYOND)
        self._won = np.log(
            np.stack([(1 - rates) / (1 - self.bound), rates / self.bound])
        )  # by a right and a wrong answer
        self._counts = np.zeros(2, dtype=np.int64)
        self.changes: dict[int, Change] = {}

    @staticmethod
    def can_tell(answered: Answered | None) -> bool:
        """Whether models like this one answered, and were right at least once in five: else there is nothing to be worse than."""
        return answered is not None and not answered.is_own and sum(answered.right) > sum(answered.asked) / 5

    def take(self, found: "Judged", *, last: int, is_known: bool) -> list[int]:
        """Take answers whose labels have come, after the row `last`; gives the place of the alarm that they raise, if any.

        Where `is_known`, a change of the errors has raised an alarm before, and this one would be about the same.
        """
        wrong = ~found.right
        so_far = self._counts + np.stack([(~wrong).cumsum(), wrong.cumsum()], axis=1)
        self._counts = so_far[-1]
        if self.changes:
            self.changes[0].since[...] = self._counts
            return []
        if is_known or not (self._capital(so_far) >= self._threshold).any():
            return []
        self.changes[0] = Change(last, (0, 0, last), self._before, self._counts.astype(np.float64))
        return [0]

    def _capital(self, counts: "NDArray[np.int64]") -> "NDArray[np.float64]":
        """Logarithm of what he has after so many right and wrong answers, shape (n, 2), if he began with 1."""
        found: NDArray[np.float64] = logsumexp(counts @ self._won, axis=-1) - math.log(len(_BEYOND))
        return found

    def evidence(self) -> "NDArray[np.float64]":
        """Logarithm to base 10 of the capital over the threshold, shape (1,)."""
        return (self._capital(self._counts[None]) - self._threshold) / np.log(10)

    def name(self, place: int) -> str:
        """Name of the signal."""
        del place
        return WORSE

    def kind(self, place: int) -> str:
        """Kind of the signal."""
        del place
        return "model"

    def words(self, place: int, change: Change) -> str:
        """Say how accurate the model is, and others like it were."""
        del place
        before, since = (100 * counts[0] / counts.sum() for counts in (change.before, change.since))
        return f"accuracy {before:.1f} % in training, {since:.1f} % since"

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        alarm = self.changes.get(0)
        return {"counts": self._counts, "row": None if alarm is None else alarm.row}

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self._counts, row = state["counts"], state["row"]
        since = self._counts.astype(np.float64)
        self.changes = {} if row is None else {0: Change(row, (0, 0, row), self._before, since)}
