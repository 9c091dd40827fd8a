"""Distillation as a family: tuned, scored, exported and timed as every other candidate."""

import pandas as pd
from scipy import stats
from sklearn.pipeline import Pipeline

from edge.distilling.student import DistilledClassifier
from lab.learning.families import Family
from lab.learning.preparation import dense_columns

__all__ = ["DISTILLED"]


def _distilled(features: pd.DataFrame, seed: int) -> Pipeline:
    del features
    return Pipeline([("prepare", dense_columns(scale=True)), ("model", DistilledClassifier(random_state=seed))])


DISTILLED = Family(
    "distilled",
    "distilled network",
    _distilled,
    {
        "model__hidden_layer_sizes": [(8,), (16,), (32,)],
        "model__alpha": stats.loguniform(1e-5, 1e0),
        "model__learning_rate_init": stats.loguniform(5e-4, 1e-2),
        "model__hard": [0.25, 0.5, 1.0],
    },
)
