"""How do mixed columns become numbers? The steps in front of a model, fitted inside the training part only."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from lab.privacy.aggregates import MIN_ROWS, middle

__all__ = [
    "FillEmpty",
    "FillMiddle",
    "FrequentOneHot",
    "column_names",
    "dense_columns",
    "fill_middle",
    "frequent_categories",
    "one_hot_columns",
    "ordinal_columns",
]

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MAX_CATEGORIES = 50
_NUMBERS = make_column_selector(dtype_include=np.number)
_TEXTS = make_column_selector(dtype_include=object)
_NONE = "(none is frequent)"  # the encoder wants a category; this one never holds


class FrequentOneHot(TransformerMixin, BaseEstimator):
    """One column for each category of at least 5 training rows, the 50 most frequent ones at most; others are all zeros.

    So no category that names a few people becomes a term of a model, and a column of many texts stays small.
    """

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Count the categories of X, shape (n_rows, n_columns); y is ignored."""
        self.encoder_ = OneHotEncoder(
            categories=[frequent_categories(pd.Series(column)) or [_NONE] for column in np.asarray(X, dtype=object).T],
            handle_unknown="ignore",
            sparse_output=False,
            dtype=np.float64,
            feature_name_combiner=_name_of_category,
        ).fit(X)
        return self

    def transform(self, X: pd.DataFrame) -> "NDArray[np.float64]":
        """Encode rows: shape (n_rows, n_categories_kept)."""
        return self.encoder_.transform(X)

    def get_feature_names_out(self, input_features: Any = None) -> "NDArray":
        """Name the columns, shape (n_categories_kept,): `employment is retired`."""
        return self.encoder_.get_feature_names_out(input_features)


class FillMiddle(SimpleImputer):
    """Put the middle of a column where a number is missing: its median, but never the value of fewer than 5 rows.

    See `lab.privacy.aggregates.middle`. A column in which fewer than 5 training rows have a value is filled with 0. Build it
    with the strategy "constant": the library then looks for no statistic of its own, whose place the middle would take.
    """

    def fit(self, X: "ArrayLike", y: Any = None) -> Self:
        """Find the middles of X, shape (n_rows, n_columns); y is ignored."""
        super().fit(X, y)
        self.statistics_ = np.array([middle(column) or 0.0 for column in np.asarray(X, dtype=np.float64).T])
        return self


def fill_middle() -> FillMiddle:
    """Make one that keeps every column."""
    return FillMiddle(strategy="constant", fill_value=0, keep_empty_features=True)


class FillEmpty(TransformerMixin, BaseEstimator):
    """Put 0 into columns that hold nothing at all in training: gradient boosting cannot bin them."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Find the empty columns of X, shape (n_rows, n_columns); y is ignored."""
        self.empty_ = np.isnan(np.asarray(X, dtype=np.float64)).all(axis=0)
        return self

    def transform(self, X: pd.DataFrame) -> "NDArray[np.float64]":
        """Fill them; all else stays, missing values included: shape (n_rows, n_columns)."""
        return np.where(self.empty_, 0.0, np.asarray(X, dtype=np.float64))


def dense_columns(*, scale: bool) -> ColumnTransformer:
    """Numbers: the middle for what is missing, then (if `scale`) mean 0 and variance 1; texts: one column a category.

    A missing text is a category of its own; a category that is rare or unseen in training is a row of zeros.
    """
    steps = [("impute", fill_middle())]
    if scale:
        steps.append(("scale", StandardScaler()))
    return ColumnTransformer([("numbers", Pipeline(steps), _NUMBERS), ("texts", FrequentOneHot(), _TEXTS)])


def ordinal_columns() -> ColumnTransformer:
    """Texts first, as codes (unseen ones as missing), then the numbers untouched: for models that take both as such."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=200)
    return ColumnTransformer([("texts", codes, _TEXTS), ("numbers", FillEmpty(), _NUMBERS)])


def one_hot_columns() -> ColumnTransformer:
    """Texts first, one column a category, then the numbers untouched, missing ones too: for trees that know only numbers."""
    return ColumnTransformer([("texts", FrequentOneHot(), _TEXTS), ("numbers", FillEmpty(), _NUMBERS)])


def column_names(preparation: ColumnTransformer) -> list[str]:
    """Name the numbers that a fitted `dense_columns` gives: `age`, or `employment is retired`."""
    return [name.partition("__")[2] for name in preparation.get_feature_names_out()]


def _name_of_category(column: str, category: str) -> str:
    return f"{column} is {category or 'missing'}"


def frequent_categories(column: pd.Series) -> list[str]:
    """List the categories of at least 5 rows, the 50 most frequent ones at most, in the order of the alphabet."""
    counts = column.value_counts()
    return sorted(counts[counts >= MIN_ROWS].index[:_MAX_CATEGORIES])
