"""Pipelines of scikit-learn as people build them, trained on what `pandas.read_csv` gives of a table."""

import functools
import io

import numpy as np
import pandas as pd
from benchmarks.given.case import Case
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectFromModel, SelectKBest, VarianceThreshold
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from skops.io import dumps

ROWS = 600


def _numbers(rng, n):
    return {
        "age": rng.integers(18, 90, n).astype(float),
        "income": np.round(rng.lognormal(8, 1, n), 2),
        "score": np.round(rng.normal(size=n), 3),
    }


def _texts(rng, n):
    return {
        "town": rng.choice([" Bern", "Basel ", "Chur", "?"], n, p=[0.3, 0.3, 0.3, 0.1]),
        "zip": rng.choice(["00123", "01200", "08001"], n),
        "member": rng.choice(["True", "False"], n),
        "since": rng.choice(["2024-01-01", "2024-06-30", "2025-02-01"], n),
    }


def table(kind, seed=0):
    """Make a table as CSV text: `numbers`, `gaps` (numbers, some missing), `texts`, or `missing` (texts and numbers, some missing)."""
    rng = np.random.default_rng(seed)
    columns = _numbers(rng, ROWS) | (_texts(rng, ROWS) if kind in ("texts", "missing") else {})
    frame = pd.DataFrame(columns)
    signal = (frame["age"] - 50) / 20 + frame["score"]
    if "town" in frame:
        signal += (frame["town"] == "Chur") * 2.0 + (frame["zip"] == "08001") - (frame["member"] == "True")
    frame["y"] = np.where(signal + rng.normal(size=ROWS) > 0.3, "yes", "no")
    if kind in ("gaps", "missing"):
        for name in frame.columns.drop("y"):
            frame.loc[rng.random(ROWS) < 0.08, name] = np.nan
    frame.insert(0, "constant", 7)
    return frame.to_csv(index=False)


def _fronts(kind, frame):
    """Give ways to prepare a table by name: what stands in front of the model."""
    numbers = [name for name in frame if pd.api.types.is_numeric_dtype(frame[name]) and frame[name].dtype != bool]
    texts = [name for name in frame if name not in numbers]
    filled = SimpleImputer(strategy="median")
    if not texts:
        return {
            "scaled": make_pipeline(filled, StandardScaler()),
            "plain": make_pipeline(SimpleImputer()),
            "columns": ColumnTransformer(
                [("n", make_pipeline(filled, RobustScaler()), numbers[1:])], remainder="passthrough"
            ),
            "minmax": make_pipeline(SimpleImputer(add_indicator=kind == "gaps"), MinMaxScaler()),
            "knn imputer": make_pipeline(KNNImputer(), MaxAbsScaler()),
            "power": make_pipeline(filled, PowerTransformer()),
            "quantile": make_pipeline(filled, QuantileTransformer(n_quantiles=50)),
            "polynomial": make_pipeline(filled, StandardScaler(), PolynomialFeatures(2)),
            "bins": make_pipeline(filled, KBinsDiscretizer(4, encode="onehot")),
            "splines": make_pipeline(filled, SplineTransformer()),
            "best two": make_pipeline(filled, VarianceThreshold(), SelectKBest(k=2)),
            "from a model": make_pipeline(filled, SelectFromModel(DecisionTreeClassifier(max_depth=2))),
            "components": make_pipeline(filled, StandardScaler(), PCA(2)),
            "svd": make_pipeline(filled, TruncatedSVD(2)),
            "normal": make_pipeline(filled, Normalizer()),
            "kernel map": make_pipeline(filled, StandardScaler(), Nystroem(n_components=20)),
            "union": make_pipeline(filled, FeatureUnion([("s", StandardScaler()), ("p", PCA(1))])),
            "log": make_pipeline(filled, FunctionTransformer(np.log1p)),
        }
    often = SimpleImputer(strategy="most_frequent")
    said = SimpleImputer(strategy="constant", fill_value="missing")
    encoders = {
        "one-hot": OneHotEncoder(handle_unknown="ignore"),
        "one-hot error": OneHotEncoder(),
        "one-hot first": OneHotEncoder(drop="first", handle_unknown="ignore"),
        "one-hot binary": OneHotEncoder(drop="if_binary", handle_unknown="ignore"),
        "one-hot rare": OneHotEncoder(min_frequency=30, handle_unknown="infrequent_if_exist"),
        "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
        "ordinal error": OrdinalEncoder(),
        "ordinal missing": OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
        ),
        "target": TargetEncoder(random_state=0),
    }
    fronts = {}
    for name, encoder in encoders.items():
        steps = {"": encoder} if kind == "missing" else {}
        if kind == "texts":
            steps |= {"": encoder}
        if name in ("one-hot", "ordinal", "one-hot error", "target"):
            steps |= {"often ": make_pipeline(often, encoder), "said ": make_pipeline(said, encoder)}
        for before, step in steps.items():
            columns = [name for name in texts if frame[name].dtype != bool] if before and kind == "texts" else texts
            fronts[f"{before}{name}"] = ColumnTransformer(
                [("n", make_pipeline(filled, StandardScaler()), numbers), ("t", step, columns)]
            )
    fronts["by kind"] = ColumnTransformer(
        [
            ("n", SimpleImputer(), make_column_selector(dtype_include="number")),
            (
                "t",
                OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                make_column_selector(dtype_exclude="number"),
            ),
        ]
    )
    fronts["scaled codes"] = ColumnTransformer(
        [
            ("n", filled, numbers),
            (
                "t",
                make_pipeline(
                    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
                    SimpleImputer(),
                    StandardScaler(),
                ),
                texts,
            ),
        ]
    )
    fronts["some columns"] = ColumnTransformer(
        [("n", filled, numbers[1:3]), ("t", OneHotEncoder(handle_unknown="ignore"), texts[:1])], sparse_threshold=0
    )
    fronts["numbers as categories"] = ColumnTransformer(
        [("n", OneHotEncoder(handle_unknown="ignore"), ["zip"]), ("t", filled, ["age"])]
    )
    fronts["rest dropped, best kept"] = make_pipeline(
        ColumnTransformer([("n", filled, numbers), ("t", OneHotEncoder(handle_unknown="ignore"), texts)]),
        SelectKBest(k=5),
    )
    return fronts


def _models(quick):
    models = {
        "logistic": LogisticRegression(max_iter=500),
        "forest": RandomForestClassifier(20, random_state=0),
        "boosting": HistGradientBoostingClassifier(max_iter=20, random_state=0),
        "network": MLPClassifier((8,), max_iter=60, random_state=0),
    }
    if quick:
        return models
    return models | {
        "logistic, C searched": GridSearchCV(LogisticRegression(max_iter=500), {"C": [0.1, 1]}, cv=3),
        "logistic CV": LogisticRegressionCV(Cs=3, cv=3, max_iter=500, l1_ratios=(0,), use_legacy_attributes=False),
        "elastic": SGDClassifier(loss="log_loss", random_state=0),
        "tree": DecisionTreeClassifier(max_depth=4, random_state=0),
        "extra trees": ExtraTreesClassifier(20, random_state=0),
        "gradient boosting": GradientBoostingClassifier(n_estimators=20, random_state=0),
        "ada": AdaBoostClassifier(n_estimators=10, random_state=0),
        "bagging": BaggingClassifier(n_estimators=5, random_state=0),
        "neighbours": KNeighborsClassifier(),
        "neighbours by distance": KNeighborsClassifier(weights="distance"),
        "bayes": GaussianNB(),
        "bernoulli": BernoulliNB(),
        "lda": LinearDiscriminantAnalysis(),
        "qda": QuadraticDiscriminantAnalysis(reg_param=0.1),
        "calibrated svm": CalibratedClassifierCV(SVC(), cv=3, ensemble=False),
        "calibrated linear svm": CalibratedClassifierCV(LinearSVC(), cv=3),
        "isotonic": CalibratedClassifierCV(GaussianNB(), method="isotonic", cv=3),
        "voting": VotingClassifier(
            [("l", LogisticRegression(max_iter=500)), ("t", DecisionTreeClassifier(max_depth=3))], voting="soft"
        ),
        "stacking": StackingClassifier(
            [("l", LogisticRegression(max_iter=500)), ("t", DecisionTreeClassifier(max_depth=3))], cv=3
        ),
        "threshold": TunedThresholdClassifierCV(LogisticRegression(max_iter=500), cv=3),
        **_boosters(),
    }


def _boosters():
    from lightgbm import LGBMClassifier
    from xgboost import XGBClassifier

    return {
        "lightgbm": LGBMClassifier(n_estimators=20, verbose=-1),
        "xgboost": XGBClassifier(n_estimators=20, max_depth=3),
    }


def cases():
    """Give every pipeline that can be trained, on tables of numbers and of texts, without gaps and with them."""
    for kind in ("numbers", "gaps", "texts", "missing"):
        text = table(kind)
        codes = {"zip": str}
        for dtype in {"numbers": [None], "gaps": [None], "texts": [codes], "missing": [None, codes]}[kind]:
            yield from _cases_of(kind, text, dtype)


def _cases_of(kind, text, dtype):
    known = pd.read_csv(io.StringIO(text), dtype=dtype)
    as_written = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    features, target = known.drop(columns="y"), known["y"]
    base = "scaled" if kind in ("numbers", "gaps") else "one-hot"
    name = f"{kind}, codes as text" if dtype and kind == "missing" else kind
    for front, prepare in _fronts(kind, features).items():
        usual = front != base or name != kind
        for label, model in _models(quick=usual).items():
            if usual and label not in ("logistic", "boosting"):
                continue
            labels = target if label != "xgboost" else (target == "yes").astype(int)
            pipeline = make_pipeline(clone(prepare), clone(model))
            if hasattr(pipeline[0], "sparse_threshold"):
                pipeline[0].set_params(sparse_threshold=0)
            try:
                pipeline.fit(features, labels)
            except (TypeError, ValueError):  # nobody has such a model: missing values that it does not take, say
                continue
            options = {"classes": ("no", "yes")} if label == "xgboost" else {}
            answers = functools.partial(_answers, pipeline, features)
            yield Case(
                f"{front}, {label}", name, as_written, dumps(pipeline), ".skops", answers, options, may_be_refused=True
            )


def _answers(pipeline, features, frame):
    """What the library says of the frame that the pipeline learned from; `frame` is the same with other types, perhaps."""
    del frame
    return pd.DataFrame(pipeline.predict_proba(features), columns=["no", "yes"])
