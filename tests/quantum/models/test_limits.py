"""Circuits are as large as a table has inputs, within what can be simulated and what the user allows."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from lab.data.frames import from_arrays
from lab.errors import SettingsError
from quantum.device_noise import section as device_noise
from quantum.device_noise.rows import ON_MODEL, DeviceRow
from quantum.lab import LAB
from quantum.models.limits import Qubits, qubits_for
from quantum.settings import Settings
from quantum.sizes import section as sizes


def made(n_numbers, n_classes=2, categories=0):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(120, n_numbers)), columns=[f"x{i}" for i in range(n_numbers)])
    if categories:
        frame["colour"] = np.array([f"c{i}" for i in range(categories)])[np.arange(120) % categories]
    return from_arrays("made", frame, np.arange(120) % n_classes, independent=True)


@pytest.mark.parametrize(
    ("table", "most", "expected"),
    [
        ((1,), 0, (1, 4, 4, 4)),
        ((5,), 0, (5, 5, 5, 5)),
        ((8,), 0, (8, 8, 8, 6)),
        ((11,), 0, (11, 10, 11, 6)),
        ((40,), 0, (40, 10, 12, 6)),
        ((3, 2, 6), 0, (9, 9, 9, 6)),
        ((2, 20), 0, (2, 5, 5, 5)),
        ((40,), 3, (40, 3, 3, 3)),
        ((40,), 12, (40, 12, 12, 12)),
        ((5,), 12, (5, 5, 5, 5)),
    ],
)
def test_circuits_have_as_many_qubits_as_there_are_inputs_up_to_their_limits(table, most, expected):
    assert qubits_for(made(*table), most) == Qubits(*expected)


def test_too_few_qubits_for_the_classes_are_refused():
    with pytest.raises(SettingsError, match="qubits is 2, and made has 5 classes; use at least 3 qubits"):
        qubits_for(made(6, 5), 2)


def resolved(n_numbers, **named):
    return LAB.context(made(n_numbers), Settings(folds=2, steps=10, **named), seed=0)


def models_of(context):
    features = context.dataset.features
    return {
        family.name: family.build(features, 0)
        for group in context.groups
        for family in group.families
        if family.name not in {"logistic", "svm", "boosting", "mlp", "constant"}
    }


def test_every_family_has_the_size_that_was_chosen_for_it():
    context = resolved(20)
    models = models_of(context)
    for name in ("quantum", "unentangled", "frozen"):
        assert models[name].named_steps["model"].n_qubits == 10
    assert models["kernel"].named_steps["model"].n_qubits == 12
    for name in ("dressed", "dressed-unentangled"):
        assert models[name].named_steps["model"].n_qubits == 4
        assert models_of(resolved(20, qubits=3))[name].named_steps["model"].n_qubits == 3
    assert models["single-qubit"].named_steps["model"].n_inputs is None
    assert models["surrogate"].named_steps["inputs"].n_qubits == 10
    for name in ("logistic", "svm", "boosting", "mlp"):
        assert models[f"{name}-12-inputs"].named_steps["inputs"].n_qubits == 12
    sizes_tried = {
        name: context.groups[0].families[place].space["model__n_qubits"]
        for place, name in enumerate(("circuit", "kernel"))
    }
    assert sizes_tried == {"circuit": [10, 5, 2], "kernel": [12, 6, 2]}
    assert context.on_hardware.build(context.dataset.features, 0).named_steps["model"].n_qubits == 6


def test_what_gives_circuits_their_angles_is_searched_on_both_sides():
    """An advantage of ranks alone would be none of a quantum model."""
    families = [family for group in resolved(5).groups for family in group.families]
    searched = {family.name for family in families if any(name.endswith("__input_map") for name in family.space)}
    plain = {"logistic", "svm", "boosting", "mlp", "constant"}
    assert searched == {family.name for family in families} - plain
    first = {
        name: model[:-1].named_steps.get("inputs", model[-1]).input_map
        for name, model in models_of(resolved(5)).items()
    }
    assert set(first.values()) == {"rank"}, first
    reduced = {family.name for family in families if any(name.endswith("__reduction") for name in family.space)}
    see_all = {"product-kernel", "single-qubit", "dressed", "dressed-unentangled"}
    assert reduced == searched - see_all


def test_the_sizes_of_the_sweep_end_at_the_circuit_of_the_comparison():
    arguments = [trial.arguments for trial in sizes.plan(resolved(7, sweep=2))]
    assert sorted({each["qubits"] for each in arguments}) == [2, 4, 6, 7]
    assert {each["layers"] for each in arguments if each["qubits"] == 7} == {1, 2, 3, 4, 6}


def test_a_smaller_circuit_under_noise_is_said_to_be_one():
    row = DeviceRow(
        device="torino", readout_error=0.01, target=np.array([0, 1]), runs=None, places=(1,), simulated_qubits=12
    )
    rows = {ON_MODEL.of("torino").name: row}
    words = "the circuit under noise was tuned on at most 6 qubits, that of the comparison on at most 9"
    said = device_noise.evidence(resolved(9, devices=("torino",)), rows).caveats
    assert any(caveat.startswith(words) for caveat in said)
    for less in (resolved(6, devices=("torino",)), resolved(9, devices=("torino",), qubits=9)):
        assert not any("tuned on at most" in caveat for caveat in device_noise.evidence(less, rows).caveats)
    assert not any("tuned on at most" in caveat for caveat in device_noise.evidence(resolved(9), {}).caveats)


def test_the_caveat_names_what_circuits_do_not_see():
    from quantum.comparison.section import _inputs_caveat

    data = made(30)
    (said,) = _inputs_caveat(data, qubits_for(data, 0))
    assert said.startswith(
        "the circuit sees 10 linear combinations and the quantum kernel 12 of the 30 columns (30 inputs after"
    )
    assert _inputs_caveat(made(10), qubits_for(made(10), 0)) == ()
    assert dataclasses.astuple(qubits_for(data, 0)) == (30, 10, 12, 6)
