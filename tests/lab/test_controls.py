"""Controls are counted as they answer, and a small round of every lab's own is right."""

import dataclasses
import functools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples.asked_lab import Asked
from samples.here import in_this_process

from lab import controls, registry
from lab.data.frames import from_arrays
from lab.errors import SettingsError, TrialsFailedError
from lab.learning.comparison import Group
from lab.protocol import Control
from lab.runs import identity
from lab.testing import check_controls
from lab.work import resume
from lab.work.workers import run_here


def yes(lab, *, seed):
    return "yes"


def by_seed(lab, *, seed):
    return ("yes", "no", "undecided")[seed % 3]


def broken(lab, *, seed):
    raise RuntimeError("no table")


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    """Run the controls' trials here: these functions live in a test module."""
    in_this_process(monkeypatch)


def test_answers_are_counted_and_undecided_is_not_wrong(tmp_path):
    lab = Asked(Control("a", "yes is true", ("no",), yes), Control("b", "no is true", ("yes",), by_seed))
    found = controls.run_controls(lab, seeds=6, out=tmp_path, workers=1)
    first, second = found["controls"]
    assert (first["yes"], first["no"], first["undecided"], first["wrong"]["events"]) == (6, 0, 0, 0)
    assert (second["yes"], second["no"], second["undecided"], second["wrong"]["events"]) == (2, 2, 2, 2)
    assert (found["wrong"]["events"], found["wrong"]["of"]) == (2, 12)
    assert controls.known_rates(lab, tmp_path) == found


def test_a_control_that_fails_is_an_error_and_not_a_right_answer(tmp_path):
    lab = Asked(Control("a", "yes is true", ("no",), yes), Control("b", "no is true", ("yes",), broken))
    with pytest.raises(TrialsFailedError, match="2 of 4 controls failed"):
        controls.run_controls(lab, seeds=2, out=tmp_path, workers=1)
    assert controls.known_rates(lab, tmp_path) is None


# A release takes 8, 20 and 10 seeds (tests/benchmarks/renew_rates.py) of 14, 21 and 28 kinds.
@pytest.mark.parametrize(("name", "seeds"), [("interpretability", 8), ("quantum", 20), ("edge", 10)])
def test_the_rates_that_come_with_a_lab_are_within_the_promise_and_truths_are_found(name, seeds):
    """A lab that is always undecided is never wrong: where a side truly wins, it must be found."""
    lab = registry.find(name)
    rates = controls.known_rates(lab, out=Path("nowhere"))
    assert rates["seeds"] >= seeds
    assert rates["wrong"]["rate"] <= 0.05
    controls_now = {control.name: control for control in lab.controls()}
    assert [row["name"] for row in rates["controls"]] == list(controls_now)
    findable = [row for row in rates["controls"] if controls_now[row["name"]].right]
    assert findable
    for row in findable:
        control = controls_now[row["name"]]
        assert row[control.right] / rates["seeds"] >= control.least, row


DEPENDENT = {
    "copies": ["copies"], "customers": ["suspected groups"], "named-customers": ["suspected groups"],
    "known-customers": ["groups"], "drift": ["order"], "walks": ["suspected order"],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.names())
def test_the_tables_of_the_controls_have_the_properties_that_they_were_made_with(name):
    asked = [control for control in registry.find(name).controls() if control.table is not None]
    assert len(asked) >= 12
    for control in asked:
        found = controls._describe(None, seed=0, table=control.table)
        assert found["dependence"] == DEPENDENT.get(control.name, []), control.name
        assert (found["balance"] < 0.05) == ("rare" in control.name), control.name
        assert (found["categories"] == 1) == (control.name == "categories")
        assert (found["missing"] > 0.05) == (control.name == "missing-values")
        assert (found["rows"] == 60) == (control.name == "few-rows")


def answered(lab, *, seed, table):
    return "yes" if len(table(seed=seed).target) == 90 else "no"


def ninety(*, seed):
    rng = np.random.default_rng(seed)
    return from_arrays("table", pd.DataFrame(rng.normal(size=(90, 2))).add_prefix("x"), np.arange(90) % 3)


def test_with_a_control_the_properties_of_its_table_are_kept(tmp_path):
    on_a_table = Control("a", "yes", ("no",), functools.partial(answered, table=ninety), table=ninety)
    lab = Asked(on_a_table, Control("b", "yes", ("no",), yes))
    found = controls.run_controls(lab, seeds=2, out=tmp_path, workers=1)
    first, second = found["controls"]
    wanted = {"rows": 90, "classes": 3, "balance": 1.0, "dependence": [], "categories": 0.0, "missing": 0.0}
    assert (first["yes"], first["table"], second["table"]) == (2, wanted, None)
    notes = []
    assert controls.known_rates(lab, tmp_path, notes.append) == found
    assert notes == []


def answers_in_turn(*answers):
    asked = iter(answers)
    return lambda lab, *, seed: next(asked)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (("yes", "yes", "yes", "yes"), None),
        (("yes", "undecided", "yes", "yes"), None),
        (("yes", "undecided", "yes", "undecided"), r"answered yes, undecided, yes, undecided, not yes"),
        (("yes", "yes", "yes", "no"), r"answered yes, yes, yes, no$"),
    ],
)
def test_a_lab_that_finds_too_little_fails_as_one_that_is_wrong_does(answers, words):
    lab = Asked(Control("a", "yes is true", ("no",), answers_in_turn(*answers), right="yes"))
    if words is None:
        check_controls(lab, ["a"], seeds=range(4), least_found=0.75)
    else:
        with pytest.raises(AssertionError, match=words):
            check_controls(lab, ["a"], seeds=range(4), least_found=0.75)


def test_where_no_side_wins_undecided_will_do():
    lab = Asked(Control("a", "no side wins", ("no",), answers_in_turn("undecided", "yes")))
    check_controls(lab, ["a"], seeds=range(2))


def quick(build, features, seed, **parameters):
    return build(features, seed).set_params(**parameters)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Missing values detected")
def test_the_interpretability_lab_finds_what_is_true_with_a_few_cheap_models(monkeypatch):
    import interpretability.controls
    from interpretability.lab import LAB
    from interpretability.models import classifiers, regressors

    def sides(source, readable, opaque):
        shown = tuple(source.counted(family) for family in readable)
        monkeypatch.setattr(source, "glass", lambda *sizes: Group("glass", "readable model", shown))
        monkeypatch.setattr(source, "black", lambda: Group("black", "black box", opaque))

    trees = functools.partial(quick, classifiers.EXTRA_TREES.build, model__n_estimators=20)
    sides(classifiers, (classifiers.SPLINES,), (dataclasses.replace(classifiers.EXTRA_TREES, build=trees),))
    more = functools.partial(quick, regressors.EXTRA_TREES.build, model__n_estimators=20)
    sides(regressors, (regressors.SPLINES,), (dataclasses.replace(regressors.EXTRA_TREES, build=more),))
    settings = dataclasses.replace(interpretability.controls._SETTINGS, folds=2, repeats=1)
    monkeypatch.setattr(interpretability.controls, "_SETTINGS", settings)
    check_controls(LAB, ["additive", "parity"], seeds=range(2))
    check_controls(LAB, ["additive-number", "product-number"], seeds=[0])


@pytest.mark.slow
def test_the_quantum_lab_finds_what_is_true_with_a_few_cheap_models(monkeypatch):
    from quantum.hardware.transpiled import OnDevice
    from quantum.lab import LAB
    from quantum.models import families

    def few(n_qubits, n_steps, n_classes, more):
        quantum, classical, ablation = real(n_qubits, min(n_steps, 60), n_classes=n_classes, more=more)
        return (
            dataclasses.replace(quantum, families=quantum.families[:1]),
            dataclasses.replace(classical, families=classical.families[:1]),
            dataclasses.replace(ablation, families=ablation.families[:1]),
        )

    real = families.groups
    monkeypatch.setattr("quantum.context.groups", few)
    monkeypatch.setattr(
        "quantum.chosen_circuit.trials.on_device", lambda bound, device, **_: OnDevice(device, 127, 1, 1, 1, 0.9)
    )
    check_controls(LAB, ["circuit-parity"], seeds=[0])


def test_the_edge_lab_finds_drift_and_nothing_else():
    check_controls(registry.find("edge"), ["same-stream", "drifting-stream", "flipped-labels"], seeds=range(3))


def test_controls_of_one_lab_run_once_at_a_time_and_leave_one_file(tmp_path):
    lab, said = Asked(Control("a", "yes is true", ("no",), yes), Control("b", "no is true", ("yes",), by_seed)), []

    def second(progress):
        with pytest.raises(SettingsError, match="another process is already measuring the controls of asked") as caught:
            controls.run_controls(lab, seeds=1, out=tmp_path, workers=1)
        assert caught.value.exit_code == 2
        said.append(progress)

    controls.run_controls(lab, seeds=1, out=tmp_path, workers=1, watch=second)
    assert said
    assert [path.name for path in tmp_path.iterdir()] == ["controls-asked.json"]


def test_controls_are_taken_up_with_the_same_code_only(tmp_path, monkeypatch):
    asked = []

    def counting(trial, *rest):
        asked.append(trial.key)
        return run_here(trial, *rest)

    monkeypatch.setattr(resume, "run_here", counting)
    lab = Asked(Control("a", "yes is true", ("no",), yes))
    broken_too = Asked(*lab.asked, Control("b", "no is true", ("yes",), broken))

    def again(of=lab):
        asked.clear()
        controls.run_controls(of, seeds=2, out=tmp_path, workers=1)

    def fail():
        with pytest.raises(TrialsFailedError):
            again(broken_too)
        return sorted(asked)

    assert fail() == ["a-0", "a-1", "b-0", "b-1"]
    assert fail() == ["b-0", "b-1"]
    code = identity.code_of(["lab.controls"])
    monkeypatch.setattr(identity, "code_of", lambda modules: code | {"packages": code["packages"] | {"numpy": "0"}})
    assert fail() == ["a-0", "a-1", "b-0", "b-1"]
    monkeypatch.setattr(identity, "code_of", lambda modules: code | {"lab": "99"})
    assert fail() == ["a-0", "a-1", "b-0", "b-1"]
    assert fail() == ["b-0", "b-1"]
