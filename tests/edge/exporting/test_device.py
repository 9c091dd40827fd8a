"""The exported graph takes raw rows and is the same model; a graph that is not is noticed."""

import json

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.svm import SVC

from edge.exporting.device import device_columns, device_rows, feeds, fit_for_device, identity_model, to_files
from edge.exporting.parity import at_thresholds, beyond_range, compare, leanest_equal
from edge.session import OUTPUT, session
from lab.data.load import load
from lab.learning.families import BOOSTING, EXTRA_TREES, FOREST, LOGISTIC, MLP, SVM


def trained(family, dataset):
    rows = np.arange(0, dataset.n_rows, 2)
    model = fit_for_device(family.build(dataset.features, 0), dataset, rows)
    return model, leanest_equal(model, to_files(model, dataset), dataset, device_rows(dataset), seed=0).content


@pytest.fixture(scope="module", params=["loans", "wine"])
def dataset(request):
    return load(request.param)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("family", [LOGISTIC, FOREST, EXTRA_TREES, BOOSTING, MLP], ids=lambda family: family.name)
def test_raw_rows_give_the_probabilities_of_the_pipeline_trained_by_name(family, dataset):
    rows = np.arange(0, dataset.n_rows, 2)
    by_name = family.build(dataset.features, 0).fit(dataset.features.iloc[rows], dataset.target[rows])
    _, exported = trained(family, dataset)
    numbers, texts = device_columns(dataset)
    ready = onnxruntime.InferenceSession(exported)
    wide = ready.get_inputs()[0].type == "tensor(double)"
    given = {"numbers": dataset.features[numbers].to_numpy(np.float64 if wide else np.float32)}
    if texts:
        given["texts"] = dataset.features[texts].to_numpy(object)
    found = ready.run([OUTPUT], given)[0]
    np.testing.assert_allclose(found, by_name.predict_proba(dataset.features), atol=5e-6)  # float32 through a network


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("family", [LOGISTIC, FOREST, EXTRA_TREES, BOOSTING, MLP, SVM], ids=lambda family: family.name)
def test_no_label_flips_on_known_rows_or_beyond_their_range(family, dataset):
    model, exported = trained(family, dataset)
    table = device_rows(dataset)
    for rows in (table, beyond_range(dataset, table, seed=1)):
        found = compare(model, exported, dataset, rows)
        assert found.rows == dataset.n_rows
        assert (found.flips, found.noticeable) == (0, 0)


@pytest.mark.parametrize("family", [FOREST, EXTRA_TREES, BOOSTING], ids=lambda family: family.name)
def test_rows_on_the_split_thresholds_flip_no_label(family, dataset):
    model, exported = trained(family, dataset)
    rows = at_thresholds(exported, dataset, device_rows(dataset), seed=2)
    known = pd.DataFrame(device_rows(dataset))
    n_numbers = len(device_columns(dataset)[0])
    moved = (pd.DataFrame(rows).iloc[:, :n_numbers].to_numpy(float) != known.iloc[:, :n_numbers].to_numpy(float)).sum(1)
    assert np.mean(moved >= 1) > 0.5, "the rows do not stand where they should"
    found = compare(model, exported, dataset, rows)
    assert (found.flips, found.noticeable) == (0, 0)
    assert found.largest < 1e-14
    assert at_thresholds(trained(LOGISTIC, dataset)[1], dataset, rows, seed=2) is None


def test_what_has_no_lowering_goes_through_the_converter():
    dataset = load("wine")
    machine = SVM.build(dataset.features, 0).set_params(model=CalibratedClassifierCV(SVC(), cv=3, ensemble=True))
    model = fit_for_device(machine, dataset, np.arange(dataset.n_rows))
    (made,) = to_files(model, dataset)
    assert (made.form, "CalibratedClassifierCV" in made.promise) == ("converter", True)
    assert compare(model, made.content, dataset, device_rows(dataset)).largest < 1e-4  # kernels in float32


def test_a_model_that_is_not_the_same_is_noticed(dataset):
    _, exported = trained(LOGISTIC, dataset)
    other = fit_for_device(
        LOGISTIC.build(dataset.features, 0).set_params(model__C=0.01), dataset, np.arange(dataset.n_rows)
    )
    table = device_rows(dataset)
    found = compare(other, exported, dataset, table)
    p = other.predict_proba(table)
    q = session(exported).run([OUTPUT], feeds(dataset, table, session(exported)))[0]
    assert found.largest == pytest.approx(np.abs(p - q).max())
    assert found.largest > 0.01
    assert found.flips == (p.argmax(1) != q.argmax(1)).sum()


def test_a_graph_that_gives_nan_is_as_far_off_as_can_be():
    dataset = load("wine")
    model, exported = trained(LOGISTIC, dataset)
    rows = device_rows(dataset).copy()
    graph = onnx.load_from_string(exported)
    output = graph.graph.output[0].name
    for node in graph.graph.node:
        for place, name in enumerate(node.output):
            if name == output:
                node.output[place] = "before"
    graph.graph.node.append(onnx.helper.make_node("Constant", [], ["nan"], value_float=float("nan")))
    graph.graph.node.append(onnx.helper.make_node("Mul", ["before", "nan"], [output]))
    found = compare(model, graph.SerializeToString(), dataset, rows)
    assert (found.largest, found.flips) == (1.0, dataset.n_rows)


def test_the_file_names_its_columns_classes_and_target(dataset):
    _, exported = trained(LOGISTIC, dataset)
    facts = {entry.key: json.loads(entry.value) for entry in onnx.load_from_string(exported).metadata_props}
    numbers, texts = device_columns(dataset)
    assert facts == {"columns": [*numbers, *texts], "classes": list(dataset.classes), "target": dataset.target_name}
    assert [output.name for output in onnx.load_from_string(exported).graph.output] == [OUTPUT]


def test_rows_beyond_the_range_really_are(dataset):
    table = pd.DataFrame(device_rows(dataset))
    n_numbers = len(device_columns(dataset)[0])
    moved = pd.DataFrame(beyond_range(dataset, device_rows(dataset), seed=0))
    known, far = table.iloc[:, :n_numbers].to_numpy(float), moved.iloc[:, :n_numbers].to_numpy(float)
    outside = (far < np.nanmin(known, axis=0)) | (far > np.nanmax(known, axis=0))
    assert outside.any(axis=0).sum() >= n_numbers // 2
    if device_columns(dataset)[1]:
        assert (moved.iloc[:, n_numbers:] == "a category that was never seen").to_numpy().any()


def test_the_identity_model_returns_what_it_is_given():
    row = np.array([[1.5, -2.0, 3.0]], dtype=np.float32)
    np.testing.assert_array_equal(session(identity_model(3)).run([OUTPUT], {"numbers": row})[0], row)
