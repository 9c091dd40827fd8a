"""The harness returns what is known of stand-ins that wait on the clock; it never flatters."""

import gc

import numpy as np
import pytest

from edge.controls.latency import stand_in
from edge.timing.latency import Alternative, measure, spread_of_rounds
from lab.stats import quantile


class SimulatedClock:
    """A clock that moves on by a hundred nanoseconds whenever it is read: no machine is involved."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        self.now += 100
        return self.now


def test_known_percentiles_are_returned():
    clock = SimulatedClock()
    call = stand_in(0.05, 2.0, 0.05, n_rows=400, seed=0, clock=clock)
    times = measure({"x": Alternative(call, 400, 100)}, rounds=8, clock=clock)["x"].ravel() / 1e6
    assert len(times) == 800
    assert (times > 1.0).sum() == 40  # 5 % of the rows, each called twice
    assert quantile(times, 0.5, unit="ms").value == pytest.approx(0.05, abs=0.001)
    assert quantile(times, 0.9, unit="ms").value == pytest.approx(0.05, abs=0.001)
    assert quantile(times, 0.99, unit="ms").value == pytest.approx(2.0, abs=0.001)


def test_a_real_clock_never_runs_ahead_of_the_stand_in():
    times = measure({"x": Alternative(stand_in(0.05, 2.0, 0.05, n_rows=100, seed=0), 100, 50)}, rounds=4)["x"] / 1e6
    assert times.min() >= 0.05
    assert (times >= 2.0).sum() >= 10


def test_alternatives_take_turns_on_ever_other_rows():
    seen = []
    alternatives = {
        "a": Alternative(lambda row: seen.append(("a", row)), 50, 20),
        "b": Alternative(lambda row: seen.append(("b", row)), 50, 20),
    }
    times = measure(alternatives, rounds=3)
    assert times["a"].shape == times["b"].shape == (3, 20)
    timed = seen[-120:]  # what comes before is warm-up
    assert [name for name, _ in timed] == (["a"] * 20 + ["b"] * 20) * 3
    rows = [row for name, row in timed if name == "a"]
    assert rows == [i % 50 for i in range(60)]


def test_the_garbage_collector_is_off_while_timing_and_on_again_after():
    states = []
    measure({"x": Alternative(lambda row: states.append(gc.isenabled()), 10, 10)}, rounds=2)
    assert not any(states)
    assert gc.isenabled()


def test_the_collector_is_on_again_after_a_model_that_fails():
    def fail(row):
        raise RuntimeError("no answer")

    with pytest.raises(RuntimeError):
        measure({"x": Alternative(fail, 10, 10)}, rounds=2)
    assert gc.isenabled()


def test_the_spread_compares_the_medians_of_the_rounds():
    steady = np.full((10, 5), 100)
    drifting = steady * np.linspace(1, 2, 10)[:, None]
    assert spread_of_rounds(steady) == 0
    assert spread_of_rounds(drifting) == pytest.approx(0.8 / 1.5)  # by hand: medians 1 to 2, quantiles 1.1, 1.5 and 1.9
