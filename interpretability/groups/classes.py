"""Does the model serve every group alike? Score, error rates and calibration by group, with intervals."""

import importlib.util
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import roc_auc_score

from interpretability.groups.intervals import Cells, counted, drawn_units, of_mean, of_score, of_share
from interpretability.groups.out_of_fold import MIN_ROWS, Told, out_of_fold
from interpretability.scale import has_one_sum
from lab.errors import DataError, SettingsError, nearest
from lab.learning.comparison import Scores
from lab.learning.influence import parts
from lab.protocol import Dataset, Estimate, Figure, Table
from lab.report import charts

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DRAWS", "check_groups", "group_figure", "group_table", "labels_of"]

MAX_GROUPS = 20
DRAWS = 2_000


def check_groups(column: str, dataset: Dataset) -> None:
    """Raise DataError or SettingsError where a column cannot tell groups apart."""
    if dataset.task == "classes" and importlib.util.find_spec("fairlearn") is None:
        raise SettingsError(
            "--groups needs the library fairlearn; pip install 'future-tech-lab[fair]', or omit --groups"
        )
    if column not in dataset.features:
        raise DataError(f"{dataset.name} has no usable column {column!r} for --groups; {_near(column, dataset)}")
    names = np.unique(labels_of(column, dataset))
    if len(names) > MAX_GROUPS:
        raise DataError(
            f"{dataset.name}: the group column {column!r} has {len(names):,} different values; "
            f"at most {MAX_GROUPS} groups are compared: choose another column, or merge some of its values"
        )
    if not has_one_sum(dataset):
        raise DataError(
            f"{dataset.name}: groups can be compared only where the target has two classes or is a number, but "
            f"{dataset.target_name!r} has {len(dataset.classes)} classes; omit --groups"
        )


def labels_of(column: str, dataset: Dataset) -> "NDArray":
    """Name the group of every row: shape (n_rows,)."""
    values = dataset.features[column]
    if dataset.kinds[column] == "category":
        return values.fillna("").replace("", "(missing)").to_numpy().astype(str)
    if dataset.kinds[column] == "boolean":
        return values.map({0.0: "false", 1.0: "true"}).fillna("(missing)").to_numpy().astype(str)
    return np.array(["(missing)" if value != value else f"{value:g}" for value in values])


def group_table(column: str, dataset: Dataset, sides: list[Scores], folds: int) -> Table:
    """Score, error rates and calibration of every group, on the out-of-fold predictions of the first repetition."""
    labels = labels_of(column, dataset)
    rows: list[tuple[Any, ...]] = [
        (scores.label, name, len(told.target), *_cells(told))
        for scores in sides
        for name, told in out_of_fold(scores, dataset, labels, folds).by_group()
    ]
    positive = dataset.classes[1]
    caption = (
        f"ROC AUC within the group; false positives: share of the rows that are not {positive!r} but are predicted to be "
        f"(probability above one half); false negatives: share of the rows that are {positive!r} but are not predicted to be; "
        f"calibration: mean predicted probability minus the share that is {positive!r}, in points (above zero: "
        f"the predicted risk is too high). "
        f"All with 95 % intervals{counted(dataset.belonging)}. Groups of fewer than {MIN_ROWS} rows are left out."
    )
    columns = (
        "model", "group", "rows", "ROC AUC", "low", "high", "false positives (%)", "low ", "high ",
        "false negatives (%)", "low  ", "high  ", "calibration (points)", "low   ", "high   ",
    )  # fmt: skip
    return Table(f"Does the model serve every group of {column!r} equally well?", caption, columns, tuple(rows))


def group_figure(column: str, dataset: Dataset, sides: list[Scores], folds: int, seed: int) -> Figure:
    """Draw the largest gap between two groups for each rate and model, with fairlearn's gaps and bootstrap intervals."""
    from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate

    metrics = {
        "predicted positive": selection_rate,
        "false positives": false_positive_rate,
        "false negatives": false_negative_rate,
    }
    rows = []
    for scores in sides:
        told = out_of_fold(scores, dataset, labels_of(column, dataset), folds)
        names, counts = np.unique(told.groups, return_counts=True)
        told = told.of(np.isin(told.groups, names[counts >= MIN_ROWS]))
        frame = MetricFrame(
            metrics=metrics,
            y_true=told.target,
            y_pred=(told.said > 0.5).astype(int),
            sensitive_features=told.groups,
        )
        drawn = _drawn_gaps(told, np.random.default_rng(seed))
        for (name, value), gaps in zip(frame.difference().items(), drawn, strict=True):
            low, high = np.quantile(gaps, [0.025, 0.975])
            gap = float(value)
            estimate = Estimate(100 * gap, 100 * min(float(low), gap), 100 * max(float(high), gap), "points")
            rows.append((f"{name} - {scores.label}", scores.group, estimate))
    caption = (
        f"Difference between the group of {column!r} with the highest rate and the one with the lowest; bars are 95 % bootstrap "
        "intervals (such a gap is never below zero, so an interval just above zero is no evidence of a gap)."
    )
    shown = list(dict.fromkeys(scores.group for scores in sides))
    return Figure(
        f"How far apart are the groups of {column!r}?",
        caption,
        charts.interval_plot(rows, axis="largest gap between two groups (points)", groups=shown, reference=0.0),
    )


def _drawn_gaps(told: Told, rng: np.random.Generator) -> "tuple[NDArray, NDArray, NDArray]":
    """Bootstrap the largest gaps in (said yes, false positives, false negatives): units are drawn inside each group."""
    rates = []
    for _, each in told.by_group():
        yes, positive = each.said > 0.5, each.target == 1
        kinds = (yes & ~positive, ~yes & ~positive, yes & positive, ~yes & positive)
        own = _summed(np.stack(kinds, axis=1).astype(np.int64), each.units)
        false_yes, true_no, true_yes, false_no = drawn_units(own, rng, DRAWS).T
        rates.append(
            (
                (false_yes + true_yes) / np.maximum(false_yes + true_no + true_yes + false_no, 1),
                false_yes / np.maximum(false_yes + true_no, 1),
                false_no / np.maximum(false_no + true_yes, 1),
            )
        )
    found = np.array(rates)
    said, false_positives, false_negatives = np.ptp(found, axis=0)
    return said, false_positives, false_negatives


def _summed(cells: "NDArray[np.int64]", units: "NDArray | None") -> "NDArray[np.int64]":
    """Sum over the rows of each unit: shape (n_units, n_cells)."""
    if units is None:
        return cells
    found, codes = np.unique(units, return_inverse=True)
    sums = np.zeros((len(found), cells.shape[1]), dtype=np.int64)
    np.add.at(sums, codes, cells)
    return sums


def _cells(told: Told) -> tuple[float | None, ...]:
    said, positive, units = told.said, told.target == 1, told.units
    yes = said > 0.5
    return (
        *_auc(said, told.target, units),
        *of_share(yes & ~positive, ~positive, units),
        *of_share(~yes & positive, positive, units),
        *of_mean(100 * (said - told.target), units),
    )


def _auc(said: "NDArray", target: "NDArray", units: "NDArray | None") -> Cells:
    """ROC AUC inside a group with its interval (DeLong et al. 1988), which even a perfect order leaves 3 units wide."""
    if len(np.unique(target)) < 2:
        return None, None, None
    found = parts("roc_auc", np.stack([1 - said, said], axis=1), target)
    assert found is not None
    least = 3 / (len(said) if units is None else len(np.unique(units)))
    area, low, high = of_score(float(roc_auc_score(target, said)), found, units, least=least)
    return area, None if low is None else max(low, 0.0), None if high is None else min(high, 1.0)


def _near(column: str, dataset: Dataset) -> str:
    """Say why the column is not there, where the table's notes know it."""
    known = [note for note in dataset.notes if repr(column) in note]
    return known[0] if known else nearest(column, dataset.kinds, label="columns")
