"""ONNX: a model is checked, one in ten is loaded and asked under limits too, or it is refused in one sentence."""

import contextlib
import warnings
from collections.abc import Sequence

import numpy as np
import onnx
from benchmarks.fuzzing import sampled
from onnx import TensorProto, helper, numpy_helper
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

from edge.exporting.lowering import lower
from edge.given import intake
from edge.given.family import family_of
from edge.given.table_inputs import Column
from lab.data.load import load
from lab.errors import LabError

NAME, COUNT = "onnx", 20_000
TOKENS = (
    b"Loop",
    b"own",
    b"If",
    b"Scan",
    b"w.bin",
    b"../w.bin",
    b"ai.onnx.ml",
    b"\x0a\xff\xff\xff\xff\x0f",
    b"\x08\x00",
    b"\x12\x00",
)
WHOLE = 10
"""One in so many inputs goes the whole way: it is loaded, asked in a process with limits, and judged."""
WINE = load("wine")


def seeds(folder):
    from skl2onnx import to_onnx

    features, made = WINE.features.to_numpy(np.float32), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter's own, and searches that are cut short
        for model in (KNeighborsClassifier(3), RandomForestClassifier(2, max_depth=3), MLPClassifier((4,), max_iter=5)):
            fitted = model.fit(features[::4], WINE.target[::4])
            made.append(to_onnx(fitted, features[:1], options={"zipmap": False}).SerializeToString())
        logistic = LogisticRegression(max_iter=20).fit(features, WINE.target)
    made += [form.graph.SerializeToString() for form in lower(logistic, n_numbers=13, n_texts=0, missing=False)]
    return [*made, *(each().SerializeToString() for each in (_affine, _outside, _branch, _functions))]


def spoil(original, rng):
    """Change parts of the message, so that the file itself can be parsed: numbers, names, types, doubled and missing parts."""
    model = onnx.load_from_string(original)
    for _ in range(rng.choice((1, 1, 2, 4))):
        message = model
        while True:
            inner = list(_messages(message))
            if not inner or (message is not model and rng.random() < 0.3):
                break
            message = rng.choice(inner)
        fields = message.ListFields()
        if fields:
            _change(message, *rng.choice(fields), rng)
    return model.SerializeToString()


def _messages(message):
    for field, value in message.ListFields():
        if field.message_type:
            yield from value if isinstance(value, Sequence) or hasattr(value, "add") else (value,)


def _change(message, field, value, rng):
    way = rng.random()
    if way < 0.2:
        message.ClearField(field.name)
    elif field.message_type:
        if hasattr(value, "add") and len(value):
            value.add().CopyFrom(rng.choice(value))  # a part twice
            if way < 0.4:
                del value[rng.randrange(len(value))]
    else:
        with contextlib.suppress(TypeError, ValueError):  # beyond the field's type
            if hasattr(value, "append"):
                value[rng.randrange(len(value))] = _other(value[0], rng)
            else:
                setattr(message, field.name, _other(value, rng))


def _other(value, rng):
    if isinstance(value, str):
        return rng.choice(
            (
                "",
                "X",
                "w",
                "p",
                "\0",
                "a" * 5_000,
                "Loop",
                "ai.onnx.ml",
                "../w.bin",
                "/etc/passwd",
                "\u202e",
                "-1",
                str(2**70),
            )
        )
    if isinstance(value, bytes):
        return rng.choice((b"", b"\xff" * 8, value[:-1], value * 2, b"p"))
    return rng.choice((0, 1, -1, 2, 7, 11, 13, 16, 23, 2**31 - 1, 2**40, 2**62, -(2**63), float("nan"), 1e38))


def attempt(path):
    file, content = path.with_name("one.onnx"), path.read_bytes()
    beside = path.with_name("w.bin")
    for place, data in ((file, content), (beside, bytes(4 * 13 * 3))):
        place.unlink(missing_ok=True)
        place.write_bytes(data)
    whole = " whole" * sampled(content, WHOLE)
    try:
        if whole:
            family = family_of(str(file), WINE)
            family.build(WINE.features, 0).fit(WINE.features, WINE.target).predict_proba(WINE.features[:5])
        else:
            columns = [Column(name, "numbers", place) for place, name in enumerate(WINE.features.columns)]
            intake._checked(intake._content(file), file, columns, 3)
    except LabError as error:
        str(error).encode(errors="surrogateescape")
        return type(error).__name__ + whole
    return "read" + whole


def _affine(**changes):
    weights = np.random.default_rng(0).normal(size=(13, 3)).astype(np.float32) / 1e3
    nodes = [helper.make_node("MatMul", ["X", "w"], ["s"]), helper.make_node("Softmax", ["s"], ["p"], axis=1)]
    return _graph(nodes, [numpy_helper.from_array(weights, "w")])


def _outside():
    """A model whose weights stand in another file."""
    model = _affine()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "w.bin"), ("offset", "0"), ("length", str(4 * 13 * 3))):
        tensor.external_data.add(key=key, value=value)
    return model


def _branch():
    """Graphs in graphs, a sparse constant, and a node of every kind of attribute."""
    inner = [
        helper.make_graph([helper.make_node(name, ["s"], [f"t_{name}"])], name, [], [_value(f"t_{name}", None)])
        for name in ("Neg", "Identity")
    ]
    yes = helper.make_node("Constant", [], ["yes"], value=numpy_helper.from_array(np.array(True)))
    dense = numpy_helper.from_array(np.ones(2, np.float32), "few")
    sparse = helper.make_sparse_tensor(dense, numpy_helper.from_array(np.array([0, 5]), "at"), [13, 3])
    nodes = [
        yes, helper.make_node("Constant", [], ["v"], sparse_value=sparse),
        helper.make_node("MatMul", ["X", "v"], ["s"]),
        helper.make_node("If", ["yes"], ["t"], then_branch=inner[0], else_branch=inner[1]),
        helper.make_node("Softmax", ["t"], ["p"], axis=1),
    ]  # fmt: skip
    return _graph(nodes, [])


def _functions():
    """A model whose scores are made by functions, one of which calls the other."""
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("own", 1)]
    model = _affine()
    model.graph.node[0].CopyFrom(helper.make_node("Scores", ["X", "w"], ["s"], domain="own"))
    bodies = {
        "Scores": [
            helper.make_node("MatMul", ["x", "v"], ["m"]),
            helper.make_node("Turned", ["m"], ["y"], domain="own"),
        ],
        "Turned": [helper.make_node("Neg", ["m"], ["y"])],
    }
    inputs = {"Scores": ["x", "v"], "Turned": ["m"]}
    model.functions.extend(
        helper.make_function("own", name, inputs[name], ["y"], nodes, opsets) for name, nodes in bodies.items()
    )
    model.opset_import.append(helper.make_opsetid("own", 1))
    return model


def _value(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _graph(nodes, constants):
    graph = helper.make_graph(nodes, "g", [_value("X", [None, 13])], [_value("p", [None, 3])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.helper.set_model_props(model, {"columns": "13"})
    return model
