"""What other programs take from a timed thread is counted, repeated, and set aside; the oracle is a simulated machine."""

import os
import time

import numpy as np
import pytest

from edge.timing.latency import Alternative
from edge.timing.machine import Reading, disturbed_calls, lost_ns, others_ns, quietest, read
from edge.timing.watched import Noise, least_times, measure_watched

MS = 1_000_000


class SimulatedMachine:
    """A call takes 1 ms; in the given rounds another program takes the core for 7 ms during the given call."""

    def __init__(self, disturbed):
        self.now = self.waited = self.interruptions = 0
        self.disturbed = set(disturbed)
        self.calls = -10  # the warm-up: two short rounds of a quarter of the calls, which agree

    def clock(self):
        return self.now

    def meter(self):
        return Reading(self.now, self.now - self.waited, self.waited, self.interruptions, 0, self.now)

    def call(self, row):
        self.now += MS
        if self.calls in self.disturbed:
            self.now += 7 * MS
            self.waited += 7 * MS
            self.interruptions += 1
        self.calls += 1


def timed(disturbed, *, rounds=4):
    machine = SimulatedMachine(disturbed)
    return measure_watched(
        {"x": Alternative(machine.call, 20, 20)}, rounds=rounds, clock=machine.clock, meter=machine.meter
    )


def test_a_quiet_machine_repeats_nothing():
    found = timed(())
    assert found.times["x"].shape == (4, 20)
    assert set(found.times["x"].ravel()) == {MS}
    assert found.machine == Noise(0.0, 0.0, 0)


def test_disturbed_rounds_are_repeated_until_they_are_quiet():
    found = timed((3, 27, 28))
    assert set(found.times["x"].ravel()) == {MS}
    assert found.disturbed["x"].tolist() == [0, 0, 0, 0]
    assert found.machine.repeated == 2
    assert found.machine.lost == 0


def test_on_a_machine_that_stays_busy_repeats_end_after_as_long_again():
    found = timed(range(0, 10_000, 10))  # two calls of every round
    assert found.disturbed["x"].tolist() == [2, 2, 2, 2]
    assert (found.times["x"] == 8 * MS).sum() == 8
    assert found.machine.repeated == 4  # as many as were made at first
    assert found.machine.lost == pytest.approx(14 / 34)
    assert found.machine.others == pytest.approx(14 / 34, abs=0.02), (
        "so much that the core may be shared: times are halved"
    )
    assert set(least_times(found.times["x"], found.disturbed["x"], found.machine).ravel()) == {MS / 2}


def test_as_many_of_the_longest_calls_are_set_aside_as_may_be_disturbed():
    times = np.array([[5, 1, 9, 7], [3, 2, 4, 1], [6, 6, 2, 2]])
    least = least_times(times, np.array([2, 0, 9]), Noise())
    assert least.tolist() == [[1, 5, 1, 1], [1, 2, 3, 4], [2, 2, 2, 2]]
    assert times[0].tolist() == [5, 1, 9, 7], "what was measured stays"
    shared = least_times(times, np.array([2, 0, 9]), Noise(others=0.3))
    assert shared.tolist() == [[0.5, 2.5, 0.5, 0.5], [0.5, 1, 1.5, 2], [1, 1, 1, 1]]


def test_what_takes_less_than_a_hundredth_of_the_time_disturbs_nothing():
    before = Reading()
    assert disturbed_calls(before, Reading(1_000 * MS, 0, 9 * MS, 5)) == 0
    assert disturbed_calls(before, Reading(1_000 * MS, 0, 11 * MS, 5)) == 5
    assert disturbed_calls(before, Reading(1_000 * MS, 0, 11 * MS, 0)) == 1
    assert disturbed_calls(before, Reading(1_000 * MS, 0, 0, 1, stolen_ns=20 * MS)) == 21
    assert disturbed_calls(Reading(waited_ns=None), Reading(100 * MS, 60 * MS, None, 7)) == 7
    assert lost_ns(Reading(waited_ns=None), Reading(100 * MS, 60 * MS, None, 7)) == 40 * MS
    assert others_ns(before, Reading(0, 30 * MS, busy_ns=100 * MS)) == 70 * MS


def test_this_machine_tells_what_it_does():
    before = read()
    end = time.thread_time_ns() + 20 * MS
    while time.thread_time_ns() < end:
        pass
    after = read()
    assert after.own_ns - before.own_ns >= 20 * MS
    assert after.at_ns - before.at_ns >= after.own_ns - before.own_ns - MS
    assert after.interruptions >= before.interruptions
    if before.waited_ns is not None:
        assert after.waited_ns >= before.waited_ns


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores cannot be chosen here")
def test_the_core_that_others_use_least_is_taken(monkeypatch):
    monkeypatch.setattr("edge.timing.machine.psutil.cpu_percent", lambda interval, percpu: [90.0, 3.0, 3.0, 50.0])
    assert quietest({0, 1, 3}) == 1
    assert quietest({0, 1, 2, 3}) == 2, "of equals the last"
    assert quietest({3}) == 3
