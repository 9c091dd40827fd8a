"""Do the predictions mean what they say? What was said, in up to ten bins of equal size, against what happened."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Figure
from lab.report import charts

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["reliability_figure"]

_BINS, _ROWS_OF_NUMBERS = 10, 30


def reliability_figure(
    sides: "Mapping[str, Sequence[tuple[NDArray, NDArray]]]",
    classes: Sequence[str],
    counts: "Mapping[str, Sequence[NDArray]] | None" = None,
) -> Figure:
    """Draw the mean of what was said in each bin against the mean of what happened: no row of the table is in it.

    Parameters
    ----------
    sides : mapping of str to sequence of (said, truth)
        For each label the folds: probabilities of shape (n_rows, n_classes) and codes, or numbers and numbers.
    classes : sequence of str
        For two classes the second one is looked at, for more the predicted one; empty for a number.
    counts : mapping of str to sequence of array of shape (n_rows,), optional
        For how much each row counts in the means, by the same labels and folds; all alike without it.
    """
    curves = {
        label: _curve(folds, len(classes), None if counts is None else np.concatenate(counts[label]))
        for label, folds in sides.items()
    }
    ends = [points for curve in curves.values() for points in curve]
    low, high = min(min(point) for point in ends), max(max(point) for point in ends)
    drawn = curves | {"perfect": [(low, low), (high, high)]}
    if not classes:
        return Figure(
            "Predicted against observed",
            "Out-of-fold predictions in up to ten bins of equal size: mean predicted and mean observed value of each. An "
            "unbiased model lies on the line 'perfect'; a flatter curve exaggerates differences.",
            charts.lines(drawn, x="predicted (mean of the bin)", y="observed (mean of the bin)", points=True),
        )
    what = f"of {classes[1]!r}" if len(classes) == 2 else "of the predicted class"
    return Figure(
        "Are the probabilities calibrated?",
        "Out-of-fold predictions in up to ten bins of equal size. A well-calibrated model lies on the line 'perfect'.",
        charts.lines(drawn, x=f"predicted probability {what}", y="observed share", points=True),
    )


def _curve(
    folds: "Sequence[tuple[NDArray, NDArray]]", n_classes: int, counts: "NDArray | None"
) -> list[tuple[float, float]]:
    predicted = np.concatenate([said for said, _ in folds])
    truth = np.concatenate([happened for _, happened in folds])
    if n_classes == 0:
        said, happened = predicted, truth
    elif n_classes == 2:
        said, happened = predicted[:, 1], truth == 1
    else:
        said, happened = predicted.max(axis=1), truth == predicted.argmax(axis=1)
    rows_of_bin = (
        MIN_ROWS if n_classes else _ROWS_OF_NUMBERS
    )  # no mean may stand for a few rows, nor for one large number
    n_bins = max(1, min(_BINS, len(said) // rows_of_bin))
    bins = np.array_split(np.argsort(said, kind="stable"), n_bins)

    def mean(values: "NDArray", rows: "NDArray") -> float:
        return float(np.average(values[rows], weights=None if counts is None else counts[rows]))

    return [(mean(said, rows), mean(happened, rows)) for rows in bins if len(rows)]
