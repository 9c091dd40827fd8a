"""A graph under construction answers as plain Python does, and is one that ONNX's own checker accepts."""

import numpy as np
import onnx
import onnxruntime
import pytest

from lab.onnx_graphs.graph import ELEMENTS, ML, NUMBERS, TEXTS, Graph

KNOWN = [(2, ["b", "a", ""]), (0, ["x"]), (1, ["a", "1:b", "é"])]
WORDS = np.array(
    [["x", "a", "a"], ["y", "1:b", "b"], ["x", "é", ""], ["a", "b", "never"], ["", "x", "a"]], dtype=object
)


def run(graph, width=1, **fed):
    model = graph.finish("answer", width, "made")
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["answer"], fed)[0]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_texts_become_their_places_in_their_own_column(dtype):
    graph = Graph(0, 3, np.float64)
    graph.add("Cast", [graph.codes(KNOWN, dtype=dtype)], to=onnx.TensorProto.DOUBLE)
    own = dict(KNOWN)
    expected = [[own[c].index(word) + 1 if word in own[c] else 0 for c, word in enumerate(row)] for row in WORDS]
    np.testing.assert_array_equal(run(graph, 3, texts=WORDS), expected)
    (encoder,) = [node for node in graph.nodes if node.op_type == "LabelEncoder"]
    types = {each.name: each.t.data_type for each in encoder.attribute}
    made = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    assert (types["values_tensor"], types["default_tensor"]) == (made, made)


def test_texts_become_rows_of_one_table():
    graph = Graph(0, 3, np.float64)
    graph.add("Cast", [graph.rows(KNOWN)], to=onnx.TensorProto.DOUBLE)
    listed = [(2, "b"), (2, "a"), (2, ""), (0, "x"), (1, "a"), (1, "1:b"), (1, "é")]
    expected = [
        [listed.index((c, word)) + 1 if (c, word) in listed else 0 for c, word in enumerate(row)] for row in WORDS
    ]
    np.testing.assert_array_equal(run(graph, 3, texts=WORDS), expected)


@pytest.mark.parametrize("kind", ["codes", "rows"])
def test_where_no_text_is_known_all_are_alike(kind):
    graph = Graph(0, 3, np.float64)
    found = graph.codes([], dtype=np.int64) if kind == "codes" else graph.rows([(1, [])])
    graph.add("Cast", [found], to=onnx.TensorProto.DOUBLE)
    words = WORDS.copy()
    words[0] = "none", "0:none", "1:none"
    np.testing.assert_array_equal(run(graph, 3, texts=words), np.zeros((5, 3)))


def test_a_column_is_taken_out_once():
    rows = np.arange(12.0).reshape(4, 3)
    graph = Graph(3, 2, np.float64)
    taken = [graph.column(NUMBERS, 2), graph.column(NUMBERS, 0), graph.column(NUMBERS, 2), graph.column(TEXTS, 0)]
    assert taken[0] == taken[2]
    assert len(set(taken)) == 3
    assert [node.op_type for node in graph.nodes] == ["Gather"] * 3
    graph.add("Concat", taken[:3], axis=1)
    np.testing.assert_array_equal(run(graph, 3, numbers=rows, texts=np.full((4, 2), "", object)), rows[:, [2, 0, 2]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("answers", [None, np.float32, np.float64])
def test_answers_have_a_type_of_their_own(dtype, answers):
    graph = Graph(2, 0, dtype, answers=answers)
    given = np.array([[0.1, 2.0], [np.nan, 1e-30]], dtype=dtype)
    start = graph.add("Identity", [NUMBERS])
    cast = graph.in_answers(start)
    assert (cast == start) == (answers in (None, dtype))
    graph.add("Identity", [cast])
    found = run(graph, 2, numbers=given)
    assert found.dtype == (dtype if answers is None else answers)
    np.testing.assert_array_equal(found, given.astype(found.dtype))


def test_the_second_output_alone_has_the_name():
    graph = Graph(3, 0, np.float64)
    places = graph.add_second("TopK", [NUMBERS, graph.constant(np.array([1]))], axis=1, largest=0)
    assert list(graph.nodes[0].output) == [f"{places}_first", places]
    graph.add("Cast", [places], to=onnx.TensorProto.DOUBLE)
    assert run(graph, 1, numbers=np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 9.0]])).tolist() == [[1.0], [0.0]]


def test_names_are_the_operators_and_never_twice():
    graph = Graph(3, 0, np.float64)
    names = [graph.add("Add", [NUMBERS, graph.constant(np.full(3, i))]) for i in (1.0, 2.0)]
    assert names == ["add_0", "add_1"]
    assert [each.name for each in graph.constants] == ["constant_0", "constant_1"]
    turned = graph.constant(np.arange(6.0).reshape(2, 3).T)
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(graph.constants[-1]), [[0, 3], [1, 4], [2, 5]])
    assert turned == "constant_2"
    node = graph.nodes[graph.nodes.index(graph.nodes[-1])]
    assert (node.op_type, list(node.input), node.domain) == ("Add", [NUMBERS, "constant_1"], "")


@pytest.mark.parametrize(("n_numbers", "n_texts"), [(2, 3), (2, 0), (0, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_model_says_what_it_takes_and_gives_and_by_which_rules(n_numbers, n_texts, dtype):
    graph = Graph(n_numbers, n_texts, dtype, answers=np.float64)
    if n_numbers:
        graph.add("Cast", [NUMBERS], to=onnx.TensorProto.DOUBLE)
    else:
        graph.add("Cast", [graph.rows(KNOWN)], to=onnx.TensorProto.DOUBLE)
    model = graph.finish("scores", 7, "a name")
    texts = [("texts", onnx.TensorProto.STRING, (None, n_texts))] if n_texts else []
    element = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    numbers = [("numbers", element, (None, n_numbers))] if n_numbers else []

    def said(values):
        return [
            (each.name, each.type.tensor_type.elem_type, tuple(
                dim.dim_value if dim.HasField("dim_value") else None for dim in each.type.tensor_type.shape.dim
            )) for each in values
        ]  # fmt: skip

    assert said(model.graph.input) == numbers + texts
    assert said(model.graph.output) == [("scores", onnx.TensorProto.DOUBLE, (None, 7))]
    assert (model.graph.name, model.producer_name, model.ir_version) == ("a name", "future-tech-lab", 10)
    assert {each.domain: each.version for each in model.opset_import} == {"": 21, ML: 5}
    assert ML == "ai.onnx.ml"
    assert ELEMENTS[np.dtype(dtype)] == element
    assert list(model.graph.node[-1].output) == ["scores"]
