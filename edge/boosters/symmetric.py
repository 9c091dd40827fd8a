"""CatBoost as a candidate: all nodes of a level of a tree ask one question, of numbers cast to float32."""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.boosters.kept import KeptBooster

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SymmetricTreesClassifier"]


class SymmetricTreesClassifier(KeptBooster):
    """CatBoost, silent and writing nothing.

    Parameters
    ----------
    iterations : int
        Rounds of boosting, a tree each.
    depth : int
        Questions of a tree, which has 2^depth leaves.
    learning_rate : float, optional
        The library's own choice for so many rows and rounds unless given.
    random_state : int
        Its seed.
    """

    def __init__(
        self, iterations: int = 200, depth: int = 6, learning_rate: float | None = None, random_state: int = 0
    ) -> None:
        self.iterations = iterations
        self.depth = depth
        self.learning_rate = learning_rate
        self.random_state = random_state

    def written_out(self) -> dict[str, Any]:
        """Give the model in the library's JSON format: `oblivious_trees`, `features_info`, `scale_and_bias`."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.json"
            self.library_model().save_model(str(file), format="json")
            found: dict[str, Any] = json.loads(file.read_text())
        return found

    def library_model(self) -> Any:
        """Read `content_`: a `catboost.CatBoostClassifier`."""
        from catboost import CatBoostClassifier

        return CatBoostClassifier().load_model(blob=self.content_.tobytes())

    def _learned(self, rows: "NDArray[np.float64]", codes: "NDArray[np.int64]", weights: "NDArray | None") -> bytes:
        from catboost import CatBoostClassifier

        model = CatBoostClassifier(
            iterations=self.iterations, depth=self.depth, learning_rate=self.learning_rate, thread_count=1,
            random_seed=self.random_state, allow_writing_files=False, logging_level="Silent",
            loss_function="Logloss" if len(self.classes_) == 2 else "MultiClass",
        )  # fmt: skip
        return bytes(model.fit(rows, codes, sample_weight=weights)._serialize_model())

    def _said(self, model: Any, rows: "NDArray[np.float64]") -> "NDArray":
        found: NDArray = model.predict_proba(rows, thread_count=1)
        return found

    def _first(self, model: Any, count: int) -> bytes:
        model.shrink(ntree_end=count)
        return bytes(model._serialize_model())

    def _rounds(self, model: Any) -> int:
        return int(model.tree_count_)
