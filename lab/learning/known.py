"""Models whose skill is known by construction: each reads what it is told to read, and nothing else can be learned of it.

For controls. Of two columns that are normal with one variance in both classes, the one whose means lie `d` standard deviations
apart gives an area under the ROC curve of Phi(d / sqrt(2)), and, with classes of one size, an accuracy of Phi(d / 2)
(Green and Swets 1966, Signal Detection Theory and Psychophysics); so the truth of a comparison can be set.
"""

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from lab.learning.families import Family
from lab.learning.preparation import dense_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["accuracy_apart", "auc_apart", "reading", "sparse"]


def auc_apart(auc: float) -> float:
    """How many standard deviations apart the classes lie where one column has that area under the ROC curve.

    >>> round(auc_apart(0.5), 3), round(auc_apart(0.76), 3)
    (0.0, 0.999)
    """
    return math.sqrt(2) * float(stats.norm.ppf(auc))


def accuracy_apart(accuracy: float) -> float:
    """How many standard deviations apart two classes of one size lie that the best cut parts with that accuracy.

    >>> round(accuracy_apart(0.5), 3), round(accuracy_apart(0.6915), 3)
    (0.0, 1.0)
    """
    return 2 * float(stats.norm.ppf(accuracy))


def reading(name: str, label: str, seen: "Callable[[pd.DataFrame], NDArray]") -> Family:
    """Make a family that learns by logistic regression from what a module-level function sees, shape (n_rows, n_seen)."""
    return Family(name, label, functools.partial(_reading, seen=seen))


def _reading(features: pd.DataFrame, seed: int, *, seen: "Callable[[pd.DataFrame], NDArray]") -> Pipeline:
    del features, seed
    return Pipeline([("see", FunctionTransformer(seen)), ("model", LogisticRegression())])


def sparse(name: str, label: str, strength: float) -> Family:
    """Make a family of logistic regression with an L1 penalty, whose inverse is `strength`.

    Two of them that differ a little in it are each stable, and their difference is not: which columns the one keeps and the
    other drops depends on single rows (Bayle, Janson and Mackey 2025, arXiv 2508.04409, for the lasso).
    """
    return Family(name, label, functools.partial(_sparse, strength=strength))


def _sparse(features: pd.DataFrame, seed: int, *, strength: float) -> Pipeline:
    model = LogisticRegression(l1_ratio=1.0, solver="liblinear", C=strength, random_state=seed)
    del features
    return Pipeline([("prepare", dense_columns(scale=True)), ("model", model)])
