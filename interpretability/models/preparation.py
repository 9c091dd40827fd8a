"""How do mixed columns become smooth curves? The steps in front of additive splines, fitted inside the training part only."""

import numpy as np
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.pipeline import Pipeline

from interpretability.models.splines import SplineColumns
from lab.learning.preparation import FrequentOneHot, fill_middle

__all__ = ["spline_columns"]


def spline_columns() -> ColumnTransformer:
    """Numbers: the middle for what is missing, then a spline basis for each; texts: one column a category."""
    numbers = Pipeline([("impute", fill_middle()), ("curve", SplineColumns())])
    return ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include=np.number)),
            ("texts", FrequentOneHot(), make_column_selector(dtype_include=object)),
        ]
    )
