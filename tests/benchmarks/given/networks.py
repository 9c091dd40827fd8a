"""Hand-built graphs: one layer fitted by least squares, as exporters of networks write it, with heads and inputs of every kind."""

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from benchmarks.given.case import Case, tables
from onnx import TensorProto, helper, numpy_helper

__all__ = ["cases", "net"]

F, I64 = TensorProto.FLOAT, TensorProto.INT64
TYPES = {
    "float": F,
    "double": TensorProto.DOUBLE,
    "float16": TensorProto.FLOAT16,
    "int64": I64,
    "int32": TensorProto.INT32,
}
DTYPES = {"float": "float32", "double": "float64", "float16": "float16", "int64": "int64", "int32": "int32"}


def net(
    frame,
    labels,
    head,
    *,
    element="float",
    columns=None,
    opset=17,
    rows=None,
    reshape=False,
    metadata=None,
    names=("input", "output"),
):
    """Write a graph whose scores come in the order of `labels`; `head` names what is done to them."""
    columns = columns or [name for name in frame if name != "y"]
    x = frame[columns].to_numpy(float)
    x = np.where(np.isnan(x), 0, x)
    wanted = 8.0 * np.stack([frame["y"].astype(str) == str(label) for label in labels], axis=1) - 4.0 * (
        len(labels) == 2
    )
    scale = x.std(axis=0)
    found = np.linalg.lstsq(np.column_stack([x / scale, np.ones(len(x))]), wanted, rcond=None)[0]
    slopes, start = found[:-1] / scale[:, None], found[-1]
    if head in ("sigmoid", "sigmoid flat", "logit", "logit flat", "threshold", "certainty"):
        slopes, start = slopes[:, 1:], start[1:]
    tensors = [numpy_helper.from_array(each.astype(np.float32), name) for each, name in ((slopes, "W"), (start, "b"))]
    nodes, given, out = [], names[0], names[1]
    if reshape:
        tensors.append(numpy_helper.from_array(np.array([rows, len(columns)], np.int64), "shape"))
        nodes.append(helper.make_node("Reshape", [given, "shape"], ["flat"]))
        given = "flat"
    if element != "float":
        nodes.append(helper.make_node("Cast", [given], ["as float"], to=F))
        given = "as float"
    nodes += [helper.make_node("MatMul", [given, "W"], ["m"]), helper.make_node("Add", ["m", "b"], ["z"])]
    more, outputs, constants = _head(head, out, labels, opset)
    value = helper.make_tensor_value_info
    inputs = [value(names[0], TYPES[element], [rows or "batch", len(columns)])]
    if opset < 9:  # constants are inputs too, in files of that time
        inputs += [value(each.name, each.data_type, list(each.dims)) for each in tensors + constants]
    graph = helper.make_graph(nodes + more, "main_graph", inputs, outputs, tensors + constants)
    opsets = [helper.make_opsetid("", opset)] + [helper.make_opsetid("ai.onnx.ml", 2)] * (head == "numbered")
    model = helper.make_model(graph, opset_imports=opsets, ir_version=3 if opset < 9 else 8, producer_name="pytorch")
    for key, text in (metadata or {}).items():
        model.metadata_props.add(key=key, value=text)
    return model.SerializeToString()


def _head(head, out, labels, opset):
    node, value = helper.make_node, helper.make_tensor_value_info
    wide = value(out, F, ["batch", len(labels)])
    if head == "logits":
        return [node("Identity", ["z"], [out])], [wide], []
    if head == "logarithms":
        return [node("LogSoftmax", ["z"], [out], axis=1)], [wide], []
    if head in ("softmax", "extra"):
        nodes, outputs = [node("Softmax", ["z"], [out], axis=1)], [wide]
        if head == "extra":
            nodes += [node("Concat", ["z", "z"], ["embedding"], axis=1), node("Identity", ["b"], ["bias"])]
            outputs = [value("embedding", F, ["batch", 2 * len(labels)]), wide, value("bias", F, [len(labels)])]
        return nodes, outputs, []
    if head == "each sigmoid":
        return [node("Sigmoid", ["z"], [out])], [wide], []
    if head in ("sigmoid", "logit"):
        return [node("Sigmoid" if head == "sigmoid" else "Identity", ["z"], [out])], [value(out, F, ["batch", 1])], []
    flat = numpy_helper.from_array(np.array([-1], np.int64), "line")
    if head in ("sigmoid flat", "logit flat"):
        nodes = [node("Reshape", ["z", "line"], ["l"]), node("Sigmoid" if "sig" in head else "Identity", ["l"], [out])]
        return nodes, [value(out, F, ["batch"])], [flat]
    if head == "threshold":  # a label above 0.2, beside the probability
        cut = numpy_helper.from_array(np.array([[0.2]], np.float32), "cut")
        nodes = [
            node("Sigmoid", ["z"], [out]),
            node("Greater", [out, "cut"], ["above"]),
            node("Cast", ["above"], ["label"], to=I64),
        ]
        return nodes, [value(out, F, ["batch", 1]), value("label", I64, ["batch", 1])], [cut]
    places = [node("ArgMax", ["z"], ["place"], axis=1, keepdims=0)]
    if head == "codes":
        return [node("ArgMax", ["z"], [out], axis=1, keepdims=0)], [value(out, I64, ["batch"])], []
    kind = I64 if isinstance(labels[0], int) else TensorProto.STRING
    known = helper.make_tensor("names", kind, [len(labels)], [w if isinstance(w, int) else w.encode() for w in labels])
    return [*places, node("Gather", ["names", "place"], [out])], [value(out, kind, ["batch"])], [known]


def _asked(content, frame, kind, columns, rows):
    session = onnxruntime.InferenceSession(content)
    x = frame[columns].to_numpy(DTYPES[kind])
    if rows is None:
        return session.run(None, {session.get_inputs()[0].name: x})
    padded = np.concatenate([x, np.repeat(x[-1:], -len(x) % rows, axis=0)])
    parts = [
        session.run(None, {session.get_inputs()[0].name: padded[s : s + rows]}) for s in range(0, len(padded), rows)
    ]
    return [np.concatenate(each)[: len(x)] for each in zip(*parts, strict=True)]


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _two(p):
    return np.column_stack([1 - p.ravel(), p.ravel()])


def _hot(labels):
    return lambda said: (said.ravel()[:, None] == np.array(labels, dtype=said.dtype)[None]).astype(float)


READS = {
    "softmax": lambda p: p,
    "logits": _softmax,
    "logarithms": np.exp,
    "each sigmoid": lambda p: p / p.sum(axis=1, keepdims=True),
    "sigmoid": _two,
    "sigmoid flat": _two,
    "logit": lambda z: _two(1 / (1 + np.exp(-z))),
    "logit flat": lambda z: _two(1 / (1 + np.exp(-z))),
}


def _case(name, table, frame, labels, head, *, options=None, refused=False, place=0, read=None, **how):
    content = net(frame, labels, head, **how)
    columns = how.get("columns") or [name for name in frame if name != "y"]
    read = read or READS.get(head) or _hot(range(len(labels)) if head == "codes" else labels)

    def expected(seen):
        answers = _asked(content, seen, how.get("element", "float"), columns, how.get("rows"))
        return pd.DataFrame(read(np.asarray(answers[place])), columns=[str(label) for label in labels])

    return Case(name, table, frame, content, ".onnx", None if refused else expected, options or {})


def cases():
    made = tables()
    three, two, digits, whole = (made[name] for name in ("three", "two", "digits", "whole"))
    ours, words = ["high", "low", "mid"], ["churn", "stay"]
    yield from _heads(three, two, ours, words)
    for opset in (7, 9, 11, 13, 15, 18, 21, 23):
        for head in ("logits", "names", "each sigmoid"):
            said = {"output": "sigmoid"} if head == "each sigmoid" else {}
            yield _case(f"opset {opset}", f"three, {head}", three, ours, head, opset=opset, options=said)
        yield _case(f"opset {opset}", "two, sigmoid", two, words, "sigmoid", opset=opset)
    for kind in TYPES:
        yield _case(f"matrix of {kind}", "whole", whole, [0, 1], "softmax", element=kind)
    for kind in ("int64", "int32"):
        yield _case(f"matrix of {kind}, table with decimals", "two", two, words, "softmax", element=kind, refused=True)
    for rows in (1, 8, 50):
        yield _case(f"fixed batch of {rows}", "three", three, ours, "softmax", rows=rows)
        yield _case(f"fixed batch of {rows}, reshaped", "three", three, ours, "softmax", rows=rows, reshape=True)
    for order in ([2, 0, 1], [1, 2, 0]):
        labels = [ours[place] for place in order]
        yield _case(
            "own order, metadata",
            "three",
            three,
            labels,
            "softmax",
            metadata={"classes": str(labels).replace("'", '"')},
        )
        yield _case("own order, said", "three", three, labels, "softmax", options={"classes": labels})
        yield _case("own order, not said", "three", three, labels, "softmax", refused=True)
        numbers = [[1, 2, 10][place] for place in order]
        yield _case("own order, whole labels", "digits", digits, numbers, "names")
        yield _case("own order, text labels", "digits", digits, [str(n) for n in numbers], "names")
    columns = ["zeta", "net", "width", "a b"]
    named = {"columns": '["zeta", "net", "width", "a b"]'}
    yield _case("own order of columns", "three", three, ours, "softmax", columns=columns, metadata=named)
    some = {"feature_names": '["zeta", "a b", "width"]'}
    yield _case("fewer columns", "three", three, ours, "logits", columns=["zeta", "a b", "width"], metadata=some)
    yield _case(
        "other columns", "three", three, ours, "logits", metadata={"columns": '["u", "v", "w", "x"]'}, refused=True
    )
    yield _case("fewer columns, not said", "three", three, ours, "logits", columns=["zeta", "width"], refused=True)


def _heads(three, two, ours, words):
    for head in ("softmax", "logits", "logarithms", "extra"):
        more = {"place": 1, "read": READS["softmax"]} if head == "extra" else {}
        yield _case(f"network, {head}", "three", three, ours, head, **more)
        yield _case(f"network, {head}", "two", two, words, head, **more)
    yield _case("network, each sigmoid, not said", "three", three, ours, "each sigmoid", refused=True)
    for head in ("sigmoid", "sigmoid flat"):
        yield _case(f"network, {head}", "two", two, words, head)
        yield _case(f"network, {head}, said", "two", two, words, head, options={"output": "sigmoid"})
    for head in ("logit", "logit flat"):
        yield _case(f"network, {head}, not said", "two", two, words, head, refused=True)
        yield _case(f"network, {head}, said", "two", two, words, head, options={"output": "logits"})
        yield _case(
            f"network, {head}, called a sigmoid", "two", two, words, head, options={"output": "sigmoid"}, refused=True
        )
    yield _case("network, names like PyTorch's", "three", three, ours, "logits", names=("onnx::Gemm_0", "12"))
    yield _case("labels, codes", "three", three, ours, "codes")
    yield _case("labels, codes", "two", two, words, "codes")
    yield _case("labels, names", "three", three, ours[::-1], "names")
    yield _case("labels, other names", "three", three, ["a", "b", "c"], "names", refused=True)
    yield _case("own threshold", "two", two, words, "threshold", place=1, read=_hot([0, 1]))
    yield _case(
        "own threshold, by probability",
        "two",
        two,
        words,
        "threshold",
        place=0,
        read=_two,
        options={"output": "probabilities"},
    )
    yield _case("regression", "three", three, ours[:1], "logits", refused=True)
    yield _training_mode(three)


def _training_mode(frame):
    """A network that normalises each call by its own rows."""
    model = onnx.load_from_string(net(frame, ["high", "low", "mid"], "softmax"))
    model.graph.initializer.extend(
        numpy_helper.from_array(np.full(4, each, np.float32), name) for name, each in (("one", 1), ("none", 0))
    )
    normal = helper.make_node(
        "BatchNormalization", ["input", "one", "none", "none", "one"], ["n", "m1", "v1"], training_mode=1
    )
    model.graph.node.insert(0, normal)
    model.graph.node[1].input[0] = "n"
    return Case("batch normalisation in training", "three", frame, model.SerializeToString(), ".onnx", None)
