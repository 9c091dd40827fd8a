"""Controls of accuracy answer as their truths demand, and a fault on the way contradicts each of them."""

import numpy as np
import pytest
from samples.here import with_trials_once
from samples.less_work import with_suspicions_once

from edge.controls.accuracy import ACCURACY_CONTROLS
from edge.controls.latency import CONTROLS
from edge.lab import LAB
from lab.belonging import ALONE
from lab.learning.comparison import Comparison
from lab.protocol import Estimate

NAMES = [control.name for control in ACCURACY_CONTROLS]
FREE = [name for name in NAMES if name not in ("copies", "customers", "known-customers", "drift")]


def asked(name, seed=0):
    (control,) = [control for control in ACCURACY_CONTROLS if control.name == name]
    return control, control.function(LAB, seed=seed)


def test_there_are_as_many_kinds_as_promised():
    names = [control.name for control in CONTROLS]
    assert len(set(names)) == len(names) >= 12
    assert {answer for control in CONTROLS for answer in control.wrong} == {"yes", "no"}


@pytest.mark.slow
@pytest.mark.parametrize("name", FREE)
def test_the_truth_is_not_contradicted_and_a_fault_in_the_comparison_is_seen(name, monkeypatch):
    with_trials_once(monkeypatch)  # the fault is in what is made of the rows
    with_suspicions_once(monkeypatch)
    control, answer = asked(name)
    assert answer not in control.wrong
    if control.right and control.least >= 0.9:
        assert answer == control.right
    wrong = 0.1 if "yes" in control.wrong else 30.0  # a loss, and a gain, of so many points
    monkeypatch.setattr(
        Comparison, "difference", lambda self, a, b, *, confidence=0.95: Estimate(wrong, wrong - 0.05, wrong + 0.05, "points")
    )  # fmt: skip
    assert asked(name)[1] in control.wrong


@pytest.mark.slow
@pytest.mark.parametrize("name", ["copies", "customers", "known-customers", "drift"])
def test_rows_that_belong_together_are_learnt_by_heart_where_the_lab_forgets_it(name, monkeypatch):
    control, answer = asked(name)
    assert answer not in control.wrong
    monkeypatch.setattr("lab.data.load.belonging_of", lambda table, features, target, **said: (ALONE, []))
    monkeypatch.setattr("lab.doubts.suspicions", lambda dataset, *, seed: ())
    monkeypatch.setattr("lab.doubts.shortage", lambda dataset: None)
    control, answer = asked(name)
    assert answer in control.wrong


def test_the_known_latency_is_inside_its_budget():
    from edge.controls.accuracy import known_times
    from edge.timing.trials import exported

    times = known_times(None, seed=0, name="logistic").times[exported("logistic")]
    assert np.quantile(times, 0.99) == 100_000
