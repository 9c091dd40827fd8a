"""What would usual folds have said? The same comparison on folds at random, beside the one that keeps together what belongs together.

Where the user says which rows belong together, or in which order they came, folds at random let models meet other rows of a
customer that they are tested on, or the days around those they are to foretell. What they score higher there is recognition,
which new customers, or the months to come, will not offer.
"""

from collections.abc import Sequence
from typing import Any

from lab.errors import TrialsFailedError
from lab.learning import comparison
from lab.learning.comparison import Comparison, Group
from lab.learning.outer import FoldRow
from lab.learning.scoring import Metric
from lab.protocol import Belonging, Dataset, Evidence, Rows, Table, Trial
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
    return comparison.trials(
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
        failed = "too many trials on folds at random failed to say how much of the scores is recognition"
        return Evidence(caveats=(failed,))
    lines: list[tuple[Any, ...]] = []
    gaps = []
    for group in groups:
        kept, mixed = found.best[group.name], usual.best[group.name]
        here, there, gap = found.mean(kept), usual.mean(mixed), usual.beyond(found, mixed, kept)
        gaps.append(gap)
        lines.append(
            (f"best {group.label}", here.value, here.low, here.high, there.value, there.low, there.high,
             *((there.value - here.value, None, None) if gap is None else (gap.value, gap.low, gap.high)))
        )  # fmt: skip
    if len(groups) == 2:
        one, other = groups
        here, there = (each.difference(each.best[one.name], each.best[other.name]) for each in (found, usual))
        what = f"the best {one.label} minus the best {other.label}"
        lines.append((what, here.value, here.low, here.high, there.value, there.low, there.high, None, None, None))
    columns = (
        "",
        _meant(dataset.belonging),
        "low",
        "high",
        "on folds at random",
        "low ",
        "high ",
        "recognition",
        "low  ",
        "high  ",
    )
    table = Table("What would folds at random say?", _caption(found, dataset.belonging), columns, tuple(lines))
    if gaps[0] is None:
        return Evidence(tables=(table,))
    return Evidence(estimates={RECOGNITION: gaps[0]}, facts={_OF: f"the best {groups[0].label}"}, tables=(table,))


def _meant(belonging: Belonging) -> str:
    return " and ".join(
        [f"for new values of {belonging.by!r}"] * bool(belonging.by)
        + [f"for later {belonging.time!r}"] * bool(belonging.time)
    )


def _caption(found: Comparison, belonging: Belonging) -> str:
    known = [f"other rows of the same {belonging.by!r}"] * bool(belonging.by) + ["rows of the same time"] * bool(
        belonging.time
    )
    return (
        f"{found.metric.label}; the same models and the same search, in one repetition of folds at random, where a model may have "
        f"learned from {' and '.join(known)}. Recognition is what it scores higher there. All with 95 % intervals."
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
        f"usual folds at random would show {found.facts[_OF]} {amount(gap.value, gap.unit)} higher (95 % interval {near} to "
        f"{far}): recognition, which {unseen} will not offer"
    )
