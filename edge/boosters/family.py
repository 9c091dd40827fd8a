"""Boosting of other libraries as families: tuned, scored, exported and timed as every other candidate."""

import importlib.util
from collections.abc import Iterable

import pandas as pd
from scipy import stats
from sklearn.pipeline import Pipeline

from edge.boosters.symmetric import SymmetricTreesClassifier
from lab.errors import SettingsError
from lab.learning.families import Family
from lab.learning.preparation import one_hot_columns

__all__ = ["CATBOOST", "require"]


def _catboost(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    return Pipeline([("prepare", one_hot_columns()), ("model", SymmetricTreesClassifier(random_state=seed))])


CATBOOST = Family(
    "catboost",
    "gradient boosting (CatBoost)",
    _catboost,
    {
        "model__iterations": [50, 100, 200],
        "model__depth": [3, 4, 5, 6],
        "model__learning_rate": stats.loguniform(0.03, 0.3),
    },
    look={"model__iterations": 50},
)


def require(families: Iterable[Family]) -> None:
    """Raise SettingsError where one of the families is CatBoost, and that is not installed."""
    if CATBOOST in families and importlib.util.find_spec(CATBOOST.name) is None:
        raise SettingsError(
            "models names catboost, which is not installed; run  pip install 'future-tech-lab[models]'  or leave it out"
        )
