"""Is a number predicted as well for every group? R², size and direction of the errors by group, with intervals."""

from typing import TYPE_CHECKING, Any

import numpy as np

from interpretability.groups.classes import DRAWS, MIN_ROWS, labels_of
from lab import stats
from lab.learning.comparison import Scores
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
        said, target, groups = _out_of_fold(scores, dataset, labels_of(column, dataset), folds)
        for name in np.unique(groups):
            there = groups == name
            if there.sum() < MIN_ROWS:
                continue
            errors = said[there] - target[there]
            rows.append(
                (
                    scores.label,
                    str(name),
                    int(there.sum()),
                    *_explained(said[there], target[there]),
                    *_mean(np.abs(errors)),
                    *_mean(errors),
                )
            )
    caption = (
        "R² within the group (share of its own variance that is explained); mean absolute error; and mean error, prediction minus "
        f"truth, where above zero the group is predicted too high. Errors in the unit of {dataset.target_name!r}, with 95 % "
        f"intervals. Groups of fewer than {MIN_ROWS} rows are left out."
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
        said, target, groups = _out_of_fold(scores, dataset, labels_of(column, dataset), folds)
        errors = said - target
        for words, values in (("mean absolute error", np.abs(errors)), ("mean error", errors)):
            rng = np.random.default_rng(seed)
            rows.append((f"{words} - {scores.label}", scores.group, _largest_gap(values, groups, rng)))
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


def _largest_gap(values: "NDArray", groups: "NDArray", rng: np.random.Generator) -> Estimate:
    """Range of the means of the groups; rows are drawn inside each group for its interval."""
    names, counts = np.unique(groups, return_counts=True)
    parts = [values[groups == name] for name in names[counts >= MIN_ROWS]]
    gap = float(np.ptp([part.mean() for part in parts]))
    drawn = np.array([_resampled_means(part, rng) for part in parts])
    low, high = np.quantile(np.ptp(drawn, axis=0), [0.025, 0.975])
    return Estimate(gap, min(float(low), gap), max(float(high), gap), "")


def _resampled_means(values: "NDArray", rng: np.random.Generator) -> "NDArray[np.float64]":
    draws = [
        values[rng.integers(len(values), size=(_AT_ONCE, len(values)))].mean(axis=1) for _ in range(DRAWS // _AT_ONCE)
    ]
    return np.concatenate(draws)


def _out_of_fold(scores: Scores, dataset: Dataset, groups: "NDArray", folds: int) -> "tuple[NDArray, NDArray, NDArray]":
    done = [row for row in scores.rows[:folds] if row is not None]
    places = np.concatenate([row.test_rows for row in done])
    return np.concatenate([row.predictions for row in done]), dataset.target[places], groups[places]


def _explained(said: "NDArray", target: "NDArray") -> tuple[float | None, float | None, float | None]:
    if np.ptp(target) == 0:
        return None, None, None
    value = 1 - float(np.mean((said - target) ** 2) / np.var(target))
    half = stats.NORMAL_95 * float(np.std(stats.r2_influence(said, target)) / np.sqrt(len(target)))
    return 100 * value, 100 * (value - half), 100 * min(value + half, 1.0)


def _mean(values: "NDArray") -> tuple[float, float, float]:
    half = stats.NORMAL_95 * float(values.std(ddof=1) / np.sqrt(len(values)))
    middle = float(values.mean())
    return middle, middle - half, middle + half
