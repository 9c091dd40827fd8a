"""What a file's outputs say is told where it is certain, followed, and asked for where it is not."""

import dataclasses

import numpy as np
import onnx
import onnxruntime
import pytest
from benchmarks.given.case import tables
from benchmarks.given.networks import net
from onnx import TensorProto, helper

from edge.building.evidence import parity_tables
from edge.building.trials import BuiltRow
from edge.exporting.parity import Parity
from edge.given.output_graph import give_probabilities, join_columns, take_off_maps
from edge.given.outputs import JOINED, Answers, Reading, read_outputs
from edge.given.own_labels import Wanted, settled
from edge.session import OUTPUT
from lab.errors import SettingsError

RNG = np.random.default_rng(0)
SHARES = RNG.dirichlet(np.ones(3), 200)
SCORES = RNG.normal(size=(200, 3)) * 5
SECOND = RNG.random((200, 1))


def graph(operator="Gemm", output="o", producer=""):
    node = helper.make_node(operator, ["x"], [output], domain="ai.onnx.ml" if "Regressor" in operator else "")
    value = helper.make_tensor_value_info
    made = helper.make_graph(
        [node], "g", [value("x", TensorProto.FLOAT, None)], [value(output, TensorProto.FLOAT, None)]
    )
    return helper.make_model(made, producer_name=producer)


@pytest.mark.parametrize(
    ("matrix", "operator", "said", "how"),
    [
        (SHARES, "Softmax", None, "probabilities"),
        (np.log(SHARES), "LogSoftmax", None, "logarithms"),
        (SCORES, "Gemm", None, "softmax"),
        (SCORES, "Tanh", "logits", "softmax"),
        (np.tanh(abs(SCORES)), "Sigmoid", "sigmoid", "shares"),
        (SECOND, "Sigmoid", None, "second"),
        (SECOND, "Gemm", "sigmoid", "second"),
        (SECOND * 9 - 4, "Gemm", "logits", "sigmoid"),
    ],
)
def test_what_is_certain_or_said_is_taken(matrix, operator, said, how):
    classes = 3 if matrix.shape[1] == 3 else 2
    found = read_outputs(graph(operator), Answers({"o": matrix}), n_classes=classes, said=said, name="m")
    assert (found.output, found.how) == ("o", how)


@pytest.mark.parametrize(
    ("matrix", "operator", "producer", "said", "words"),
    [
        (np.tanh(abs(SCORES)), "Sigmoid", "", None, "say --output logits"),
        (SCORES, "Gemm", "skl2onnx", None, "say --output logits"),
        (SECOND * 9 - 4, "Gemm", "pytorch", None, "say --output logits if it is a score"),
        (SECOND, "Gemm", "pytorch", None, "say --output logits if it is a score"),
        (SECOND * 9 - 4, "Gemm", "", "sigmoid", "which no sigmoid gives"),
        (SECOND, "LinearRegressor", "", None, "predicts one number a row (regression)"),
        (SHARES[:, :2], "Softmax", "", None, "no single output of shape"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_way_to_say_it(matrix, operator, producer, said, words):
    classes = 2 if matrix.shape[1] == 1 else 3
    with pytest.raises(SettingsError) as raised:
        read_outputs(graph(operator, producer=producer), Answers({"o": matrix}), n_classes=classes, said=said, name="m")
    assert words in str(raised.value)


def test_one_number_for_three_classes_is_a_regression():
    with pytest.raises(SettingsError, match="regression"):
        read_outputs(graph(), Answers({"o": SECOND}), n_classes=3, said=None, name="m")


def test_labels_that_a_threshold_chose_are_followed_unless_probabilities_are_asked_for():
    second = SECOND[:, 0]
    answers = Answers(
        {"o": np.column_stack([1 - second, second])}, {"label": np.where(second > 0.2, "b", "a").tolist()}
    )
    found = settled(graph("Softmax"), answers, Wanted(("a", "b")), name="m")
    assert (found.reading.how, found.reading.named) == ("labels", ("a", "b"))
    assert f"in {int(((second > 0.2) & (second <= 0.5)).sum())} of 200 rows" in found.reading.note
    by_probability = settled(graph("Softmax"), answers, Wanted(("a", "b"), output="probabilities"), name="m")
    assert by_probability.reading.how == "probabilities"


def test_labels_count_where_probabilities_are_no_numbers():
    broken = SHARES.copy()
    broken[::10] = np.nan
    labels = np.array(["w", "u", "v"])[SHARES.argmax(axis=1)].tolist()
    found = settled(graph("Softmax"), Answers({"o": broken}, {"label": labels}), Wanted(("u", "v", "w")), name="m")
    assert (found.reading.how, found.reading.named) == ("labels", ("u", "v", "w"))
    assert "no numbers (NaN) in 20 of 200 rows" in found.reading.note


@pytest.mark.parametrize(
    ("labels", "wanted", "named", "assumed"),
    [
        (["0", "2", "1"], Wanted(("a", "b", "c")), ("0", "1", "2"), True),
        (["0", "2", "1"], Wanted(("a", "b", "c"), order=("c", "a", "b")), ("1", "2", "0"), False),
        (["10", "1"], Wanted(("1", "2", "10")), ("1", "2", "10"), False),
        (["1.0", "0.0"], Wanted(("0", "1")), ("0.0", "1.0"), False),
        (["yes", "no"], Wanted(("no", "yes")), ("no", "yes"), False),
    ],
)
def test_labels_alone_stand_for_the_classes_of_their_values_or_places(labels, wanted, named, assumed):
    found = settled(graph(), Answers({}, {"label": labels}), wanted, name="m")
    assert (found.reading.named, found.is_assumed) == (named, assumed)


def test_labels_of_other_classes_are_refused():
    with pytest.raises(SettingsError, match="knows the classes u, v"):
        settled(graph(), Answers({}, {"label": ["u", "v"]}), Wanted(("a", "b")), name="m")


HEADS = {
    "logits": Reading("output", "softmax"),
    "logarithms": Reading("output", "logarithms"),
    "each sigmoid": Reading("output", "shares"),
    "sigmoid": Reading("output", "second"),
    "sigmoid flat": Reading("output", "second"),
    "logit": Reading("output", "sigmoid"),
    "names": Reading("output", "labels", ("high", "low", "mid")),
    "codes": Reading("output", "labels", ("0", "1", "2")),
}


@pytest.mark.parametrize("opset", [7, 13, 21])
@pytest.mark.parametrize("head", HEADS)
def test_a_graph_gives_what_numpy_makes_of_its_own_output(head, opset):
    frame = tables(100)["two" if HEADS[head].how in ("second", "sigmoid") else "three"]
    labels = sorted(frame["y"].unique())
    content = net(frame, labels, head, opset=opset)
    x = frame.drop(columns="y").to_numpy(np.float32)
    own = onnxruntime.InferenceSession(content).run(None, {"input": x})[0]
    model = onnx.load_from_string(content)
    kinds = {"names": "tensor(string)", "codes": "tensor(int64)"}
    order = tuple(range(len(labels)))[::-1]
    give_probabilities(model, HEADS[head], order=order, element=kinds.get(head, "tensor(float)"), n_classes=len(labels))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    assert [output.name for output in session.get_outputs()] == [OUTPUT]
    found = session.run(None, {"input": x})[0]
    np.testing.assert_allclose(found, _by_hand(head, own)[:, ::-1], atol=1e-6)


def _by_hand(head, own):
    if head == "logits":
        return np.exp(own) / np.exp(own).sum(axis=1, keepdims=True)
    if head == "logarithms":
        return np.exp(own)
    if head == "each sigmoid":
        return own / own.sum(axis=1, keepdims=True)
    if head in ("names", "codes"):
        return np.array(
            [[each == name for name in (HEADS[head].named if head == "names" else range(3))] for each in own]
        )
    second = own.ravel() if head != "logit" else 1 / (1 + np.exp(-own.ravel()))
    return np.column_stack([1 - second, second])


def test_maps_become_the_matrix_that_they_are_made_from_and_their_keys_name_it():
    value = helper.make_tensor_value_info
    nodes = [
        helper.make_node("Softmax", ["x"], ["p"], axis=1),
        helper.make_node("ZipMap", ["p"], ["maps"], domain="ai.onnx.ml", classlabels_strings=["v", "u"]),
    ]
    maps = helper.make_sequence_type_proto(
        helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(1, None))
    )
    outputs = [helper.make_value_info("maps", maps)]
    made = helper.make_graph(nodes, "g", [value("x", TensorProto.FLOAT, [None, 2])], outputs)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 1)]
    model = helper.make_model(made, opset_imports=opsets, ir_version=8)
    x = RNG.normal(size=(5, 2)).astype(np.float32)
    own = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]
    assert take_off_maps(model) == {"p": ("v", "u")}
    found = onnxruntime.InferenceSession(model.SerializeToString()).run(["p"], {"x": x})[0]
    np.testing.assert_array_equal(found, np.array([[row["v"], row["u"]] for row in own], dtype=np.float32))
    answers = Answers({"p": found.astype(float)}, keys={"p": ("v", "u")})
    assert settled(model, answers, Wanted(("u", "v")), name="m").order == (1, 0)


def test_a_column_for_each_class_is_one_matrix_where_they_add_up_to_one():
    value = helper.make_tensor_value_info
    node = helper.make_node("Split", ["x"], ["a", "b", "c"], axis=1, num_outputs=3)
    outputs = [value(name, TensorProto.FLOAT, [None, 1]) for name in "abc"]
    model = helper.make_model(helper.make_graph([node], "g", [value("x", TensorProto.FLOAT, [None, 3])], outputs))
    join_columns(model, 3)
    model.ir_version = 8
    model.opset_import[0].version = 18
    found = onnxruntime.InferenceSession(model.SerializeToString()).run([JOINED], {"x": SHARES.astype(np.float32)})[0]
    np.testing.assert_array_equal(found, SHARES.astype(np.float32))
    answers = {"a": SHARES[:, :1], "b": SHARES[:, 1:2], "c": SHARES[:, 2:]}
    assert read_outputs(model, Answers(answers | {JOINED: SHARES}), n_classes=3, said=None, name="m").output == JOINED
    with pytest.raises(SettingsError):
        read_outputs(model, Answers(answers | {JOINED: SCORES}), n_classes=3, said=None, name="m")


def test_a_given_file_is_not_held_against_itself_under_the_name_of_an_original():
    parity = {"test rows": Parity(10, 0.0, 0, 0)}
    row = BuiltRow(np.zeros(3, np.uint8), 3, 1, "as given", "", holds_rows=False, parameters={}, parity=parity)
    others = dataclasses.replace(row, form="float32")
    assert parity_tables({"given model": row, "booster": dataclasses.replace(row, form="as given, lowered")}) == ()
    assert [line[0] for line in parity_tables({"given model": row, "forest": others})[0].rows] == ["forest"]
