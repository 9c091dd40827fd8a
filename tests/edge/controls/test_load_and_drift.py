"""The controls of load and streams know their truth, and the lab finds it."""

import pytest

from edge.controls.load_and_drift import OPERATION_CONTROLS, drift_answer, stalling, under_stalls
from edge.lab import LAB
from edge.load.open_loop import back_to_back


class SimulatedTime:
    """A clock that moves on by a microsecond whenever it is read."""

    def __init__(self):
        self.now = 0

    def clock(self):
        self.now += 1_000
        return self.now

    def sleep(self, seconds):
        self.now += round(seconds * 1e9)


def test_the_stalls_are_seen_in_the_open_loop_and_hidden_in_the_closed_one():
    time = SimulatedTime()
    opened = under_stalls(stall_ns=250_000_000, clock=time.clock, sleep=time.sleep)
    # by hand: calls due in the first 200 of 250 ms wait longer than 50 ms, and while the line is worked off at 20 us
    # each, those that came up to 204 ms after the stall began
    assert opened.missed.sum() == pytest.approx(4 * 205, rel=0.02)
    time = SimulatedTime()
    call = stalling(stall_ns=250_000_000, clock=time.clock, sleep=time.sleep)
    closed = back_to_back(call, calls=2_000, n_rows=500, deadline_ns=50e6, clock=time.clock)
    assert closed.missed.sum() == 4
    time = SimulatedTime()
    assert under_stalls(stall_ns=0, clock=time.clock, sleep=time.sleep).missed.sum() == 0


UNTIMED = [control for control in OPERATION_CONTROLS if not control.exclusive]


@pytest.mark.parametrize("control", UNTIMED, ids=lambda control: control.name)
def test_the_lab_answers_its_controls_without_contradiction(control):
    wrong = [control.function(LAB, seed=seed) in control.wrong for seed in range(5)]
    assert sum(wrong) <= 1


def test_an_alarm_on_a_stream_that_changes_too_little_is_not_claimed():
    assert [drift_answer(LAB, seed=seed, shift=0.01) for seed in range(5)] == ["yes"] * 5
