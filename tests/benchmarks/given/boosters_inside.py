"""Boosters of other libraries inside pipelines of scikit-learn, saved by skops, and what the libraries answer."""

import functools
import io

import numpy as np
import pandas as pd
from benchmarks.given.case import Case
from benchmarks.given.pipelines import table
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler
from skops.io import dumps

__all__ = ["cases"]

ONE_HOT = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
CODES = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)


def _boosters():
    from catboost import CatBoostClassifier
    from lightgbm import LGBMClassifier
    from xgboost import XGBClassifier

    quiet = {"iterations": 12, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
    xgboost, lightgbm = {"n_estimators": 12, "n_jobs": 1}, {"n_estimators": 12, "verbose": -1, "n_jobs": 1}
    return {
        "XGBoost": XGBClassifier(**xgboost),
        "XGBoost, DART": XGBClassifier(booster="dart", rate_drop=0.3, **xgboost),
        "XGBoost, a forest a round": XGBClassifier(num_parallel_tree=3, subsample=0.7, n_estimators=4, n_jobs=1),
        "XGBoost, searched": GridSearchCV(XGBClassifier(**xgboost), {"max_depth": [2, 4]}, cv=2),
        "LightGBM": LGBMClassifier(**lightgbm),
        "LightGBM, a forest": LGBMClassifier(boosting_type="rf", bagging_freq=1, bagging_fraction=0.7, **lightgbm),
        "CatBoost": CatBoostClassifier(**quiet),
        "CatBoost, leaf by leaf": CatBoostClassifier(grow_policy="Lossguide", **quiet),
    }


def _fronts(numbers, texts):
    filled, several = SimpleImputer(strategy="median"), [("t", ONE_HOT, texts)] if texts else []
    fronts = {
        "as it is": ColumnTransformer([("n", "passthrough", numbers), *several], sparse_threshold=0),
        "scaled": ColumnTransformer([("n", make_pipeline(filled, StandardScaler()), numbers), *several], sparse_threshold=0),
        "flags": ColumnTransformer([("n", SimpleImputer(add_indicator=True), numbers), *several], sparse_threshold=0),
        "scaled, not filled": ColumnTransformer([("n", RobustScaler(), numbers), *several], sparse_threshold=0),
    }  # fmt: skip
    if texts:
        fronts["codes"] = ColumnTransformer([("n", filled, numbers), ("t", CODES, texts)])
    return fronts


def cases():
    """Give every booster behind every front, on tables of numbers and of texts, without gaps and with them."""
    for kind in ("numbers", "gaps", "texts", "missing"):
        text = table(kind)
        dtype = {"zip": str} if kind in ("texts", "missing") else None
        known = pd.read_csv(io.StringIO(text), dtype=dtype)
        as_written = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        features = known.drop(columns="y")
        numbers = [
            name for name in features if pd.api.types.is_numeric_dtype(features[name].dtype) and name != "member"
        ]
        texts = [name for name in features if name not in numbers]
        for front in _fronts(numbers, texts):
            for label, model in _boosters().items():
                coded = label.startswith("XGBoost")
                target = (known["y"] == "yes").astype(int) if coded else known["y"]
                pipeline = make_pipeline(_fronts(numbers, texts)[front], model).fit(features, target)
                options = {"classes": ("no", "yes")} if coded else {}
                answers = functools.partial(_answers, pipeline, features)
                yield Case(
                    f"{label} in a pipeline",
                    f"{kind}, {front}",
                    as_written,
                    dumps(pipeline),
                    ".skops",
                    answers,
                    options,
                )
        yield from _refused(kind, known, as_written, numbers, texts)


def _refused(kind, known, as_written, numbers, texts):
    from xgboost import XGBClassifier

    features, target = known.drop(columns="y"), (known["y"] == "yes").astype(int)
    options = {"classes": ("no", "yes")}
    model = make_pipeline(SimpleImputer(), XGBClassifier(n_estimators=2, missing=-999.0)).fit(features[numbers], target)
    yield Case("XGBoost, a number for missing", kind, as_written, dumps(model), ".skops", None, options)
    if texts:
        sparse = ColumnTransformer([("t", OneHotEncoder(handle_unknown="ignore"), texts)], sparse_threshold=1)
        model = make_pipeline(sparse, XGBClassifier(n_estimators=2)).fit(features, target)
        yield Case("XGBoost, a sparse matrix", kind, as_written, dumps(model), ".skops", None, options)


def _answers(pipeline, features, frame):
    del frame
    return pd.DataFrame(np.asarray(pipeline.predict_proba(features), dtype=float), columns=["no", "yes"])
