"""The circuit that is watched as it learns is the chosen one, on the angles and from the start that it was chosen with."""

import dataclasses

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning.preparation import dense_columns
from quantum.chosen_circuit import learning
from quantum.chosen_circuit.trials import CIRCUIT, CircuitRow
from quantum.circuit import Circuit
from quantum.models.families import variational
from quantum.models.inputs import ToQubits

DATA = sample_rows(load("breast-cancer"), 80, 0)
CHOSEN = CircuitRow(
    losses=np.zeros((1, 5)), circuit=Circuit(4, 1), parameters={}, trained=16, pennylane=0.0, devices=()
)
BUILT = variational(4, 5, (4,), "quantum").build(DATA.features, 0).named_steps["model"]


class StopHereError(Exception):
    """Raised instead of training."""


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, (BUILT.input_map, BUILT.reduction, BUILT.start_width, BUILT.learning_rate)),
        (
            {"input_map": "range", "reduction": "components", "start_width": 2.0, "learning_rate": 0.05},
            ("range", "components", 2.0, 0.05),
        ),
    ],
)
def test_it_learns_from_the_angles_and_the_start_of_the_chosen_circuit(parameters, expected, monkeypatch):
    seen = {}

    def train(circuit, rows, labels, settings, *, angles, keep_steps):
        seen.update(rows=rows, rate=settings.learning_rate, width=np.abs(angles).max())
        raise StopHereError

    monkeypatch.setattr(learning, "train", train)
    chosen = dataclasses.replace(CHOSEN, parameters=parameters)
    with pytest.raises(StopHereError):
        learning.watch_learning(DATA, seed=0, steps=5, inputs={CIRCUIT.name: chosen})
    input_map, reduction, width, rate = expected
    same = make_pipeline(dense_columns(scale=True), ToQubits(4, input_map=input_map, reduction=reduction))
    np.testing.assert_array_equal(seen["rows"], same.fit_transform(DATA.features, DATA.target))
    assert seen["rate"] == rate
    assert 0.5 * width < seen["width"] <= width
