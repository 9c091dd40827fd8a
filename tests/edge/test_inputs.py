"""A run of the edge lab names every file that it reads: the model, its data elsewhere, a browser's runtime."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge.lab import LAB
from edge.settings import Settings
from lab.runs.identity import digest_of
from lab.runs.inputs import Inputs


def affine(folder, *, external):
    """Write a model of two columns and two classes, its weights in other files where wanted, one of them in a folder."""
    weights = [("W", np.eye(2)), ("b", np.zeros(2))]
    tensors = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights]
    nodes = [
        helper.make_node("MatMul", ["numbers", "W"], ["h"]),
        helper.make_node("Add", ["h", "b"], ["s"]),
        helper.make_node("Softmax", ["s"], ["probabilities"]),
    ]
    given = helper.make_tensor_value_info("numbers", TensorProto.FLOAT, [None, 2])
    answer = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2])
    graph = helper.make_graph(nodes, "g", [given], [answer], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    if external:
        (folder / "data").mkdir()
        for tensor, place in zip(model.graph.initializer, ("w.bin", "data/b.bin"), strict=True):
            (folder / place).write_bytes(tensor.raw_data)
            onnx.external_data_helper.set_external_data(tensor, place)
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
    (folder / "m.onnx").write_bytes(model.SerializeToString())
    return Settings(model=str(folder / "m.onnx"))


def names(settings, folder):
    return sorted(str(path.relative_to(folder)) for path in LAB.inputs(settings))


def test_without_a_model_and_a_browser_no_file_is_read():
    assert list(LAB.inputs(Settings())) == []


def test_a_model_and_the_files_of_its_tensors_are_read(tmp_path):
    assert names(affine(tmp_path, external=False), tmp_path) == ["m.onnx"]
    assert names(affine(tmp_path, external=True), tmp_path) == ["data/b.bin", "m.onnx", "w.bin"]


@pytest.mark.parametrize("name", ["m.onnx", "w.bin", "data/b.bin"])
def test_another_byte_in_any_of_them_is_another_run(tmp_path, name):
    settings = affine(tmp_path, external=True)
    before = digest_of(Inputs(LAB.inputs(settings)).contents())
    content = bytearray((tmp_path / name).read_bytes())
    content[-1] ^= 1
    if name == "m.onnx":  # so that it can still be read
        model = onnx.load_from_string((tmp_path / name).read_bytes())
        model.doc_string = "changed"
        content = model.SerializeToString()
    (tmp_path / name).write_bytes(content)
    assert digest_of(Inputs(LAB.inputs(settings)).contents()) != before


def test_the_runtime_of_the_browser_is_read(tmp_path):
    files = ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"]
    for name in files:
        (tmp_path / name).write_text(name)
    settings = Settings(browser=True, web_runtime=str(tmp_path))
    assert names(settings, tmp_path.resolve()) == sorted(files)


def test_a_given_estimator_is_read(tmp_path):
    (tmp_path / "m.skops").write_bytes(b"checked by the plan")
    assert names(Settings(model=str(tmp_path / "m.skops")), tmp_path) == ["m.skops"]
