"""Small networks as exporters write them: one layer fitted by least squares, in any order of classes, with and without labels."""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def net_of(dataset, order, *, labels=None, training=False, meta=None):
    """Write an ONNX file whose outputs come in an order of codes.

    `labels` are those of the outputs, given for each row by a second output; `meta` stands in the metadata. With `training` the
    file normalises each call by its own rows (True), or by numbers that it keeps (None).
    """
    x = dataset.features.to_numpy(np.float64)
    mean, sd = x.mean(axis=0), x.std(axis=0)
    wanted = 8.0 * np.eye(len(dataset.classes))[dataset.target]
    scaled = np.column_stack([(x - mean) / sd, np.ones(len(x))])
    weights = np.linalg.lstsq(scaled, wanted, rcond=None)[0][:, list(order)]
    slopes, start = weights[:-1], weights[-1]
    parts, nodes, source = {}, [], "input"
    if training is False:
        start, slopes = start - (mean / sd) @ slopes, slopes / sd[:, None]
    else:
        parts |= {"one": np.ones(len(mean)), "nothing": np.zeros(len(mean)), "mean": mean, "variance": sd**2}
        more = {"training_mode": 1} if training else {}
        outputs = ["normal", "m2", "v2"] if training else ["normal"]
        nodes.append(
            helper.make_node("BatchNormalization", ["input", "one", "nothing", "mean", "variance"], outputs, **more)
        )
        source = "normal"
    parts = {"slopes": slopes, "start": start} | parts
    nodes += [
        helper.make_node("Gemm", [source, "slopes", "start"], ["z"]),
        helper.make_node("Softmax", ["z"], ["output"], axis=1),
    ]
    given = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [None, len(order)])]
    tensors = [numpy_helper.from_array(np.asarray(value, dtype=np.float32), name) for name, value in parts.items()]
    if labels is not None:
        kind = TensorProto.INT64 if isinstance(labels[0], int) else TensorProto.STRING
        tensors.append(
            helper.make_tensor("names", kind, [len(labels)], [w if isinstance(w, int) else w.encode() for w in labels])
        )
        nodes += [
            helper.make_node("ArgMax", ["output"], ["place"], axis=1, keepdims=0),
            helper.make_node("Gather", ["names", "place"], ["label"]),
        ]
        given.append(helper.make_tensor_value_info("label", kind, [None]))
    taken = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, x.shape[1]])]
    model = helper.make_model(
        helper.make_graph(nodes, "net", taken, given, tensors),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )
    if meta is not None:
        model.metadata_props.append(onnx.StringStringEntryProto(key="classes", value=json.dumps(list(meta))))
    return model.SerializeToString()
