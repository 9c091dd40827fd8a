"""What do more rows change? The part of a report that carries a difference on to the size that the verdict is about.

A difference of two ways to learn moves with rows, so that a sample does not speak for its table. Where rows are sampled, and
with --rows-then, both sides learn from more and more rows of the whole table, and the difference is carried on from there.
A lab says which sides it compares; all else is here.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lab.learning import at_size
from lab.learning.at_size import SizePlan
from lab.learning.comparison import Group
from lab.learning.curves import Extrapolation, extrapolate, rows_to_settle
from lab.learning.scoring import Metric
from lab.learning.sized import SizeRow
from lab.learning.watched import rises_faster
from lab.protocol import Dataset, Estimate, Evidence, Figure, Rows, Table, Trial
from lab.report import charts
from lab.settings import CurveSettings
from lab.wording import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Carried", "Question", "carried", "figure", "seen_table", "two_sided"]

_FEWEST_REPEATS = 3
_NEAR = 1.25  # times the rows that were used: folds learn from fewer by as much, and nobody carries their scores on


@dataclass(frozen=True, eq=False)
class Question:
    """Which size is the verdict about, and how is it looked into?

    Attributes
    ----------
    dataset : Dataset
        The rows that are used; where they are a sample it knows its table.
    settings : CurveSettings
    metric : Metric
    seed : int
        Of the run.
    tested_rows : int, optional
        Most rows to score on, where predictions are dear.
    cheap_go_on : bool
        Whether cheap families learn from all rows: there they are compared with one another, and held against the curves.
    """

    dataset: Dataset
    settings: CurveSettings
    metric: Metric
    seed: int
    tested_rows: int | None = None
    cheap_go_on: bool = False

    @property
    def size(self) -> int | None:
        """Number of rows that the verdict is about; None where it is about those that are used, or nearly so."""
        if self.settings.curve_rows == 0:
            return None
        used = self.dataset.n_rows
        size = self.settings.rows_then or self.dataset.rows_in_table
        return None if used <= _NEAR * size and size <= _NEAR * used else size

    @property
    def plan(self) -> SizePlan | None:
        """What is tried; None where nothing is asked, or there are too few rows for a curve."""
        if self.size is None:
            return None
        settings, repeats = self.settings, max(self.settings.repeats, _FEWEST_REPEATS)
        most, on = settings.curve_rows, self.cheap_go_on
        return at_size.size_plan(self.dataset, most_rows=most, repeats=repeats, seed=self.seed, cheap_go_on=on)

    @property
    def reach(self) -> int:
        """Most training rows that learning curves of this table can have."""
        whole = self.dataset.whole or self.dataset
        return at_size.most_learned(whole, max(self.settings.repeats, _FEWEST_REPEATS))

    def trials(self, groups: Sequence[Group]) -> list[Trial[SizeRow]]:
        """Let every family learn from more and more rows, and average them at each size.

        Nothing where the rows that are used are what it is about.
        """
        plan = self.plan
        if plan is None:
            return []
        more = {} if self.tested_rows is None else {"tested_rows": self.tested_rows}
        return at_size.trials(
            groups, plan, scorer=self.metric.scorer, candidates=self.settings.candidates, seed=self.seed, **more
        )


@dataclass(frozen=True, eq=False)
class Carried:
    """A difference of two sides, first minus second, carried on to a size.

    Attributes
    ----------
    size : int
        That the verdict is about.
    sizes : tuple of int
        Training rows that were tried; none where nothing can be said.
    sides : mapping of str to numpy.ndarray of shape (n_repeats, n_sizes)
        Scores of both sides as shown, by their labels.
    curves : Extrapolation or None
    fault : str or None
        Why nothing can be said, as the end of a sentence.
    """

    size: int
    sizes: tuple[int, ...]
    sides: "Mapping[str, NDArray[np.float64]]"
    curves: Extrapolation | None
    fault: str | None

    def estimate(self, unit: str, *, confidence: float = 0.95) -> Estimate | None:
        """The difference to expect at the size; None where nothing can be said."""
        if self.curves is None or self.fault is not None:
            return None
        return self.curves.at(self.size, unit=unit, confidence=confidence)

    def settles(self, margin: float) -> int | None:
        """How far the learning curves would have to go to settle on which side of the margin the difference lies."""
        if self.curves is None or self.fault is not None or self.size <= self.curves.largest:
            return None
        error = float(np.std(self.curves.differences(self.curves.largest)))
        return rows_to_settle(self.curves, margin, size=self.size, standard_error=error)


def carried(question: Question, sides: Mapping[str, Group], rows: Rows) -> Carried | None:
    """Carry the difference of two sides, by their labels, on to the size that is asked about; None where none is."""
    size, plan = question.size, question.plan
    if size is None:
        return None
    if plan is None:
        few = at_size.too_few(question.dataset)
        return Carried(size, (), {}, None, f"there are too few rows{few} for a learning curve")
    sizes = plan.common([member for group in sides.values() for member in group.members])
    scores = {label: at_size.side_at_sizes(group, plan, rows, sizes).scores for label, group in sides.items()}
    there = ~np.isnan(list(scores.values())).any(axis=(0, 2))
    if there.sum() < 2:
        return Carried(size, (), {}, None, "too many trials of the learning curves failed")
    metric = question.metric
    shown = {label: metric.factor * values[there] for label, values in scores.items()}
    best, floor = _ends(metric, question.dataset)
    one, other = shown
    curves = extrapolate(
        sizes,
        shown[one],
        shown[other],
        names=(f"the {one}", f"the {other}"),
        best=best,
        floor=floor,
        seed=question.seed,
    )
    return Carried(size, sizes, shown, curves, curves.fault)


def two_sided(
    question: Question, sides: Mapping[str, Group], rows: Rows, *, name: str, gap: str, margin: float
) -> Evidence:
    """Say what two sides differ by at the size that is asked about.

    Parameters
    ----------
    sides : mapping of str to Group
        The two of them by their labels; the difference is the first minus the second.
    name, gap : str
        The estimate's name, and the word for the difference.
    margin : float
        As shown.
    """
    found, plan = carried(question, sides, rows), question.plan
    if found is None:
        return Evidence()
    if plan is not None and found.curves is not None and found.fault is None:
        fault = rises_faster(found.curves, sides, plan, rows, factor=question.metric.factor)
        found = dataclasses.replace(found, fault=fault)
    facts = {
        "size": found.size,
        "curve_rows": found.sizes[-1] if found.sizes else 0,
        "curve_reach": question.reach,
        "curve_fault": found.fault,
        "curve_settles": found.settles(margin),
    }
    if plan is None or not found.sizes:
        return Evidence(facts=facts)
    estimate, metric = found.estimate(question.metric.unit), question.metric
    seen = {label: at_size.side_at_sizes(group, plan, rows).seen for label, group in sides.items()}
    curves = {
        label: list(zip(found.sizes, values.mean(axis=0).tolist(), strict=True))
        for label, values in found.sides.items()
    }
    what = f"the best of each side (chosen at each size, on rows of their own) in {len(plan.folds)} repetitions"
    return Evidence(
        estimates={} if estimate is None else {name: estimate},
        facts=facts,
        figures=(figure(metric, curves, what, most_tested=question.tested_rows),),
        tables=(_table(metric, found, estimate, gap), seen_table(seen)),
    )


def _ends(metric: Metric, dataset: Dataset) -> tuple[float, float]:
    """Give the best score that there is, and that of a constant model where it is known; as shown."""
    best = 0.0 if metric.scorer.startswith("neg_") else metric.factor
    floors = {"roc_auc": 0.5, "roc_auc_ovr": 0.5, "r2": 0.0}
    if dataset.classes:
        whole = dataset.whole or dataset
        counts = np.bincount(whole.target, whole.belonging.weights)
        floors |= {"accuracy": float(counts.max() / counts.sum()), "balanced_accuracy": 1 / len(dataset.classes)}
    return best, metric.factor * floors.get(metric.scorer, -math.inf)


def figure(
    metric: Metric, curves: Mapping[str, Sequence[tuple[int, float]]], what: str, *, most_tested: int | None = None
) -> Figure:
    """Draw mean scores, as shown, against training rows: pairs of both by label; `what` says whose they are."""
    tested = "test rows" if most_tested is None else f"test rows (at most {most_tested:,})"
    caption = f"Mean {metric.label} of {what}, on {tested} that all sizes and models of a repetition share."
    unit = f" ({metric.unit}, of 100)" if metric.unit else ""
    spec = charts.lines(
        {label: list(points) for label, points in curves.items()},
        x="training rows",
        y=metric.label + unit,
        log_x=True,
        points=True,
    )
    return Figure("What more rows change", caption, spec)


def _table(metric: Metric, found: Carried, estimate: Estimate | None, gap: str) -> Table:
    (one, first), (other, second) = ((label, values.mean(axis=0)) for label, values in found.sides.items())
    rows: list[tuple[Any, ...]] = []
    for n, score, against in zip(found.sizes, first, second, strict=True):
        rows.append((n, float(score), float(against), float(score - against), None, None))
    if estimate is None:
        said = f"What holds with {count(found.size, 'row')} cannot be said: {found.fault}."
    else:
        rows.append((found.size, None, None, estimate.value, estimate.low, estimate.high))
        said = (
            f"The last line is what the curves lead to with {count(found.size, 'row')}, with its 95 % interval; it comes from "
            "four families of learning curves, weighed by how well each explains the scores."
        )
    columns = ("training rows", one, other, gap, "low", "high")
    return Table(f"The {gap} with more rows", f"{metric.label}. {said}", columns, tuple(rows))


def seen_table(seen: Mapping[str, Mapping[str, int]]) -> Table:
    """List from how many rows each model learned at most, by the label of its side."""
    rows = [(model, label, n) for label, models in seen.items() for model, n in models.items()]
    caption = (
        "The most training rows from which each model learned for the learning curves. One that would take too long on more "
        "rows is judged by what it learned from these, and averages hold it as such."
    )
    return Table("How many rows each model saw", caption, ("model", "side", "training rows"), tuple(rows))
