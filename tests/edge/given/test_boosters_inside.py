"""A booster of another library in a skops pipeline answers as its library does, without that library, or is refused by name."""

import numpy as np
import pandas as pd
import pytest
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from samples.given_pipelines import NUMBERS, TEXTS, taken_in, trained, written
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from skops import io
from xgboost import XGBClassifier

from edge.exporting import device
from edge.given.estimators import from_content
from edge.given.family import export_given, original_of
from edge.session import OUTPUT, session
from lab.errors import SettingsError

pytestmark = [pytest.mark.usefixtures("guard_forked"), pytest.mark.filterwarnings("ignore")]

SCALED = make_pipeline(SimpleImputer(), StandardScaler())
DENSE = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
CODES = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
QUIET = {"iterations": 6, "depth": 3, "verbose": 0, "allow_writing_files": False, "thread_count": 1}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return written(tmp_path_factory.mktemp("table") / "table.csv")


def front(encoder=DENSE, numbers=SCALED):
    return ColumnTransformer([("n", numbers, NUMBERS), ("t", encoder, TEXTS)], sparse_threshold=0)


XGB = XGBClassifier(n_estimators=6, max_depth=3, n_jobs=1)
LGBM = LGBMClassifier(n_estimators=6, verbose=-1, n_jobs=1)
TAKEN = {
    "XGBoost": (front(), XGB, "code"),
    "XGBoost, missing numbers and codes": (front(CODES, "passthrough"), XGB, "code"),
    "XGBoost, three classes": (front(), XGB, "three"),
    "XGBoost, searched": (front(), GridSearchCV(XGB, {"max_depth": [2, 3]}, cv=2), "code"),
    "LightGBM": (front(), LGBM, "label"),
    "LightGBM, missing numbers and codes": (front(CODES, "passthrough"), LGBM, "label"),
    "LightGBM, three classes, sparse": (
        ColumnTransformer([("t", OneHotEncoder(handle_unknown="ignore"), TEXTS)]), LGBM, "three",
    ),
    "CatBoost": (front(), CatBoostClassifier(**QUIET), "label"),
    "CatBoost, missing numbers and codes": (front(CODES, "passthrough"), CatBoostClassifier(**QUIET), "three"),
}  # fmt: skip


def require_same(pipeline, frame, dataset, family):
    expected = pipeline.predict_proba(frame[NUMBERS + TEXTS])
    model = family.build(dataset.features, 0).fit(dataset.features, dataset.target)
    found = model.predict_proba(dataset.features)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()
    (form,) = export_given(model, dataset)
    assert form.form == "exact"
    ready = session(form.content)
    served = ready.run([OUTPUT], device.feeds(dataset, device.device_rows(dataset), ready))[0]
    np.testing.assert_allclose(served, expected, rtol=0, atol=2e-6)
    assert original_of(family, dataset, []) is None, "its library is not run"


@pytest.mark.parametrize("kind", TAKEN)
def test_a_booster_in_a_pipeline_answers_as_its_library(kind, path, tmp_path):
    pipeline, frame = trained(path, *TAKEN[kind])
    require_same(pipeline, frame, *taken_in(path, pipeline, TAKEN[kind][2], tmp_path))


@pytest.mark.parametrize("library", ["XGBoost", "LightGBM"])
def test_the_rounds_after_the_best_one_do_not_count(library, path, tmp_path):
    from lightgbm import early_stopping

    frame = pd.read_csv(path)
    first = front().fit(frame[NUMBERS + TEXTS])
    rows, target = first.transform(frame[NUMBERS + TEXTS]), frame["code"].to_numpy()
    known, kept = (rows[:120], target[:120]), [(rows[120:], target[120:])]
    if library == "XGBoost":
        model = XGBClassifier(n_estimators=80, early_stopping_rounds=8, n_jobs=1).fit(
            *known, eval_set=kept, verbose=False
        )
        n_used, n_made = model.best_iteration + 1, model.get_booster().num_boosted_rounds()
    else:
        model = LGBMClassifier(n_estimators=80, verbose=-1, learning_rate=0.5).fit(
            *known, eval_set=kept, callbacks=[early_stopping(8, verbose=False)]
        )
        n_used, n_made = model.best_iteration_, model.booster_.num_trees()
    assert n_used < n_made or library == "LightGBM"
    read = from_content(io.dumps(model), "m.skops")
    assert len(read.forest_.trees) == n_used
    np.testing.assert_allclose(read.predict_proba(rows), model.predict_proba(rows), rtol=0, atol=2e-6)


def test_zeros_that_xgboost_takes_for_missing_are_refused_with_the_way_out(path, tmp_path):
    first = ColumnTransformer([("t", OneHotEncoder(handle_unknown="ignore"), TEXTS)], sparse_threshold=1.0)
    pipeline, _ = trained(path, first, XGB, "code")
    with pytest.raises(
        SettingsError,
        match=r"^m\.skops gives its model a sparse matrix, whose zeros XGBoost takes for missing.*sparse_threshold=0",
    ):
        taken_in(path, pipeline, "code", tmp_path)


def fitted(model, **changes):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 2))
    made = model.fit(rows, (rows[:, 0] > 0).astype(int))
    vars(made).update(changes)
    return made


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: fitted(XGBClassifier(n_estimators=2, missing=-999.0)), "XGBoost that takes a number for missing values"),
        (lambda: fitted(XGBClassifier(n_estimators=2, objective="binary:logitraw")), "XGBoost that answers with scores"),
        (lambda: fitted(XGBClassifier(n_estimators=2), _Booster="none"), "XGBoost that is damaged"),
        (lambda: fitted(LGBMClassifier(n_estimators=2, verbose=-1, pred_early_stop=True)), "options of its own for predicting"),
        (lambda: fitted(LGBMClassifier(n_estimators=2, verbose=-1), _Booster="tree"), "LightGBM that is damaged"),
        (lambda: fitted(LGBMClassifier(n_estimators=2, verbose=-1), _classes=np.arange(7)), "LightGBM that is damaged: its classes"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_exactly_is_refused_by_its_library(make, words):
    with pytest.raises(SettingsError, match=rf"^m\.skops holds a model of .*{words.partition(' ')[2]}"):
        from_content(io.dumps(make()), "m.skops")


def test_a_model_that_was_never_fitted_is_no_classifier():
    with pytest.raises(SettingsError, match=r"^m\.skops"):
        from_content(io.dumps(XGBClassifier()), "m.skops").predict_proba(np.zeros((1, 2)))


def test_no_object_of_a_library_is_made(monkeypatch):
    content = io.dumps(fitted(XGBClassifier(n_estimators=2)))
    for name in ("__setstate__", "load_model"):
        monkeypatch.setattr(f"xgboost.core.Booster.{name}", lambda *given: pytest.fail("the library reads the file"))
    assert type(from_content(content, "m.skops")).__module__.startswith("edge.")


def test_a_library_s_own_object_alone_is_refused():
    booster = fitted(XGBClassifier(n_estimators=2)).get_booster()
    with pytest.raises(SettingsError, match=r"^m\.skops holds Held"):
        from_content(io.dumps(booster), "m.skops")
