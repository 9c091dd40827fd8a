"""A model file of the user's is taken in if it is sound, and refused with one sentence if it is not."""

import hashlib
import io
import os
import pickle
import tracemalloc

import numpy as np
import onnx
import pytest
import skops.io
from onnx import TensorProto, helper, numpy_helper
from samples.here import in_this_process
from samples.less_work import with_few_trees, with_short_timings, without_doubts, without_pictures
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from edge.exporting.parity import compare
from edge.given import intake
from edge.given.family import AsDeviceSees, GivenModel, export_given, family_of
from edge.given.outputs import Reading
from edge.given.table_inputs import Column
from lab.data.load import load
from lab.errors import SettingsError
from lab.learning.preparation import dense_columns


def graph(nodes, *, constants=(), width=13, classes=3, inputs=None, outputs=None, domains=()):
    inputs = inputs or [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, width])]
    outputs = outputs or [helper.make_tensor_value_info("p", TensorProto.FLOAT, [None, classes])]
    opsets = [helper.make_opsetid("", 21), *(helper.make_opsetid(domain, 1) for domain in domains)]
    made = helper.make_graph(nodes, "g", inputs, outputs, list(constants))
    return helper.make_model(made, opset_imports=opsets, ir_version=10)


def affine(**changes):
    weights = np.random.default_rng(0).normal(size=(13, 3)).astype(np.float32) / 1e3
    nodes = [helper.make_node("MatMul", ["X", "w"], ["s"]), helper.make_node("Softmax", ["s"], ["p"], axis=1)]
    return graph(nodes, **({"constants": [numpy_helper.from_array(weights, "w")]} | changes))


def nan_model():
    nodes = [helper.make_node("Log", ["z"], ["p"]), helper.make_node("Sub", ["m", "c"], ["z"])]
    nodes = [helper.make_node("MatMul", ["X", "w"], ["m"]), *nodes[::-1]]
    constants = [np.zeros((13, 3), np.float32), np.ones(1, np.float32)]
    return graph(nodes, constants=[numpy_helper.from_array(c, n) for c, n in zip(constants, "wc", strict=True)])


def external(*locations):
    model = affine()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for location in locations:
        tensor.external_data.add(key="location", value=location)
    return model


def sparse():
    model = affine()
    values = TensorProto(data_type=TensorProto.FLOAT, dims=[1], name="v", data_location=TensorProto.EXTERNAL)
    values.external_data.add(key="location", value="/etc/passwd")
    model.graph.sparse_initializer.append(
        helper.make_sparse_tensor(values, numpy_helper.from_array(np.array([0])), [39])
    )
    return model


def graph_of(file, width=13, classes=3):
    """Read a file as one that was taken in."""
    columns = [Column(f"c{place}", "numbers", place) for place in range(width)]
    checked = intake._checked(file.read_bytes(), file, columns, classes).model.SerializeToString()
    taken = intake.Intake(str(file), "onnx", hashlib.sha256(checked).hexdigest(), reading=Reading("p", "probabilities"))
    return intake.read_onnx(taken, n_classes=classes, columns=columns)


X = helper.make_tensor_value_info
REFUSED = {
    "truncated": (affine().SerializeToString()[:-40], "is damaged"),
    "text": (b"this is no model", "is not an ONNX file"),
    "empty": (b"", "holds no graph"),
    "unknown operator": (
        graph([helper.make_node("Conjure", ["X"], ["p"])]),
        "the operator 'Conjure', which is not part",
    ),
    "custom operator": (
        graph([helper.make_node("Act", ["X"], ["p"], domain="com.acme")], domains=["com.acme"]),
        "the operator 'com.acme.Act'",
    ),
    "operator hidden in a branch": (
        graph(
            [
                helper.make_node("Constant", [], ["yes"], value=numpy_helper.from_array(np.array(True))),
                helper.make_node(
                    "If",
                    ["yes"],
                    ["p"],
                    then_branch=graph([helper.make_node("Evil", ["X"], ["p"])]).graph,
                    else_branch=graph([helper.make_node("Evil", ["X"], ["p"])]).graph,
                ),
            ]
        ),
        "the operator 'Evil'",
    ),
    "width": (affine(width=12), "shape ['any', 12]; it must take 'numbers' (a type of number, shape [rows, 13])"),
    "type": (
        affine(inputs=[X("X", TensorProto.COMPLEX64, [None, 13])]),
        "an input 'X' that this table cannot feed: it takes neither numbers nor texts",
    ),
    "three dimensions": (affine(inputs=[X("X", TensorProto.FLOAT, [None, 13, 1])]), "shape ['any', 13, 1]"),
    "whole numbers": (
        affine(inputs=[X("X", TensorProto.INT64, [None, 13])]),
        "takes whole numbers for 'alcohol', and the table has numbers with decimals there",
    ),
    "texts": (affine(inputs=[X("X", TensorProto.STRING, [None, 13])]), "an input 'X' that this table cannot feed"),
    "two inputs": (
        affine(inputs=[X("X", TensorProto.FLOAT, [None, 13]), X("Y", TensorProto.FLOAT, [None, 13])]),
        "an input 'Y' that this table cannot feed",
    ),
    "classes": (
        affine(
            constants=[numpy_helper.from_array(np.ones((13, 4), np.float32), "w")],
            outputs=[X("p", TensorProto.FLOAT, [None, 4])],
        ),
        "no single output of shape [rows, 3] with the probabilities (it has p with 4 numbers)",
    ),
    "scores": (
        graph(
            [helper.make_node("MatMul", ["X", "w"], ["s"]), helper.make_node("Tanh", ["s"], ["p"])],
            constants=[numpy_helper.from_array(np.ones((13, 3), np.float32), "w")],
        ),
        "scores that are not probabilities",
    ),
    "regression": (
        graph(
            [helper.make_node("MatMul", ["X", "w"], ["p"])],
            constants=[numpy_helper.from_array(np.ones((13, 1), np.float32), "w")],
            outputs=[X("p", TensorProto.FLOAT, [None, 1])],
        ),
        "predicts one number a row (regression), and the edge lab judges models of classes only",
    ),
    "not a number": (nan_model(), "not finite (NaN)"),
    "wrong inside": (
        affine(constants=[numpy_helper.from_array(np.ones((7, 3), np.float32), "w")]),
        "m.onnx cannot",
    ),
    "data missing": (external("weights.bin"), "asks for the data file 'weights.bin', which is missing"),
    "data elsewhere": (external("../../etc/passwd"), "asks for data outside its folder"),
    "data by an absolute path": (external("/etc/passwd"), "asks for data outside its folder"),
    "data of two gigabytes": (external("large.bin"), "m.onnx and its data have over 2 GB"),
    "data that with the file make two gigabytes": (external("nearly.bin"), "m.onnx and its data have over 2 GB"),
    "data named twice": (external("short.bin", "large.bin"), "does not say clearly where its data is"),
    "data of no name": (external(""), "asks for the data file '', which is missing"),
    "data of an impossible name": (external("a\0b"), "does not say clearly where its data is"),
    "data in a folder": (external("."), "asks for the data file '.', which is missing"),
    "sparse data elsewhere": (sparse(), "keeps sparse tensors in other files"),
    "data too short": (external("short.bin"), "raw_data size (3 bytes) does not match"),
}


pytestmark = pytest.mark.usefixtures("guard_forked")


@pytest.fixture(scope="module")
def wine():
    return load("wine")


def refused(lab, tmp_path, file, *says):
    called = lab("run", "edge", "wine", "--model", file)
    assert called.code == 2, called.err
    assert called.out == ""
    message = called.err.strip()
    assert message.startswith("error: ")
    assert len(message.splitlines()) == 1, "more than one line"
    for part in (file, *says):
        assert part in message
    assert not (tmp_path / "runs").exists(), "something was written"


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_used_gets_one_sentence_and_code_2(case, lab, tmp_path):
    content, words = REFUSED[case]
    (tmp_path / "short.bin").write_bytes(b"abc")
    for name, size in (("large.bin", 2 * 2**30), ("nearly.bin", 2 * 2**30 - 1)):
        with (tmp_path / name).open("wb") as stream:
            stream.truncate(size)  # sparse: it takes no space
    (tmp_path / "m.onnx").write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    refused(lab, tmp_path, "m.onnx", words)


def test_data_behind_a_link_that_leaves_the_folder_is_refused(tmp_path):
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "out.bin").write_bytes(bytes(156))
    (inside / "w.bin").symlink_to(tmp_path / "out.bin")
    (inside / "m.onnx").write_bytes(external("w.bin").SerializeToString())
    with pytest.raises(SettingsError, match="outside its folder"):
        graph_of(inside / "m.onnx")


@pytest.mark.parametrize("name", ["m.onnx", "m.skops"])
def test_a_file_of_two_gigabytes_is_refused_unread(name, lab, tmp_path, monkeypatch):
    with (tmp_path / name).open("wb") as stream:
        stream.truncate(2 * 2**30)  # sparse: it takes no space
    refused(lab, tmp_path, name, "has 2.1 GB; a model file must be below 2 GB")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "m.pkl",
            "is a pickle, which runs code when it is read; save the model with skops.io.dump or export it to ONNX",
        ),
        ("m.joblib", "runs code when it is read"),
        ("m.PKL", "runs code when it is read"),
        ("m.h5", "neither .onnx nor .skops, nor a file of XGBoost (.json, .ubj)"),
        ("nowhere.onnx", "cannot read nowhere.onnx: No such file"),
        ("folder.onnx", "is not a file"),
        ("pipe.onnx", "is not a file"),
        ("endless.onnx", "is not a file"),
        ("x" * 300 + ".onnx", "File name too long"),
    ],
)
def test_what_is_no_model_file_gets_one_sentence_and_code_2(name, says, lab, tmp_path):
    if name == "folder.onnx":
        (tmp_path / name).mkdir()
    elif name == "pipe.onnx":
        os.mkfifo(tmp_path / name)
    elif name == "endless.onnx":
        (tmp_path / name).symlink_to("/dev/zero")
    elif name.startswith("m."):
        (tmp_path / name).write_bytes(pickle.dumps(print))
    refused(lab, tmp_path, name, says)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--p99-ms", "0"), "p99_ms is 0; it must be above 0"),
        (("--p99-ms", "-1"), "p99_ms is -1; it must be above 0"),
        (("--p99-ms", "nan"), "p99_ms is nan; it must be above 0"),
        (("--size-mb", "0"), "size_mb is 0; it must be above 0"),
        (("--memory-mb", "-5"), "memory_mb is -5; it must be above 0"),
        (("--memory-mb", "0"), "memory_mb is 0; it must be above 0"),
        (("--max-drop", "-0.1"), "max_drop is -0.1; it must be from 0 to 1"),
        (("--tolerance", "-0.1"), "tolerance is -0.1; it must be from 0 to 1"),
        (("--deadline-ms", "0"), "deadline_ms is 0; it must be above 0"),
        (("--rate", "0"), "rate is 0; it must be above 0"),
        (("--rate", "inf"), "rate is inf; it must be above 0"),
        (("--max-misses", "-1"), "max_misses is -1; it must be from 0 to 1"),
        (("--false-alarms", "0"), "false_alarms is 0; it must be above 0 and at most 0.5"),
        (("--label-delay", "-1"), "label_delay is -1; it must be at least 0"),
        (("--threads", "-1"), "threads is -1; it must be from 0"),
        (("--cores", "-1"), "cores is -1; it must be at least 0"),
    ],
)
def test_an_impossible_budget_gets_one_sentence_and_code_2(words, says, lab, tmp_path):
    called = lab("run", "edge", "wine", *words)
    assert called.code == 2, called.err
    assert called.err.startswith(f"error: {says}")
    assert len(called.err.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def spoilt(model, old, new):
    content = model.SerializeToString()
    assert old in content
    return content.replace(old, new)


NO_TEXT = b"\xff\xfe"
DAMAGED = {
    "an operator of no text": spoilt(affine(), b"MatMul", b"Mat" + NO_TEXT + b"l"),
    "an operator's package of no text": spoilt(
        graph([helper.make_node("Act", ["X"], ["p"], domain="com.acme")]), b"com.acme", b"com.a" + NO_TEXT + b"e"
    ),
    "a place of data of no text": spoilt(external("short.bin"), b"short.bin", b"shor" + NO_TEXT + b"bin"),
    "a number of data beyond all types": external("short.bin"),
    "an offset that is none": external("short.bin"),
    "an offset beyond the file": external("short.bin"),
}
for case, key, number in (
    ("a number of data beyond all types", "length", "9" * 400),
    ("an offset that is none", "offset", "here"),
    ("an offset beyond the file", "offset", str(2**62)),
):
    DAMAGED[case].graph.initializer[0].external_data.add(key=key, value=number)


@pytest.mark.parametrize("case", DAMAGED)
def test_a_file_with_a_part_that_no_type_holds_is_refused_with_one_sentence(case, tmp_path):
    content = DAMAGED[case]
    (tmp_path / "short.bin").write_bytes(b"abc")
    (tmp_path / "m.onnx").write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    with pytest.raises(SettingsError, match=r"^m\.onnx") as raised:
        graph_of(tmp_path / "m.onnx")
    assert "\n" not in str(raised.value)


def test_a_small_file_takes_little_memory_to_read(tmp_path):
    (tmp_path / "m.onnx").write_bytes(affine().SerializeToString())
    tracemalloc.start()
    try:
        graph_of(tmp_path / "m.onnx")
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_data_of_many_tensors_in_one_file_counts_once(tmp_path):
    tensors = {f"w{i}": np.full((13, 3), i, np.float32) for i in range(3)}
    nodes = [helper.make_node("Sum", list(tensors), ["w"]), helper.make_node("MatMul", ["X", "w"], ["s"]),
             helper.make_node("Softmax", ["s"], ["p"], axis=1)]  # fmt: skip
    model = graph(nodes, constants=[numpy_helper.from_array(values, name) for name, values in tensors.items()])
    onnx.save_model(model, tmp_path / "m.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
    with (tmp_path / "w.bin").open("r+b") as stream:
        stream.truncate(2**30)  # three times as much would be too large
    content = graph_of(tmp_path / "m.onnx")
    given = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load_from_string(content).graph.initializer}
    np.testing.assert_array_equal(given["w2"], tensors["w2"])


def test_data_in_the_folder_of_the_model_is_taken_in(wine, tmp_path):
    weights = affine().graph.initializer[0].raw_data
    (tmp_path / "w.bin").write_bytes(weights)
    (tmp_path / "m.onnx").write_bytes(external("w.bin").SerializeToString())
    (tmp_path / "whole.onnx").write_bytes(affine().SerializeToString())
    answers = []
    for name in ("m.onnx", "whole.onnx"):
        model = family_of(str(tmp_path / name), wine).build(wine.features, 0).fit(wine.features, wine.target)
        answers.append(model.predict_proba(wine.features))
        assert not any(tensor.external_data for tensor in onnx.load_from_string(model.content()).graph.initializer)
    np.testing.assert_array_equal(*answers)


def test_a_name_of_ours_in_the_file_does_not_collide(wine, tmp_path):
    nodes = [
        helper.make_node("MatMul", ["X", "numbers"], ["probabilities"]),
        helper.make_node("Softmax", ["probabilities"], ["p"], axis=1),
    ]
    weights = np.eye(13, 3, dtype=np.float32)
    (tmp_path / "m.onnx").write_bytes(
        graph(nodes, constants=[numpy_helper.from_array(weights, "numbers")]).SerializeToString()
    )
    model = family_of(str(tmp_path / "m.onnx"), wine).build(wine.features, 0).fit(wine.features, wine.target)
    scores = wine.features.to_numpy()[:, :3]
    expected = np.exp(scores - scores.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(wine.features), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["wine", "loans"])
def test_an_estimator_from_a_skops_file_is_lowered_and_equal(name, tmp_path):
    dataset = load(name)
    numbers = [column for column, kind in dataset.kinds.items() if kind != "category"]
    columns = dataset.features.columns if name == "loans" else numbers
    prepare = dense_columns(scale=False) if name == "loans" else StandardScaler()
    if name == "loans":  # our own imputer and encoder are no types that skops trusts
        numbers_at = [place for place, kind in enumerate(dataset.kinds.values()) if kind != "category"]
        texts_at = [place for place, kind in enumerate(dataset.kinds.values()) if kind == "category"]
        prepare.transformers = [
            ("numbers", SimpleImputer(strategy="median", keep_empty_features=True), numbers_at),
            ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts_at),
        ]
    fitted = make_pipeline(prepare, RandomForestClassifier(10, min_samples_leaf=3, random_state=0))
    fitted.fit(dataset.features[columns], dataset.target)
    skops.io.dump(fitted, tmp_path / "m.skops")
    family = family_of(str(tmp_path / "m.skops"), dataset)
    model = family.build(dataset.features, 0).fit(dataset.features, dataset.target)
    np.testing.assert_array_equal(model.predict_proba(dataset.features), fitted.predict_proba(dataset.features))
    (made,) = export_given(model, dataset)
    seen = AsDeviceSees(model, dataset)
    texts = [column for column, kind in dataset.kinds.items() if kind == "category"]
    rows = dataset.features[[*numbers, *texts]] if texts else dataset.features.to_numpy()
    found = compare(seen, made.content, dataset, rows)
    assert (found.flips, found.largest < 1e-14) == (0, True)


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (make_pipeline(FunctionTransformer(os.system), LogisticRegression()), "types that are not trusted"),
        (LinearRegression(), "not a fitted classifier"),
        (LogisticRegression(), "not a fitted classifier"),
    ],
)
def test_an_estimator_that_is_not_safe_or_no_classifier_is_refused(estimator, words, wine, tmp_path):
    skops.io.dump(estimator, tmp_path / "m.skops")
    with pytest.raises(SettingsError, match=words):
        family_of(str(tmp_path / "m.skops"), wine)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "estimator",
    [
        GradientBoostingClassifier(n_estimators=3, random_state=0),
        HistGradientBoostingClassifier(max_iter=3, random_state=0),
        make_pipeline(StandardScaler(), MLPClassifier((5,), random_state=0)),
    ],
    ids=["gradient boosting", "histogram boosting", "network"],
)
def test_the_kinds_of_estimators_that_are_lowered_can_be_read(estimator, wine, tmp_path):
    estimator.fit(wine.features.to_numpy(), wine.target)
    skops.io.dump(estimator, tmp_path / "m.skops")
    model = family_of(str(tmp_path / "m.skops"), wine).build(wine.features, 0).fit(wine.features, wine.target)
    np.testing.assert_array_equal(model.predict_proba(wine.features), estimator.predict_proba(wine.features.to_numpy()))


def test_a_tree_that_points_outside_itself_is_refused(wine, tmp_path):
    forest = RandomForestClassifier(2, random_state=0).fit(wine.features.to_numpy(), wine.target)
    forest.estimators_[1].tree_.children_left[0] = 10**6
    skops.io.dump(forest, tmp_path / "m.skops")
    with pytest.raises(SettingsError, match="points outside itself"):
        family_of(str(tmp_path / "m.skops"), wine)


def test_a_damaged_skops_file_is_refused(wine, tmp_path):
    stream = io.BytesIO()
    stream.write(skops.io.dumps(LogisticRegression())[:-30])
    (tmp_path / "m.skops").write_bytes(stream.getvalue())
    with pytest.raises(SettingsError, match="damaged"):
        family_of(str(tmp_path / "m.skops"), wine)


def test_a_model_of_other_classes_is_refused(wine, tmp_path):
    fitted = LogisticRegression(max_iter=10_000).fit(wine.features.to_numpy(), np.array(list("abc"))[wine.target])
    skops.io.dump(fitted, tmp_path / "m.skops")
    with pytest.raises(SettingsError, match="knows the classes a, b, c"):
        family_of(str(tmp_path / "m.skops"), wine)


def test_a_given_file_is_judged_from_the_command_line(lab, table, tmp_path, monkeypatch):
    for less in (in_this_process, with_few_trees, with_short_timings, without_doubts, without_pictures):
        less(monkeypatch)
    nodes = [helper.make_node("Sub", ["X", "X"], ["z"]), helper.make_node("Softmax", ["z"], ["p"], axis=1)]
    (tmp_path / "m.onnx").write_bytes(graph(nodes, width=2, classes=2).SerializeToString())
    called = lab(
        "run",
        "edge",
        table(),
        "--target",
        "churn",
        "--model",
        "m.onnx",
        "--effort",
        "quick",
        "--folds",
        "2",
        "--load-seconds",
        "0.02",
        "--gate",
        "--quiet",
    )
    assert called.code == 3, called.err
    assert "No candidate fits: the most accurate one" in called.out or "given model" in called.out
    assert GivenModel.__name__ not in called.out
    assert "against the model chosen as best in training" in called.out
