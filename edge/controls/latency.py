"""On which models is the truth known? Stand-ins that wait on the clock, timed and judged as the lab does.

Two of them are timed while a busy loop runs on every core: a false verdict is wrong, undecided is right.
"""

import contextlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np

from edge.controls.accuracy import ACCURACY_CONTROLS
from edge.controls.busy import busy
from edge.controls.candidate import CANDIDATE, answer_with
from edge.controls.load_and_drift import OPERATION_CONTROLS
from edge.timing.latency import Alternative, Clock, on_one_core
from edge.timing.machine import Meter, read
from edge.timing.trials import TIME, TimedRow, exported
from edge.timing.watched import measure_watched
from lab.protocol import Answer, Control, Lab

__all__ = ["CONTROLS", "answer", "stand_in"]

_BUDGET_MS = 1.0
_ROWS, _CALLS, _ROUNDS, _ROUNDS_BESIDE = 1_000, 200, 15, 5


def stand_in(
    fast_ms: float,
    slow_ms: float,
    slow_share: float,
    *,
    n_rows: int,
    seed: int,
    clock: Clock = time.perf_counter_ns,
) -> Callable[[int], None]:
    """Make a model that takes `fast_ms` for most rows and `slow_ms` for a known share of them, by the clock."""
    waits = np.full(n_rows, fast_ms)
    waits[: round(slow_share * n_rows)] = slow_ms
    nanoseconds = (np.random.default_rng(seed).permutation(waits) * 1e6).astype(np.int64).tolist()

    def call(row: int) -> None:
        end = clock() + nanoseconds[row]
        while clock() < end:
            pass

    return call


def answer(
    lab: Lab,
    fast_ms: float,
    slow_ms: float,
    slow_share: float,
    *,
    seed: int,
    rounds: int = _ROUNDS,
    meanwhile: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext,
    clock: Clock = time.perf_counter_ns,
    meter: Meter = read,
) -> Answer:
    """Put a stand-in in the place of the lab's candidate, time it as the lab times a model, and ask for its p99 of 1 ms.

    `meanwhile` makes the block in which it is timed.
    """
    call = stand_in(fast_ms, slow_ms, slow_share, n_rows=_ROWS, seed=seed, clock=clock)

    def timed() -> TimedRow:
        alternatives = {exported(CANDIDATE): Alternative(call, _ROWS, _CALLS)}
        with meanwhile(), on_one_core() as core:
            found = measure_watched(alternatives, rounds=rounds, clock=clock, meter=meter)
            return TimedRow(found.times, core, found.disturbed, found.machine)

    return answer_with(lab, {"p99_ms": _BUDGET_MS}, {TIME.name: timed}, seed=seed)


def fast(lab: Lab, *, seed: int) -> Answer:
    """0.5 ms always: inside the budget of 1 ms."""
    return answer(lab, 0.5, 0.5, 0.0, seed=seed)


def slow(lab: Lab, *, seed: int) -> Answer:
    """1.2 ms always: outside."""
    return answer(lab, 1.2, 1.2, 0.0, seed=seed)


def slow_tail(lab: Lab, *, seed: int) -> Answer:
    """0.1 ms, but 3 % of the rows take 3 ms: the median is far inside, the p99 outside."""
    return answer(lab, 0.1, 3.0, 0.03, seed=seed)


def rare_tail(lab: Lab, *, seed: int) -> Answer:
    """0.1 ms, but 0.3 % of the rows take 3 ms: the p99 is inside."""
    return answer(lab, 0.1, 3.0, 0.003, seed=seed)


def fast_beside_loops(lab: Lab, *, seed: int) -> Answer:
    """0.5 ms always, while every core is kept busy."""
    return answer(lab, 0.5, 0.5, 0.0, seed=seed, rounds=_ROUNDS_BESIDE, meanwhile=busy)


def slow_beside_loops(lab: Lab, *, seed: int) -> Answer:
    """1.2 ms always, while every core is kept busy."""
    return answer(lab, 1.2, 1.2, 0.0, seed=seed, rounds=_ROUNDS_BESIDE, meanwhile=busy)


CONTROLS = (
    Control("fast", "every call takes 0.5 ms of the 1 ms allowed", ("no",), fast, exclusive=True, right="yes"),
    Control("slow", "every call takes 1.2 ms of the 1 ms allowed", ("yes",), slow, exclusive=True, right="no"),
    Control(
        "slow-tail", "3 % of the calls take 3 ms: the p99 is outside", ("yes",), slow_tail, exclusive=True, right="no"
    ),
    Control(
        "rare-tail", "0.3 % of the calls take 3 ms: the p99 is inside", ("no",), rare_tail, exclusive=True, right="yes"
    ),
    Control(
        "fast-beside-loops",
        "every call takes 0.5 ms of 1 ms, on a machine that busy loops share",
        ("no",),
        fast_beside_loops,
        exclusive=True,
    ),
    Control(
        "slow-beside-loops",
        "every call takes 1.2 ms of 1 ms, on a machine that busy loops share",
        ("yes",),
        slow_beside_loops,
        exclusive=True,
    ),
    *OPERATION_CONTROLS,
    *ACCURACY_CONTROLS,
)
