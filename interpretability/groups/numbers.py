"""Is a number predicted as well for every group? R², size and direction of the errors by group, with intervals."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from interpretability.groups.classes import DRAWS, labels_of
from interpretability.groups.intervals import Cells, counted, drawn_units, of_mean, of_score
from interpretability.groups.out_of_fold import MIN_ROWS, Told, out_of_fold
from lab.learning.comparison import Scores
from lab.learning.influence import Part, parts
from lab.protocol import Dataset, Estimate, Figure, Table
from lab.report import charts

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["group_figure", "group_table"]

_AT_ONCE = 100  # resamples drawn at once


def group_table(column: str, dataset: Dataset, sides: list[Scores], folds: int) -> Table:
    """Score and errors of every group, on the out-of-fold predictions of the first repetition."""
    labels = labels_of(column, dataset)
    rows: list[tuple[Any, ...]] = []
    for scores in sides:
        for name, told in out_of_fold(scores, dataset, labels, folds).by_group():
            errors, units = told.said - told.target, told.units
            cells = (*_explained(told), *of_mean(np.abs(errors), units), *of_mean(errors, units))
            rows.append((scores.label, name, len(errors), *cells))
    caption = (
        "R² within the group (share of the variance within the group that the model explains); mean absolute error; and mean error, "
        "prediction minus truth (above zero: predictions for the group are too high on average). Errors are in the unit of "
        f"{dataset.target_name!r}; all with 95 % intervals{counted(dataset.belonging)}. Groups of fewer than "
        f"{MIN_ROWS} rows are left out."
    )
    columns = (
        "model", "group", "rows", "R² (points)", "low", "high", "mean absolute error", "low ", "high ", "mean error", "low  ",
        "high  ",
    )  # fmt: skip
    return Table(f"Does the model serve every group of {column!r} equally well?", caption, columns, tuple(rows))


def group_figure(column: str, dataset: Dataset, sides: list[Scores], folds: int, seed: int) -> Figure:
    """Draw the largest gap between two groups in each kind of error and for each model, with bootstrap intervals."""
    rows = []
    for scores in sides:
        told = out_of_fold(scores, dataset, labels_of(column, dataset), folds)
        for words, size in (("mean absolute error", np.abs), ("mean error", np.positive)):
            gap = _largest_gap(told, size, np.random.default_rng(seed))
            rows.append((f"{words} - {scores.label}", scores.group, gap))
    caption = (
        f"Difference between the group of {column!r} with the highest error and the one with the lowest; bars are 95 % bootstrap "
        "intervals (such a gap is never below zero, so an interval just above zero is no evidence of a gap)."
    )
    shown = list(dict.fromkeys(scores.group for scores in sides))
    axis = f"largest gap between two groups (in the unit of {dataset.target_name})"
    return Figure(
        f"How far apart are the groups of {column!r}?",
        caption,
        charts.interval_plot(rows, axis=axis, groups=shown, reference=0.0),
    )


def _largest_gap(told: Told, size: "Callable[[NDArray], NDArray]", rng: np.random.Generator) -> Estimate:
    """Range of the means of the groups; units are drawn inside each group for its interval."""
    errors = [(size(each.said - each.target), each.units) for _, each in told.by_group()]
    gap = float(np.ptp([values.mean() for values, _ in errors]))
    drawn = [_drawn_means(values, units, rng) for values, units in errors]
    low, high = np.quantile(np.ptp(drawn, axis=0), [0.025, 0.975])
    return Estimate(gap, min(float(low), gap), max(float(high), gap), "")


def _drawn_means(values: "NDArray", units: "NDArray | None", rng: np.random.Generator) -> "NDArray[np.float64]":
    codes = np.arange(len(values)) if units is None else np.unique(units, return_inverse=True)[1]
    sums = np.stack([np.bincount(codes, values), np.bincount(codes)], axis=1)
    totals = np.concatenate([drawn_units(sums, rng, _AT_ONCE) for _ in range(DRAWS // _AT_ONCE)])
    return np.asarray(totals[:, 0] / totals[:, 1], dtype=np.float64)


def _explained(told: Told) -> Cells:
    said, target = told.said, told.target
    found = parts("r2", said, target)
    if found is None:
        return None, None, None
    value = 100 * (1 - float(np.mean((said - target) ** 2) / np.var(target)))
    shown = tuple(Part(part.members, 100 * part.values) for part in found)
    _, low, high = of_score(value, shown, told.units)
    return value, low, None if high is None else min(high, 100.0)
