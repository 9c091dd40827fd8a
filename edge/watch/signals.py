"""What is watched, and how does it become codes? Columns, predictions, confidence and times row by row; errors label by label."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.changes import described, described_codes, described_place, is_of_the_source
from edge.watch.group import N_SUMS, Change, Group
from edge.watch.inflow import BLOCK, Block
from edge.watch.labels import Order
from edge.watch.places import MISSING
from edge.watch.profile import FINE, Answered, Profile
from edge.watch.profiling import confidence_step, predicted_class
from edge.watch.ranking import Shape
from lab.wording import amount

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.watch.labels import Judged

__all__ = ["CALIBRATION", "CONFIDENCE", "ERRORS", "PREDICTED", "SECONDS", "Errors", "Rows", "Signal"]

PREDICTED, CONFIDENCE, SECONDS = "predicted class", "confidence of the predictions", "seconds per row"
ERRORS, CALIBRATION = "errors", "calibration"
_PER_DECADE, _FIRST, _LAST = 5, -7, 3  # of the seconds: powers of ten
_RESIDUALS = 40
_UNANSWERED = "rows without an answer"  # they have the last place of classes and of confidence


@dataclass(frozen=True, eq=False)
class Signal:
    """Something that is watched."""

    name: str
    kind: str
    shape: Shape


class Rows:
    """The signals that come row by row: without times where nothing is `timed`.

    Attributes
    ----------
    signals : tuple of Signal
    """

    def __init__(self, profile: Profile, *, predicts: bool, timed: bool = True) -> None:
        self._profile = profile
        columns = [
            Signal(column.name, "column", Shape(np.array(column.history), np.array(column.rarity)))
            for column in profile.columns
        ]
        self._n_seasons = len(profile.columns[0].history)
        self._timed = timed
        n_times = (_LAST - _FIRST) * _PER_DECADE
        times = _plain(SECONDS, "device", np.zeros(n_times + 2, dtype=np.int64), self._n_seasons)
        others = [times] if timed else []
        if predicts:
            said = profile.answered
            own = said is not None and said.is_own and self._n_seasons == 1
            predicted = np.array(said.predicted) if own and said else np.zeros(len(profile.classes), dtype=np.int64)
            asked = np.array(said.asked) if own and said else np.zeros(FINE, dtype=np.int64)
            others += [
                _plain(PREDICTED, "model", np.append(predicted, 0), self._n_seasons),
                _plain(CONFIDENCE, "model", np.append(asked, 0), self._n_seasons),
            ]
        self.signals: tuple[Signal, ...] = (*columns, *others)

    def group(self, *, threshold: float, seed: int, to_come: int | None = None) -> Group:
        """Make their martingales; `to_come` as in `edge.watch.group.Group`."""
        known = [
            _reference_sums(column.deviation, sum(sum(each[:MISSING]) for each in column.history))
            for column in self._profile.columns
        ]
        known += [np.zeros(N_SUMS)] * (len(self.signals) - len(known))
        shapes = [each.shape for each in self.signals]
        return Group(shapes, known, threshold=threshold, seed=seed, stream=0, to_come=to_come)

    def read(
        self, rows: Block, probabilities: "NDArray[np.float64] | None", *, block: int = BLOCK
    ) -> "tuple[NDArray[np.int64], NDArray[np.float64]]":
        """Give the codes of whole blocks, shape (n_blocks, block, n_signals), and their sums, shape (n_blocks, n_signals, N_SUMS)."""
        n_blocks = len(rows.seconds) // block
        codes, sums = [], np.zeros((n_blocks, len(self.signals), N_SUMS))
        for place, column in enumerate(self._profile.columns):
            values, unreadable = rows.values[column.name], rows.unreadable[column.name]
            codes.append(column.places.codes(values, unreadable if unreadable.any() else None))
            if column.mean is not None and column.deviation is not None:
                scaled = (values - column.mean) / (column.deviation or 1.0)
                there = ~np.isnan(scaled)
                for part, each in enumerate((there, np.where(there, scaled, 0.0), np.where(there, scaled**2, 0.0))):
                    sums[:, place, part] = each.reshape(n_blocks, block).sum(axis=1)
        if self._timed:
            codes.append(_of_seconds(rows.seconds))
        if probabilities is not None:
            codes += [predicted_class(probabilities), confidence_step(probabilities)]
        return np.stack(codes, axis=1).reshape(n_blocks, block, -1), sums

    def name(self, place: int) -> str:
        """Name of a signal."""
        return self.signals[place].name

    def kind(self, place: int) -> str:
        """Kind of a signal."""
        return self.signals[place].kind

    def words(self, place: int, change: Change) -> str:
        """Say what changed, and how large."""
        if place < len(self._profile.columns):
            return described(self._profile.columns[place], change.before, change.since)
        name = self.name(place)
        if name == PREDICTED:
            names = [*(repr(label) for label in self._profile.classes), _UNANSWERED]
            return described_codes(names, change.before, change.since)
        if name == CONFIDENCE:
            if said := described_place(_UNANSWERED, FINE, change.before, change.since):
                return said
            means = [_mean(part[:FINE], (np.arange(FINE) + 0.5) / FINE) for part in (change.before, change.since)]
            return _from_to("mean confidence", [f"{100 * mean:.1f} %" for mean in means if mean is not None])
        middles = np.power(10.0, _FIRST + (np.arange(len(self.signals[place].shape.rarity) - 2) + 0.5) / _PER_DECADE)
        medians = [_median(part[: len(middles)], middles) for part in (change.before, change.since)]
        return _from_to("median", [amount(1e3 * found, "ms") for found in medians if found is not None])

    def is_of_the_source(self, place: int, change: Change) -> bool:
        """Whether what changed is what is missing, what cannot be read, or the time that a row takes."""
        if place < len(self._profile.columns):
            return is_of_the_source(self._profile.columns[place], change.before, change.since)
        return self.kind(place) == "device"


class Errors:
    """The signals that come label by label: errors, and how far a confidence was from what happened.

    Answers of the very model to rows that it did not learn from are their history (`answered`); a model that is worse than it was
    there is thus noticed even if it is so from the first row. Where others like it answered, errors are held against one another.
    """

    NAMES = (ERRORS, CALIBRATION)

    def __init__(
        self,
        answered: Answered | None,
        *,
        threshold: float,
        seed: int,
        block: int = BLOCK,
        to_come: int | None = None,
    ) -> None:
        shapes = [
            _plain(name, "model", history, 1).shape for name, history in zip(self.NAMES, _judged(answered), strict=True)
        ]
        known = [np.zeros(N_SUMS)] * len(shapes)
        self.group = Group(shapes, known, threshold=threshold, seed=seed, stream=1, to_come=to_come)
        self._block = block
        self._waiting = np.zeros((0, 3), dtype=np.int64)  # row, code of each signal
        self._order = Order()

    def take(self, found: "Judged", *, last: int) -> Iterator[int]:
        """Take answers whose labels have come, after the row `last`; gives the signals that raise an alarm, block by block."""
        step = np.clip((found.confidence * FINE).astype(np.int64), 0, FINE - 1)
        table = np.stack([found.rows, ~found.right, _residual(step, found.right)], axis=1)
        self._waiting = np.concatenate([self._waiting, table])
        while len(self._waiting) >= self._block:
            yield from self._next(self._block, last)

    def rest(self, *, last: int) -> list[int]:
        """Take what waits for a block, at the end of a stream, after the row `last`; gives the signals that raise an alarm."""
        return self._next(len(self._waiting), last) if len(self._waiting) else []

    def _next(self, rows: int, last: int) -> list[int]:
        block, self._waiting = self._waiting[:rows], self._waiting[rows:]
        first = self._order.first(block[:, 0])
        in_order = self._order.is_kept
        return self.group.take(block[:, 1:], np.zeros((2, N_SUMS)), first=first, last=last, in_order=in_order)

    def name(self, place: int) -> str:
        """Name of a signal."""
        return self.NAMES[place]

    def kind(self, place: int) -> str:
        """Kind of a signal."""
        return "model"

    def words(self, place: int, change: Change) -> str:
        """Say what changed, and how large."""
        n_places, values = (
            (2, np.array([1.0, 0.0]))
            if place == 0
            else (_RESIDUALS, (np.arange(_RESIDUALS) + 0.5) / _RESIDUALS * 2 - 1)
        )
        means = [_mean(part[:n_places], values) for part in (change.before, change.since)]
        if place == 0:
            return _from_to("accuracy", [f"{100 * mean:.1f} %" for mean in means if mean is not None])
        return _from_to("accuracy minus confidence", [f"{100 * mean:.1f} points" for mean in means if mean is not None])

    def state(self) -> dict[str, Any]:
        """Give all that it holds."""
        return {"group": self.group.state(), "waiting": self._waiting, "order": self._order.state()}

    def resume(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.group.resume(state["group"])
        self._waiting = state["waiting"]
        self._order.resume(state["order"])


def _plain(name: str, kind: str, history: "NDArray[np.int64]", n_seasons: int) -> Signal:
    """Make a signal whose places are fixed beforehand; its history counts where it has no seasons."""
    counts = np.zeros((n_seasons, len(history)), dtype=np.int64)
    counts[0] = history
    return Signal(name, kind, Shape(counts, np.arange(len(history))))


def _judged(answered: Answered | None) -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """Count answers of the very model by whether they were wrong, and by residual; nothing where others answered."""
    errors, residuals = np.zeros(2, dtype=np.int64), np.zeros(_RESIDUALS, dtype=np.int64)
    if answered is None or not answered.is_own:
        return errors, residuals
    right = np.array(answered.right)
    wrong = np.array(answered.asked) - right
    for counts, is_right in ((right, True), (wrong, False)):
        np.add.at(residuals, _residual(np.arange(FINE), np.full(FINE, is_right)), counts)
    return np.array([right.sum(), wrong.sum()]), residuals


def _residual(step: "NDArray[np.int64]", right: "NDArray[np.bool_]") -> "NDArray[np.int64]":
    """Place of what happened less the confidence, from -1 to 1, for the middle of a step of the confidence: shape (n_answers,).

    >>> _residual(np.array([0, 49, 49]), np.array([False, False, True])).tolist()
    [19, 0, 20]
    """
    found: NDArray[np.int64] = ((right - (step + 0.5) / FINE + 1) / 2 * _RESIDUALS).astype(np.int64)
    return found


def _reference_sums(deviation: float | None, rows: int) -> "NDArray[np.float64]":
    """Sums over the history in deviations from its mean: as many rows as it has, of mean 0 and deviation 1."""
    if deviation is None:
        return np.zeros(N_SUMS)
    return np.array([rows, 0.0, rows if deviation else 0.0])


def _of_seconds(seconds: "NDArray[np.float64]") -> "NDArray[np.int64]":
    n_times = (_LAST - _FIRST) * _PER_DECADE
    known = seconds > 0
    power = np.log10(np.where(known, seconds, 1.0))
    place = np.clip(np.floor((power - _FIRST) * _PER_DECADE), 0, n_times - 1).astype(np.int64)
    return np.where(known, place, np.where(np.isnan(seconds), n_times, n_times + 1))


def _mean(counts: "NDArray[np.float64]", values: "NDArray[np.float64]") -> float | None:
    return float(counts @ values / counts.sum()) if counts.sum() else None


def _median(counts: "NDArray[np.float64]", values: "NDArray[np.float64]") -> float | None:
    up_to = counts.cumsum()
    return float(values[np.searchsorted(up_to, up_to[-1] / 2)]) if up_to[-1] else None


def _from_to(what: str, parts: Sequence[str]) -> str:
    return f"{what} {parts[0]} before, {parts[1]} since" if len(parts) == 2 else ""
