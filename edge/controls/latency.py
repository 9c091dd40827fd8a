"""On which models is the truth known? Stand-ins that wait on the clock, timed and judged as the lab does."""

import time
from collections.abc import Callable

import numpy as np

from edge.budget import Status, status
from edge.controls.load_and_drift import OPERATION_CONTROLS
from edge.timing.latency import Alternative, Clock, measure, on_one_core
from lab.protocol import Answer, Control
from lab.stats import quantile

__all__ = ["CONTROLS", "answer", "stand_in"]

_BUDGET_MS = 1.0
_ANSWERS: dict[Status, Answer] = {"pass": "yes", "undecided": "undecided", "fail": "no"}


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
    fast_ms: float, slow_ms: float, slow_share: float, *, seed: int, clock: Clock = time.perf_counter_ns
) -> Answer:
    """Time a stand-in as the lab times a model, and judge its p99 against 1 ms."""
    n_rows = 1_000
    call = stand_in(fast_ms, slow_ms, slow_share, n_rows=n_rows, seed=seed, clock=clock)
    with on_one_core():
        times = measure({"stand-in": Alternative(call, n_rows, 200)}, rounds=15, clock=clock)["stand-in"]
    p99 = quantile(times.ravel() * 1e-6, 0.99, unit="ms")
    return "undecided" if p99 is None else _ANSWERS[status(p99, _BUDGET_MS)]


def fast(*, seed: int) -> Answer:
    """0.5 ms always: inside the budget of 1 ms."""
    return answer(0.5, 0.5, 0.0, seed=seed)


def slow(*, seed: int) -> Answer:
    """1.2 ms always: outside."""
    return answer(1.2, 1.2, 0.0, seed=seed)


def slow_tail(*, seed: int) -> Answer:
    """0.1 ms, but 3 % of the rows take 3 ms: the median is far inside, the p99 outside."""
    return answer(0.1, 3.0, 0.03, seed=seed)


def rare_tail(*, seed: int) -> Answer:
    """0.1 ms, but 0.3 % of the rows take 3 ms: the p99 is inside."""
    return answer(0.1, 3.0, 0.003, seed=seed)


CONTROLS = (
    Control("fast", "every call takes 0.5 ms of the 1 ms allowed", ("no",), fast, exclusive=True, right="yes"),
    Control("slow", "every call takes 1.2 ms of the 1 ms allowed", ("yes",), slow, exclusive=True, right="no"),
    Control(
        "slow-tail", "3 % of the calls take 3 ms: the p99 is outside", ("yes",), slow_tail, exclusive=True, right="no"
    ),
    Control(
        "rare-tail", "0.3 % of the calls take 3 ms: the p99 is inside", ("no",), rare_tail, exclusive=True, right="yes"
    ),
    *OPERATION_CONTROLS,
)
