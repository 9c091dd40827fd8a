"""Which models can be read, and which cannot? The glass-box families against the black-box ones."""

import dataclasses
import importlib.util
from collections.abc import Callable
from typing import Any

import pandas as pd
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from interpretability.models.boosting import ReadableBoostingClassifier
from interpretability.models.complexity import parts_to_read
from interpretability.models.preparation import spline_columns
from interpretability.models.scorecard import Scorecard
from interpretability.models.trees import ReadableTreeClassifier
from lab.learning.blending import blends_of
from lab.learning.comparison import Group
from lab.learning.families import (
    BOOSTING,
    EXTRA_TREES,
    FOREST,
    LIGHTGBM_SPACE,
    LOGISTIC,
    MLP,
    SVM,
    XGBOOST_SPACE,
    Family,
)
from lab.learning.preparation import dense_columns, ordinal_columns
from lab.privacy.aggregates import MIN_ROWS

__all__ = [
    "CATBOOST",
    "EBM",
    "EBM_PAIRS",
    "LIGHTGBM",
    "MOST_COLUMNS_FOR_PAIRS",
    "RULE_SUM",
    "SCORECARD",
    "SPARSE",
    "SPLINES",
    "TREE",
    "XGBOOST",
    "black",
    "counted",
    "ebm",
    "ebm_settings",
    "glass",
    "ladder",
    "lightgbm_settings",
    "step",
    "untried",
    "xgboost_settings",
]


def _tree(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    model = ReadableTreeClassifier(max_leaf_nodes=8, min_samples_leaf=MIN_ROWS, random_state=seed)
    return Pipeline([("prepare", dense_columns(scale=False)), ("model", model)])


def _splines(features: pd.DataFrame, seed: int) -> Pipeline:
    del features, seed  # the solver is deterministic
    steps = [("prepare", spline_columns()), ("scale", StandardScaler())]
    return Pipeline([*steps, ("model", LogisticRegression(C=0.1, max_iter=2_000))])


def _sparse(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    model = LogisticRegression(l1_ratio=1.0, solver="saga", max_iter=500, tol=1e-3, random_state=seed)
    return Pipeline([("prepare", dense_columns(scale=True)), ("model", model)])


def _scorecard(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    return Pipeline([("model", Scorecard(random_state=seed))])


def _rule_sum(features: pd.DataFrame, seed: int) -> Pipeline:
    from interpretability.models.rule_sum import RuleSum

    del features
    model = RuleSum(max_rules=8, random_state=seed)
    return Pipeline([("prepare", dense_columns(scale=False)), ("model", model)])


def ebm(features: pd.DataFrame, seed: int, *, interactions: int = 0) -> Pipeline:
    """Build an explainable boosting machine with the settings below."""
    model = ReadableBoostingClassifier(**ebm_settings(features, seed, interactions=interactions))
    return Pipeline([("model", model)])


def ebm_settings(features: pd.DataFrame, seed: int, *, interactions: int = 0, max_bins: int = 32) -> dict[str, Any]:
    """Settings of an explainable boosting machine with fewer bags, bins and rounds than the library's default.

    `tests/benchmarks/ebm_settings.py` shows what that saves and costs, and `interpretability_privacy.py` beside it what the 5 rows
    of a bin cost. The cap on the rounds guards against tables on
    which early stopping never comes.
    """
    kinds = ["nominal" if features[column].dtype == object else "continuous" for column in features]
    return {
        "feature_types": kinds,
        "interactions": interactions,
        "outer_bags": 4,
        "max_bins": max_bins,
        "max_interaction_bins": 16,
        "min_samples_leaf": MIN_ROWS,
        "learning_rate": 0.15,
        "smoothing_rounds": 10,
        "interaction_smoothing_rounds": 5,
        "early_stopping_rounds": 10,
        "early_stopping_tolerance": 1e-4,
        "max_rounds": 2_000,
        "n_jobs": 1,
        "random_state": seed,
    }


def _ebm_with_pairs(features: pd.DataFrame, seed: int) -> Pipeline:
    return ebm(features, seed, interactions=5)


def _lightgbm(features: pd.DataFrame, seed: int) -> Pipeline:
    import lightgbm

    model = lightgbm.LGBMClassifier(**lightgbm_settings(features, seed))
    return Pipeline([("prepare", ordinal_columns()), ("model", model)])


def lightgbm_settings(features: pd.DataFrame, seed: int) -> dict[str, Any]:
    """Settings of LightGBM behind `ordinal_columns`, with categories as such."""
    texts = [place for place, column in enumerate(features.select_dtypes(object))]  # they come first
    chosen: dict[str, Any] = {"categorical_column": texts} if texts else {}  # the core's own name: no warning
    return {
        "n_jobs": 1,
        "random_state": seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        **chosen,
    }


def _xgboost(features: pd.DataFrame, seed: int) -> Pipeline:
    import xgboost

    model = xgboost.XGBClassifier(**xgboost_settings(features, seed))
    return Pipeline([("prepare", ordinal_columns()), ("model", model)])


def xgboost_settings(features: pd.DataFrame, seed: int) -> dict[str, Any]:
    """Settings of XGBoost behind `ordinal_columns`, with categories as such."""
    n_texts = len(features.select_dtypes(object).columns)  # they come first
    return {
        "tree_method": "hist",
        "enable_categorical": True,
        "feature_types": ["c"] * n_texts + ["q"] * (features.shape[1] - n_texts),
        "n_jobs": 1,
        "random_state": seed,
        "verbosity": 0,
    }


def _catboost(features: pd.DataFrame, seed: int) -> Pipeline:
    from interpretability.models.symmetric import CategoriesClassifier, TextsFirst, settings

    del features
    return Pipeline([("prepare", TextsFirst()), ("model", CategoriesClassifier(**settings(seed)))])


TREE = Family(
    "tree",
    "pruned decision tree",
    _tree,
    {
        "model__max_leaf_nodes": [4, 6, 8, 12, 16],
        "model__min_samples_leaf": [5, 10, 20],
        "model__ccp_alpha": [0.0, 0.001, 0.003],
        "model__criterion": ["gini", "entropy"],
    },
)
SPLINES = Family(
    "splines",
    "additive splines",
    _splines,
    {"model__C": stats.loguniform(1e-3, 1e1), "prepare__numbers__curve__n_knots": [4, 5, 7]},
)
SPARSE = Family(
    "logistic-sparse", "sparse logistic regression (lasso)", _sparse, {"model__C": stats.loguniform(1e-2, 1e1)}
)
_EBM_SPACE = {
    "model__min_samples_leaf": [5, 10, 20],
    "model__max_leaves": [2, 3],
    "model__learning_rate": stats.loguniform(0.08, 0.3),
}
_ONE_BAG = {"model__outer_bags": 1}
_AS_THE_LIBRARY = {
    "model__outer_bags": 14,
    "model__max_bins": 1024,
    "model__max_interaction_bins": 64,
    "model__learning_rate": 0.015,
    "model__smoothing_rounds": 75,
    "model__interaction_smoothing_rounds": 75,
    "model__early_stopping_rounds": 100,
    "model__early_stopping_tolerance": 1e-5,
    "model__max_rounds": 50_000,
}
"""InterpretML's own defaults (0.7.8), but for the 5 rows that each bin and leaf speaks for (the library's leaves have 4)."""
EBM = Family("ebm", "explainable boosting machine", ebm, _EBM_SPACE, look=_ONE_BAG, always=(_AS_THE_LIBRARY,))
EBM_PAIRS = Family(
    "ebm-pairs",
    "explainable boosting machine with pairs",
    _ebm_with_pairs,
    {**_EBM_SPACE, "model__interactions": [3, 5, 10]},
    look=_ONE_BAG,
    always=({**_AS_THE_LIBRARY, "model__interactions": 10},),
)
SCORECARD = Family(
    "scorecard",
    "points scorecard",
    _scorecard,
    {"model__max_conditions": [6, 10, 15], "model__max_points": [3, 5, 10], "model__cuts": [4, 8]},
)
RULE_SUM = Family(
    "figs",
    "sum of small rule trees (FIGS)",
    _rule_sum,
    {"model__max_rules": [4, 6, 10, 14], "model__max_trees": [None, 2]},
)
LIGHTGBM = Family(
    "lightgbm",
    "gradient boosting (LightGBM)",
    _lightgbm,
    LIGHTGBM_SPACE,
)


XGBOOST = Family(
    "xgboost",
    "gradient boosting (XGBoost)",
    _xgboost,
    XGBOOST_SPACE,
)
CATBOOST = Family(
    "catboost",
    "gradient boosting (CatBoost)",
    _catboost,
    {
        "model__iterations": [100, 200, 400],
        "model__depth": [4, 5, 6, 7],
        "model__learning_rate": stats.loguniform(
            0.03, 0.2
        ),  # the library's own choice of it ends where l2_leaf_reg is set
    },
    look={"model__iterations": 50},
    always=({"model__iterations": 1_000},),  # the library's own default, at five times the cost
)


MOST_COLUMNS_FOR_PAIRS = 100


def glass(n_classes: int, n_columns: int) -> Group:
    """List the families that can be read.

    A scorecard is for two classes, pairs are looked for in tables of up to 100 columns (4,950 pairs), and FIGS needs the
    library imodels.
    """
    families = [LOGISTIC, SPARSE, SPLINES, TREE, EBM]
    if n_columns <= MOST_COLUMNS_FOR_PAIRS:
        families.append(EBM_PAIRS)
    if n_classes == 2:
        families.append(SCORECARD)
    if importlib.util.find_spec("imodels"):
        families.append(RULE_SUM)
    return Group("glass", "readable model", tuple(counted(family) for family in families))


def black() -> Group:
    """List the families that cannot be read; LightGBM, XGBoost and CatBoost join where they are installed."""
    families = [BOOSTING, FOREST, EXTRA_TREES, MLP, SVM]
    families += [family for family in (LIGHTGBM, XGBOOST, CATBOOST) if importlib.util.find_spec(family.name)]
    return Group("black", "black box", tuple(families), blends=blends_of("black", "black boxes"))


def untried() -> dict[str, tuple[str, ...]]:
    """Name the models of each side whose library is not installed, as a reader knows them."""
    optional = {
        "black": {"catboost": "CatBoost", "lightgbm": "LightGBM", "xgboost": "XGBoost"},
        "glass": {"imodels": "FIGS"},
    }
    return {
        side: tuple(name for library, name in libraries.items() if importlib.util.find_spec(library) is None)
        for side, libraries in optional.items()
    }


def ladder(n_classes: int) -> tuple[Family, ...]:
    """List small models of a given size for the price curve: they are not searched, and stand for no side."""
    steps = [
        *(step(f"tree-{n}", f"tree of {n} leaves", _tree, max_leaf_nodes=n) for n in (2, 4, 8)),
        *(
            step(f"scorecard-{n}", f"scorecard of up to {n} lines", _scorecard, max_conditions=n)
            for n in (3, 6, 12)
            if n_classes == 2
        ),
    ]
    return tuple(counted(step) for step in steps)


def counted(family: Family) -> Family:
    """Let the rows of a family's folds tell how many parts a person reads."""
    return dataclasses.replace(family, complexity=parts_to_read)


class _Sized:
    """A way to build a family's model at one size; a class, so that a worker process can be handed it."""

    def __init__(self, build: Callable[[pd.DataFrame, int], Any], parameters: dict[str, Any]) -> None:
        self.build, self.parameters = build, parameters

    def __call__(self, features: pd.DataFrame, seed: int) -> Pipeline:
        return self.build(features, seed).set_params(**self.parameters)


def step(name: str, label: str, build: Callable[[pd.DataFrame, int], Any], **parameters: Any) -> Family:
    """Make a family of one size."""
    return Family(name, label, _Sized(build, {f"model__{key}": value for key, value in parameters.items()}))
