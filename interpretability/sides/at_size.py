"""What does readability cost with the whole table, or with the rows that will come? Learning curves of both sides.

A difference of two ways to learn moves with rows, so that a sample does not speak for its table. Where rows are sampled, and
with --rows-then, both sides learn from more and more rows of the whole table, and the difference is carried on from there.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from interpretability.context import Context
from lab.learning import at_size
from lab.learning.at_size import Side, SizePlan
from lab.learning.curves import Extrapolation, extrapolate, rows_to_settle
from lab.learning.scoring import Metric
from lab.protocol import Evidence, Figure, Rows, Table, Trial
from lab.report import charts
from lab.wording import count

__all__ = ["evidence", "plan"]

_FEWEST_REPEATS = 3
_BLACK, _GLASS = "best black box", "best readable model"


def plan(context: Context) -> list[Trial[Any]]:
    """Let every family of both sides learn from more and more rows; nothing where the rows that are used are what it is about."""
    sizes = _sizes(context)
    if sizes is None:
        return []
    groups, settings = (context.glass, context.black), context.settings
    return at_size.trials(
        groups, sizes, scorer=context.metric.scorer, candidates=settings.candidates, seed=context.seed
    )


def evidence(context: Context, rows: Rows) -> Evidence:
    """Carry the difference of the sides on to the size that the verdict is about."""
    size, sizes = _wanted(context), _sizes(context)
    if size is None:
        return Evidence()
    if sizes is None:
        return _silent(size, "there are too few rows for a learning curve")
    sides = {
        _BLACK: at_size.side_at_sizes(context.black, sizes, rows),
        _GLASS: at_size.side_at_sizes(context.glass, sizes, rows),
    }
    there = ~np.isnan([side.scores for side in sides.values()]).any(axis=(0, 2))
    if there.sum() < 2:
        return _silent(size, "too many trials of the learning curves failed")
    metric = context.metric
    scores = {label: metric.factor * side.scores[there] for label, side in sides.items()}
    best, floor = _ends(metric)
    curves = extrapolate(
        sizes.sizes,
        scores[_BLACK],
        scores[_GLASS],
        names=(f"the {_BLACK}", f"the {_GLASS}"),
        best=best,
        floor=floor,
        seed=context.seed,
    )
    facts = {
        "size": size,
        "curve_rows": sizes.sizes[-1],
        "curve_fault": curves.fault,
        "curve_settles": _settles(curves, context.margin, size),
    }
    return Evidence(
        estimates={} if curves.fault else {"loss_at_size": curves.at(size, unit=metric.unit)},
        facts=facts,
        figures=(_figure(metric, sizes, scores),),
        tables=(_table(metric, sizes, scores, curves, size), _seen(sides)),
    )


def _wanted(context: Context) -> int | None:
    """Give the number of rows that the verdict is about, where it is not about those that are used."""
    settings, dataset = context.settings, context.dataset
    if settings.curve_rows == 0:
        return None
    return settings.rows_then or (dataset.whole.n_rows if dataset.whole else None)


def _sizes(context: Context) -> SizePlan | None:
    if _wanted(context) is None:
        return None
    settings = context.settings
    repeats = max(settings.repeats, _FEWEST_REPEATS)
    return at_size.size_plan(context.dataset, most_rows=settings.curve_rows, repeats=repeats, seed=context.seed)


def _silent(size: int, reason: str) -> Evidence:
    return Evidence(facts={"size": size, "curve_rows": 0, "curve_fault": reason, "curve_settles": None})


def _ends(metric: Metric) -> tuple[float, float]:
    """Give the best score that there is, and that of a constant model where it is known; as shown."""
    best = 0.0 if metric.scorer.startswith("neg_") else metric.factor
    floor = {"roc_auc": 0.5, "roc_auc_ovr": 0.5, "r2": 0.0}.get(metric.scorer, -math.inf)
    return best, metric.factor * floor


def _settles(curves: Extrapolation, margin: float, size: int) -> int | None:
    """How far the learning curves would have to go to settle on which side of the margin the loss lies."""
    if size <= curves.largest:
        return None
    error = float(np.std(curves.differences(curves.largest)))
    return rows_to_settle(curves, margin, size=size, standard_error=error)


def _figure(metric: Metric, sizes: SizePlan, scores: Mapping[str, Any]) -> Figure:
    curves = {
        label: list(zip(sizes.sizes, values.mean(axis=0).tolist(), strict=True)) for label, values in scores.items()
    }
    caption = (
        f"Mean {metric.label} of the best of each side in {len(sizes.folds)} repetitions, on test rows that all sizes and "
        "models of a repetition share. The family that stands for a side is chosen at each size, on rows of their own."
    )
    unit = f" ({metric.unit}, of 100)" if metric.unit else ""
    spec = charts.lines(curves, x="training rows", y=metric.label + unit, log_x=True, points=True)
    return Figure("What more rows change", caption, spec)


def _table(metric: Metric, sizes: SizePlan, scores: Mapping[str, Any], curves: Extrapolation, size: int) -> Table:
    black, glass = (scores[label].mean(axis=0) for label in (_BLACK, _GLASS))
    rows: list[tuple[Any, ...]] = []
    for n, one, other in zip(sizes.sizes, black, glass, strict=True):
        rows.append((n, float(one), float(other), float(one - other), None, None))
    if curves.fault:
        said = f"What holds with {count(size, 'row')} cannot be said: {curves.fault}."
    else:
        then = curves.at(size)
        rows.append((size, None, None, then.value, then.low, then.high))
        said = (
            f"The last line is what the curves lead to with {count(size, 'row')}, with its 95 % interval; it comes from "
            "four families of learning curves, weighed by how well each explains the scores."
        )
    columns = ("training rows", _BLACK, _GLASS, "loss", "low", "high")
    return Table("The loss with more rows", f"{metric.label}. {said}", columns, tuple(rows))


def _seen(sides: Mapping[str, Side]) -> Table:
    rows = [(model, label, n) for label, side in sides.items() for model, n in side.seen.items()]
    caption = (
        "The most training rows from which each model learned for the learning curves. One that would take too long on more "
        "rows stands at the larger sizes with what it learned from these."
    )
    return Table("How many rows each model saw", caption, ("model", "side", "training rows"), tuple(rows))
