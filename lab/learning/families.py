"""Which classical models stand for the state of the art? Families of scikit-learn, each with its search space.

A family is a way to learn, tuned with the same budget as every other: its first candidate is scikit-learn's default.
All of them take the data frame of a `Dataset` as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from scipy import stats
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from lab.learning.calibration import RisingCalibration
from lab.learning.preparation import dense_columns, ordinal_columns

__all__ = [
    "BOOSTING",
    "CONSTANT",
    "EXTRA_TREES",
    "FOREST",
    "LIGHTGBM_SPACE",
    "LOGISTIC",
    "MLP",
    "ROWS_TO_SPARE",
    "SVM",
    "XGBOOST_SPACE",
    "Family",
]

ROWS_TO_SPARE = 2_000
_FEW_TREES = {"model__n_estimators": 30}


@dataclass(frozen=True)
class Family:
    """A way to learn.

    Attributes
    ----------
    name, label : str
        Short name for keys; the words for a reader.
    build : callable
        `build(features, seed)` returns an unfitted classifier, or regressor for a number, with the family's defaults for
        such a data frame.
    space : mapping of str to list or scipy distribution
        What a search may set on the built classifier; empty where there is nothing to tune.
    complexity : callable, optional
        `complexity(fitted)` returns how many parts a person has to read; a fold's row keeps it.
    look : mapping of str to object
        What makes a fit cheaper without changing which candidate is better, such as fewer trees: the first look at the
        candidates of a search is taken with it.
    always : tuple of mapping
        Candidates that take the place of the first random draws, where at least one of these is left.
    most_rows : int, optional
        From how many rows it can learn in a reasonable time, where that is few: learning curves stop there.
    is_cheap : bool
        Whether it learns from hundreds of thousands of rows in seconds: learning curves can go on to all rows.
    answers_slowly : bool
        Whether a few hundred answers take seconds: what asks for thousands of them takes the best of the others.
    """

    name: str
    label: str
    build: Callable[[pd.DataFrame, int], Any]
    space: Mapping[str, Any] = field(default_factory=dict)
    complexity: Callable[[Any], int] | None = None
    look: Mapping[str, Any] = field(default_factory=dict)
    always: tuple[Mapping[str, Any], ...] = ()
    most_rows: int | None = None
    is_cheap: bool = False
    answers_slowly: bool = False


def _constant(features: pd.DataFrame, seed: int) -> Pipeline:
    del features, seed
    return Pipeline([("model", DummyClassifier(strategy="prior"))])


def _logistic(features: pd.DataFrame, seed: int) -> Pipeline:
    del features, seed  # nothing depends on them: the solver is deterministic
    return Pipeline([("prepare", dense_columns(scale=True)), ("model", LogisticRegression(max_iter=2_000))])


def _svm(features: pd.DataFrame, seed: int) -> Pipeline:
    del seed
    folds = 2 if len(features) >= ROWS_TO_SPARE else 3  # for two numbers, the sigmoid that makes scores probabilities
    model = RisingCalibration(SVC(), ensemble=False, cv=folds)
    return Pipeline([("prepare", dense_columns(scale=True)), ("model", model)])


def _boosting(features: pd.DataFrame, seed: int) -> Pipeline:
    n_texts = sum(features[column].dtype == object for column in features)
    model = HistGradientBoostingClassifier(categorical_features=list(range(n_texts)) or None, random_state=seed)
    return Pipeline([("prepare", ordinal_columns()), ("model", model)])


def _forest(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    return Pipeline([("prepare", dense_columns(scale=False)), ("model", RandomForestClassifier(random_state=seed))])


def _extra_trees(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    return Pipeline([("prepare", dense_columns(scale=False)), ("model", ExtraTreesClassifier(random_state=seed))])


def _mlp(features: pd.DataFrame, seed: int) -> Pipeline:
    enough = len(features) >= ROWS_TO_SPARE  # a tenth of them then tells when to stop
    model = MLPClassifier(max_iter=400, n_iter_no_change=8, tol=1e-3, early_stopping=enough, random_state=seed)
    return Pipeline([("prepare", dense_columns(scale=True)), ("model", model)])


CONSTANT = Family("constant", "constant prediction (baseline)", _constant, is_cheap=True)
LOGISTIC = Family(
    "logistic", "logistic regression", _logistic, {"model__C": stats.loguniform(1e-3, 1e2)}, is_cheap=True
)
SVM = Family(
    "svm",
    "support vector machine",
    _svm,
    {"model__estimator__C": stats.loguniform(1e-1, 1e3), "model__estimator__gamma": stats.loguniform(1e-3, 1.0)},
    look={"model__cv": 2},
    most_rows=5_000,
)
BOOSTING = Family(
    "boosting",
    "gradient boosting",
    _boosting,
    {
        "model__learning_rate": stats.loguniform(0.03, 0.3),
        "model__max_iter": [50, 100, 200],
        "model__max_leaf_nodes": [4, 8, 16, 31],
        "model__min_samples_leaf": [5, 10, 20, 40],
        "model__l2_regularization": [0.0, 1.0, 10.0],
    },
    is_cheap=True,
)
FOREST = Family(
    "forest",
    "random forest",
    _forest,
    {
        "model__max_features": ["sqrt", 0.3, 0.6],
        "model__min_samples_leaf": [1, 2, 5, 10],
        "model__criterion": ["gini", "entropy"],
    },
    look=_FEW_TREES,
)
EXTRA_TREES = Family("extra-trees", "extra trees", _extra_trees, FOREST.space, look=_FEW_TREES)
MLP = Family(
    "mlp",
    "neural network (MLP)",
    _mlp,
    {
        "model__hidden_layer_sizes": [(32,), (100,), (64, 32)],
        "model__alpha": stats.loguniform(1e-5, 1e0),
        "model__learning_rate_init": stats.loguniform(5e-4, 1e-2),
    },
    is_cheap=True,
)
LIGHTGBM_SPACE: Mapping[str, Any] = {
    "model__learning_rate": stats.loguniform(0.03, 0.3),
    "model__n_estimators": [50, 100, 200],
    "model__num_leaves": [4, 8, 16, 31],
    "model__min_child_samples": [5, 10, 20, 40],
}
XGBOOST_SPACE: Mapping[str, Any] = {
    "model__learning_rate": stats.loguniform(0.03, 0.3),
    "model__n_estimators": [50, 100, 200],
    "model__max_depth": [2, 3, 4, 6],
    "model__min_child_weight": [1, 5, 10],
    "model__reg_lambda": [1.0, 10.0],
}
"""What a search may set of boosting by other libraries, which the labs build each in its own way."""
