"""LightGBM as a candidate: trees that grow leaf by leaf, on numbers in float64."""

from typing import TYPE_CHECKING, Any

from edge.boosters.kept import KeptBooster

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LeafwiseTreesClassifier"]


class LeafwiseTreesClassifier(KeptBooster):
    """LightGBM, with the same trees for the same seed.

    Parameters
    ----------
    n_estimators, num_leaves, min_child_samples : int
        Rounds of boosting, leaves of a tree, and rows of a leaf.
    learning_rate : float
        Share of a tree that counts.
    random_state : int
        Its seed.
    """

    def __init__(
        self,
        n_estimators: int = 100,
        num_leaves: int = 31,
        min_child_samples: int = 20,
        learning_rate: float = 0.1,
        random_state: int = 0,
    ) -> None:
        self.n_estimators = n_estimators
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.learning_rate = learning_rate
        self.random_state = random_state

    def library_model(self) -> Any:
        """Read `content_`: a `lightgbm.Booster`."""
        from lightgbm import Booster

        return Booster(model_str=self.content_.tobytes().decode())

    def _learned(self, rows: "NDArray[np.float64]", codes: "NDArray[np.int64]", weights: "NDArray | None") -> bytes:
        from lightgbm import LGBMClassifier

        model = LGBMClassifier(
            **self.get_params(), n_jobs=1, deterministic=True, force_row_wise=True, verbosity=-1
        )  # fmt: skip
        return str(model.fit(rows, codes, sample_weight=weights).booster_.model_to_string()).encode()

    def _said(self, model: Any, rows: "NDArray[np.float64]") -> "NDArray":
        found: NDArray = model.predict(rows, num_threads=1)
        return found

    def _first(self, model: Any, count: int) -> bytes:
        return str(model.model_to_string(num_iteration=count)).encode()

    def _rounds(self, model: Any) -> int:
        return int(model.current_iteration())
