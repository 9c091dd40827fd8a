"""Is the truth found about load and streams? Stalls put into a model's calls, and streams with a drift of known place."""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from edge.budget import Status, status
from edge.load.arrivals import periodic
from edge.load.open_loop import Load, offer
from edge.stream.monitor import Signal, bins_of, watch
from edge.timing.latency import Clock, on_one_core
from lab.protocol import Answer, Control

__all__ = ["OPERATION_CONTROLS", "drift_answer", "stalling", "under_stalls"]

_CALLS = 2_000
_RATE = 1_000.0
_DEADLINE_NS = 50e6
_ALLOWED = 0.01
_STALL_EVERY = 500
_STALL_NS = 250_000_000
_WORK_NS = 20_000
_ANSWERS: dict[Status, Answer] = {"pass": "yes", "undecided": "undecided", "fail": "no"}


def stalling(*, stall_ns: int, clock: Clock, sleep: Callable[[float], None]) -> Callable[[int], None]:
    """Make a model that works for 20 us, but stops for `stall_ns` in every 500th call."""

    def call(row: int) -> None:
        if stall_ns and row == _STALL_EVERY // 2:
            sleep(stall_ns * 1e-9)
        end = clock() + _WORK_NS
        while clock() < end:
            pass

    return call


def under_stalls(
    *, stall_ns: int, clock: Clock = time.perf_counter_ns, sleep: Callable[[float], None] = time.sleep
) -> Load:
    """Call such a model 1,000 times a second in an open loop; the deadline is 50 ms."""
    call = stalling(stall_ns=stall_ns, clock=clock, sleep=sleep)
    schedule = periodic(_RATE, calls=_CALLS)
    with on_one_core():
        return offer(
            call, schedule, calls=_CALLS, n_rows=_STALL_EVERY, deadline_ns=_DEADLINE_NS, clock=clock, sleep=sleep
        )


def load_answer(*, stall_ns: int) -> Answer:
    """Judge the deadline misses of such a load as the lab does: at most 1 % may be late."""
    return _ANSWERS[status(under_stalls(stall_ns=stall_ns).misses(), _ALLOWED)]


def stalls(*, seed: int) -> Answer:
    """One call in 500 stops for 250 ms: 0.2 % of the calls, which make 40 % of all late."""
    del seed  # nothing is drawn
    return load_answer(stall_ns=_STALL_NS)


def steady(*, seed: int) -> Answer:
    """No call stops."""
    del seed
    return load_answer(stall_ns=0)


def drift_answer(*, seed: int, shift: float, n_rows: int = 6_000, n_columns: int = 10, at: int = 4_000) -> Answer:
    """Watch a made stream: yes where nothing is raised, no where the drift is found in its column near its place.

    An alarm before the drift, or on another column, is an answer against the truth: it counts as the opposite.
    """
    table = np.random.default_rng(seed).normal(size=(n_rows, n_columns))
    table[at:, 0] += shift
    train, begin = n_rows // 6, n_rows // 3
    signals = []
    for column in range(n_columns):
        values = pd.Series(table[:, column])
        bins = bins_of(values[:train])
        codes = bins.codes(values[train:])
        signals.append(Signal(str(column), codes[: begin - train], codes[begin - train :], bins.n_codes))
    raised = [found for found in watch(signals, false_alarms=0.05, seed=seed) if found.alarm is not None]
    if not shift:
        return "no" if raised else "yes"
    right = [found for found in raised if found.name == "0" and begin + (found.alarm or 0) >= at]
    return "no" if right and len(right) == len(raised) else "yes"


def same_stream(*, seed: int) -> Answer:
    """Nothing changes."""
    return drift_answer(seed=seed, shift=0.0)


def drifting_stream(*, seed: int) -> Answer:
    """One of ten columns moves by half a standard deviation."""
    return drift_answer(seed=seed, shift=0.5)


OPERATION_CONTROLS = (
    Control(
        "stalls",
        "at 1,000 calls a second, stalls in 0.2 % of them make 40 % late",
        ("yes",),
        stalls,
        exclusive=True,
        right="no",
    ),
    Control(
        "no-stalls",
        "at 1,000 calls a second, each takes 0.02 of 50 ms allowed",
        ("no",),
        steady,
        exclusive=True,
        right="yes",
    ),
    Control("same-stream", "ten columns, none of which changes (yes: no alarm)", ("no",), same_stream, right="yes"),
    Control(
        "drifting-stream",
        "one of ten columns moves by half its deviation (no: found)",
        ("yes",),
        drifting_stream,
        right="no",
    ),
)
