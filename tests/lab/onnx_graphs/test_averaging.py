"""Several graphs as one: it answers with the weighted mean of what its parts answer alone."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto

from lab.onnx_graphs.averaging import weighted_average
from lab.onnx_graphs.columns import NotLoweredError
from lab.onnx_graphs.graph import NUMBERS, Graph

WIDTH = 3
MATRIX = np.array([[0.2, -1.3], [0.7, 0.1], [-0.4, 2.5]])
CODES = {"red": 1, "blue": 2}


def product(dtype, factor):
    """Softmax of a product in one precision."""
    graph = Graph(WIDTH, 0, dtype)
    said = graph.add("MatMul", [NUMBERS, graph.constant((factor * MATRIX).astype(dtype))])
    graph.add("Softmax", [said], axis=1)
    return graph.finish("said", 2, "product")


def by_text():
    """Texts only: red rows are of the first class."""
    graph = Graph(0, 1, np.float32)
    code = graph.codes([(0, list(CODES))], dtype=np.int64)
    table = graph.constant(np.array([[0.5, 0.5], [0.9, 0.1], [0.3, 0.7]], dtype=np.float32))
    graph.add("Squeeze", [graph.add("Gather", [table, code], axis=0), graph.constant(np.array([1]))])
    return graph.finish("said", 2, "by_text")


def rows():
    rng = np.random.default_rng(4)
    numbers = rng.normal(size=(7, WIDTH)) * 10.0 ** rng.integers(-3, 9, size=(7, WIDTH))
    numbers[0] = 16_777_217.0, 0.1, 1 / 3  # no float32 holds any of them
    return numbers, np.array([["red"], ["blue"], ["green"], ["red"], ["blue"], [""], ["red"]], dtype=object)


def run(model, **given):
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, given)[0]


def test_the_joined_graph_answers_with_the_weighted_mean_of_its_parts():
    numbers, texts = rows()
    wide, narrow, words = product(np.float64, 1.0), product(np.float32, 0.3), by_text()
    joined = weighted_average([narrow, words, wide], [0.5, 0.2, 0.3], output="answer")
    assert {each.name: each.type.tensor_type.elem_type for each in joined.graph.input} == {
        "numbers": TensorProto.DOUBLE, "texts": TensorProto.STRING,
    }  # fmt: skip
    parts = [run(narrow, numbers=numbers.astype(np.float32)), run(words, texts=texts), run(wide, numbers=numbers)]
    expected = 0.5 * parts[0].astype(np.float64) + 0.2 * parts[1].astype(np.float64) + 0.3 * parts[2]
    found = run(joined, numbers=numbers, texts=texts)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)
    assert not np.allclose(found, np.mean(parts, axis=0))


def test_parts_that_all_take_float32_leave_it_so_and_a_single_part_is_itself():
    numbers = rows()[0].astype(np.float32)
    one, other = product(np.float32, 0.3), product(np.float32, -1.0)
    joined = weighted_average([one, other], [0.25, 0.75], output="answer")
    assert [each.type.tensor_type.elem_type for each in joined.graph.input] == [TensorProto.FLOAT]
    expected = 0.25 * run(one, numbers=numbers).astype(np.float64) + 0.75 * run(other, numbers=numbers).astype(
        np.float64
    )
    np.testing.assert_array_equal(run(joined, numbers=numbers), expected)
    alone = weighted_average([one], [1.0], output="answer")
    np.testing.assert_array_equal(run(alone, numbers=numbers), run(one, numbers=numbers))


def test_graphs_in_other_versions_of_the_operators_are_refused():
    other = product(np.float32, 1.0)
    other.opset_import[0].version += 1
    with pytest.raises(NotLoweredError, match="versions"):
        weighted_average([product(np.float32, 1.0), other], [0.5, 0.5], output="answer")
