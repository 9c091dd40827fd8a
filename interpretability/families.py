"""Which models can be read, and which cannot? Three glass-box families against three black-box ones."""

import pandas as pd
from interpret.glassbox import ExplainableBoostingClassifier
from scipy import stats
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from lab.comparison import Group
from lab.families import BOOSTING, FOREST, LOGISTIC, MLP, Family
from lab.preparation import dense_columns

__all__ = ["BLACK", "EBM", "GLASS", "TREE"]


def _tree(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    model = DecisionTreeClassifier(max_depth=3, min_samples_leaf=5, random_state=seed)
    return Pipeline([("prepare", dense_columns(scale=False)), ("model", model)])


def _ebm(features: pd.DataFrame, seed: int) -> Pipeline:
    """Build an additive model of single features, with fewer bags, bins and rounds than the library's default.

    `tests/benchmarks/ebm_settings.py` shows what that saves and costs. The cap on the rounds guards against tables on
    which early stopping never comes.
    """
    kinds = ["nominal" if features[column].dtype == object else "continuous" for column in features]
    model = ExplainableBoostingClassifier(
        feature_types=kinds,
        interactions=0,
        outer_bags=4,
        max_bins=32,
        max_interaction_bins=16,
        learning_rate=0.04,
        smoothing_rounds=25,
        interaction_smoothing_rounds=10,
        early_stopping_rounds=25,
        early_stopping_tolerance=1e-4,
        max_rounds=2_000,
        n_jobs=1,
        random_state=seed,
    )
    return Pipeline([("model", model)])


TREE = Family(
    "tree",
    "shallow decision tree",
    _tree,
    {
        "model__max_depth": [2, 3, 4],
        "model__min_samples_leaf": [5, 10, 20],
        "model__criterion": ["gini", "entropy"],
    },
)
EBM = Family(
    "ebm",
    "explainable boosting machine",
    _ebm,
    {
        "model__interactions": [0, 5],
        "model__min_samples_leaf": [2, 4, 10],
        "model__max_leaves": [2, 3],
        "model__learning_rate": stats.loguniform(0.02, 0.06),
    },
)
GLASS = Group("glass", "readable model", (LOGISTIC, TREE, EBM))
BLACK = Group("black", "black box", (BOOSTING, FOREST, MLP))
