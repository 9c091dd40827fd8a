"""Which models of a number can be read, and which cannot? The regression twins of `interpretability.models.classifiers`."""

import dataclasses
import importlib.util
from typing import Any

import pandas as pd
from scipy import stats
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from interpretability.models import classifiers
from interpretability.models.boosting import ReadableBoostingRegressor
from interpretability.models.classifiers import counted, ebm_settings, lightgbm_settings, step, xgboost_settings
from interpretability.models.preparation import spline_columns
from interpretability.models.sparse import ScaledLasso
from interpretability.models.trees import ReadableTreeRegressor
from lab.learning.blending import blends_of
from lab.learning.comparison import Group
from lab.learning.families import BOOSTING as BOOSTING_OF_CLASSES
from lab.learning.families import CONSTANT as CONSTANT_OF_CLASSES
from lab.learning.families import EXTRA_TREES as EXTRA_TREES_OF_CLASSES
from lab.learning.families import FOREST as FOREST_OF_CLASSES
from lab.learning.families import MLP as MLP_OF_CLASSES
from lab.learning.families import ROWS_TO_SPARE, Family
from lab.learning.families import SVM as SVM_OF_CLASSES
from lab.learning.preparation import dense_columns, ordinal_columns
from lab.privacy.aggregates import MIN_ROWS

__all__ = [
    "CONSTANT",
    "EBM",
    "EBM_PAIRS",
    "LINEAR",
    "RULE_SUM",
    "SPARSE",
    "SPLINES",
    "TREE",
    "black",
    "glass",
    "ladder",
]


def _constant(features: pd.DataFrame, seed: int) -> Pipeline:
    del features, seed
    return Pipeline([("model", DummyRegressor())])


def _linear(features: pd.DataFrame, seed: int) -> Pipeline:
    del features, seed  # nothing depends on them: the solution is exact
    return Pipeline([("prepare", dense_columns(scale=True)), ("model", Ridge())])


def _sparse(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    return Pipeline([("prepare", dense_columns(scale=True)), ("model", ScaledLasso(alpha=0.03, random_state=seed))])


def _splines(features: pd.DataFrame, seed: int) -> Pipeline:
    del features, seed
    return Pipeline([("prepare", spline_columns()), ("scale", StandardScaler()), ("model", Ridge(alpha=10.0))])


def _tree(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    model = ReadableTreeRegressor(max_leaf_nodes=8, min_samples_leaf=MIN_ROWS, random_state=seed)
    return Pipeline([("prepare", dense_columns(scale=False)), ("model", model)])


def _ebm(features: pd.DataFrame, seed: int) -> Pipeline:
    return _machine(features, seed, interactions=0)


def _ebm_with_pairs(features: pd.DataFrame, seed: int) -> Pipeline:
    return _machine(features, seed, interactions=5)


def _machine(features: pd.DataFrame, seed: int, *, interactions: int) -> Pipeline:
    """Give the curves twice the bins of those of classes: a number says more of a row than a label does."""
    settings = ebm_settings(features, seed, interactions=interactions, max_bins=64)
    return Pipeline([("model", ReadableBoostingRegressor(**settings))])


def _rule_sum(features: pd.DataFrame, seed: int) -> Pipeline:
    from interpretability.models.rule_sum import NumberRuleSum

    del features
    model = NumberRuleSum(max_rules=8, random_state=seed)
    return Pipeline([("prepare", dense_columns(scale=False)), ("model", model)])


def _boosting(features: pd.DataFrame, seed: int) -> Pipeline:
    n_texts = sum(features[column].dtype == object for column in features)
    model = HistGradientBoostingRegressor(categorical_features=list(range(n_texts)) or None, random_state=seed)
    return Pipeline([("prepare", ordinal_columns()), ("model", model)])


def _forest(features: pd.DataFrame, seed: int) -> Pipeline:
    """Build a forest that begins with fewer columns at each split than the library's default (all of them), to save time."""
    del features
    model = RandomForestRegressor(max_features=0.6, min_samples_leaf=2, random_state=seed)
    return Pipeline([("prepare", dense_columns(scale=False)), ("model", model)])


def _extra_trees(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    model = ExtraTreesRegressor(max_features=0.6, min_samples_leaf=2, random_state=seed)
    return Pipeline([("prepare", dense_columns(scale=False)), ("model", model)])


def _mlp(features: pd.DataFrame, seed: int) -> Pipeline:
    enough = len(features) >= ROWS_TO_SPARE  # as for classes
    model = MLPRegressor(max_iter=400, n_iter_no_change=8, tol=1e-3, early_stopping=enough, random_state=seed)
    return Pipeline([("prepare", dense_columns(scale=True)), ("model", _on_a_unit_scale(model))])


def _svm(features: pd.DataFrame, seed: int) -> Pipeline:
    del features, seed
    return Pipeline([("prepare", dense_columns(scale=True)), ("model", _on_a_unit_scale(SVR()))])


def _lightgbm(features: pd.DataFrame, seed: int) -> Pipeline:
    import lightgbm

    model = lightgbm.LGBMRegressor(**lightgbm_settings(features, seed))
    return Pipeline([("prepare", ordinal_columns()), ("model", model)])


def _xgboost(features: pd.DataFrame, seed: int) -> Pipeline:
    import xgboost

    model = xgboost.XGBRegressor(**xgboost_settings(features, seed))
    return Pipeline([("prepare", ordinal_columns()), ("model", model)])


def _catboost(features: pd.DataFrame, seed: int) -> Pipeline:
    from interpretability.models.symmetric import CategoriesRegressor, TextsFirst, settings

    del features
    return Pipeline([("prepare", TextsFirst()), ("model", CategoriesRegressor(**settings(seed)))])


def _on_a_unit_scale(model: Any) -> TransformedTargetRegressor:
    """Fit to the target at mean 0 and variance 1: what a search draws from must not depend on the target's unit."""
    return TransformedTargetRegressor(model, transformer=StandardScaler())


CONSTANT = dataclasses.replace(CONSTANT_OF_CLASSES, build=_constant)
LINEAR = Family("linear", "linear regression", _linear, {"model__alpha": stats.loguniform(1e-2, 1e3)})
SPARSE = Family(
    "linear-sparse", "sparse linear regression (lasso)", _sparse, {"model__alpha": stats.loguniform(1e-3, 3e-1)}
)
SPLINES = Family(
    "splines",
    "additive splines",
    _splines,
    {"model__alpha": stats.loguniform(1e-1, 1e3), "prepare__numbers__curve__n_knots": [4, 5, 7]},
)
TREE = Family(
    "tree",
    "small decision tree",
    _tree,
    {"model__max_leaf_nodes": [4, 6, 8, 12, 16], "model__min_samples_leaf": [5, 10, 20]},
)
_AS_THE_LIBRARY = {
    **classifiers.EBM.always[0],
    "model__learning_rate": 0.04,
    "model__smoothing_rounds": 500,
    "model__interaction_smoothing_rounds": 100,
}
EBM = dataclasses.replace(classifiers.EBM, build=_ebm, always=(_AS_THE_LIBRARY,))
EBM_PAIRS = dataclasses.replace(
    classifiers.EBM_PAIRS, build=_ebm_with_pairs, always=({**_AS_THE_LIBRARY, "model__interactions": 10},)
)
RULE_SUM = dataclasses.replace(classifiers.RULE_SUM, build=_rule_sum)
BOOSTING = Family("boosting", BOOSTING_OF_CLASSES.label, _boosting, BOOSTING_OF_CLASSES.space)
_FOREST_SPACE = {"model__max_features": ["sqrt", 0.3, 0.6, 1.0], "model__min_samples_leaf": [1, 2, 5, 10]}
FOREST = Family("forest", FOREST_OF_CLASSES.label, _forest, _FOREST_SPACE, look=FOREST_OF_CLASSES.look)
EXTRA_TREES = Family(
    "extra-trees", EXTRA_TREES_OF_CLASSES.label, _extra_trees, _FOREST_SPACE, look=FOREST_OF_CLASSES.look
)
MLP = Family(
    "mlp",
    MLP_OF_CLASSES.label,
    _mlp,
    {name.replace("model__", "model__regressor__"): values for name, values in MLP_OF_CLASSES.space.items()},
)
SVM = Family(
    "svm",
    SVM_OF_CLASSES.label,
    _svm,
    {
        "model__regressor__C": stats.loguniform(1e-1, 1e2),
        "model__regressor__gamma": stats.loguniform(1e-3, 1.0),
        "model__regressor__epsilon": [0.01, 0.1, 0.3],
    },
)
LIGHTGBM = dataclasses.replace(classifiers.LIGHTGBM, build=_lightgbm)
XGBOOST = dataclasses.replace(classifiers.XGBOOST, build=_xgboost)
CATBOOST = dataclasses.replace(classifiers.CATBOOST, build=_catboost)


def glass(n_columns: int) -> Group:
    """List the families that can be read; a points scorecard is for two classes, and has no twin."""
    readable = [LINEAR, SPARSE, SPLINES, TREE, EBM]
    if n_columns <= classifiers.MOST_COLUMNS_FOR_PAIRS:
        readable.append(EBM_PAIRS)
    if importlib.util.find_spec("imodels"):
        readable.append(RULE_SUM)
    return Group("glass", "readable model", tuple(counted(family) for family in readable))


def black() -> Group:
    """List the families that cannot be read; LightGBM, XGBoost and CatBoost join where they are installed."""
    closed = [BOOSTING, FOREST, EXTRA_TREES, MLP, SVM]
    closed += [family for family in (LIGHTGBM, XGBOOST, CATBOOST) if importlib.util.find_spec(family.name)]
    return Group("black", "black box", tuple(closed), blends=blends_of("black", "black boxes"))


def ladder() -> tuple[Family, ...]:
    """List small trees of a given size for the price curve: they are not searched, and stand for no side."""
    return tuple(counted(step(f"tree-{n}", f"tree of {n} leaves", _tree, max_leaf_nodes=n)) for n in (2, 4, 8))
