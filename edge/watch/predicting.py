"""What does the model answer rows of a stream? The exported graph, asked with the columns that it names, a block at a time.

A block always has the same rows, however they came, so that the answers are equal to the last bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.session import OUTPUT

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Predictor"]


@dataclass(frozen=True, eq=False)
class Predictor:
    """A session of a model, and the columns of its two matrices.

    Attributes
    ----------
    ready : onnxruntime.InferenceSession
    numbers, texts : tuple of str
    """

    ready: Any
    numbers: tuple[str, ...]
    texts: tuple[str, ...]

    def probabilities(self, columns: "Mapping[str, NDArray]") -> "NDArray[np.float64]":
        """Answer rows, given by columns as `edge.watch.cells` reads them: shape (n_rows, n_classes)."""
        fed: dict[str, NDArray[Any]] = {}
        for given in self.ready.get_inputs():
            if given.name == "texts":
                texts = np.stack([columns[name] for name in self.texts], axis=1)
                fed["texts"] = np.where(np.equal(texts, np.array(None)), "", texts)
            else:
                numbers = np.stack([columns[name] for name in self.numbers], axis=1)
                fed["numbers"] = numbers.astype(np.float64 if given.type == "tensor(double)" else np.float32)
        found: NDArray[np.float64] = self.ready.run([OUTPUT], fed)[0].astype(np.float64)
        return found

    def of_blocks(self, columns: "Mapping[str, NDArray]", block: int) -> "NDArray[np.float64]":
        """Answer whole blocks of rows, one at a time: shape (n_rows, n_classes)."""
        n_rows = len(next(iter(columns.values())))
        parts = [
            self.probabilities({name: values[at : at + block] for name, values in columns.items()})
            for at in range(0, n_rows, block)
        ]
        return np.concatenate(parts)
