"""Is a number predicted as well for every group? R², size and direction of the errors by group, with intervals."""

from typing import TYPE_CHECKING, Any

import numpy as np

from interpretability.groups.classes import DRAWS, MIN_ROWS, labels_of
from interpretability.groups.intervals import Cells, counted, drawn_units, of_mean, of_score
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
    rows: list[tuple[Any, ...]] = []
    for scores in sides:
        said, target, groups, units = _out_of_fold(scores, dataset, labels_of(column, dataset), folds)
        for name in np.unique(groups):
            there = groups == name
            if there.sum() < MIN_ROWS:
                continue
            own = None if units is None else units[there]
            errors = said[there] - target[there]
            rows.append(
                (
                    scores.label,
                    str(name),
                    int(there.sum()),
                    *_explained(said[there], target[there], own),
                    *of_mean(np.abs(errors), own),
                    *of_mean(errors, own),
                )
            )
    caption = (
        "R² within the group (share of its own variance that is explained); mean absolute error; and mean error, prediction minus "
        f"truth, where above zero the group is predicted too high. Errors in the unit of {dataset.target_name!r}, with 95 % "
        f"intervals{counted(dataset.belonging)}. Groups of fewer than {MIN_ROWS} rows are left out."
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
        said, target, groups, units = _out_of_fold(scores, dataset, labels_of(column, dataset), folds)
        errors = said - target
        for words, values in (("mean absolute error", np.abs(errors)), ("mean error", errors)):
            rng = np.random.default_rng(seed)
            rows.append((f"{words} - {scores.label}", scores.group, _largest_gap(values, groups, units, rng)))
    caption = (
        f"Difference between the group of {column!r} with the highest error and the one with the lowest; bars are 95 % bootstrap "
        "intervals (such a gap is never below zero, so an interval just above zero is no evidence of a gap)."
    )
    shown = list(dict.fromkeys(scores.group for scores in sides))
    axis = f"largest gap between two groups ({dataset.target_name})"
    return Figure(
        f"How far apart are the groups of {column!r}?",
        caption,
        charts.interval_plot(rows, axis=axis, groups=shown, reference=0.0),
    )


def _largest_gap(values: "NDArray", groups: "NDArray", units: "NDArray | None", rng: np.random.Generator) -> Estimate:
    """Range of the means of the groups; units are drawn inside each group for its interval."""
    names, counts = np.unique(groups, return_counts=True)
    members = [groups == name for name in names[counts >= MIN_ROWS]]
    gap = float(np.ptp([values[there].mean() for there in members]))
    drawn = [_drawn_means(values[there], None if units is None else units[there], rng) for there in members]
    low, high = np.quantile(np.ptp(drawn, axis=0), [0.025, 0.975])
    return Estimate(gap, min(float(low), gap), max(float(high), gap), "")


def _drawn_means(values: "NDArray", units: "NDArray | None", rng: np.random.Generator) -> "NDArray[np.float64]":
    codes = np.arange(len(values)) if units is None else np.unique(units, return_inverse=True)[1]
    sums = np.stack([np.bincount(codes, values), np.bincount(codes)], axis=1)
    totals = np.concatenate([drawn_units(sums, rng, _AT_ONCE) for _ in range(DRAWS // _AT_ONCE)])
    return np.asarray(totals[:, 0] / totals[:, 1], dtype=np.float64)


def _out_of_fold(
    scores: Scores, dataset: Dataset, groups: "NDArray", folds: int
) -> "tuple[NDArray, NDArray, NDArray, NDArray | None]":
    done = [row for row in scores.rows[:folds] if row is not None]
    places = np.concatenate([row.test_rows for row in done])
    units = dataset.belonging.of(places).units
    return np.concatenate([row.predictions for row in done]), dataset.target[places], groups[places], units


def _explained(said: "NDArray", target: "NDArray", units: "NDArray | None") -> Cells:
    found = parts("r2", said, target)
    if found is None:
        return None, None, None
    value = 100 * (1 - float(np.mean((said - target) ** 2) / np.var(target)))
    shown = tuple(Part(part.members, 100 * part.values) for part in found)
    _, low, high = of_score(value, shown, units)
    return value, low, None if high is None else min(high, 100.0)
