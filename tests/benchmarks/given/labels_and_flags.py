"""Pipelines without probabilities, with trees of neighbours, with flags of missing values, and with sparse bins."""

import functools
import io

import pandas as pd
from benchmarks.given.case import Case
from benchmarks.given.pipelines import table
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier, RidgeClassifierCV, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from skops.io import dumps

__all__ = ["cases"]

ONE_HOT = OneHotEncoder(handle_unknown="ignore")
FILLED = make_pipeline(SimpleImputer(), StandardScaler())
LABELS = {
    "LinearSVC": LinearSVC(), "RidgeClassifier": RidgeClassifier(), "RidgeClassifierCV": RidgeClassifierCV(),
    "Perceptron": Perceptron(random_state=0), "SGD, hinge": SGDClassifier(random_state=0),
}  # fmt: skip
NEIGHBOURS = {
    "neighbours, auto": KNeighborsClassifier(), "neighbours, kd_tree": KNeighborsClassifier(7, algorithm="kd_tree"),
    "neighbours, ball_tree": KNeighborsClassifier(3, algorithm="ball_tree", leaf_size=10),
}  # fmt: skip
FLAGS = {
    "flags": SimpleImputer(add_indicator=True),
    "flags, scaled": make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()),
    "flags in a union": FeatureUnion([("f", SimpleImputer()), ("m", MissingIndicator(features="all"))]),
}
BEHIND = {
    "logistic": LogisticRegression(max_iter=500), "forest": RandomForestClassifier(10, random_state=0),
    "boosting": GradientBoostingClassifier(n_estimators=10, random_state=0),
    "histogram": HistGradientBoostingClassifier(max_iter=10, random_state=0),
}  # fmt: skip


def cases():
    """Give every kind on tables of numbers and of texts, without gaps and with them."""
    for kind in ("numbers", "gaps", "texts", "missing"):
        text = table(kind)
        known = pd.read_csv(io.StringIO(text), dtype={"zip": str} if kind in ("texts", "missing") else None)
        as_written = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        features = known.drop(columns="y")
        numbers = [
            name for name in features if pd.api.types.is_numeric_dtype(features[name].dtype) and name != "member"
        ]
        texts = [name for name in features if name not in numbers]
        for name, (front, model) in _kinds(numbers, texts).items():
            pipeline = make_pipeline(front, model).fit(features, known["y"])
            answers = functools.partial(_answers, pipeline, features)
            yield Case(name, kind, as_written, dumps(pipeline), ".skops", answers)


def _kinds(numbers, texts):
    def columns(step):
        several = [("t", ONE_HOT, texts)] if texts else []
        return ColumnTransformer([("n", step, numbers), *several], sparse_threshold=0)

    bins = KBinsDiscretizer(4, encode="onehot", quantile_method="averaged_inverted_cdf")
    return {
        **{name: (columns(FILLED), model) for name, model in (LABELS | NEIGHBOURS).items()},
        **{
            f"{name}, {label}": (columns(step), model)
            for name, step in FLAGS.items()
            for label, model in BEHIND.items()
        },
        "sparse bins": (make_pipeline(columns(FILLED), bins), LogisticRegression(max_iter=500)),
    }


def _answers(pipeline, features, frame):
    del frame
    if hasattr(pipeline, "predict_proba"):
        return pd.DataFrame(pipeline.predict_proba(features), columns=["no", "yes"])
    said = pipeline.predict(features)
    return pd.DataFrame({label: (said == label).astype(float) for label in ("no", "yes")})
