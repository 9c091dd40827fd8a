"""XGBoost as a candidate: trees that grow level by level, on numbers cast to float32, summed in float32."""

from typing import TYPE_CHECKING, Any

from edge.boosters.kept import KeptBooster

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LevelwiseTreesClassifier"]


class LevelwiseTreesClassifier(KeptBooster):
    """XGBoost with histograms.

    Parameters
    ----------
    n_estimators, max_depth : int
        Rounds of boosting, and levels of a tree.
    min_child_weight, reg_lambda, learning_rate : float
        As the library names them.
    random_state : int
        Its seed.
    """

    def __init__(
        self,
        n_estimators: int = 100,
        max_depth: int = 6,
        min_child_weight: float = 1.0,
        reg_lambda: float = 1.0,
        learning_rate: float = 0.3,
        random_state: int = 0,
    ) -> None:
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.min_child_weight = min_child_weight
        self.reg_lambda = reg_lambda
        self.learning_rate = learning_rate
        self.random_state = random_state

    def library_model(self) -> Any:
        """Read `content_`: an `xgboost.Booster`."""
        from xgboost import Booster

        return Booster({"nthread": 1}, model_file=bytearray(self.content_.tobytes()))

    def _learned(self, rows: "NDArray[np.float64]", codes: "NDArray[np.int64]", weights: "NDArray | None") -> bytes:
        from xgboost import XGBClassifier

        model = XGBClassifier(**self.get_params(), tree_method="hist", n_jobs=1, verbosity=0)
        return bytes(model.fit(rows, codes, sample_weight=weights).get_booster().save_raw("ubj"))

    def _said(self, model: Any, rows: "NDArray[np.float64]") -> "NDArray":
        found: NDArray = model.inplace_predict(rows)
        return found

    def _first(self, model: Any, count: int) -> bytes:
        return bytes(model[:count].save_raw("ubj"))

    def _rounds(self, model: Any) -> int:
        return int(model.num_boosted_rounds())
