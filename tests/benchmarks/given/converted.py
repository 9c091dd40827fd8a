"""Graphs that skl2onnx makes of fitted pipelines, with the outputs and inputs that it can write."""

import warnings

import numpy as np
import onnxruntime
import pandas as pd
from benchmarks.given.case import Case, tables
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

__all__ = ["cases"]

KINDS = {
    "logistic": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "tree": lambda: DecisionTreeClassifier(max_depth=5),
    "forest": lambda: RandomForestClassifier(10, random_state=0),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=10),
    "network": lambda: make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=50, random_state=0)),
    "neighbours": lambda: KNeighborsClassifier(),
    "bayes": lambda: GaussianNB(),
}
SCORES = {
    "linear machine": lambda: LinearSVC(),
    "machine": lambda: make_pipeline(StandardScaler(), SVC()),
    "ridge": lambda: RidgeClassifier(),
    "hinge": lambda: make_pipeline(StandardScaler(), SGDClassifier(random_state=0)),
}


def _matrix(seen):
    return {"X": seen.drop(columns="y").to_numpy(np.float32)}


def _columns(seen):
    kinds = {"i": np.int64, "f": np.float32, "O": object}
    return {name: seen[[name]].to_numpy(kinds.get(seen[name].dtype.kind, object)) for name in seen if name != "y"}


def _said(session, answers, labels):
    """Give the probabilities by label: maps, a matrix, or a column a class; labels alone become certain."""
    names = [each.name for each in session.get_outputs()]
    found = dict(zip(names, answers, strict=True))
    label = next((answer for name, answer in found.items() if "label" in name), None)
    rest = [answer for name, answer in found.items() if "label" not in name]
    if isinstance(rest[0], list):
        shown = pd.DataFrame(rest[0])
    else:
        matrix = np.column_stack(rest) if rest[0].ndim == 1 else rest[0]
        shown = pd.DataFrame(matrix, columns=labels) if matrix.shape[1] == len(labels) else pd.DataFrame()
    numbers = shown.to_numpy(float)
    if not len(shown) or abs(numbers.sum(axis=1) - 1).max() > 1e-3 or numbers.min() < 0:
        shown = pd.DataFrame({each: (np.asarray(label).ravel() == each).astype(float) for each in labels})
    return shown.rename(columns=str)


def _case(kind, table, frame, model, options, types, fed, opset):
    from skl2onnx import to_onnx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter's own, and searches that are cut short
        features = frame.drop(columns="y")
        fitted = model.fit(features if types else features.to_numpy(), frame["y"].to_numpy())
        how = {id(fitted): options} if options else None
        given = {"initial_types": types} if types else {"X": features.to_numpy(np.float32)[:1]}
        content = to_onnx(fitted, options=how, target_opset=opset, **given).SerializeToString()

    def expected(seen):
        session = onnxruntime.InferenceSession(content)
        return _said(session, session.run(None, fed(seen)), list(fitted.classes_))

    return Case(kind, table, frame, content, ".onnx", expected if hasattr(fitted, "classes_") else None)


def cases():
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType

    made, usual = tables(), {"": 18, "ai.onnx.ml": 3}
    for name, model in KINDS.items():
        for table in ("three", "two", "digits", "whole"):
            yield _case(f"skl2onnx, {name}, as by default", table, made[table], model(), None, None, _matrix, usual)
    for table in ("three", "two", "digits", "whole"):
        for option in (False, "columns"):
            yield _case(
                f"skl2onnx, zipmap={option}",
                table,
                made[table],
                KINDS["logistic"](),
                {"zipmap": option},
                None,
                _matrix,
                usual,
            )
        for name, model in SCORES.items():
            yield _case(f"skl2onnx, {name} (scores)", table, made[table], model(), None, None, _matrix, usual)
    for opset, ml in ((9, 1), (11, 1), (12, 2), (15, 3), (21, 4)):
        for name in ("logistic", "forest"):
            versions = {"": opset, "ai.onnx.ml": ml}
            yield _case(
                f"skl2onnx, {name}, opset {opset}", "three", made["three"], KINDS[name](), None, None, _matrix, versions
            )
    for model in (LinearRegression(), RandomForestRegressor(5)):
        frame = made["three"].assign(y=made["three"]["net"])
        regression = _case(f"skl2onnx, {type(model).__name__}", "two", frame, model, None, None, _matrix, usual)
        yield Case(regression.kind, "two", made["two"], regression.content, ".onnx", None)
        yield Case(regression.kind, "three", made["three"], regression.content, ".onnx", None)
    mixed = made["mixed"]
    for names in (["job", "age", "income", "region"], ["region", "income", "job", "age"]):
        for unknown in ("ignore", "error"):
            kinds = {"age": Int64TensorType, "income": FloatTensorType}
            types = [(name, kinds.get(name, StringTensorType)([None, 1])) for name in names]
            texts = OneHotEncoder(handle_unknown=unknown)
            prepare = ColumnTransformer([("n", StandardScaler(), ["age", "income"]), ("t", texts, ["job", "region"])])
            model = make_pipeline(prepare, LogisticRegression())
            frame = mixed[[*names, "y"]]
            yield _case(
                f"skl2onnx, an input a column, unknown: {unknown}", "mixed", frame, model, None, types, _columns, usual
            )
    for table in ("two", "three"):
        frame = made[table].rename(columns={"a b": "a_b"})
        types = [(name, DoubleTensorType([None, 1])) for name in frame if name != "y"]
        model = KINDS["logistic"]()
        yield _case(
            "skl2onnx, an input a column, doubles", table, frame, model, {"zipmap": False}, types, _doubles, usual
        )


def _doubles(seen):
    return {
        name: each.astype(np.float64) if each.dtype == np.float32 else each for name, each in _columns(seen).items()
    }
