"""How is the fitted original of a candidate kept, and what does a process take that serves it? As skops bytes.

`python -m edge.timing.originals MODEL.skops ROW.npz` answers with scikit-learn the task that `edge.timing.serving` sets.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["from_bytes", "to_bytes"]

_OURS = (
    "builtins.object",
    "functools.partial",
    "lab.learning.preparation.FillEmpty",
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
    """Write a fitted pipeline of ours as skops bytes (uint8), which a row can hold."""
    from skops import io

    return np.frombuffer(io.dumps(fitted), dtype=np.uint8)


def from_bytes(content: np.ndarray) -> Any:
    """Read what `to_bytes` wrote."""
    from skops import io

    return io.loads(content.tobytes(), trusted=list(_OURS))


def _serve(file: str, rows: str) -> None:
    from edge.timing.serving import peak_memory_mib

    with np.load(rows, allow_pickle=False) as stored:
        row = stored["rows"]
    model = from_bytes(np.fromfile(Path(file), dtype=np.uint8))
    model.predict_proba(row)
    sys.stdout.write("answered\n")
    sys.stdout.flush()
    for _ in range(20):
        model.predict_proba(row)
    sys.stdout.write(f"{peak_memory_mib()}\n")


if __name__ == "__main__":
    _serve(*sys.argv[1:])
