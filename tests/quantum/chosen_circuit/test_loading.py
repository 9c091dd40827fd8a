"""What the table says a layer loads is what turns the qubit: moving a column moves the angles that name it, and no others."""

import numpy as np
import pytest

from lab.data.load import load
from lab.data.sampling import sample_rows
from quantum.chosen_circuit.loading import loaded, loading_table
from quantum.chosen_circuit.trials import examine_circuit
from quantum.circuit import Circuit
from quantum.models.families import variational
from quantum.models.inputs import ToQubits

DATA = sample_rows(load("wine"), 80, 0)


@pytest.fixture(scope="module")
def examined():
    family = variational(3, 5, (3,), "quantum")
    return examine_circuit(DATA, seed=1, family=family, scorer="accuracy", candidates=1, devices=())


def test_each_layer_and_qubit_has_a_line_with_its_trained_scaling(examined):
    table = loading_table(examined.circuit, examined.loads, examined.scalings)
    assert [row[:2] for row in table.rows] == [
        (layer + 1, qubit + 1) for layer in range(examined.circuit.n_layers) for qubit in range(3)
    ]
    assert [row[3] for row in table.rows] == examined.scalings.ravel().tolist()
    known = set(DATA.features)
    for row in table.rows:
        named = [part.rpartition(" (")[0] for part in row[2].partition(" and ")[0].split(", ")]
        assert len(named) == 3
        assert set(named) <= known
        assert row[2].endswith(f"and {len(known) - 3} more"), "components are sums of all columns"


def test_the_first_named_is_the_column_that_moves_the_angle_most():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5))
    inputs = ToQubits(2).fit(x)
    names = list("abcde")
    row = x.mean(axis=0, keepdims=True)
    for qubit, said in enumerate(loaded(inputs.matrix_, names, 2)):
        moved = [inputs.transform(row + 1e-3 * step)[0, qubit] - inputs.transform(row)[0, qubit] for step in np.eye(5)]
        first = int(np.argmax(np.abs(moved)))
        assert said.startswith(f"{names[first]} ({1e3 * moved[first]:+.2f})")


def test_a_circuit_that_loads_once_has_lines_of_one_layer():
    table = loading_table(Circuit(2, 3, reupload=False), ("a", "b"), np.array([[0.5, 2.0]]))
    assert table.rows == ((1, 1, "a", 0.5), (1, 2, "b", 2.0))
