"""The controls ask the lab itself: a fault anywhere on the way to its answer contradicts a truth."""

import dataclasses
import pkgutil

import pytest
from samples.here import with_trials_once

from edge.controls.accuracy import ACCURACY_CONTROLS
from edge.controls.latency import CONTROLS, answer
from edge.controls.load_and_drift import drift_answer, load_answer
from edge.lab import LAB
from edge.timing.machine import Reading
from lab.protocol import Estimate


class SimulatedTime:
    """A clock that moves on by ten microseconds whenever it is read."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        self.now += 10_000
        return self.now

    def sleep(self, seconds):
        self.now += round(seconds * 1e9)


ASKED = {
    "fast": lambda: answer(LAB, 0.5, 0.5, 0.0, seed=0, clock=SimulatedTime(), meter=Reading),
    "slow": lambda: answer(LAB, 1.2, 1.2, 0.0, seed=0, clock=SimulatedTime(), meter=Reading),
    "slow-tail": lambda: answer(LAB, 0.1, 3.0, 0.03, seed=0, clock=SimulatedTime(), meter=Reading),
    "rare-tail": lambda: answer(LAB, 0.1, 3.0, 0.003, seed=0, clock=SimulatedTime(), meter=Reading),
    "stalls": lambda: stalled(250_000_000),
    "no-stalls": lambda: stalled(0),
    "same-stream": lambda: drift_answer(LAB, seed=0, shift=0.0),
    "drifting-stream": lambda: drift_answer(LAB, seed=0, shift=0.5),
    "flipped-labels": lambda: drift_answer(LAB, seed=0, flipped=0.25),
}
"""The controls without the machine: on a clock of their own."""


def stalled(stall_ns):
    time = SimulatedTime()
    return load_answer(LAB, stall_ns=stall_ns, seed=0, clock=time, sleep=time.sleep, meter=Reading)


@pytest.fixture(scope="module")
def rows_of():
    """Rows of each control, by its name: most faults are in what is made of them."""
    return {name: {} for name in ASKED}


def is_wrong(name):
    (control,) = [control for control in CONTROLS if control.name == name]
    return ASKED[name]() in control.wrong


@pytest.mark.slow
def test_the_lab_answers_as_the_truths_demand(rows_of):
    elsewhere = {control.name for control in ACCURACY_CONTROLS} | {"fast-beside-loops", "slow-beside-loops"}
    assert list(ASKED) == [control.name for control in CONTROLS if control.name not in elsewhere]
    answers = {}
    for name, ask in ASKED.items():
        with pytest.MonkeyPatch.context() as patch:
            with_trials_once(patch, rows_of[name])
            answers[name] = ask()
    assert answers == {
        "fast": "yes", "slow": "no", "slow-tail": "no", "rare-tail": "yes", "stalls": "no", "no-stalls": "yes",
        "same-stream": "yes", "drifting-stream": "no", "flipped-labels": "no",
    }  # fmt: skip


def swapped(judge):
    def other(evidence, settings):
        found = judge(evidence, settings)
        return dataclasses.replace(found, answer={"yes": "no", "no": "yes"}.get(found.answer, found.answer))

    return other


def scaled(function, factor):
    def other(*arguments):
        found = function(*arguments)
        return dataclasses.replace(found, value=factor * found.value, low=factor * found.low, high=factor * found.high)

    return other


def exactly(value, unit):
    return Estimate(value, value, value, unit)


FAULTS = {
    "yes for no": ("fast", "edge.lab.LAB.judge", swapped),
    "no for yes": ("slow", "edge.lab.LAB.judge", swapped),
    "the median for the p99": (
        "slow-tail", "edge.budget.section.over_rounds", lambda right: lambda times, share: right(times, 0.5)
    ),
    "the slowest call for the p99": (
        "rare-tail", "edge.budget.section.over_rounds", lambda right: lambda times, share: exactly(times.max() / 1e6, "ms")
    ),
    "a share for percent": ("stalls", "edge.load.evidence.misses", lambda right: scaled(right, 0.01)),
    "waiting as if it were late": (
        "no-stalls", "edge.load.evidence._percent", lambda right: lambda share: exactly(2.0, "%")
    ),
    "an alarm that is not listed": (
        "drifting-stream", "edge.stream.section.drift_table",
        lambda right: lambda row, dataset: dataclasses.replace(right(row, dataset), rows=()),
    ),
    "a bound on false alarms that is lost": (
        "same-stream", "edge.stream.watched.threshold_of",
        lambda right: lambda n_signals, false_alarms: right(n_signals, 1_000 * false_alarms),
    ),
    "errors that are not looked at": (
        "flipped-labels", "edge.stream.trials.Answers",
        lambda right: lambda said, target, *more: right(said, said.argmax(axis=1), *more),
    ),
}  # fmt: skip


IN_A_TRIAL = {"edge.stream.watched.threshold_of", "edge.stream.trials.Answers"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_the_way_to_the_answer_is_seen(fault, monkeypatch, rows_of):
    name, where, spoil = FAULTS[fault]
    with_trials_once(monkeypatch, {} if where in IN_A_TRIAL else rows_of[name])
    monkeypatch.setattr(where, spoil(pkgutil.resolve_name(where)))
    assert is_wrong(name)
