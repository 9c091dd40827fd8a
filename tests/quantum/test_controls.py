"""The controls ask the lab itself: cheap models answer them rightly, and a fault in the comparison contradicts each truth."""

import dataclasses

import pytest
from samples.here import with_trials_once
from samples.less_work import with_suspicions_once

from lab.learning.comparison import Comparison
from lab.learning.families import CONSTANT, LOGISTIC
from lab.protocol import Estimate
from quantum.controls import CONTROLS
from quantum.lab import LAB
from quantum.models import families

DOUBTED = {"customers"}  # held, whatever the comparison finds
FITTED = [control.name for control in CONTROLS if control.right is None and control.name != "at-margin"]


@pytest.fixture
def cheap(monkeypatch):
    """Logistic regression stands for both sides: neither can be better."""

    def few(n_qubits, n_steps, n_classes, more=()):
        sides = real(n_qubits, n_steps, n_classes=n_classes)
        same = dataclasses.replace(LOGISTIC, name="quantum", space={})
        return (
            dataclasses.replace(sides[0], families=(same,)),
            dataclasses.replace(sides[1], families=(LOGISTIC, CONSTANT)),
            sides[2],
        )

    with_trials_once(monkeypatch)  # the faults are in what is made of the rows
    with_suspicions_once(monkeypatch)
    real = families.groups
    monkeypatch.setattr("quantum.context.groups", few)


def always(value):
    return lambda self, a, b, *, confidence=0.95: Estimate(value, value - 0.1, value + 0.1, self.metric.unit)


def asked(name):
    """The control, and what the lab says of one table of it: not the first, on which it is wrong at the margin (1 of 20 may be)."""
    (control,) = [control for control in CONTROLS if control.name == name]
    return control, control.function(LAB, seed=1)


def test_there_are_as_many_kinds_as_promised():
    assert len({control.name for control in CONTROLS}) == len(CONTROLS) >= 12
    assert {answer for control in CONTROLS for answer in control.wrong} == {"yes", "no"}


@pytest.mark.slow
@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("name", [name for name in FITTED if name not in DOUBTED])
def test_equal_sides_are_no_advantage_and_a_fault_is_seen(name, monkeypatch):
    control, answer = asked(name)
    assert answer not in control.wrong
    monkeypatch.setattr(Comparison, "difference", always(20.0))
    assert asked(name)[1] in control.wrong


@pytest.mark.usefixtures("cheap")
def test_where_groups_are_suspected_only_a_lost_suspicion_can_be_wrong(monkeypatch):
    monkeypatch.setattr(Comparison, "difference", always(20.0))
    assert asked("customers")[1] == "undecided"
    monkeypatch.setattr("lab.doubts.suspicions", lambda dataset, *, seed: ())
    assert asked("customers")[1] == "yes"


POINTS = {"level": 0.0, "half-margin": 2.5, "at-margin": 5.0, "over-margin": 7.5, "twice-margin": 10.0}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "found"), POINTS.items())
def test_models_of_known_skill_lie_as_far_apart_as_is_said(name, found, monkeypatch):
    with_trials_once(monkeypatch)
    with_suspicions_once(monkeypatch)
    seen = []
    real = Comparison.difference

    def watched(self, a, b, **said):
        seen.append(real(self, a, b, **said))
        return seen[-1]

    monkeypatch.setattr(Comparison, "difference", watched)
    control, answer = asked(name)
    assert answer not in control.wrong
    assert seen[0].low - 1 < found < seen[0].high + 1
    monkeypatch.setattr(Comparison, "difference", always(20.0 if found < 5 else 0.0))
    assert asked(name)[1] in control.wrong
