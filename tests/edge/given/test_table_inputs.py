"""Files with an input for each column, or with a fixed number of rows a call, answer as their library does."""

import json

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from benchmarks.given import networks
from benchmarks.given.case import tables
from benchmarks.given_models import outcome
from onnx import TensorProto, helper, load_from_string
from samples.small_nets import net_of
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from edge.exporting import parity
from edge.exporting.device import device_rows
from edge.given.family import AsDeviceSees, family_of, said_of
from edge.given.table_inputs import Column, take_table
from lab.data.load import load
from lab.errors import SettingsError

pytestmark = pytest.mark.usefixtures("guard_forked")
N = 300


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A table of numbers and texts in any order, a pipeline of it, and the pipeline's file with an input for each column."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "job": rng.choice(["cook", "nurse", "clerk"], N),
            "age": rng.integers(18, 90, N),
            "net_income": rng.normal(3_000, 800, N).round(2),
            "region": rng.choice(["north", "south"], N),
        }
    )
    score = (frame["age"] - 50) / 15 + (frame["job"] == "nurse") * 2 - (frame["region"] == "north")
    frame["churn"] = np.where(score + rng.normal(size=N) > 0, "stay", "leave")
    folder = tmp_path_factory.mktemp("mixed")
    frame.to_csv(folder / "t.csv", index=False)
    numbers, texts = ["age", "net_income"], ["job", "region"]
    made = ColumnTransformer([("n", StandardScaler(), numbers), ("t", OneHotEncoder(handle_unknown="ignore"), texts)])
    pipeline = make_pipeline(made, LogisticRegression(max_iter=1_000)).fit(frame[numbers + texts], frame["churn"])
    kinds = {"age": Int64TensorType([None, 1]), "net_income": FloatTensorType([None, 1])}
    kinds |= {name: StringTensorType([None, 1]) for name in texts}
    content = to_onnx(
        pipeline, initial_types=list(kinds.items()), options={"zipmap": False}, target_opset={"": 17, "ai.onnx.ml": 3}
    ).SerializeToString()
    return frame, pipeline, content, load(str(folder / "t.csv"), "churn")


def test_a_file_with_an_input_for_each_column_answers_as_its_library(mixed, tmp_path):
    frame, pipeline, content, dataset = mixed
    (tmp_path / "m.onnx").write_bytes(content)
    model = (
        family_of(str(tmp_path / "m.onnx"), dataset).build(dataset.features, 0).fit(dataset.features, dataset.target)
    )
    theirs = pipeline.predict_proba(frame)
    np.testing.assert_allclose(model.predict_proba(dataset.features), theirs, atol=1e-5)
    assert list(dataset.classes) == list(pipeline.classes_)
    inputs = load_from_string(model.content()).graph.input
    assert sorted(value.name for value in inputs) == ["numbers", "texts"]


def test_columns_that_the_file_does_not_know_are_refused(mixed, tmp_path):
    frame, _, content, _ = mixed
    frame.rename(columns={"age": "years"}).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(SettingsError, match="has an input 'age' that this table cannot feed: it has no such column"):
        family_of(str(tmp_path / "m.onnx"), load(str(tmp_path / "t.csv"), "churn"))


@pytest.mark.parametrize(
    ("columns", "shapes", "taken"),
    [
        ([Column("a b", "numbers", 0), Column("c", "numbers", 1)], {"a_b": 1, "c": 1}, True),
        ([Column("a", "numbers", 0), Column("c", "numbers", 1)], {"a": 1, "d": 1}, False),
        ([Column("a", "numbers", 0), Column("c", "numbers", 1)], {"a": 2, "c": 1}, False),
        ([Column("a", "numbers", 0), Column("c", "texts", 0)], {"a": 1, "c": 1}, False),
        ([Column("a", "numbers", 0), Column("c", "numbers", 1)], {"c": 1}, True),
        ([Column("a", "numbers", 0), Column("b", "texts", 0), Column("c", "numbers", 1)], {"c": 1, "a": 1}, True),
        ([Column("a b", "numbers", 0), Column("a_b", "numbers", 1)], {"a_b": 1, "a b": 1}, True),
    ],
)
def test_inputs_are_columns_by_their_names(columns, shapes, taken):
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width]) for name, width in shapes.items()]
    graph = helper.make_graph([helper.make_node("Identity", [next(iter(shapes))], ["o"])], "g", inputs, [])
    model = helper.make_model(graph)
    if not taken:
        with pytest.raises(SettingsError, match=r"^m\.onnx"):
            take_table(model, columns, name="m.onnx")
        return
    assert not take_table(model, columns, name="m.onnx").is_assumed
    assert [value.name for value in model.graph.input] == ["numbers"]


def test_a_file_of_one_row_a_call_answers_many(tmp_path):
    wine = load("wine")
    model = load_from_string(net_of(wine, (0, 1, 2), labels=list(wine.classes)))
    (tmp_path / "any.onnx").write_bytes(model.SerializeToString())
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    (tmp_path / "one.onnx").write_bytes(model.SerializeToString())
    answers = [
        family_of(str(tmp_path / name), wine)
        .build(wine.features, 0)
        .fit(wine.features, wine.target)
        .predict_proba(wine.features)
        for name in ("any.onnx", "one.onnx")
    ]
    np.testing.assert_array_equal(*answers)


@pytest.mark.parametrize("rows", [1, 7])
def test_a_file_whose_shape_inside_is_that_of_its_rows_answers_many(rows, tmp_path):
    wine = load("wine")
    model = load_from_string(net_of(wine, (0, 1, 2)))
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [rows, 13])
    model.graph.initializer.append(shape)
    model.graph.node.insert(0, helper.make_node("Reshape", ["input", "shape"], ["flat"]))
    for node in model.graph.node:
        if node.op_type == "Gemm":
            node.input[0] = "flat"
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = rows
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    (tmp_path / "any.onnx").write_bytes(net_of(wine, (0, 1, 2)))
    answers = [
        family_of(str(tmp_path / name), wine)
        .build(wine.features, 0)
        .fit(wine.features, wine.target)
        .predict_proba(wine.features)
        for name in ("any.onnx", "m.onnx")
    ]
    np.testing.assert_array_equal(*answers)


@pytest.mark.parametrize("kind", ["float16", "int64", "int32", "double"])
def test_a_matrix_of_another_type_of_number_is_taken(kind, tmp_path):
    case = next(case for case in networks.cases() if case.kind == f"matrix of {kind}")
    assert outcome(case, tmp_path) == ("taken", "")


def test_columns_that_the_metadata_names_are_followed(tmp_path):
    frame = tables(200)["three"]
    order = ["zeta", "net", "width", "a b"]
    labels = ["high", "low", "mid"]
    content = networks.net(frame, labels, "logits", columns=order, metadata={"columns": json.dumps(order)})
    columns = [Column(name, "numbers", place) for place, name in enumerate(frame.columns[:-1])]
    answers = []
    for fed, places in (("input", [3, 2, 0, 1]), ("numbers", [0, 1, 2, 3])):
        model = load_from_string(content)
        if fed == "numbers":
            assert not take_table(model, columns, name="m.onnx").is_assumed
        x = frame[frame.columns[places]].to_numpy(np.float32 if fed == "input" else np.float64)
        answers.append(onnxruntime.InferenceSession(model.SerializeToString()).run(None, {fed: x})[0])
    np.testing.assert_array_equal(*answers)
    unnamed = load_from_string(networks.net(frame, labels, "logits"))
    assert take_table(unnamed, columns, name="m.onnx").is_assumed, "nothing in the file names its columns"


def test_columns_that_the_table_lacks_are_named(tmp_path):
    frame = tables(50)["two"]
    content = networks.net(frame, ["churn", "stay"], "softmax", metadata={"columns": '["u", "v", "w", "x"]'})
    columns = [Column(name, "numbers", place) for place, name in enumerate(frame.columns[:-1])]
    with pytest.raises(SettingsError, match="made for the columns 'u', 'v', 'w' and 'x', and this table has no 'u'"):
        take_table(load_from_string(content), columns, name="m.onnx")


def test_a_file_that_refuses_unknown_texts_is_compared_on_known_ones(mixed, tmp_path):
    frame, pipeline, _, dataset = mixed
    encoder = OneHotEncoder().fit(frame[["job", "region"]])
    texts = pipeline[0].named_transformers_["t"]
    assert [list(each) for each in encoder.categories_] == [list(each) for each in texts.categories_]
    content = load_from_string(mixed[2])
    for node in content.graph.node:
        for attribute in node.attribute:
            if attribute.name == "zeros":
                attribute.i = 0  # as handle_unknown="error" is written
    (tmp_path / "m.onnx").write_bytes(content.SerializeToString())
    family = family_of(str(tmp_path / "m.onnx"), dataset)
    assert [note for note in said_of(family, dataset) if "refuses texts that it does not know" in note]
    model = family.build(dataset.features, 0).fit(dataset.features, dataset.target)
    seen = AsDeviceSees(model, dataset)
    assert not seen.takes_unknown
    rows = parity.beyond_range(dataset, device_rows(dataset), seed=0, takes_unknown=seen.takes_unknown)
    assert np.isfinite(seen.predict_proba(rows)).all()
