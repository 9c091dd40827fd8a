"""A model file that would never end, fill the memory or crash the runtime is refused with one sentence."""

import io
import stat
import sys
import warnings
import zipfile
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import skops.io
from onnx import TensorProto, helper, numpy_helper
from samples import nosy
from skl2onnx import to_onnx
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from edge.given import family as given_family
from edge.given import guard
from edge.given.asked import Asked, Limits
from edge.given.family import family_of
from edge.given.guard import ask_under_limits
from edge.session import session
from lab.data.load import load
from lab.errors import SettingsError

FLOAT, BOOL, INT = TensorProto.FLOAT, TensorProto.BOOL, TensorProto.INT64
value = helper.make_tensor_value_info
node = helper.make_node


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def model(nodes, *constants, functions=(), extra_opsets=()):
    """Make a graph X [rows, 13] to p [rows, 3]; the nodes work on s [rows, 3] and leave t, which is added."""
    start = node("MatMul", ["X", "w"], ["s"])
    end = [node("Add", ["s", "t"], ["u"]), node("Softmax", ["u"], ["p"], axis=1)]
    weights = constant("w", np.full((13, 3), 1e-3, np.float32))
    graph = helper.make_graph(
        [start, *nodes, *end],
        "g",
        [value("X", FLOAT, [None, 13])],
        [value("p", FLOAT, [None, 3])],
        [weights, *constants],
    )
    opsets = [helper.make_opsetid("", 21), *extra_opsets]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, functions=functions)


OPSETS = [helper.make_opsetid("", 21), helper.make_opsetid("own", 1)]
HALF = node("Constant", [], ["half"], value=constant("half", np.float32(0.5)))


def doubling(count):
    """Functions of which each calls the next one twice."""
    calls = [
        helper.make_function("own", f"F{i}", ["a"], ["c"],
                             [node(f"F{i + 1}", ["a"], ["b"], domain="own"), node(f"F{i + 1}", ["b"], ["c"], domain="own")], OPSETS)
        for i in range(count)
    ]  # fmt: skip
    return [*calls, helper.make_function("own", f"F{count}", ["a"], ["c"], [node("Neg", ["a"], ["c"])], OPSETS)]


def loop(turns="turns"):
    body = helper.make_graph(
        [node("Identity", ["go"], ["on"]), node("Mul", ["v", "half"], ["next"])], "turn",
        [value("i", INT, []), value("go", BOOL, []), value("v", FLOAT, [None, 3])],
        [value("on", BOOL, []), value("next", FLOAT, [None, 3])], [constant("half", np.float32(0.5))],
    )  # fmt: skip
    return node("Loop", [turns, "yes", "s"], ["t"], body=body)


TURNS, YES = constant("turns", np.int64(2**62)), constant("yes", np.bool_(True))


def branch(condition, *nodes):
    other = helper.make_graph([node("Identity", ["s"], ["t_else"])], "else", [], [value("t_else", FLOAT, None)])
    then = helper.make_graph(list(nodes), "then", [], [value("t", FLOAT, None)])
    return node("If", [condition], ["t"], then_branch=then, else_branch=other)


def scan(*nodes, over="s"):
    body = helper.make_graph(list(nodes), "row", [value("r", FLOAT, None)], [value("t_row", FLOAT, None)])
    return node("Scan", [over], ["t"], body=body, num_scan_inputs=1)


def sized(operator, inputs, *before, **attributes):
    """Make a tensor of a size that is computed, and bring it down to one number that is added."""
    return [*before, node(operator, inputs, ["big"], **attributes), node("ReduceMax", ["big"], ["t"], keepdims=0)]


ROW_SIZE = [node("ReduceMax", ["X"], ["most"], keepdims=0), node("Cast", ["most"], ["size"], to=INT),
            node("Reshape", ["size", "one"], ["sizes"])]  # fmt: skip
ONE = constant("one", np.array([1]))
REFUSED = {
    "loop": (model([loop()], TURNS, YES), "the operator 'Loop', which may never finish"),
    "loop in a branch": (model([branch("yes", loop())], TURNS, YES), "the operator 'Loop', which may never finish"),
    "loop in a scan": (model([scan(loop(), node("Identity", ["t"], ["t_row"]))], TURNS, YES), "the operator 'Loop'"),
    "branch on a row": (
        model([node("ReduceMax", ["X"], ["most"], keepdims=0), node("Cast", ["most"], ["big"], to=BOOL),
               branch("big", node("Identity", ["s"], ["t"]))]),
        "'If' branches on the values of a row",
    ),
    "size from a row": (
        model(sized("ConstantOfShape", ["sizes"], *ROW_SIZE), ONE),
        "'ConstantOfShape' makes tensors whose size depends on the values of a row",
    ),
    "range from a row": (
        model([ROW_SIZE[0], *sized("Range", ["zero", "most", "step"])],
              constant("zero", np.float32(0)), constant("step", np.float32(1))),
        "'Range' makes tensors",
    ),
    "count of a row's values": (
        model([node("NonZero", ["X"], ["there"]), node("Shape", ["there"], ["n"]), *sized("ConstantOfShape", ["n"])]),
        "'NonZero' makes tensors",
    ),
    "size from a row inside a scan": (
        model([scan(node("Cast", ["r"], ["n"], to=INT), node("ConstantOfShape", ["n"], ["b"]),
                    node("ReduceMax", ["b"], ["m"], keepdims=0), node("Add", ["m", "r"], ["t_row"]))]),
        "'ConstantOfShape' makes tensors",
    ),
    "constant of a huge shape": (
        model(sized("ConstantOfShape", ["sizes"]), constant("sizes", np.array([2**20, 2**20]))),
        "takes more than 4 GB of memory to",
    ),
    "expand": (
        model(sized("Expand", ["s", "sizes"]), constant("sizes", np.array([2**20, 1, 3]))), "takes more than 4 GB of memory to answer"
    ),
    "tile": (model(sized("Tile", ["s", "sizes"]), constant("sizes", np.array([2**16, 2**16]))), "takes more than 4 GB"),
    "range": (
        model([*sized("Range", ["zero", "end", "step"])[:-1], node("ReduceMax", ["big"], ["i"], keepdims=0),
               node("Cast", ["i"], ["t"], to=FLOAT)],
              constant("zero", np.int64(0)), constant("end", np.int64(10**12)), constant("step", np.int64(1))),
        "takes more than 4 GB",
    ),
    "resize": (
        model([node("Unsqueeze", ["s", "axes"], ["four"]), *sized("Resize", ["four", "", "scales"])],
              constant("axes", np.array([0, 1])), constant("scales", np.array([1, 1, 3e4, 3e4], np.float32))),
        "takes more than 4 GB",
    ),
    "function that calls itself": (
        model([node("F", ["s"], ["t"], domain="own")], extra_opsets=[helper.make_opsetid("own", 1)],
              functions=[helper.make_function("own", "F", ["a"], ["b"], [node("F", ["a"], ["b"], domain="own")],
                                              [helper.make_opsetid("", 21), helper.make_opsetid("own", 1)])]),
        "defines functions that call one another without end",
    ),
    "functions that stand for more operators than any memory holds": (
        model([node("F0", ["s"], ["t"], domain="own")], extra_opsets=[helper.make_opsetid("own", 1)], functions=doubling(40)),
        "stand for more than 100,000 operators",
    ),
    "a function twice": (
        model([node("F0", ["s"], ["t"], domain="own")], extra_opsets=[helper.make_opsetid("own", 1)],
              functions=doubling(1) + doubling(1)),
        "defines a function twice",
    ),
    "a function that hides a loop": (
        model([node("F", ["s", "turns", "yes"], ["t"], domain="own")], TURNS, YES, extra_opsets=[helper.make_opsetid("own", 1)],
              functions=[helper.make_function("own", "F", ["s", "turns", "yes"], ["t"], [HALF, loop()], OPSETS)]),
        "'Loop', which may never finish",
    ),
    "a function that calls what there is not": (
        model([node("F", ["s"], ["t"], domain="own")], extra_opsets=[helper.make_opsetid("own", 1)],
              functions=[helper.make_function("own", "F", ["a"], ["b"], [node("Nothing", ["a"], ["b"], domain="own")], OPSETS)]),
        "own.Nothing",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def wine():
    return load("wine")


@pytest.mark.usefixtures("guard_forked")
@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_never_ends_or_fills_the_memory_is_refused(case, wine, tmp_path):
    made, words = REFUSED[case]
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(SettingsError) as raised:
        family_of(str(tmp_path / "m.onnx"), wine)
    assert words in str(raised.value)
    assert str(raised.value).startswith("m.onnx")
    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("guard_forked")
def test_functions_in_a_file_are_inlined_and_answer_as_the_runtime_does(wine, tmp_path):
    made = model(
        [node("F0", ["s"], ["t"], domain="own")], extra_opsets=[helper.make_opsetid("own", 1)], functions=doubling(3)
    )
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    given = family_of(str(tmp_path / "m.onnx"), wine).build(wine.features, 0).fit(wine.features, wine.target)
    wanted = session(made.SerializeToString()).run(["p"], {"X": wine.features.to_numpy(np.float32)})[0]
    np.testing.assert_allclose(given.predict_proba(wine.features), wanted, rtol=0, atol=1e-6)
    assert not onnx.load_from_string(given.content()).functions


def test_a_file_that_never_ends_is_refused_from_the_command_line(lab, tmp_path):
    (tmp_path / "m.onnx").write_bytes(model([loop()], TURNS, YES).SerializeToString())
    called = lab("run", "edge", "wine", "--model", "m.onnx")
    assert called.code == 2, called.err
    assert len(called.err.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_a_file_that_takes_too_long_is_stopped():
    rows = {"X": np.zeros((5, 13), np.float32)}
    with pytest.raises(SettingsError, match=r"m\.onnx did not answer rows within 2 s"):
        ask_under_limits(
            model([loop()], TURNS, YES).SerializeToString(), Asked(rows), name="m.onnx", limits=Limits(seconds=2.0)
        )


def test_a_file_that_doubles_its_tensors_is_stopped():
    doubled = [node("Concat", [f"d{i}"] * 2, [f"d{i + 1}"], axis=0) for i in range(30)]
    nodes = [node("Identity", ["s"], ["d0"]), *doubled, node("ReduceMax", ["d30"], ["t"], keepdims=0)]
    rows = {"X": np.zeros((5, 13), np.float32)}
    with pytest.raises(SettingsError, match=r"m\.onnx takes more than 0\.2 GB of memory to answer"):
        ask_under_limits(model(nodes).SerializeToString(), Asked(rows), name="m.onnx", limits=Limits(memory=2 * 10**8))


def test_a_file_that_brings_the_runtime_down_is_refused(monkeypatch, tmp_path):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nkill -SEGV $$\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(SettingsError, match=r"m\.onnx crashes ONNX Runtime .* exit code -11"):
        ask_under_limits(b"", Asked({"X": np.zeros((1, 1))}), name="m.onnx")


def test_no_code_beside_the_model_is_run(monkeypatch, tmp_path):
    for name in ("numpy", "onnxruntime", "edge", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('code of the folder')")
    monkeypatch.chdir(tmp_path)
    rows = {"X": np.zeros((5, 13), np.float32)}
    harmless = model([node("Identity", ["s"], ["t"])]).SerializeToString()
    tried = ask_under_limits(harmless, Asked(rows), name="m.onnx")
    assert [output.name for output in tried.outputs] == ["p"]
    np.testing.assert_allclose(tried.answers["p"], np.full((5, 3), 1 / 3))


def test_a_model_that_passed_is_still_stopped_in_the_run_if_it_takes_too_long(monkeypatch):
    monkeypatch.setattr(given_family, "LIMITS", Limits(seconds=0.5))
    ready = SimpleNamespace(run=lambda names, fed, options: session(endless).run(["p"], fed, options))
    endless = model([loop()], TURNS, YES).SerializeToString()
    with pytest.raises(Exception, match="terminate flag"):  # of a type of the runtime's own
        given_family._answer(ready, {"X": np.zeros((1, 13), np.float32)})


@pytest.mark.usefixtures("guard_forked")
def test_a_tree_that_leads_back_to_itself_is_refused(wine, tmp_path):
    modes = ["BRANCH_LEQ", "BRANCH_LEQ", "LEAF", "LEAF"]
    tree = node(
        "TreeEnsembleClassifier", ["X"], ["label", "p"], domain="ai.onnx.ml", nodes_treeids=[0] * 4, nodes_nodeids=[0, 1, 2, 3],
        nodes_featureids=[0] * 4, nodes_modes=modes, nodes_values=[0.5] * 4, nodes_truenodeids=[1, 0, 0, 0],
        nodes_falsenodeids=[2, 3, 0, 0], class_treeids=[0] * 3, class_nodeids=[3] * 3, class_ids=[0, 1, 2],
        class_weights=[0.2, 0.3, 0.5], classlabels_int64s=[0, 1, 2], post_transform="NONE",
    )  # fmt: skip
    graph = helper.make_graph([tree], "g", [value("X", FLOAT, [None, 13])], [value("p", FLOAT, [None, 3])])
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(SettingsError, match=r"^m\.onnx cannot be loaded by ONNX Runtime"):
        family_of(str(tmp_path / "m.onnx"), wine)


def nested(content, *fields):
    """Wrap serialised bytes into messages, the innermost field first."""
    for field in fields:
        size, length = b"", len(content)
        while length > 0x7F:
            size, length = size + bytes([length & 0x7F | 0x80]), length >> 7
        content = bytes([field << 3 | 2]) + size + bytes([length]) + content
    return content


@pytest.mark.usefixtures("guard_forked")
def test_graphs_inside_one_another_without_end_are_damage(wine, tmp_path):
    deep = nested(b"", *[6, 5, 1] * 5_000, 7)  # a graph in an attribute in a node in a graph, at last in the model
    (tmp_path / "m.onnx").write_bytes(deep)
    with pytest.raises(SettingsError, match=r"^m\.onnx is not an ONNX file or is damaged"):
        family_of(str(tmp_path / "m.onnx"), wine)


@pytest.mark.usefixtures("guard_forked")
@pytest.mark.parametrize(
    "estimator", [KNeighborsClassifier(3), AdaBoostClassifier(n_estimators=3)], ids=lambda e: type(e).__name__
)
def test_what_a_converter_makes_of_models_with_scans_and_sizes_is_taken(estimator, wine, tmp_path):
    features = wine.features.to_numpy(np.float32)
    estimator.fit(features, wine.target)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter's own
        made = to_onnx(estimator, features[:1], options={"zipmap": False})
    operators = {made_node.op_type for made_node in made.graph.node}
    assert operators & {"Scan", "ConstantOfShape"}
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    taken = family_of(str(tmp_path / "m.onnx"), wine).build(wine.features, 0).fit(wine.features, wine.target)
    np.testing.assert_allclose(taken.predict_proba(wine.features), estimator.predict_proba(features), atol=1e-5)


@pytest.mark.usefixtures("guard_forked")
def test_a_file_that_changes_after_it_was_checked_is_not_used(wine, tmp_path):
    file = tmp_path / "m.onnx"
    file.write_bytes(model([node("Identity", ["s"], ["t"])]).SerializeToString())
    taken = family_of(str(file), wine).build(wine.features, 0).fit(wine.features, wine.target)
    given_family._onnx.cache_clear()  # as in another process
    given_family._session.cache_clear()
    file.write_bytes(model([node("Neg", ["s"], ["t"])]).SerializeToString())
    with pytest.raises(SettingsError, match=r"m\.onnx has changed since the run began"):
        taken.predict_proba(wine.features)


@pytest.mark.usefixtures("guard_forked")
def test_a_long_table_is_asked_in_batches_that_were_tried(wine, tmp_path):
    (tmp_path / "m.onnx").write_bytes(model([node("Identity", ["s"], ["t"])]).SerializeToString())
    taken = family_of(str(tmp_path / "m.onnx"), wine).build(wine.features, 0).fit(wine.features, wine.target)
    long = wine.features.sample(4_500, replace=True, random_state=0)
    found = taken.predict_proba(long)
    scores = 2e-3 * long.to_numpy().sum(axis=1, keepdims=True).repeat(3, axis=1)
    np.testing.assert_allclose(found, np.full_like(scores, 1 / 3), atol=1e-6)
    assert len(found) == 4_500


def archive(*, unpacked):
    """Make a zip file whose one entry says that it unpacks to so many bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("schema.json", b"0" * 1_000)
    content = bytearray(stream.getvalue())
    at = content.rindex(b"PK\x01\x02") + 24  # the size in the directory
    content[at : at + 4] = unpacked.to_bytes(4, "little")
    return bytes(content)


@pytest.mark.usefixtures("guard_forked")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (archive(unpacked=3 * 10**9), r"m\.skops unpacks to 3\.0 GB; a model must be below 2 GB"),
        (archive(unpacked=1_000), "is not a skops file or is damaged"),
        (skops.io.dumps(LogisticRegression())[:100], "is not a skops file or is damaged"),
        (b"", "is not a skops file or is damaged"),
        (b"\x80\x04\x95 a pickle under another name", "is not a skops file or is damaged"),
    ],
    ids=["bomb", "no schema", "truncated", "empty", "pickle"],
)
def test_an_archive_that_is_a_bomb_or_damaged_is_refused(content, words, wine, tmp_path):
    (tmp_path / "m.skops").write_bytes(content)
    with pytest.raises(SettingsError, match=words):
        family_of(str(tmp_path / "m.skops"), wine)


def test_a_model_is_tried_where_it_can_write_nowhere_else(monkeypatch, tmp_path):
    """The module that tries it is another one here, which looks around."""
    outside = nosy.sent_along(monkeypatch, tmp_path, guard)
    harmless = model([node("Identity", ["s"], ["t"])]).SerializeToString()
    assert ask_under_limits(harmless, Asked({"X": np.ones((5, 13), np.float32)}), name="m.onnx").answers
    assert outside() == []
