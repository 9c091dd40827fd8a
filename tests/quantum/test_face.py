"""The package's face is what it was agreed to be, and costs nothing until it is used."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import quantum

FACE = {
    "MEAN_Z": "quantum.circuit",
    "Circuit": "quantum.circuit",
    "DressedQuantumClassifier": "quantum.models.dressed",
    "Head": "quantum.simulator.calls",
    "ModelFileError": "quantum.models.file",
    "ProductKernelClassifier": "quantum.models.product_kernel",
    "QuantumKernelClassifier": "quantum.models.kernel_classifier",
    "SingleQubitClassifier": "quantum.models.single_qubit",
    "Training": "quantum.simulator.training",
    "VariationalQuantumClassifier": "quantum.models.classifier",
    "cross_entropy_and_gradient": "quantum.simulator.calls",
    "expectations": "quantum.simulator.calls",
    "expectations_and_gradient": "quantum.simulator.calls",
    "load_model": "quantum.models.file",
    "save_model": "quantum.models.file",
    "states": "quantum.simulator.calls",
    "to_pennylane": "quantum.interop.pennylane",
    "to_qiskit": "quantum.interop.qiskit",
    "to_qiskit_observables": "quantum.interop.qiskit",
    "train": "quantum.simulator.training",
    "warm_up": "quantum.simulator.calls",
}
LIBRARIES = {"numpy", "scipy", "pandas", "sklearn", "numba", "llvmlite", "qiskit", "pennylane", "msgspec", "pyarrow"}


def test_the_face_holds_these_names_and_no_others():
    assert quantum.__all__ == list(FACE)
    assert set(FACE) <= set(dir(quantum))


@pytest.mark.parametrize("name", FACE)
def test_every_name_is_the_thing_itself(name):
    found = getattr(quantum, name)
    assert found is getattr(sys.modules[FACE[name]], name)
    assert getattr(found, "__name__", name) == name


def test_a_type_checker_is_told_of_the_same_names():
    (block,) = (node for node in ast.parse(Path(quantum.__file__).read_text()).body if isinstance(node, ast.If)
                and isinstance(node.test, ast.Name))  # fmt: skip
    told = {alias.name: node.module for node in block.body for alias in node.names}
    assert told == FACE


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'quantum' has no attribute 'Circiut'"):
        _ = quantum.Circiut


def modules_after(statement):
    code = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_the_package_imports_nothing_heavy():
    found = modules_after("import quantum")
    assert not LIBRARIES & {name.partition(".")[0] for name in found}
    assert [name for name in found if name.partition(".")[0] == "quantum"] == ["quantum"]


def test_the_command_line_reads_the_settings_without_the_libraries():
    found = modules_after("import quantum.lab")
    assert not LIBRARIES & {name.partition(".")[0] for name in found}


def test_the_lab_of_the_package_is_its_own_module_and_not_the_ground_that_it_stands_on():
    code = "from quantum import lab; print(lab.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["quantum.lab"]


def test_a_name_is_looked_up_in_its_own_module_alone():
    found = modules_after("from quantum import Circuit")
    assert [name for name in found if name.startswith("quantum.")] == ["quantum.circuit"]
