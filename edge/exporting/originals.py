"""How is the fitted original of a candidate kept? As skops bytes, which are read without running code."""

from typing import Any

import numpy as np

__all__ = ["from_bytes", "to_bytes"]

_OURS = (
    "builtins.object",
    "edge.boosters.leafwise.LeafwiseTreesClassifier",
    "edge.boosters.levelwise.LevelwiseTreesClassifier",
    "edge.boosters.symmetric.SymmetricTreesClassifier",
    "edge.distilling.student.DistilledClassifier",
    "edge.exporting.ensemble.WeightedAverage",
    "functools.partial",
    "lab.learning.preparation.FillEmpty",
    "lab.learning.preparation.FillMiddle",
    "lab.learning.preparation.FrequentOneHot",
    "numpy.dtype",
    "numpy.number",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils.validation.check_array",
)
"""Types in our own pipelines that skops leaves to its caller; reading them runs no code of the file."""


def to_bytes(fitted: Any) -> np.ndarray:
    """Write a fitted pipeline of ours as skops bytes (uint8, shape (n_bytes,)), which a row can hold."""
    from skops import io

    return np.frombuffer(io.dumps(fitted), dtype=np.uint8)


def from_bytes(content: np.ndarray) -> Any:
    """Read what `to_bytes` wrote."""
    from skops import io

    return io.loads(content.tobytes(), trusted=list(_OURS))
