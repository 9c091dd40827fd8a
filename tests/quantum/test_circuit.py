"""The definition of the circuit: what it refuses, and what its gate list says."""

import numpy as np
import pytest

from quantum.circuit import MEAN_Z, Circuit


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"n_qubits": 0}, "n_qubits is 0"),
        ({"n_qubits": 21}, "32 MiB"),
        ({"n_qubits": 2.0}, "whole number"),
        ({"n_qubits": True}, "whole number"),
        ({"n_layers": 0}, "n_layers is 0"),
        ({"encoding": "H"}, "'RX', 'RY', 'RZ'"),
        ({"rotation": "U3"}, "'Rot', 'RY', 'RY\\+RZ'"),
        ({"entangler": "SWAP"}, "'CNOT', 'CZ', None"),
        ({"pattern": "star"}, "'line', 'ring', 'full'"),
        ({"reupload": 1}, "True or False"),
        ({"observables": ()}, "non-empty"),
        ({"observables": ((),)}, "non-empty"),
        ({"observables": ((3,),)}, "from 0 to 2"),
        ({"observables": ((0, 0),)}, "distinct"),
        ({"observables": ("median",)}, "'mean'"),
        ({"observables": "mean"}, "tuple"),
    ],
)
def test_a_field_outside_its_choices_is_refused_with_the_choices(fields, words):
    with pytest.raises(ValueError, match=words):
        Circuit(**{"n_qubits": 3, "n_layers": 1, **fields})


def test_every_number_of_qubits_from_1_to_20_is_accepted():
    assert [Circuit(n, 1).n_qubits for n in range(1, 21)] == list(range(1, 21))


def test_a_layer_is_encoding_then_rotation_then_entangler():
    circuit = Circuit(2, 1, encoding="RX", rotation="RY+RZ", entangler="CZ")
    gates = [(g.name, g.wires, g.value) for g in circuit.gates([[[1, 2], [3, 4]]], [5, 6], [[10, 100]])]
    assert gates == [
        ("RX", (0,), 50), ("RX", (1,), 600),
        ("RY", (0,), 1), ("RZ", (0,), 2), ("RY", (1,), 3), ("RZ", (1,), 4),
        ("CZ", (0, 1), None),
    ]  # fmt: skip


def test_rot_applies_its_first_angle_first_about_z():
    gates = list(Circuit(1, 1).gates([[[0.1, 0.2, 0.3]]], [0.0]))[1:]
    assert [(g.name, g.value) for g in gates] == [("RZ", 0.1), ("RY", 0.2), ("RZ", 0.3)]


def test_without_reuploading_only_the_first_layer_encodes():
    circuit = Circuit(2, 3, reupload=False, rotation="RY")
    layers = [g.source[1] for g in circuit.gates(np.zeros((3, 2, 1)), [1, 1]) if g.source[:1] == ("feature",)]
    assert layers == [0, 0]
    assert circuit.scalings_shape == (1, 2)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("line", ((0, 1), (1, 2), (2, 3))),
        ("ring", ((0, 1), (1, 2), (2, 3), (3, 0))),
        ("full", ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))),
    ],
)
def test_the_patterns_join_these_pairs_in_this_order(pattern, expected):
    assert Circuit(4, 1, pattern=pattern).entangled_pairs == expected


def test_a_ring_of_two_is_a_line_and_one_qubit_has_no_pairs():
    assert Circuit(2, 1, pattern="ring").entangled_pairs == ((0, 1),)
    assert Circuit(1, 1, pattern="ring").entangled_pairs == ()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"angles": np.zeros((1, 2, 2))}, r"angles have shape \(1, 2, 2\)"),
        ({"features": [1.0]}, r"features have shape \(1,\)"),
        ({"scalings": [[1.0]]}, r"scalings have shape \(1, 1\)"),
    ],
)
def test_a_gate_list_of_wrong_shapes_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        list(Circuit(2, 1).gates(**{"angles": np.zeros((1, 2, 3)), **arguments}))


def test_equal_circuits_are_equal_and_hash_alike():
    assert Circuit(2, 1, observables=[[0], MEAN_Z]) == Circuit(2, 1, observables=((0,), MEAN_Z))
    assert hash(Circuit(2, 1)) == hash(Circuit(2, 1))
