"""How do mixed columns become numbers? The steps in front of a model, fitted inside the training part only."""

import numpy as np
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

__all__ = ["column_names", "dense_columns", "ordinal_columns"]

_NUMBERS = make_column_selector(dtype_include=np.number)
_TEXTS = make_column_selector(dtype_include=object)


def dense_columns(*, scale: bool) -> ColumnTransformer:
    """Numbers: median for what is missing, then (if `scale`) mean 0 and variance 1; texts: one column a category.

    A missing text is a category of its own; a category unseen in training is a row of zeros.
    """
    steps = [("impute", SimpleImputer(strategy="median", keep_empty_features=True))]
    if scale:
        steps.append(("scale", StandardScaler()))
    one_hot = OneHotEncoder(
        handle_unknown="ignore", sparse_output=False, dtype=np.float64, feature_name_combiner=_name_of_category
    )
    return ColumnTransformer([("numbers", Pipeline(steps), _NUMBERS), ("texts", one_hot, _TEXTS)])


def ordinal_columns() -> ColumnTransformer:
    """Texts first, as codes (unseen ones as missing), then the numbers untouched: for models that take both as such."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=200)
    return ColumnTransformer([("texts", codes, _TEXTS), ("numbers", "passthrough", _NUMBERS)])


def column_names(preparation: ColumnTransformer) -> list[str]:
    """Name the numbers that a fitted `dense_columns` gives: `age`, or `employment is retired`."""
    return [name.partition("__")[2] for name in preparation.get_feature_names_out()]


def _name_of_category(column: str, category: str) -> str:
    return f"{column} is {category or 'missing'}"
