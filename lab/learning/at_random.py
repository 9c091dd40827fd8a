"""What would usual folds have said? The same comparison on folds at random, beside the one that keeps together what belongs together.

Where the user says which rows belong together, or in which order they came, folds at random let models meet other rows of a
customer that they are tested on, or the days around those they are to foretell. What they score higher there is recognition,
which new customers, or the months to come, will not offer.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from lab.errors import TrialsFailedError
from lab.learning import comparison, planning
from lab.learning.comparison import Comparison, Group
from lab.learning.outer import FoldRow
from lab.learning.scoring import Metric
from lab.protocol import Belonging, Dataset, Estimate, Evidence, Figure, Rows, Table, Trial
from lab.report import charts
from lab.wording import amount

__all__ = ["RECOGNITION", "evidence", "plan", "sentence"]

RECOGNITION = "recognition"
"""Name of the estimate: how much higher the best model of the first side scores at random."""
_OF = "recognised"


def plan(
    dataset: Dataset,
    groups: Sequence[Group],
    *,
    folds: int,
    seed: int,
    metric: Metric,
    candidates: int,
    search_rows: int | None = None,
) -> list[Trial[FoldRow]]:
    """Score the families on one repetition of folds at random; nothing where the user did not say what belongs together."""
    if not dataset.belonging.is_declared:
        return []
    return planning.trials(
        groups,
        folds=folds,
        repeats=1,
        seed=seed,
        metric=metric,
        candidates=candidates,
        search_rows=search_rows,
        at_random=True,
    )


def evidence(found: Comparison, dataset: Dataset, groups: Sequence[Group], rows: Rows) -> Evidence:
    """Put both answers side by side: the best of each group, and where there are two what the first is better by.

    Parameters
    ----------
    found : Comparison
        On folds that keep rows together.
    groups : sequence of Group
        One or two sides; the first gives the estimate.

    Where a side has a score in fewer than two folds at random, a caveat says so.
    """
    if not dataset.belonging.is_declared:
        return Evidence()
    try:
        usual = comparison.compare(
            dataset, groups, rows, folds=found.folds, repeats=1, metric=found.metric, at_random=True
        )
    except TrialsFailedError:
        failed = "how much of the scores is recognition cannot be said: too many trials on folds at random failed"
        return Evidence(caveats=(failed,))
    gaps = [_gap(found, usual, group) for group in groups]
    shown = Evidence(
        figures=(_figure(found, usual, groups, dataset.belonging),),
        tables=(_table(found, usual, groups, dataset.belonging, gaps),),
    )
    if (first := gaps[0]) is None:
        return shown
    return dataclasses.replace(shown, estimates={RECOGNITION: first}, facts={_OF: f"the best {groups[0].label}"})


def _gap(found: Comparison, usual: Comparison, group: Group) -> Estimate | None:
    return usual.beyond(found, usual.best[group.name], found.best[group.name])


def _figure(found: Comparison, usual: Comparison, groups: Sequence[Group], belonging: Belonging) -> Figure:
    """Draw both scores of each side, one below the other."""
    kept, mixed = _meant(belonging), "folds at random"
    rows = []
    for group in groups:
        name = f"best {group.label}"
        rows.append((name, kept, found.mean(found.best[group.name])))
        rows.append((f"{name}, at random", mixed, usual.mean(usual.best[group.name])))
    metric = found.metric
    axis = metric.label + (f" ({metric.unit}, of 100)" if metric.unit else "")
    spec = charts.interval_plot(rows, axis=axis, groups=(kept, mixed))
    return Figure("How much of the score would be recognition?", _caption(found, belonging), spec)


def _table(
    found: Comparison,
    usual: Comparison,
    groups: Sequence[Group],
    belonging: Belonging,
    gaps: Sequence[Estimate | None],
) -> Table:
    """List both scores of each side with what is recognition, and what the first is better by."""
    lines: list[tuple[Any, ...]] = []
    for group, gap in zip(groups, gaps, strict=True):
        here, there = found.mean(found.best[group.name]), usual.mean(usual.best[group.name])
        more = (there.value - here.value, None, None) if gap is None else _ends(gap)
        lines.append((f"best {group.label}", *_ends(here), *_ends(there), *more))
    if len(groups) == 2:
        one, other = groups
        here, there = (each.difference(each.best[one.name], each.best[other.name]) for each in (found, usual))
        what = f"the best {one.label} minus the best {other.label}"
        lines.append((what, *_ends(here), *_ends(there), None, None, None))
    columns = (
        "", _meant(belonging), "low", "high", "on folds at random", "low (random)", "high (random)", "recognition",
        "low (recognition)", "high (recognition)",
    )  # fmt: skip
    return Table("What would folds at random have shown?", _caption(found, belonging), columns, tuple(lines))


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high


def _meant(belonging: Belonging) -> str:
    return " and ".join(
        [f"for new values of {belonging.by!r}"] * bool(belonging.by)
        + [f"for rows later in {belonging.time!r}"] * bool(belonging.time)
    )


def _caption(found: Comparison, belonging: Belonging) -> str:
    known = [f"other rows of the same {belonging.by!r}"] * bool(belonging.by) + [
        "rows from the same time or later"
    ] * bool(belonging.time)
    return (
        f"{found.metric.label} of the same models with the same search, scored twice: on folds that respect what was declared, and on "
        f"one repetition of folds at random, where a model may have learned from {' and '.join(known)}. Recognition is how much "
        "higher it scores there. 95 % intervals where they can be given."
    )


def sentence(found: Evidence, belonging: Belonging) -> str | None:
    """Say in a sentence what recognition is worth, where it is more than nothing; None where it is not."""
    gap = found.estimates.get(RECOGNITION)
    if gap is None or gap.low <= 0:
        return None
    unseen = " or ".join(
        [f"new values of {belonging.by!r}"] * bool(belonging.by)
        + [f"rows later in {belonging.time!r}"] * bool(belonging.time)
    )
    near, far = (amount(end, gap.unit).removesuffix(f" {gap.unit}") for end in (gap.low, gap.high))
    return (
        f"the usual folds at random would have shown {found.facts[_OF]} {amount(gap.value, gap.unit)} higher (95 % interval {near} "
        f"to {far}): that much is recognition of rows seen before, and will be lost on {unseen}"
    )
