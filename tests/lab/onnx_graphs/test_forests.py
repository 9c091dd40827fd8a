"""A forest in a graph gives what scikit-learn's own forest gives; float32 is chosen where it loses nothing."""

import numpy as np
import onnxruntime
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from lab.onnx_graphs import forests
from lab.onnx_graphs.columns import Constant, NotLoweredError, Number, Text
from lab.onnx_graphs.forests import add_forest, add_leaf_values, exact_in_float32, read_tree
from lab.onnx_graphs.graph import Graph

RNG = np.random.default_rng(1)
ROWS = RNG.normal(size=(300, 4)).astype(np.float32).astype(np.float64)
COLUMNS = [Number(place) for place in range(4)]


def target(n_classes):
    return (ROWS[:, :1] + 0.7 * RNG.normal(size=(300, 1)) > np.linspace(-0.5, 0.5, n_classes - 1)).sum(axis=1)


MODELS = {
    "pure": RandomForestClassifier(6, random_state=0),
    "mixed": RandomForestClassifier(5, min_samples_leaf=9, random_state=0),
    "extra": ExtraTreesClassifier(7, min_samples_leaf=4, random_state=0),
    "tree": DecisionTreeClassifier(random_state=0),
    "mixed tree": DecisionTreeClassifier(max_depth=3, random_state=0),
}


def run(graph, rows, width):
    session = onnxruntime.InferenceSession(graph.finish("answer", width, "f").SerializeToString())
    return session.run(None, {"numbers": rows.astype(graph.dtype)})[0]


@pytest.mark.parametrize("dtypes", [(np.float64, None), (np.float32, None), (np.float32, np.float64)], ids=str)
@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("name", MODELS)
def test_a_forest_answers_as_the_original(name, n_classes, dtypes):
    dtype, answers = dtypes
    model = MODELS[name].fit(ROWS, target(n_classes))
    graph = Graph(4, 0, dtype, answers=answers)
    add_forest(graph, model, COLUMNS)
    found = run(graph, ROWS, n_classes)
    assert found.dtype == (answers or dtype)
    is_exact = (answers or dtype) == np.float64 and (dtype == np.float64 or exact_in_float32(model, COLUMNS))
    np.testing.assert_allclose(found, model.predict_proba(ROWS), rtol=0, atol=1e-15 if is_exact else 1e-6)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", MODELS)
def test_doubles_beside_a_threshold_go_where_their_float32_goes(name, n_classes):
    model = MODELS[name].fit(ROWS, target(n_classes))
    splits = np.concatenate(
        [each.tree_.threshold[each.tree_.feature >= 0] for each in getattr(model, "estimators_", [model])]
    )
    beside = splits.astype(np.float32)[:, None].astype(np.float64) * (1 + np.array([-1e-9, -1e-12, 0, 1e-12, 1e-9]))
    rows = RNG.choice(np.concatenate([splits, beside.ravel()]), (2_000, 4))
    graph = Graph(4, 0, np.float64)
    add_forest(graph, model, COLUMNS)
    np.testing.assert_allclose(run(graph, rows, n_classes), model.predict_proba(rows), rtol=0, atol=1e-15)


def words(n_classes, *, numbers):
    """Rows of two texts (and of numbers), what a forest sees of them, and a target that it can learn by heart."""
    texts = RNG.choice(["a", "b", "c", "d", "e"], (300, 2)).astype(object)
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(texts)
    columns = [Text(place, {other: float(other == word) for other in known}, 0.0)
               for place, known in enumerate(encoder.categories_) for word in known]  # fmt: skip
    seen = np.hstack([encoder.transform(texts), ROWS]) if numbers else encoder.transform(texts)
    rank = {word: place for place, word in enumerate("daceb")}
    return (
        texts,
        seen,
        [*columns, *COLUMNS] if numbers else columns,
        np.array([rank[a] + rank[b] for a, b in texts]) % n_classes,
    )


@pytest.mark.parametrize("numbers", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("name", MODELS)
def test_a_forest_that_splits_texts_answers_as_the_original(name, n_classes, numbers):
    """Leaves of one vote each for another class stand beside each other, one question about a text apart."""
    texts, seen, columns, own = words(n_classes, numbers=numbers)
    model = MODELS[name].fit(seen, own)
    graph = Graph(4 * numbers, 2, np.float64)
    add_forest(graph, model, columns)
    session = onnxruntime.InferenceSession(graph.finish("answer", n_classes, "f").SerializeToString())
    found = session.run(None, {"texts": texts} | ({"numbers": ROWS} if numbers else {}))[0]
    np.testing.assert_allclose(found, model.predict_proba(seen), rtol=0, atol=1e-15)


@pytest.mark.parametrize("filled", [np.nan, 1.0])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_texts_after_which_missing_numbers_part_are_not_joined(seed, n_classes, filled):
    """Numbers are 0, 1 or missing: many splits are alike but for the side of what is missing."""
    rng = np.random.default_rng(seed)
    texts = rng.choice(list("abcde"), (600, 1)).astype(object)
    numbers = np.where(rng.random((600, 5)) < 0.1, np.nan, rng.integers(0, 2, (600, 5)))
    own = ((texts[:, 0] == "a") + np.nan_to_num(numbers[:, 0], nan=1) > 0.5).astype(int)
    own = np.where(rng.random(600) < 0.15, n_classes - 1 - own, own)
    encoder = OneHotEncoder(sparse_output=False).fit(texts)
    known = encoder.categories_[0]
    columns = [Text(0, {other: float(other == word) for other in known}, 0.0) for word in known]
    columns += [Number(place) if np.isnan(filled) else Number(place).fill(filled) for place in range(5)]
    seen = np.hstack([encoder.transform(texts), np.where(np.isnan(numbers), filled, numbers)])
    model = RandomForestClassifier(60, random_state=0).fit(seen, own)
    graph = Graph(5, 1, np.float64)
    add_forest(graph, model, columns)
    session = onnxruntime.InferenceSession(graph.finish("answer", n_classes, "f").SerializeToString())
    found = session.run(None, {"texts": texts, "numbers": numbers})[0]
    np.testing.assert_allclose(found, model.predict_proba(seen), rtol=0, atol=1e-14)  # 60 rounded shares
    looked_up = "ReduceMean" in [node.op_type for node in graph.nodes]
    assert looked_up == (n_classes == 3 or np.isnan(filled)), "only where it must: looking up takes longer"


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", MODELS)
def test_float32_loses_nothing_where_leaves_are_votes_or_can_be_numbered(name, n_classes):
    model = MODELS[name].fit(ROWS, target(n_classes))
    is_pure = name in ("pure", "tree")
    assert exact_in_float32(model, COLUMNS) is (is_pure or n_classes == 3)
    others = [*COLUMNS, Constant(0.1), Text(0, {"a": 0.3}, 0.1)]
    assert exact_in_float32(model, others) is (is_pure or n_classes == 3), "these come in no other type"
    assert exact_in_float32(model, [*COLUMNS[:3], Number(3).then("mul", 0.5)]) is False


def test_as_many_leaves_as_float32_can_number_are_exact(monkeypatch):
    model = MODELS["mixed"].fit(ROWS, target(3))
    nodes = sum(tree.tree_.node_count for tree in model.estimators_)
    for most, is_exact in ((nodes, True), (nodes - 1, False)):
        monkeypatch.setattr(forests, "_WHOLE", most)
        assert exact_in_float32(model, COLUMNS) is is_exact


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_more_leaves_than_float32_can_number_are_refused_in_float32_alone(monkeypatch, dtype):
    model = MODELS["mixed"].fit(ROWS, target(3))
    leaves = sum(tree.get_n_leaves() for tree in model.estimators_)
    trees, values = (
        [read_tree(each.tree_) for each in model.estimators_],
        [e.tree_.value[:, 0] for e in model.estimators_],
    )
    monkeypatch.setattr(forests, "_WHOLE", leaves)
    add_leaf_values(Graph(4, 0, dtype), trees, values, COLUMNS, how="mean", float32=True)
    monkeypatch.setattr(forests, "_WHOLE", leaves - 1)
    graph = Graph(4, 0, dtype)
    if dtype == np.float64:
        add_leaf_values(graph, trees, values, COLUMNS, how="mean", float32=True)
        return
    with pytest.raises(NotLoweredError, match="16 million leaves"):
        add_leaf_values(graph, trees, values, COLUMNS, how="mean", float32=True)


@pytest.mark.parametrize("answers", [np.float32, np.float64])
@pytest.mark.parametrize("how", ["sum", "mean"])
def test_leaf_values_are_summed_or_averaged_in_the_type_of_the_answers(how, answers):
    model = MODELS["mixed"].fit(ROWS, target(3))
    leaves = model.apply(ROWS)
    values = [RNG.normal(size=(each.tree_.node_count, 2)) for each in model.estimators_]
    graph = Graph(4, 0, np.float32, answers=answers)
    trees = [read_tree(each.tree_) for each in model.estimators_]
    name = add_leaf_values(graph, trees, values, COLUMNS, how=how, float32=True)
    assert name == graph.nodes[-1].output[0]
    each = np.array([value[leaves[:, place]] for place, value in enumerate(values)])
    expected = each.sum(axis=0) if how == "sum" else each.mean(axis=0)
    found = run(graph, ROWS, 2)
    assert found.dtype == answers
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14 if answers == np.float64 else 3e-6)


def test_a_tree_is_read_off_node_by_node():
    rows = ROWS.copy()
    rows[::7, 1] = np.nan
    tree = (
        DecisionTreeClassifier(max_depth=5, random_state=0)
        .fit(rows, rows[:, 0] + np.nan_to_num(rows[:, 1], nan=3) > 0.5)
        .tree_
    )
    found = read_tree(tree)
    assert found.left.tolist() == tree.children_left.tolist()
    assert found.right.tolist() == tree.children_right.tolist()
    assert found.threshold.tolist() == tree.threshold.tolist()
    assert found.feature.tolist() == tree.feature.tolist()
    assert found.missing_left.tolist() == [bool(each) for each in tree.missing_go_to_left]
    assert len(set(found.missing_left.tolist())) == 2
    assert found.missing_left.dtype == bool
    assert [each.dtype for each in (found.left, found.right, found.feature, found.targets)] == [np.int64] * 4
    assert [each.dtype for each in (found.threshold, found.weights)] == [np.float64] * 2
    assert found.targets.tolist() == found.weights.tolist() == [0] * tree.node_count
    assert found.sets == {}
