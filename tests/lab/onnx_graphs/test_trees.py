"""A graph walks random trees over numbers, texts and constants as a person would, one question after the other."""

import math

import numpy as np
import onnxruntime
import pytest
from oracles import trees as oracle

from lab.onnx_graphs.columns import Constant, Indicator, NotLoweredError, Number, Text, text_columns
from lab.onnx_graphs.forests import add_leaf_values
from lab.onnx_graphs.graph import Graph
from lab.onnx_graphs.trees import Tree, add_ensemble

WORDS = ["", "a", "b", "1:b", "é"]
GRID = [0.0, 0.1, 0.25, 1 / 3, -2.7, 1e-9, 1e5, -3e7]
N_NUMBERS, N_TEXTS, N_OUTPUTS = 3, 2, 3


def random_column(rng):
    kind = rng.choice(["number", "number", "text", "text", "constant", "flag"])
    if kind == "flag":
        return ("flag", int(rng.integers(N_NUMBERS)), *rng.choice([0.25, 0.1, -1.0, 0.0], 2).tolist())
    if kind == "constant":
        return ("constant", float(rng.choice([0.25, 0.1, -1.0, math.nan])))
    if kind == "text":
        known = rng.choice(WORDS, size=rng.integers(1, 5), replace=False)
        values = {str(word): float(rng.choice([0.0, 1.0, 2.0, 0.1, math.nan])) for word in known}
        return ("text", int(rng.integers(N_TEXTS)), values, float(rng.choice([0.0, 1.0, 3.0, math.nan])))
    steps = [("sub", 0.3), ("div", 1.7), ("add", 2.0), ("mul", 0.37)]
    chosen = tuple(steps[: rng.integers(5)])
    filled = float(rng.choice([math.nan, 0.25, 0.1, -2.7]))
    return ("number", int(rng.integers(N_NUMBERS)), chosen, filled)


def question_of(rng, column):
    """A threshold that values lie on, or just beside; or a set of codes where all values are codes."""
    if column[0] == "text":
        values = [value for value in (*column[2].values(), column[3]) if not math.isnan(value)]
        if all(value == int(value) for value in values) and rng.random() < 0.5:
            return frozenset(code for code in range(4) if rng.random() < 0.5)
        return float(rng.choice([0.0, 0.1, 1.0, 1.5, -1.0]))
    if column[0] in ("constant", "flag") or rng.random() < 0.3:
        return float(rng.choice([0.25, 0.1, -2.7, -1.0, 0.0]))
    raw = float(rng.choice(GRID))
    return oracle.seen(column, [raw] * N_NUMBERS, [])


def random_tree(rng, columns, depth):
    if depth == 0 or rng.random() < 0.15:
        return ("leaf", int(rng.integers(N_OUTPUTS)), float(rng.integers(-40, 40)) / 8)
    place = int(rng.integers(len(columns)))
    sides = (random_tree(rng, columns, depth - 1), random_tree(rng, columns, depth - 1))
    return ("split", place, question_of(rng, columns[place]), bool(rng.integers(2)), *sides)


def nodes_of(tree):
    """Put a nested tree into the lists that the subject takes, the root first."""
    listed = [tree]
    left = []
    for node in listed:
        left.append(len(listed) if node[0] == "split" else -1)
        listed += node[4:] if node[0] == "split" else ()
    splits = [node[0] == "split" for node in listed]
    both = list(zip(listed, splits, strict=True))
    return Tree(
        np.array([node[1] if split else -2 for node, split in both]),
        np.array(left),
        np.array(left) + 1,
        np.array([node[2] if split and not isinstance(node[2], frozenset) else math.nan for node, split in both]),
        np.array([split and node[3] for node, split in both]),
        np.array([0 if split else node[1] for node, split in both]),
        np.array([math.nan if split else node[2] for node, split in both]),
        {place: node[2] for place, (node, split) in enumerate(both) if split and isinstance(node[2], frozenset)},
    )


def column_of(column):
    if column[0] == "constant":
        return Constant(column[1])
    if column[0] == "flag":
        return Indicator(*column[1:])
    if column[0] == "text":
        return Text(column[1], column[2], column[3])
    return Number(column[1], column[2], missing=column[3])


def rows_of(rng, dtype, count=300):
    """Raw numbers on the grid, one double beside it, anywhere, or missing; texts that are known, or not."""
    numbers = rng.choice(GRID, size=(count, N_NUMBERS))
    beside = np.nextafter(numbers, rng.choice([-np.inf, np.inf], size=numbers.shape))
    far = rng.normal(size=numbers.shape) * rng.choice([1.0, 1e6], size=numbers.shape)
    numbers = np.choose(rng.integers(4, size=numbers.shape), [numbers, beside, far, np.full_like(numbers, np.nan)])
    texts = rng.choice([*WORDS, "never seen", "0:a"], size=(count, N_TEXTS)).astype(object)
    return numbers.astype(dtype), texts


def run(graph, numbers, texts, width):
    content = graph.finish("answer", width, "trees").SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    wanted = {one.name for one in session.get_inputs()}
    fed = {name: rows for name, rows in (("numbers", numbers), ("texts", texts)) if name in wanted}
    return session.run(["answer"], fed)[0]


def said_by_oracle(trees, columns, numbers, texts, **how):
    rows = zip(numbers.astype(float).tolist(), texts.tolist(), strict=True)
    return np.array([oracle.answer(trees, columns, *row, n_outputs=N_OUTPUTS, **how) for row in rows])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("single", [False, True], ids=["double", "single"])
@pytest.mark.parametrize("seed", range(25))
def test_an_ensemble_answers_as_a_walk_from_node_to_node(seed, single, dtype):
    rng = np.random.default_rng(seed)
    columns = [random_column(rng) for _ in range(6)]
    trees = [random_tree(rng, columns, depth=5) for _ in range(int(rng.choice([1, 2, 8])))]
    mean = bool(rng.integers(2))
    graph = Graph(N_NUMBERS, N_TEXTS, dtype)
    add_ensemble(
        graph, [nodes_of(tree) for tree in trees], [column_of(column) for column in columns],
        n_targets=N_OUTPUTS, aggregate="AVERAGE" if mean else "SUM", float32=single,
    )  # fmt: skip
    numbers, texts = rows_of(rng, dtype)
    found = run(graph, numbers, texts, N_OUTPUTS)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, said_by_oracle(trees, columns, numbers, texts, mean=mean, single=single))


@pytest.mark.parametrize("how", ["sum", "mean"])
def test_leaves_of_several_values_are_looked_up_and_put_together(how):
    rng = np.random.default_rng(3)
    columns = [random_column(rng) for _ in range(6)]
    trees = [random_tree(rng, columns, depth=4) for _ in range(4)]
    made = [nodes_of(tree) for tree in trees]
    values = [np.where(np.arange(N_OUTPUTS) == tree.targets[:, None], tree.weights[:, None], 0.0) for tree in made]
    graph = Graph(N_NUMBERS, N_TEXTS, np.float64)
    add_leaf_values(graph, made, values, [column_of(column) for column in columns], how=how, float32=False)
    numbers, texts = rows_of(rng, np.float64)
    expected = said_by_oracle(trees, columns, numbers, texts, mean=how == "mean", single=False)
    np.testing.assert_allclose(run(graph, numbers, texts, N_OUTPUTS), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", ["number", "text"])
def test_a_table_of_one_kind_has_one_input(kind):
    rng = np.random.default_rng(5)
    column = ("number", 0, (), math.nan) if kind == "number" else ("text", 0, {"a": 1.0, "b": 0.0}, 0.0)
    tree = ("split", 0, 0.5, True, ("leaf", 0, 1.0), ("leaf", 1, 2.0))
    graph = Graph(1, 0, np.float64) if kind == "number" else Graph(0, 1, np.float64)
    add_ensemble(graph, [nodes_of(tree)], [column_of(column)], n_targets=N_OUTPUTS, aggregate="SUM", float32=False)
    numbers, texts = rows_of(rng, np.float64)
    numbers, texts = numbers[:, :1], texts[:, :1]
    expected = said_by_oracle([tree], [column], numbers, texts, mean=False, single=False)
    np.testing.assert_array_equal(run(graph, numbers, texts, N_OUTPUTS), expected)


@pytest.mark.parametrize("threshold", [1e39, -1e39, 3.4028235e38, 0.1, -0.1])
def test_a_threshold_that_single_precision_does_not_hold_splits_its_numbers_as_before(threshold):
    tree = ("split", 0, threshold, True, ("leaf", 0, 1.0), ("leaf", 1, 2.0))
    column = ("number", 0, (), math.nan)
    graph = Graph(1, 0, np.float32)
    add_ensemble(graph, [nodes_of(tree)], [column_of(column)], n_targets=N_OUTPUTS, aggregate="SUM", float32=False)
    most, near = np.finfo(np.float32).max, np.float32(math.copysign(0.1, threshold))
    beside = [np.nextafter(near, np.float32(end)) for end in (-np.inf, np.inf)]
    numbers = np.array([[-most], [most], [0.0], [near], *([each] for each in beside)], dtype=np.float32)
    texts = np.full((len(numbers), 0), "", dtype=object)
    expected = said_by_oracle([tree], [column], numbers, texts, mean=False, single=False)
    np.testing.assert_array_equal(run(graph, numbers, texts, N_OUTPUTS), expected)


def test_texts_of_all_columns_of_one_source_are_known_together():
    columns = [Text(1, {"b": 1.0}, 0.0), Number(0), Text(1, {"a": 1.0, "b": 2.0}, 0.0), Text(0, {"z": 1.0}, 0.0)]
    assert text_columns(columns) == [(0, ["z"]), (1, ["a", "b"])]


def test_more_leaves_than_single_precision_can_number_are_refused():
    count = 2**24 + 2
    leaves = Tree(*(np.broadcast_to(value, count) for value in (0, -1, -1, 0.0, False, 0, 0.0)))
    with pytest.raises(NotLoweredError, match="16 million"):
        add_leaf_values(
            Graph(1, 0, np.float32), [leaves], [np.zeros((count, 1))], [Number(0)], how="mean", float32=True
        )
