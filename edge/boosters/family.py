"""Boosting of other libraries as families: tuned, scored, exported and timed as every other candidate."""

import importlib.util
from collections.abc import Iterable

import pandas as pd
from scipy import stats
from sklearn.pipeline import Pipeline

from edge.boosters.leafwise import LeafwiseTreesClassifier
from edge.boosters.levelwise import LevelwiseTreesClassifier
from edge.boosters.symmetric import SymmetricTreesClassifier
from lab.errors import SettingsError
from lab.learning.families import LIGHTGBM_SPACE, XGBOOST_SPACE, Family
from lab.learning.preparation import one_hot_columns

__all__ = ["BOOSTERS", "CATBOOST", "LIGHTGBM", "XGBOOST", "require"]


def _catboost(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    return Pipeline([("prepare", one_hot_columns()), ("model", SymmetricTreesClassifier(random_state=seed))])


def _lightgbm(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    return Pipeline([("prepare", one_hot_columns()), ("model", LeafwiseTreesClassifier(random_state=seed))])


def _xgboost(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    return Pipeline([("prepare", one_hot_columns()), ("model", LevelwiseTreesClassifier(random_state=seed))])


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


LIGHTGBM = Family(
    "lightgbm",
    "gradient boosting (LightGBM)",
    _lightgbm,
    LIGHTGBM_SPACE,
    is_cheap=True,
)
XGBOOST = Family(
    "xgboost",
    "gradient boosting (XGBoost)",
    _xgboost,
    XGBOOST_SPACE,
    is_cheap=True,
)
BOOSTERS = (CATBOOST, LIGHTGBM, XGBOOST)


def require(names: Iterable[str]) -> None:
    """Raise SettingsError where one of these candidates needs a library that is not installed."""
    for name in names:
        if name in {family.name for family in BOOSTERS} and importlib.util.find_spec(name) is None:
            raise SettingsError(
                f"models names {name}, which is not installed; run  pip install 'future-tech-lab[models]'  or leave it out"
            )
