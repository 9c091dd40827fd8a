"""Files with an input for each column, or with a fixed number of rows a call, answer as their library does."""

import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, helper, load_from_string
from samples.small_nets import net_of
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from edge.given.family import family_of
from edge.given.table_inputs import Column, take_table
from lab.data.load import load
from lab.errors import SettingsError

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
