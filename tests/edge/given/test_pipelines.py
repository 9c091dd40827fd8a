"""A pipeline of somebody's is asked, judged and served as its own library answers for the table that pandas reads."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier
from skops import io

from edge.exporting import device
from edge.exporting.parity import beyond_range
from edge.exporting.seen import seen, text_of
from edge.given import estimators
from edge.given.family import AsDeviceSees, export_given, family_of
from edge.lab import LAB
from edge.session import OUTPUT, session
from edge.settings import Settings
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.errors import SettingsError
from lab.plain_table import with_plain_table
from lab.reading.how import How
from lab.reading.plain import plain_of

pytestmark = pytest.mark.usefixtures("guard_forked")

ROWS = 240
NUMBERS, TEXTS = ["age", "income"], ["town", "zip", "member", "since"]
FILLED = make_pipeline(SimpleImputer(), StandardScaler())


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Write a table with blanks around texts, a question mark, codes with zeros in front, booleans, dates, gaps and a constant."""
    rng = np.random.default_rng(5)
    columns = {
        "constant": np.full(ROWS, 7),
        "age": rng.integers(18, 90, ROWS).astype(float),
        "income": np.round(rng.lognormal(8, 1, ROWS), 2),
        "town": rng.choice([" Bern", "Basel ", "Chur", "?", "None"], ROWS),
        "zip": rng.choice(["00123", "01200", "08001"], ROWS),
        "member": rng.choice(["True", "False"], ROWS),
        "since": rng.choice(["2024-01-01", "2024-06-30"], ROWS),
        "gap": rng.choice(["a", "b", "NA", ""], ROWS),
    }
    frame = pd.DataFrame(columns)
    signal = (
        (frame["age"] - 50) / 15
        + 3.0 * (frame["town"] == " Bern")
        - 3.0 * (frame["zip"] == "08001")
        + 2.0 * (frame["gap"] == "")
    )
    frame["label"] = np.where(signal + rng.normal(size=ROWS) > 0, "yes", "no")
    frame.loc[::9, "income"] = np.nan
    file = tmp_path_factory.mktemp("table") / "table.csv"
    frame.to_csv(file, index=False)
    return file


def columns_of(encoder, columns=("town", "since")):
    return ColumnTransformer([("n", FILLED, NUMBERS), ("t", encoder, list(columns))], sparse_threshold=0)


ONE_HOT = OneHotEncoder(handle_unknown="ignore")
OFTEN = SimpleImputer(strategy="most_frequent")
SAID = SimpleImputer(strategy="constant", fill_value="missing")
LINEAR = LogisticRegression()
PIPELINES = {
    "texts as they stand": (columns_of(ONE_HOT), LINEAR),
    "unknown refused": (columns_of(OneHotEncoder()), LINEAR),
    "ordinal, unknown refused": (columns_of(OrdinalEncoder()), RandomForestClassifier(5, random_state=0)),
    "missing texts": (columns_of(ONE_HOT, ["gap"]), LINEAR),
    "missing texts filled": (columns_of(make_pipeline(OFTEN, ONE_HOT), ["gap", "town"]), LINEAR),
    "missing texts said": (
        columns_of(make_pipeline(SAID, OneHotEncoder(drop="first", handle_unknown="ignore")), ["gap"]),
        LINEAR,
    ),
    "codes of the target": (columns_of(TargetEncoder(), ["gap", "town"]), GradientBoostingClassifier(n_estimators=5)),
    "codes, scaled": (columns_of(make_pipeline(OrdinalEncoder(), SimpleImputer(), StandardScaler()), ["gap"]), LINEAR),
    "numbers and truths as names": (columns_of(ONE_HOT, ["zip", "member"]), LINEAR),
    "by kind": (
        ColumnTransformer(
            [("n", FILLED, make_column_selector(dtype_include=float)), ("t", ONE_HOT, ["town"])], sparse_threshold=0
        ),
        LINEAR,
    ),
    "best kept, searched": (
        make_pipeline(columns_of(ONE_HOT), SelectKBest(k=4)),
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
    ),
    "union, converted": (
        make_pipeline(
            columns_of(ONE_HOT, ["town"]), FeatureUnion([("s", StandardScaler()), ("p", PowerTransformer())])
        ),
        VotingClassifier([("l", LINEAR), ("t", DecisionTreeClassifier(max_depth=2))], voting="soft"),
    ),
    "a constant column": (ColumnTransformer([("n", FILLED, ["constant", "age"])]), LINEAR),
}


def taken_in(path, pipeline, tmp_path, max_rows=10_000):
    io.dump(pipeline, tmp_path / "m.skops")
    dataset = load(str(path), "label")
    settings = Settings(model=str(tmp_path / "m.skops"))
    with_plain_table(
        LAB, dataset, str(path), settings, {"how": How(), "by": None, "time": None, "weights": None, "drop": ()}
    )
    dataset = sample_rows(dataset, max_rows, 0)
    return dataset, family_of(str(tmp_path / "m.skops"), dataset)


def trained(path, front, model, dtype=None):
    frame = pd.read_csv(path, dtype=dtype)
    return make_pipeline(front, model).fit(frame.drop(columns="label"), frame["label"]), frame.drop(columns="label")


@pytest.mark.parametrize("kind", PIPELINES)
def test_what_is_scored_and_what_is_served_are_the_answers_of_the_library_itself(kind, path, tmp_path):
    pipeline, frame = trained(path, *PIPELINES[kind])
    dataset, family = taken_in(path, pipeline, tmp_path)
    model = family.build(dataset.features, 0).fit(dataset.features, dataset.target)
    expected = pipeline.predict_proba(frame)
    some = np.arange(0, ROWS, 7)
    np.testing.assert_allclose(model.predict_proba(dataset.features.iloc[some]), expected[some], rtol=0, atol=1e-12)
    ready = session(export_given(model, dataset)[-1].content)
    served = ready.run([OUTPUT], device.feeds(dataset, device.device_rows(dataset), ready))[0]
    assert (served.argmax(axis=1) == expected.argmax(axis=1)).all()
    np.testing.assert_allclose(served, expected, rtol=0, atol=1e-5)


def test_codes_with_zeros_in_front_are_texts_where_the_model_learned_texts(path, tmp_path):
    pipeline, frame = trained(path, columns_of(ONE_HOT, ["zip"]), LINEAR, dtype={"zip": str})
    dataset, family = taken_in(path, pipeline, tmp_path)
    model = family.build(dataset.features, 0).fit(dataset.features, dataset.target)
    np.testing.assert_allclose(model.predict_proba(dataset.features), pipeline.predict_proba(frame), rtol=0, atol=1e-12)
    assert set(seen(dataset).features["zip"]) == {"00123", "01200", "08001"}


def test_rows_of_a_sample_are_asked_with_their_own_values(path, tmp_path):
    pipeline, frame = trained(path, *PIPELINES["missing texts"])
    dataset, family = taken_in(path, pipeline, tmp_path, max_rows=100)
    model = family.build(dataset.features, 0).fit(dataset.features, dataset.target)
    expected = pipeline.predict_proba(frame.iloc[dataset.taken])
    np.testing.assert_allclose(model.predict_proba(dataset.features), expected, rtol=0, atol=1e-12)
    rows = device.device_rows(dataset)
    np.testing.assert_allclose(AsDeviceSees(model, dataset).predict_proba(rows), expected, rtol=0, atol=1e-12)


def test_no_category_is_made_up_for_a_model_that_refuses_unknown_ones(path, tmp_path):
    pipeline, _ = trained(path, *PIPELINES["unknown refused"])
    dataset, family = taken_in(path, pipeline, tmp_path)
    model = AsDeviceSees(family.build(dataset.features, 0), dataset)
    assert not model.takes_unknown
    rows = device.device_rows(dataset)
    moved = beyond_range(dataset, rows, seed=0, takes_unknown=False)
    assert moved["town"].isin(rows["town"]).all()
    assert not beyond_range(dataset, rows, seed=0)["town"].isin(rows["town"]).all()


REFUSED = {
    "a threshold of its own": (
        columns_of(ONE_HOT),
        FixedThresholdClassifier(LogisticRegression(), threshold=0.9),
        "another label",
    ),
    "splines": (make_pipeline(columns_of(ONE_HOT), SplineTransformer()), LINEAR, "BSpline"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_served_as_it_answers_is_refused_before_any_work(kind, path, tmp_path):
    front, model, said = REFUSED[kind]
    pipeline, _ = trained(path, front, model)
    with pytest.raises(SettingsError, match=said):
        taken_in(path, pipeline, tmp_path)


@pytest.mark.parametrize("left_out", [[], ["constant"]], ids=["all columns", "those of the lab's models"])
def test_a_model_without_names_takes_the_columns_that_are_as_many_as_its_own(left_out, path, tmp_path):
    frame = pd.read_csv(path)[["constant", *NUMBERS, "label"]].fillna(0.0)
    frame.to_csv(tmp_path / "numbers.csv", index=False)
    matrix = frame.drop(columns=["label", *left_out]).to_numpy()
    model = make_pipeline(StandardScaler(), LINEAR).fit(matrix, frame["label"])
    dataset, family = taken_in(tmp_path / "numbers.csv", model, tmp_path)
    found = family.build(dataset.features, 0).fit(dataset.features, dataset.target).predict_proba(dataset.features)
    np.testing.assert_allclose(found, model.predict_proba(matrix), rtol=0, atol=1e-12)


def test_nobody_has_to_say_what_an_estimator_gives(path, tmp_path):
    pipeline, _ = trained(path, *PIPELINES["a constant column"])
    dataset, _ = taken_in(path, pipeline, tmp_path)
    with pytest.raises(SettingsError, match="leave it out"):
        family_of(str(tmp_path / "m.skops"), dataset, output="logits")


def test_a_column_that_the_table_lacks_is_named(path, tmp_path):
    frame = pd.read_csv(path).rename(columns={"age": "years"})
    front = ColumnTransformer([("n", FILLED, ["years", "income"])])
    pipeline = make_pipeline(front, LINEAR).fit(frame.drop(columns="label"), frame["label"])
    with pytest.raises(SettingsError, match="'years'"):
        taken_in(path, pipeline, tmp_path)


def test_a_file_of_another_version_says_both(path, tmp_path, monkeypatch):
    pipeline, _ = trained(path, *PIPELINES["a constant column"])
    content = io.dumps(pipeline)
    assert estimators.other_version(content) == ""
    monkeypatch.setattr(estimators.metadata, "version", lambda name: "99.1")
    assert "99.1" in estimators.other_version(content)


def test_the_plain_table_is_what_pandas_reads(path):
    dataset = load(str(path), "label")
    with_plain_table(
        LAB,
        dataset,
        str(path),
        Settings(model="m.skops"),
        {"how": How(), "by": None, "time": None, "weights": None, "drop": ()},
    )
    plain = plain_of(dataset.features)
    pd.testing.assert_frame_equal(plain.frame, pd.read_csv(path).drop(columns="label"))
    with_none = load(str(path), "label")
    with_plain_table(LAB, with_none, str(path), Settings(), {"how": How()})
    assert plain_of(with_none.features) is None


def test_rows_without_a_target_are_left_out_of_the_plain_table_too(path, tmp_path):
    frame = pd.read_csv(path)
    frame.loc[[0, 5, 6], "label"] = np.nan
    frame.to_csv(tmp_path / "holes.csv", index=False)
    dataset = load(str(tmp_path / "holes.csv"), "label")
    about = {"how": How(), "by": None, "time": None, "weights": None, "drop": ()}
    with_plain_table(LAB, dataset, str(tmp_path / "holes.csv"), Settings(model="m.skops"), about)
    assert plain_of(dataset.features).frame["age"].tolist() == frame.drop([0, 5, 6])["age"].tolist()


def test_categories_are_written_as_a_device_hands_them_over():
    assert [text_of(v) for v in ("A", True, np.float64(3.0), 2.5, float("nan"), None)] == [
        "A",
        "True",
        "3",
        "2.5",
        "",
        "",
    ]
