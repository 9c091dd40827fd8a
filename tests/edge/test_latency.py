"""The harness returns what is known of stand-ins that wait on the clock; it never flatters."""

import gc

import numpy as np
import pytest

from edge.controls import CONTROLS, stand_in
from edge.latency import Alternative, measure, spread
from lab.stats import quantile


def test_known_percentiles_are_returned():
    call = stand_in(0.05, 2.0, 0.05, n_rows=400, seed=0)
    times = measure({"x": Alternative(call, 400, 100)}, rounds=8)["x"].ravel() / 1e6
    assert len(times) == 800
    assert times.min() >= 0.05  # a call cannot be faster than its wait
    assert (times >= 2.0).sum() >= 40  # 5 % of 800 are slow by construction
    assert quantile(times, 0.99, unit="ms").value >= 2.0
    assert np.median(times) < 2.0


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
    assert spread(steady) == 0
    assert spread(drifting) == pytest.approx(0.8 / 1.5)  # by hand: medians 1 to 2, quantiles 1.1, 1.5 and 1.9


def test_each_stand_in_is_judged_as_its_truth_demands():
    for control in CONTROLS:
        assert control.function(seed=0) not in control.wrong, control.name
