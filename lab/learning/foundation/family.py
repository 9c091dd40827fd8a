"""How does a checkpoint take part? As one more family, without anything to tune: it is asked as it was trained."""

import functools
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

from lab.learning.families import Family
from lab.learning.foundation.checkpoint import Checkpoint
from lab.learning.foundation.limits import MOST_ROWS
from lab.learning.preparation import fill_middle

__all__ = ["LABEL", "family_of"]

LABEL = "tabular foundation model (TabICL)"


def family_of(checkpoint: Checkpoint) -> Family:
    """Make the family of a checkpoint; a classifier, or a regressor where that is what it predicts."""
    build = functools.partial(_build, checkpoint=checkpoint)
    return Family("tabicl", LABEL, build, most_rows=MOST_ROWS, answers_slowly=True)


def _build(features: pd.DataFrame, seed: int, *, checkpoint: Checkpoint) -> Pipeline:
    """Build it behind codes for texts, as TabICL makes them itself, and middles for missing numbers."""
    from lab.learning.foundation.in_context import InContextClassifier, InContextRegressor

    del features
    model: Any = InContextClassifier if checkpoint.most_classes else InContextRegressor
    return Pipeline([("prepare", _columns()), ("model", model(checkpoint, random_state=seed))])


def _columns() -> ColumnTransformer:
    """Texts as codes, -1 where they are missing or were not seen; then numbers, without gaps."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1)
    texts, numbers = make_column_selector(dtype_include=object), make_column_selector(dtype_include=np.number)
    return ColumnTransformer([("texts", codes, texts), ("numbers", fill_middle(), numbers)])
