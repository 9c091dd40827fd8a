"""How do several fitted candidates become one? As the weighted mean of their probabilities, on the server and on the device."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from edge.exporting.device import Exported, finish
from edge.session import OUTPUT
from lab.onnx_graphs.averaging import weighted_average
from lab.protocol import Dataset
from lab.wording import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["WeightedAverage", "joined"]


class WeightedAverage:
    """The original of an ensemble: fitted classifiers of the same classes, and their weights of sum 1."""

    def __init__(self, models: Sequence[Any], weights: Sequence[float]) -> None:
        self.models = list(models)
        self.weights = [float(weight) for weight in weights]

    def predict_proba(self, rows: Any) -> "NDArray[np.float64]":
        """Answer rows as its models take them, shape (n_rows, n_classes)."""
        said = [np.asarray(model.predict_proba(rows), dtype=np.float64) for model in self.models]
        total = self.weights[0] * said[0]
        for weight, each in zip(self.weights[1:], said[1:], strict=True):  # in the order in which the graph adds
            total = total + weight * each
        return total


def joined(files: Sequence[bytes], weights: Sequence[float], dataset: Dataset) -> Exported:
    """Join the exported files of an ensemble's members into one graph; all weights are above 0.

    Raises
    ------
    NotLoweredError
        If the files cannot be one graph.
    """
    models = [onnx.load_from_string(content) for content in files]
    graph = weighted_average(models, weights, output=OUTPUT)
    promise = (
        f"{count(len(files), 'graph')} side by side, each as exported alone, averaged in float64; shown by comparison"
    )
    return Exported(finish(graph, dataset), "joined", promise)
