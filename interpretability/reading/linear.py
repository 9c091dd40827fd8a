"""How is a linear model read? Its weights, the largest first."""

from typing import Any

import numpy as np

from interpretability.reading.limits import LISTED, SHOWN, Opened
from interpretability.scale import scale_of
from lab.learning.preparation import column_names
from lab.protocol import Dataset, Figure, Table
from lab.report import charts

__all__ = ["linear_weights"]


def linear_weights(model: Any, dataset: Dataset) -> Opened:
    """Lay a linear model open: its largest weights as a picture, and a table."""
    names = column_names(model.named_steps["prepare"])
    weights = np.atleast_2d(model.named_steps["model"].coef_)
    scale = scale_of(dataset)
    reach = np.abs(weights).max(axis=0)
    order = np.argsort(-reach)[: max(1, np.count_nonzero(reach))]
    columns = ("term", *_weight_columns(dataset))
    listed = order[:LISTED]
    rows = tuple((names[i], *(float(w) for w in weights[:, i])) for i in listed)
    doubles = "" if dataset.task == "number" else " A weight of 0.7 doubles the odds."
    table = Table(
        "The linear model, term by term",
        f"What each term adds to {scale.whole}, per standard deviation of a number or if a category applies; largest first."
        f"{doubles} The {len(listed)} largest of {len(order)} terms.",
        columns,
        rows,
    )
    top = [(names[i], float(weights[np.abs(weights[:, i]).argmax(), i])) for i in order[:SHOWN]]
    figure = Figure(
        "Largest weights of the linear model",
        f"Weights per standard deviation; a positive weight {scale.upwards}.",
        charts.bars(top, axis=f"weight ({scale.unit})"),
    )
    return Opened((figure,) if len(weights) == 1 else (), (table,))


def _weight_columns(dataset: Dataset) -> tuple[str, ...]:
    if dataset.task == "number":
        return (f"weight ({dataset.target_name})",)
    classes = dataset.classes[1:] if len(dataset.classes) == 2 else dataset.classes
    return tuple(f"weight for {label!r}" for label in classes)
