"""Which group of families is better on this table? The same folds, the same budget, the choice inside the folds.

"The best of a group" is itself a way to learn: in every outer fold the group's member with the best score over all inner
out-of-fold rows is taken, and only its outer score counts. Nothing is ever picked on the outer folds. Members are families, and
for a side that nobody has to read blends of them.
"""

import dataclasses
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lab import stats
from lab.belonging import ALONE
from lab.decisions import rows_to_settle
from lab.errors import TrialsFailedError
from lab.learning.blending import Blend
from lab.learning.counted import counted_by_stratum, counted_units
from lab.learning.families import Family
from lab.learning.influence import Part, added, parts
from lab.learning.inner import inner_score
from lab.learning.outer import FoldRow, fold_key
from lab.learning.predictions import reliability_figure
from lab.learning.scoring import BESIDE, Metric
from lab.protocol import Belonging, Dataset, Estimate, Figure, Rows, Table
from lab.report import charts
from lab.wording import amount

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Comparison", "Group", "Scores", "compare"]

_USUAL = 0.95
_BLOCKS = 20
"""Into so many stretches of time rows are put together whose order matters."""


@dataclass(frozen=True)
class Group:
    """Families that stand for one side of the question, the best of them in each fold for all; or that are only shown.

    Attributes
    ----------
    name, label : str
        For keys, and the words for a reader.
    families : tuple of Family
    is_side : bool
        False for families that explain the others: no best of them is taken.
    blends : tuple of Blend
        Combinations of the families, members of the side as these are; none where a model must be read.
    apart : tuple of str
        Names of families that no blend contains: a constant prediction, say.
    """

    name: str
    label: str
    families: tuple[Family, ...]
    is_side: bool = True
    blends: tuple[Blend, ...] = ()
    apart: tuple[str, ...] = ()

    @property
    def blended(self) -> tuple[Family, ...]:
        """Families that the blends combine."""
        return tuple(family for family in self.families if family.name not in self.apart)

    @property
    def members(self) -> tuple[Family | Blend, ...]:
        """All ways to learn among which the best is taken."""
        return (*self.families, *self.blends)


@dataclass(frozen=True)
class Scores:
    """How a way to learn did on every outer fold.

    Attributes
    ----------
    label, group : str
        The words for a reader.
    values : numpy.ndarray of shape (n_folds,)
        The primary metric as shown (points, say); NaN where the trial failed.
    rows : tuple
        The row of each fold's trial; None where it failed.
    chosen : tuple of str
        For the best of a group: the label of the family taken in each fold.
    """

    label: str
    group: str
    values: "NDArray[np.float64]"
    rows: tuple[FoldRow | None, ...]
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """All scores on the same folds, first-group first, and the best of each side by its group's name.

    `single` is the best of a side where no blend is among its members: what follows on the comparison refits it.
    """

    metric: Metric
    folds: int
    target: "NDArray"
    families: Mapping[str, Scores]
    best: Mapping[str, Scores]
    single: Mapping[str, Scores]
    belonging: Belonging = ALONE

    @property
    def test_fraction(self) -> float:
        """Share of the rows in each test fold; forward in time the part before the first of them counts as one more."""
        return 1 / (self.folds + (self.belonging.times is not None))

    @property
    def repeats(self) -> int:
        """Repetitions of the folds."""
        return len(next(iter(self.best.values())).values) // self.folds

    @property
    def n_rows(self) -> int:
        """Rows of the table."""
        return len(self.target)

    @property
    def n_units(self) -> float:
        """What the table counts for: groups of rows that belong together, or else rows; fewer where they have unequal weights."""
        return counted_units(self.belonging, self.n_rows)

    def difference(self, a: Scores, b: Scores, *, confidence: float = 0.95) -> Estimate:
        """How much better `a` is than `b`, over the folds in which both have a score.

        Folds that agree to the last row do not make the difference certain: for a metric that is a share of rows, the
        interval reaches at least 3 rows of the table to either side (the rule of three, Hanley and Lippman-Hand 1983; at
        another confidence c, 3 log(1 - c) / log(0.05) of them). It never goes beyond what two scores of the metric can differ by.
        """
        mean, spread = self._paired(a, b)
        estimate = stats.estimate_of(mean, spread, unit=self.metric.unit, confidence=confidence)
        return self._possible(self._at_least_rule_of_three(estimate))

    def _paired(self, a: Scores, b: Scores) -> tuple[float, stats.Spread]:
        """Mean difference and its spread: from the rows where every fold is there, else from the folds."""
        both = ~np.isnan(a.values) & ~np.isnan(b.values)
        _require_two(int(both.sum()))
        differences = a.values[both] - b.values[both]
        mean, by_folds = float(differences.mean()), stats.corrected_spread(differences, self.test_fraction)
        repeats = len(differences) // self.folds
        if not both.all():
            return mean, by_folds
        adds = [one for repeat in range(repeats) if (one := self._added(a, b, repeat)) is not None]
        if len(adds) < repeats:
            return mean, by_folds
        by_repeat = differences.reshape(repeats, self.folds)
        pooled = stats.pooled_spread(adds, by_repeat, units=_units_of(self.belonging))
        return mean, self._wider_in_time(pooled, by_repeat)

    def _added(self, a: Scores, b: Scores, repeat: int) -> "NDArray[np.float64] | None":
        """What each row adds to the difference in one repetition, as shown; None where the metric has no such form."""
        found = []
        for place in range(repeat * self.folds, (repeat + 1) * self.folds):
            first, second = a.rows[place], b.rows[place]
            assert first is not None and second is not None  # noqa: PT018 - asked only where every fold is there
            one, other = self._parts(first), self._parts(second)
            if one is None or other is None:
                return None
            found.append((first.test_rows, one, other))
        return self.metric.factor * added(found, self.n_rows, self.belonging.weights)

    def beyond(self, other: "Comparison", a: Scores, b: Scores) -> Estimate | None:
        """How much higher `a` scores here than `b` in another comparison of the same rows, which has other folds.

        The interval counts what each row adds to either mean; None where the metric has no such form, or a fold failed.
        """
        one, two = self._each_added_alone(a), other._each_added_alone(b)
        if one is None or two is None:
            return None
        here, there = stats.mean_where_any(one), stats.mean_where_any(two)
        adds = np.where(np.isnan(here) & np.isnan(there), np.nan, np.nan_to_num(here) - np.nan_to_num(there))
        of_rows = stats.row_spread(adds, units=_units_of(self.belonging))
        widened = stats.Spread(of_rows.standard_error * math.sqrt(self.folds / (self.folds - 1)), of_rows.degrees)
        mean = float(a.values.mean() - b.values.mean())
        estimate = stats.estimate_of(mean, widened, unit=self.metric.unit)
        return self._possible(self._at_least_rule_of_three(estimate))

    def _each_added_alone(self, scores: Scores) -> "NDArray[np.float64] | None":
        """What each row adds to a score in each repetition, as shown: shape (n_repeats, n_parts, n_rows)."""
        found = []
        for start in range(0, len(scores.rows), self.folds):
            each = []
            for row in scores.rows[start : start + self.folds]:
                own = None if row is None else self._parts(row)
                if row is None or own is None:
                    return None
                each.append(
                    (row.test_rows, own, tuple(dataclasses.replace(part, values=0 * part.values) for part in own))
                )
            found.append(added(each, self.n_rows, self.belonging.weights))
        return self.metric.factor * np.asarray(found)

    def _parts(self, row: FoldRow) -> tuple[Part, ...] | None:
        rows = row.test_rows
        return parts(self.metric.scorer, row.predictions, self.target[rows], self.belonging.weights_of(rows))

    @property
    def least_half(self) -> float:
        """Half the narrowest interval of a difference: 3 units of the table for a metric that is a share of them, else 0.

        Of the balanced accuracy, which is a mean of one share for each class, 3 units of the rarest class.
        """
        if not self.metric.unit or self.metric.task == "number":
            return 0.0
        if self.metric.scorer != "balanced_accuracy":
            return 3 * self.metric.factor / self.n_units
        of_class = counted_by_stratum(self.target, self.belonging, int(self.target.max()) + 1)
        return float(3 * self.metric.factor / (len(of_class) * of_class.min()))

    def _reach(self, confidence: float) -> float:
        """Half the narrowest interval of a difference at this confidence."""
        return self.least_half * _times_of_three(confidence)

    def floor(self, estimates: Iterable[Estimate]) -> str:
        """Say, as a sentence, that some of these are no wider than the narrowest interval allows; empty where none is.

        Their width is then 3 units of the table (see `difference`), whatever the folds said, and must not be read as a measurement.
        """
        if not self.least_half:
            return ""
        at_floor = [
            float(e.confidence)
            for e in estimates
            if math.isclose(max(e.value - e.low, e.high - e.value), self._reach(float(e.confidence)))
        ]
        if not at_floor:
            return ""
        what = "rows" if self.belonging.units is None else "groups of rows"
        what += " of equal weight" if self.belonging.weighted else ""
        half, few = amount(self._reach(at_floor[0]), self.metric.unit), f"{3 * _times_of_three(at_floor[0]):.2g}"
        return f" An interval of {half} to either side ({few} of {int(self.n_units):,} {what}) is a floor, not a measurement."

    def _at_least_rule_of_three(self, estimate: Estimate) -> Estimate:
        reach = self._reach(float(estimate.confidence))
        low, high = min(estimate.low, estimate.value - reach), max(estimate.high, estimate.value + reach)
        return dataclasses.replace(estimate, low=low, high=high)

    def _possible(self, estimate: Estimate) -> Estimate:
        if not self.metric.unit:
            return estimate
        most = self.metric.factor - self.metric.lowest
        return dataclasses.replace(estimate, low=max(estimate.low, -most), high=min(estimate.high, most))

    def regions(self, a: Scores, b: Scores, margin: float) -> stats.Regions:
        """Probability that `a` is worse, practically equal or better than `b`; as wide as the interval of `difference` at least."""
        mean, spread = self._paired(a, b)
        return stats.regions_of(mean, spread.at_least(self.least_half), margin)

    def detectable(self, a: Scores, b: Scores, *, confidence: float = 0.95) -> float:
        """Smallest distance from the margin that such a run would settle in 8 of 10 cases."""
        return max(self._paired(a, b)[1].detectable(confidence=confidence), self._reach(confidence))

    def rows_to_settle(self, a: Scores, b: Scores, margin: float, *, confidence: float = 0.95) -> int | None:
        """About how many rows would settle on which side of the margin the difference lies; see `lab.decisions`."""
        spread, least = self._paired(a, b)[1].detectable(confidence=confidence), self._reach(confidence)
        return rows_to_settle(self.difference(a, b), margin, self.n_rows, detectable=spread, least_half=least)

    def mean(self, scores: Scores) -> Estimate:
        """Mean score with its interval, cut where the metric ends (a share is never above 100 points).

        It counts what each row adds, since a few folds say little of their spread; the folds where one of them failed.
        """
        there = scores.values[~np.isnan(scores.values)]
        spread, unit = self._spread_of_rows(scores), self.metric.unit
        if spread is None:
            mean = stats.mean_score(there, test_fraction=self.test_fraction, unit=unit)
        else:
            mean = self._at_least_rule_of_three(stats.estimate_of(float(there.mean()), spread, unit=unit))
        if not self.metric.unit:
            return mean
        return dataclasses.replace(mean, low=max(mean.low, self.metric.lowest), high=min(mean.high, self.metric.factor))

    def _spread_of_rows(self, scores: Scores) -> stats.Spread | None:
        """Spread of the mean by what each row adds; None for a failed fold or a metric without that form."""
        if (adds := self._each_added_alone(scores)) is None:
            return None
        by_repeat = scores.values.reshape(len(adds), self.folds)
        pooled = stats.pooled_spread(adds, by_repeat, units=_units_of(self.belonging))
        return self._wider_in_time(pooled, by_repeat)

    def _wider_in_time(self, pooled: stats.Spread, by_repeat: "NDArray[np.float64]") -> stats.Spread:
        """Forward in time, what the blocks differ by counts where it is more than what stretches of rows say."""
        if self.belonging.times is None:
            return pooled
        of_blocks = stats.corrected_spread(by_repeat.mean(axis=0), self.test_fraction)
        return max(pooled, of_blocks, key=lambda spread: spread.standard_error)

    def figure(self, title: str, caption: str, *, without: Collection[str] = ()) -> Figure:
        """One line per way to learn, the best first; `without` names families that would only stretch the axis."""
        hidden = [scores for name, scores in self.families.items() if name in without]
        shown = [scores for scores in self._shown() if not any(scores is each for each in hidden)]
        rows = [(s.label, s.group, self.mean(s)) for s in shown]
        rows.sort(key=lambda row: -row[2].value)
        unit = f" ({self.metric.unit}, of 100)" if self.metric.unit else ""
        groups = list(dict.fromkeys([*(s.group for s in self.best.values()), *(s.group for s in shown)]))
        caption += self.floor(mean for _, _, mean in rows)
        return Figure(title, caption, charts.interval_plot(rows, axis=self.metric.label + unit, groups=groups))

    def table(self) -> Table:
        """Every way to learn with the primary metric, its interval, and the usual metrics beside it."""
        beside = BESIDE[self.metric.task]
        rows: list[tuple[Any, ...]] = []
        for scores in self._shown():
            mean, done = self.mean(scores), [row for row in scores.rows if row is not None]
            others = [float(np.mean([row.beside[column] for row in done])) for column in beside]
            rows.append((scores.label, mean.value, mean.low, mean.high, *others, len(done)))
        rows.sort(key=lambda row: -row[1])
        columns = ("model", self.metric.label, "low", "high", *beside, "folds")
        better = {
            "classes": "Lower log loss, Brier score and calibration error are better.",
            "number": "Errors are in the unit of the target; closer to zero is better.",
        }
        caption = (
            "Means over the outer folds; low and high are the ends of the 95 % interval of the primary metric, the only "
            f"one on which the verdict rests. {better[self.metric.task]}"
        )
        return Table("All models", caption, columns, tuple(rows))

    def choices(self) -> Table:
        """How often each family was taken as the best of its group."""
        rows = [
            (scores.label, label, scores.chosen.count(label))
            for scores in self.best.values()
            for label in dict.fromkeys(scores.chosen)
            if len(set(scores.chosen)) > 1
        ]
        caption = "In each outer fold, the family with the best score on the inner folds represents its group."
        return Table("Which model was chosen as best", caption, ("group", "model", "folds"), tuple(rows))

    def calibration(self, target: "NDArray", classes: Sequence[str]) -> Figure:
        """Do the out-of-fold predictions of the best of each side mean what they say? `target` has shape (n_rows,)."""
        sides = {
            scores.label: [(row.predictions, target[row.test_rows]) for row in scores.rows if row is not None]
            for scores in self.best.values()
        }
        weights = self.belonging.weights
        counts = {
            scores.label: [weights[row.test_rows] for row in scores.rows if row is not None]
            for scores in self.best.values()
            if weights is not None
        }
        return reliability_figure(sides, classes, counts or None)

    def _shown(self) -> tuple[Scores, ...]:
        """List what a reader sees: every family, and the best of each group that has more than one."""
        return (*(best for best in self.best.values() if len(set(best.chosen)) > 1), *self.families.values())

    def caveats(self) -> tuple[str, ...]:
        """Say what limits the comparison."""
        stopped = sum(row.unconverged for scores in self.families.values() for row in scores.rows if row is not None)
        found = []
        if stopped:
            found.append(f"{stopped} fits stopped at their iteration limit before converging")
        if any(len(row.test_rows) < 30 for scores in self.families.values() for row in scores.rows if row is not None):
            found.append("some test folds have fewer than 30 rows, so that single rows affect the scores")
        return tuple(found)


def compare(
    dataset: Dataset,
    groups: Sequence[Group],
    rows: Rows,
    *,
    folds: int,
    repeats: int,
    metric: Metric,
    at_random: bool = False,
) -> Comparison:
    """Gather the rows of planned trials into scores; failed trials are NaN, and the best of a group is taken without them.

    Raises
    ------
    TrialsFailedError
        If a side has a score in fewer than two folds.
    """
    indices = range(folds * repeats)
    by_family: dict[str, Scores] = {}
    best: dict[str, Scores] = {}
    single: dict[str, Scores] = {}
    for group in groups:
        members = {}
        for member in group.members:
            found = tuple(fold_key(member, index, at_random=at_random).found(rows) for index in indices)
            members[member.name] = _scores(member.label, group.label, found, metric)
        by_family |= {name: scores for name, scores in members.items() if np.sum(~np.isnan(scores.values)) >= 2}
        if group.is_side:
            alone = {family.name: members[family.name] for family in group.families}
            inner = _inner_scores(members, dataset, metric)
            single[group.name] = _best_of(group, alone, inner, metric)
            best[group.name] = _best_of(group, members, inner, metric) if group.blends else single[group.name]
    belonging = dataset.belonging
    if at_random:
        belonging = dataclasses.replace(belonging.at_random, units=_units_of(belonging))
    return Comparison(metric, folds, dataset.target, by_family, best, single, belonging)


def _times_of_three(confidence: float) -> float:
    """How many times as far as at 95 % an interval reaches at least, where nothing was seen to differ."""
    return math.log(1 - confidence) / math.log(1 - _USUAL)


def _units_of(belonging: Belonging) -> "NDArray[np.int64] | None":
    """What counts as one: rows that belong together, or that lie together in time; None where each row stands alone."""
    if belonging.units is not None or belonging.times is None:
        return belonging.units
    ranks = np.argsort(np.argsort(belonging.times, kind="stable"), kind="stable")
    return ranks * _BLOCKS // len(ranks)


def _scores(
    label: str, group: str, rows: tuple[FoldRow | None, ...], metric: Metric, chosen: tuple[str, ...] = ()
) -> Scores:
    values = np.array([np.nan if row is None else metric.factor * row.score for row in rows])
    return Scores(label, group, values, rows, chosen)


def _best_of(
    group: Group, members: Mapping[str, Scores], inner: "Mapping[str, list[float | None]]", metric: Metric
) -> Scores:
    """Take in every fold the member with the best inner score; of equals the first."""
    rows: list[FoldRow | None] = []
    chosen = []
    for place, there in enumerate(zip(*(scores.rows for scores in members.values()), strict=True)):
        found = [(row, name) for row, name in zip(there, members, strict=True) if row is not None]
        winner = max(found, key=lambda pair: _at(inner[pair[1]], place)) if len(found) > 1 else next(iter(found), None)
        rows.append(winner[0] if winner else None)
        chosen += [members[winner[1]].label] if winner else []
    _require_two(len(chosen))
    return _scores(f"best {group.label}", group.label, tuple(rows), metric, tuple(chosen))


def _inner_scores(members: Mapping[str, Scores], dataset: Dataset, metric: Metric) -> "dict[str, list[float | None]]":
    """Score what each member said of the inner test rows, fold by fold; where one of them kept nothing, what its search found."""
    found: dict[str, list[float | None]] = {name: [] for name in members}
    for there in zip(*(scores.rows for scores in members.values()), strict=True):
        has_all = all(row.inner is not None for row in there if row is not None)
        for name, row in zip(members, there, strict=True):
            if row is None or row.inner is None or not has_all:
                found[name].append(None if row is None else row.inner_score)
            else:
                found[name].append(
                    inner_score(
                        row.inner, dataset.target, metric.scorer, len(dataset.classes), dataset.belonging.weights
                    )
                )
    return found


def _at(scores: "Sequence[float | None]", place: int) -> float:
    score = scores[place]
    assert score is not None  # several members of a side are always searched
    return score


def _require_two(n_folds: int) -> None:
    if n_folds < 2:
        raise TrialsFailedError(
            f"only {n_folds} fold(s) have scores for both sides, and an interval needs two; log.txt says why trials failed"
        )
