"""The order of trials is that of list scheduling: a simulated machine, written here anew, tells when a plan would end."""

import dataclasses
import itertools

import numpy as np
import pytest

from lab.protocol import Trial
from lab.work.forecast import Forecast
from lab.work.queue import Queue


def trial(key, *needs, kind=None, cost=1.0, exclusive=False):
    return Trial(key, len, kind=kind or key[0], cost=cost, needs=needs, exclusive=exclusive)


def begun(queue):
    return [given.key for given, _ in queue]


class Machine:
    """So many processes on a simulated clock, which ask a queue for work."""

    def __init__(self, plan, seconds, n_processes):
        self.rows, self.seconds, self.order = {}, seconds, []
        self.forecast = Forecast(plan, n_processes)
        self.queue = Queue(plan, self.rows, self.forecast)
        self.n_processes, self.now, self.busy = n_processes, 0.0, []

    def end(self):
        """Seconds until all is done."""
        while True:
            for given, inputs in itertools.islice(self.queue, self.n_processes - len(self.busy)):
                assert set(inputs) == set(given.needs) <= self.rows.keys()
                self.order.append(given.key)
                self.busy.append((self.now + self.seconds[given.key], given))
            if not self.busy:
                return self.now
            self.busy.sort(key=lambda each: each[0])
            self.now, done = self.busy.pop(0)
            self.rows[done.key] = done.key
            self.forecast.add(done, self.seconds[done.key])
            self.queue.ended(done)


def test_one_of_each_kind_comes_first_and_then_the_plan_until_something_is_known():
    plan = [trial(f"{kind}{i}") for kind in "ab" for i in range(2)]
    assert begun(Queue(plan, {}, Forecast(plan, 1))) == ["a0", "b0", "a1", "b1"]


def test_once_the_pilots_have_ended_the_longest_is_next():
    plan = [trial("a0"), trial("a1", cost=2.0), trial("a2", cost=3.0), trial("b0"), trial("b1")]
    machine = Machine(plan, {"a0": 1.0, "a1": 2.0, "a2": 3.0, "b0": 10.0, "b1": 10.0}, 1)
    machine.end()
    assert machine.order == ["a0", "b0", "b1", "a2", "a1"]


def test_what_a_long_trial_waits_for_comes_before_what_is_longer_itself():
    plan = [trial("p0"), trial("l0"), trial("s0", kind="p"), trial("m0", kind="l"), trial("t0", "s0", cost=50.0)]
    machine = Machine(plan, {"p0": 1.0, "l0": 9.0, "s0": 1.0, "m0": 9.0, "t0": 50.0}, 1)
    machine.end()
    assert machine.order == ["p0", "l0", "s0", "t0", "m0"]


def test_what_waited_is_ready_as_soon_as_its_last_need_has_ended_and_not_with_the_others():
    plan = [trial("a0"), trial("a1"), trial("b", "a0", "a1"), trial("c")]
    rows = {}
    queue = Queue(plan, rows, Forecast(plan, 1))
    assert begun(queue) == ["a0", "c", "a1"]
    rows["a1"] = 1
    queue.ended(plan[1])
    assert begun(queue) == []
    rows["a0"] = 0
    queue.ended(plan[0])
    (given,) = queue
    assert (given[0].key, given[1]) == ("b", {"a0": 0, "a1": 1})


def test_what_waited_for_a_trial_that_failed_is_not_given_out():
    plan = [trial("a"), trial("b", "a")]
    queue = Queue(plan, {}, Forecast(plan, 1))
    assert begun(queue) == ["a"]
    queue.ended(plan[0])
    assert begun(queue) == []


def gated(look):
    """Two rounds with a look between them, and one trial that follows on all."""
    return [
        trial("a"), trial("look", "a"), dataclasses.replace(trial("b"), unless="look"),
        trial("all", "a", "b", "look") if look else trial("all", "a", "b"),
    ]  # fmt: skip


def test_what_a_look_spares_is_not_given_out_and_nobody_waits_for_it():
    plan, rows, out = gated(look=True), {}, set()
    queue = Queue(plan, rows, Forecast(plan, 1), spared=lambda: frozenset(out))
    assert begun(queue) == ["a"]
    for key in ("a", "look"):
        rows[key] = 1
        out |= {"b"} if key == "look" else set()
        queue.ended(next(each for each in plan if each.key == key))
        assert begun(queue) == {"a": ["look"], "look": ["all"]}[key]
    later = Queue(plan[2:], rows, Forecast(plan, 1), spared=lambda: frozenset(out))
    assert next(later) == (plan[3], {"a": 1, "look": 1})


@pytest.mark.parametrize("fails", [False, True])
def test_after_a_look_what_it_does_not_spare_is_ready_even_where_it_failed(fails):
    plan, rows = gated(look=False), {"a": 1}
    queue = Queue(plan[1:], rows, Forecast(plan, 1))
    assert begun(queue) == ["look"]
    if not fails:
        rows["look"] = 1
    queue.ended(plan[1])
    assert begun(queue) == ["b"]
    assert begun(Queue(plan[2:], rows, Forecast(plan, 1), failed=["look"] if fails else [])) == ["b"]


def test_rows_that_are_there_already_count_as_ended():
    plan = [trial("b", "a"), trial("c", "x")]
    assert begun(Queue(plan, {"a": 1}, Forecast(plan, 1))) == ["b"]


def test_what_another_process_has_is_passed_over():
    plan = [trial("a"), trial("b"), trial("c")]
    assert begun(Queue(plan, {}, Forecast(plan, 1), lambda each: each.key != "b")) == ["a", "c"]


def test_what_runs_alone_keeps_the_order_of_the_plan_whatever_it_takes():
    plan = [trial(key, kind="t", cost=cost, exclusive=True) for key, cost in [("a", 1.0), ("b", 5.0), ("c", 9.0)]]
    rows, forecast = {}, Forecast(plan, 1)
    queue = Queue(plan, rows, forecast)
    order = []
    for given, _ in queue:
        order.append(given.key)
        rows[given.key] = 1
        forecast.add(given, given.cost)
        queue.ended(given)
    assert order == ["a", "b", "c"]


@pytest.mark.parametrize("seed", range(20))
def test_no_core_idles_longer_than_the_longest_path_of_random_plans(seed):
    """Graham's bound for any list: the mean load and (1 - 1 / m) of the longest path; and all of a plan is done, once."""
    rng = np.random.default_rng(seed)
    plan, seconds, path = [], {}, {}
    for i in range(60):
        needs = [plan[j].key for j in rng.choice(i, size=min(i, int(rng.integers(0, 3))), replace=False)]
        kind, cost = f"k{rng.integers(5)}", float(rng.uniform(0.5, 5))
        plan.append(trial(f"t{i}", *needs, kind=kind, cost=cost))
        seconds[f"t{i}"] = cost * (1 + int(kind[1]))
        path[f"t{i}"] = seconds[f"t{i}"] + max((path[key] for key in needs), default=0.0)
    m = int(rng.integers(1, 5))
    machine = Machine(plan, seconds, m)
    end = machine.end()
    assert sorted(machine.order) == sorted(each.key for each in plan)
    assert end <= sum(seconds.values()) / m + (1 - 1 / m) * max(path.values()) + 1e-9
