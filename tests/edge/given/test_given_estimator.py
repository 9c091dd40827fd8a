"""An estimator that a user brings is timed beside its export, and the report says what a reader must know of both."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from skops import io

from edge.building.evidence import remarks
from edge.building.trials import BuiltRow
from edge.exporting.device import device_rows, fit_for_device, holds_rows, to_files
from edge.exporting.lowering import NotLoweredError
from edge.given.family import AsDeviceSees, export_given, family_of, original_of
from edge.timing.remarks import of_exported
from lab.data.load import load
from lab.learning.families import LOGISTIC
from lab.protocol import Estimate

pytestmark = pytest.mark.usefixtures("guard_forked")


@pytest.fixture(scope="module")
def wine():
    return load("wine")


def saved(model, dataset, folder, *, by_name=False):
    table = dataset.features if by_name else dataset.features.to_numpy()
    io.dump(make_pipeline(StandardScaler(), model).fit(table, dataset.target), folder / "model.skops")
    return family_of(str(folder / "model.skops"), dataset)


MACHINE = CalibratedClassifierCV(SVC(), ensemble=False, cv=3)


@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.parametrize(
    "model", [MACHINE, KNeighborsClassifier(algorithm="brute")], ids=lambda model: type(model).__name__
)
def test_a_saved_estimator_is_asked_as_it_was_trained(model, by_name, wine, tmp_path):
    family = saved(model, wine, tmp_path, by_name=by_name)
    table = device_rows(wine)
    estimator, rows = original_of(family, wine, [table[i : i + 1] for i in range(20)])
    found = np.concatenate([estimator.predict_proba(row) for row in rows])
    expected = AsDeviceSees(family.build(wine.features, 0), wine).predict_proba(table[:20])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_an_onnx_file_has_no_original_to_time(wine, tmp_path):
    model = fit_for_device(LOGISTIC.build(wine.features, 0), wine, np.arange(wine.n_rows))
    (tmp_path / "model.onnx").write_bytes(to_files(model, wine)[0].content)
    assert original_of(family_of(str(tmp_path / "model.onnx"), wine), wine, [device_rows(wine)[:1]]) is None


def test_what_has_no_lowering_is_converted_only_where_its_columns_stand_in_the_order_of_the_device(wine, tmp_path):
    family = saved(GaussianNB(), wine, tmp_path)
    model = family.build(wine.features, 0)
    assert {made.form for made in export_given(model, wine)} == {"converter"}
    turned = np.arange(len(wine.features.columns))[::-1].tolist()
    with pytest.raises(NotLoweredError, match="GaussianNB"):
        to_files(model.estimator(), wine, order=turned)


@pytest.mark.parametrize(
    ("model", "holds"),
    [
        (MACHINE, True),
        (KNeighborsClassifier(algorithm="brute"), True),
        (LogisticRegression(), False),
        (RandomForestClassifier(3), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_models_that_keep_training_rows_are_known(model, holds, wine):
    assert holds_rows(make_pipeline(StandardScaler(), model).fit(wine.features, wine.target)) is holds


def built(form, promise, keeps):
    return BuiltRow(np.zeros(0, np.uint8), 0, 1, form, promise, keeps, {}, {})


def milliseconds(value, half=0.01):
    return Estimate(value, value - half, value + half, "ms")


def said(sklearn, onnx, *, form="converter", keeps=False):
    medians = {"given sklearn": milliseconds(sklearn), "given onnx": milliseconds(onnx)}
    row = built(form, "by skl2onnx in float32 (no lowering); shown by comparison", keeps)
    labels = {"given": "given model (m.skops)"}
    return [*of_exported({"given": row}, labels, medians), *remarks({labels["given"]: row})]


def test_an_export_that_is_slower_than_its_original_is_advised_against():
    (words,) = said(0.5, 1.4)
    assert "1.4 ms against 0.5" in words
    assert "by skl2onnx in float32 (no lowering)" in words
    assert "choose another model" in words
    assert "skl2onnx" not in said(0.5, 1.4, form="float64")[0]


def test_an_export_that_is_not_surely_slower_is_not_advised_against():
    assert said(0.5, 0.1) == []
    assert said(0.5, 0.515) == []


def test_a_file_with_training_rows_is_named():
    (words,) = said(0.5, 0.1, keeps=True)
    assert "given model contains training rows" in words


@pytest.mark.parametrize(("model_ms", "counts"), [(0.0065, True), (0.02, False)])
def test_the_runtimes_own_cost_is_named_where_it_is_a_large_part(model_ms, counts):
    medians = {"identity": milliseconds(0.0029, 0), "forest onnx": milliseconds(model_ms, 0)}
    words = of_exported({"forest": built("exact", "", False)}, {"forest": "random forest"}, medians)
    assert len(words) == counts
    if counts:
        assert "0.0029 ms at the median, a large part of the 0.0065 ms of the random forest" in words[0]
