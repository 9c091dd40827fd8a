"""Classes of a given model are those that the file names, whatever their order; where it names none, that is said and checked."""

import dataclasses
import json

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from samples.small_nets import net_of

from edge.given.class_order import Order, checked_order, labels_named, order_of
from edge.given.family import assumes_order, family_of
from lab.data.load import load
from lab.errors import SettingsError

CLASSES = ("high", "low", "mid")


@pytest.fixture(scope="module")
def table():
    dataset = load("wine")
    return dataclasses.replace(dataset, classes=CLASSES)


def softmax_net(dataset, order, *, labels=None, training=False, meta=None):
    """Write a linear classifier fitted by least squares, whose outputs come in an order of codes."""
    return net_of(dataset, order, labels=labels, training=training, meta=meta)


def accuracy(family, dataset):
    model = family.build(dataset.features, 0).fit(dataset.features, dataset.target)
    return np.mean(model.predict(dataset.features) == dataset.target)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 0, 2), (2, 1, 0)])
@pytest.mark.parametrize("how", ["strings", "metadata", "numbers"])
def test_the_order_that_a_file_names_is_followed(table, tmp_path, order, how):
    dataset = table if how != "numbers" else dataclasses.replace(table, classes=("1", "2", "10"))
    named = [dataset.classes[code] for code in order]
    kinds = {
        "strings": {"labels": named},
        "metadata": {"meta": named},
        "numbers": {"labels": [int(label) for label in named] if how == "numbers" else None},
    }
    (tmp_path / "m.onnx").write_bytes(softmax_net(dataset, order, **kinds[how]))
    family = family_of(str(tmp_path / "m.onnx"), dataset)
    assert accuracy(family, dataset) > 0.9
    assert not assumes_order(family, dataset)
    content = family.build(dataset.features, 0).fit(dataset.features, dataset.target).content()
    ready = onnxruntime.InferenceSession(content)
    said = ready.run(None, {"numbers": dataset.features.to_numpy(np.float32)})[0]
    assert np.mean(said.argmax(axis=1) == dataset.target) > 0.9, (
        "the file that is measured has them in the order of the table"
    )


def test_a_file_that_names_nothing_is_taken_for_the_order_of_the_table_and_that_is_known(table, tmp_path):
    (tmp_path / "m.onnx").write_bytes(softmax_net(table, (0, 1, 2)))
    family = family_of(str(tmp_path / "m.onnx"), table)
    assert assumes_order(family, table)
    assert accuracy(family, table) > 0.9


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 0, 2), (2, 1, 0)])
def test_an_order_that_fits_far_better_is_named(table, tmp_path, order):
    (tmp_path / "m.onnx").write_bytes(softmax_net(table, order))
    fitting = [CLASSES[code] for code in order]
    with pytest.raises(SettingsError, match=f"say --classes {','.join(fitting)}"):
        family_of(str(tmp_path / "m.onnx"), table)
    family = family_of(str(tmp_path / "m.onnx"), table, fitting)
    assert accuracy(family, table) > 0.9
    assert not assumes_order(family, table)


def test_classes_of_another_table_are_refused(table, tmp_path):
    (tmp_path / "m.onnx").write_bytes(softmax_net(table, (0, 1, 2), labels=["a", "b", "c"]))
    with pytest.raises(
        SettingsError, match=r"knows the classes a, b, c; the target .* has high, low, mid; .*--classes"
    ):
        family_of(str(tmp_path / "m.onnx"), table)
    with pytest.raises(SettingsError, match="knows the classes high, low; the target"):
        family_of(str(tmp_path / "m.onnx"), table, ["high", "low"])


@pytest.mark.parametrize(
    ("named", "classes", "places"),
    [
        (["1.0", "0.0"], ("0", "1"), (1, 0)),
        (["True", "False"], ("0", "1"), (1, 0)),
        (["1", "0"], ("false", "true"), (1, 0)),
        ([" yes", "no "], ("no", "yes"), (1, 0)),
        (["1", "10", "2"], ("1", "2", "10"), (0, 2, 1)),
    ],
)
def test_labels_are_matched_by_their_values(named, classes, places):
    assert order_of(named, classes, name="m", target="y") == Order(places, is_assumed=False)


def test_places_are_no_names_of_words():
    assert order_of(["0", "1"], ("fraud", "ok"), name="m", target="y") == Order((0, 1), is_assumed=True)


def test_nothing_is_said_of_an_order_where_a_class_has_no_row():
    answers = np.tile([0.1, 0.9], (100, 1))
    checked_order(Order((0, 1), is_assumed=True), answers, np.zeros(100, dtype=np.int64), ("a", "b"), name="m")


def test_labels_in_nodes_are_read_where_no_row_shows_them():
    node = helper.make_node(
        "LinearClassifier",
        ["x"],
        ["l", "p"],
        classlabels_strings=["u", "v"],
        coefficients=[1.0, 1.0],
        domain="ai.onnx.ml",
    )
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1])], [])
    assert labels_named(onnx.helper.make_model(graph), [], np.zeros(5, dtype=np.int64)) == ("u", "v")
    assert labels_named(onnx.helper.make_model(graph), [["u"] * 5], np.zeros(5, dtype=np.int64)) == ("u", "v")


@pytest.mark.usefixtures("guard_forked")
def test_a_model_that_looks_at_the_other_rows_of_a_call_is_refused(table, tmp_path):
    (tmp_path / "m.onnx").write_bytes(softmax_net(table, (0, 1, 2), training=True))
    with pytest.raises(SettingsError, match="answers a row otherwise when other rows are asked with it"):
        family_of(str(tmp_path / "m.onnx"), table)
    (tmp_path / "m.onnx").write_bytes(softmax_net(table, (0, 1, 2), training=None))
    assert family_of(str(tmp_path / "m.onnx"), table).name == "given"


def test_the_metadata_of_our_own_models_is_read(tmp_path, table):
    content = onnx.load_from_string(softmax_net(table, (2, 0, 1), meta=["mid", "high", "low"]))
    assert json.loads(content.metadata_props[0].value) == ["mid", "high", "low"]
    assert numpy_helper.to_array(content.graph.initializer[0]).shape[0] == table.features.shape[1]
