"""What happens after deployment? Rows in time order are watched for drift of columns, of predictions and of errors.

The promise is one number: the chance of any false alarm, on any signal, over the whole stream. Each signal has its own
martingale, and its share of that chance (Bonferroni).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edge.stream.martingale import CUTS, blocks_of, capital, ranks
from lab.privacy.aggregates import middle
from lab.protocol import Estimate
from lab.stats import rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Bins",
    "Change",
    "Finding",
    "Signal",
    "bins_of",
    "change",
    "estimated_accuracy",
    "expected_accuracy",
    "rolling_accuracy",
    "watch",
    "window_of",
]

_BINS = 20
_FEW_VALUES = 3
_MOST_CATEGORIES = 30
_WINDOWS = 20
_SMALLEST_WINDOW = 100
_DRAWS = 200
_FEWEST_TO_NAME = 10  # rows: a rarer category may tell who it is


@dataclass(frozen=True, eq=False)
class Bins:
    """Where the values of a column are put: between `edges` (numbers) or by place in `categories` (texts).

    The place after the last is for missing values, and for categories, the one before that for all others.
    """

    edges: "NDArray[np.float64] | None" = None
    categories: tuple[Any, ...] = ()

    @property
    def n_codes(self) -> int:
        """Number of places."""
        return len(self.categories) + 2 if self.edges is None else len(self.edges) + 2

    def codes(self, values: "pd.Series") -> "NDArray[np.int64]":
        """Places of values, shape (n_values,)."""
        missing = values.isna().to_numpy()
        if self.edges is None:
            found = pd.Index(self.categories).get_indexer(pd.Index(values)).astype(np.int64)
            found[found < 0] = len(self.categories)
        else:
            found = np.searchsorted(self.edges, values.to_numpy(dtype=np.float64), side="right").astype(np.int64)
        found[missing] = self.n_codes - 1
        return found


def bins_of(training: "pd.Series") -> Bins:
    """Fix the places by rows that are neither history nor stream: 20 quantiles, or the 30 commonest categories."""
    known = training.dropna()
    if training.dtype == object:
        return Bins(categories=tuple(known.value_counts(sort=True).index[:_MOST_CATEGORIES]))
    inner = np.linspace(0, 1, _BINS + 1)[1:-1]
    return Bins(edges=np.unique(np.quantile(known.to_numpy(dtype=np.float64), inner)) if len(known) else np.zeros(0))


@dataclass(frozen=True, eq=False)
class Signal:
    """One thing that is watched: codes from 0 to `n_codes` - 1, before the stream and in it."""

    name: str
    history: "NDArray[np.int64]"
    stream: "NDArray[np.int64]"
    n_codes: int


@dataclass(frozen=True, eq=False)
class Finding:
    """What came of watching a signal; rows count from the beginning of the stream.

    Attributes
    ----------
    alarm : int or None
        Row after which the alarm was raised.
    start : tuple of int, or None
        First row of the change: (most likely, earliest, latest).
    evidence : array of shape (n_blocks,)
        Logarithm to base 10 of the capital over the threshold; an alarm is raised at 0.
    """

    name: str
    alarm: int | None
    start: tuple[int, int, int] | None
    evidence: "NDArray[np.float64]"


def watch(signals: Sequence[Signal], *, false_alarms: float, seed: int) -> list[Finding]:
    """Watch signals over a stream.

    Parameters
    ----------
    false_alarms : float
        Bound on the chance that any signal raises an alarm, ever, if history and stream are exchangeable. In (0, 1).
    """
    threshold = len(signals) / false_alarms
    found = []
    for place, signal in enumerate(signals):
        block = blocks_of(len(signal.stream))
        p_values = ranks(signal.history, signal.stream, signal.n_codes, seed=seed * 1_000_003 + place)
        cuts = CUTS if signal.n_codes <= _FEW_VALUES else ()
        path = capital(p_values, block=block, threshold=threshold, cuts=cuts)
        evidence = (path.log_capital - np.log(threshold)) / np.log(10)
        if path.alarm is None:
            found.append(Finding(signal.name, None, None, evidence))
            continue
        first, early, late = (int(part) * block for part in path.start)
        alarm = min((path.alarm + 1) * block, len(signal.stream)) - 1
        found.append(Finding(signal.name, alarm, (first, early, late), evidence))
    return found


def rolling_accuracy(right: "NDArray[np.bool_]", *, window: int) -> list[tuple[int, Estimate]]:
    """Share of right answers (`right` has shape (n_rows,)) in consecutive whole windows.

    Gives for each the last row of the window, and the share with its exact interval.
    """
    starts = range(0, len(right) - window + 1, window)
    return [(first + window - 1, rate(int(right[first : first + window].sum()), window)) for first in starts]


def estimated_accuracy(
    confidence: "NDArray[np.float64]", known_confidence: "NDArray[np.float64]", known_right: "NDArray[np.bool_]"
) -> list[tuple[int, float]]:
    """Estimate the share of right answers in the same windows before any label is known.

    How often the model is right at a confidence is learned on rows whose labels are known (isotonic regression), and
    taken to hold on: the estimate sees a change of the columns, but not one of what they mean for the target.

    Parameters
    ----------
    confidence, known_confidence : arrays of shape (n,)
        Probability of the predicted class, in the stream and on known rows.
    """
    from sklearn.isotonic import IsotonicRegression

    known = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(known_confidence, known_right)
    expected = known.predict(confidence)
    window = window_of(len(confidence))
    starts = range(0, len(expected) - window + 1, window)
    return [(first + window - 1, float(expected[first : first + window].mean())) for first in starts]


def expected_accuracy(
    confidence: "NDArray[np.float64]",
    known_confidence: "NDArray[np.float64]",
    known_right: "NDArray[np.bool_]",
    *,
    seed: int,
) -> Estimate:
    """Estimate the share of right answers among rows whose labels have not come, as `estimated_accuracy` does.

    The 95 % interval counts what is not known of how often the model is right at a confidence (the known rows drawn
    anew, 200 times) and the chance in so many answers. It does not count that the columns may mean something else now.
    `confidence` has the shape (n_waiting,), the other two (n_known,).
    """
    from sklearn.isotonic import IsotonicRegression

    def expected(rows: "NDArray[np.int64]") -> "NDArray[np.float64]":
        fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(
            known_confidence[rows], known_right[rows]
        )
        shares: NDArray[np.float64] = fitted.predict(confidence)
        return shares

    rng = np.random.default_rng(seed)
    value = float(expected(np.arange(len(known_right))).mean())
    drawn = []
    for _ in range(_DRAWS):
        shares = expected(rng.integers(len(known_right), size=len(known_right)))
        drawn.append(float((rng.random(len(shares)) < shares).mean()))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value, min(float(low), value), max(float(high), value), "share")


def window_of(n_rows: int) -> int:
    """Rows in a window: 20 windows, but at least 100 rows each.

    >>> window_of(1_000), window_of(20_000)
    (100, 1000)
    """
    return max(min(_SMALLEST_WINDOW, n_rows), n_rows // _WINDOWS)


@dataclass(frozen=True)
class Change:
    """What changed of a column (`of`: a median or a share), and what it was before and after; None where nothing is known."""

    of: str
    before: float | None
    after: float | None


def change(before: "pd.Series", after: "pd.Series") -> Change:
    """Describe a change: middles of numbers (see `lab.privacy.aggregates`), or the category whose share changed most.

    Categories of fewer than 10 rows are never named.
    """
    if before.dtype != object:
        return Change("median", middle(before), middle(after))
    shares = [part.value_counts(normalize=True) for part in (before, after)]
    moved = (shares[1].sub(shares[0], fill_value=0)).abs()
    counts = pd.concat([before, after]).value_counts()
    moved = moved[counts.reindex(moved.index) >= _FEWEST_TO_NAME]
    if moved.empty:
        return Change("share of missing values", float(before.isna().mean()), float(after.isna().mean()))
    category = moved.idxmax()
    was, now = (float(share.get(category, 0.0)) for share in shares)
    return Change(f"share of {category!r}", was, now)
