"""How does CatBoost take a mixed table? Texts as categories, on one thread, silent, writing nothing: the same model again.

Its trees are symmetric (one question for all nodes of a level): they find terms of two and three columns that other boosting
misses. `tests/benchmarks/black_box_strength.py` shows what its 200 rounds, with the learning rate that the library chooses for
so many, cost and save beside the library's 1,000; `tests/benchmarks/catboost_borders.py`, that 128 borders a column, the library's
own default on a GPU, lose nothing beside its 254 on a CPU.
"""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, CatBoostRegressor
from sklearn.base import BaseEstimator, TransformerMixin

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CategoriesClassifier", "CategoriesRegressor", "TextsFirst", "settings"]

_ROUNDS, _BORDERS = 200, 128


class TextsFirst(TransformerMixin, BaseEstimator):
    """Texts first and as they are, then the numbers, 0 where a column held nothing in training; as a data frame."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Find the texts and the empty columns of X, shape (n_rows, n_columns); y is ignored."""
        self.texts_ = [name for name in X if X[name].dtype == object]
        self.numbers_ = [name for name in X if X[name].dtype != object]
        self.empty_ = [name for name in self.numbers_ if X[name].isna().all()]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Reorder rows: shape (n_rows, n_columns)."""
        numbers = X[self.numbers_].astype(np.float64).fillna(dict.fromkeys(self.empty_, 0.0))
        return pd.concat([X[self.texts_].astype(str).astype(object), numbers], axis=1)


def settings(seed: int) -> dict[str, Any]:
    """Settings of CatBoost behind `TextsFirst`."""
    return {
        "iterations": _ROUNDS,
        "border_count": _BORDERS,
        "thread_count": 1,
        "random_seed": seed,
        "allow_writing_files": False,
        "logging_level": "Silent",
    }


class _Categories:
    """It takes the texts of a data frame as categories; named in the constructor, they could not be cloned."""

    def fit(self, X: pd.DataFrame, y: "NDArray", sample_weight: "NDArray | None" = None) -> Self:
        """Fit to X, shape (n_rows, n_columns); `sample_weight`, shape (n_rows,), says for how much each row counts."""
        texts = [place for place, name in enumerate(X) if X[name].dtype == object]
        super().fit(X, y, cat_features=texts, sample_weight=sample_weight)  # type: ignore[misc]  # the estimator beside it has it
        return self


class CategoriesClassifier(_Categories, CatBoostClassifier):
    """CatBoost for classes."""

    def predict(self, X: pd.DataFrame) -> "NDArray":
        """Classes of rows, shape (n_rows,); the library gives a column where there are more than two."""
        return np.ravel(super().predict(X))


class CategoriesRegressor(_Categories, CatBoostRegressor):
    """CatBoost for a number."""

    @property
    def classes_(self) -> Any:
        """There are none; the library has an empty list, by which a regressor would be taken for a classifier."""
        raise AttributeError("a regressor has no classes")
