"""What each package shows to the outside is pinned, can be had, and costs nothing before it is asked for."""

import importlib
import subprocess
import sys

import pytest

FACES = {
    "lab": [
        "Control", "Dataset", "Estimate", "Evidence", "Figure", "Key", "Lab", "Question", "Record", "Section", "Table",
        "Trial", "Verdict", "WhatIf", "check_lab", "from_frame", "load", "run",
    ],
    "edge": ["Alternative", "Exported", "Parity", "compare", "device_rows", "export", "measure"],
    "interpretability": [
        "Family", "Group", "Reading", "black_box_classifiers", "black_box_regressors", "glass_box_classifiers",
        "glass_box_regressors", "lay_open", "parts_to_read", "read_model", "to_onnx", "trees_to_onnx",
    ],
}  # fmt: skip
HEAVY = ("numpy", "pandas", "sklearn", "scipy", "pyarrow", "onnxruntime", "qiskit", "pennylane", "interpret", "numba")


@pytest.mark.parametrize("package", FACES)
def test_the_public_names_are_these_and_can_be_had(package):
    face = importlib.import_module(package)
    assert sorted(face.__all__) == FACES[package]
    for name in face.__all__:
        assert getattr(face, name) is not None
    assert set(FACES[package]) <= set(dir(face))


@pytest.mark.parametrize("package", FACES)
def test_importing_a_package_imports_nothing_heavy(package):
    code = f"import sys, {package}; print(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_name_that_is_not_there_is_an_attribute_error():
    lab = importlib.import_module("lab")
    with pytest.raises(AttributeError, match="no_such_name"):
        lab.no_such_name  # noqa: B018 - the look-up is what is tested
