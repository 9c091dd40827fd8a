"""How fast does a model answer at a given rate? Calls come by a schedule that does not wait for answers (open loop).

A response counts from the scheduled arrival, so that a stall is charged to every call that it delays; a closed loop,
which makes the next call when the last one has ended, hides exactly this (coordinated omission).
"""

import gc
import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.load.arrivals import Arrivals
from edge.load.histogram import Distribution, Recorder, share_estimate
from edge.timing.latency import Clock
from edge.timing.machine import Meter, Reading, lost_ns, read_waits
from lab.protocol import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Load", "back_to_back", "offer"]

_SPIN_NS = 200_000  # a sleeping thread wakes up to this late; the rest of the wait is spent looking at the clock


@dataclass(frozen=True, eq=False)
class Load:
    """What came of a run of calls.

    Attributes
    ----------
    response : Distribution
        From the scheduled arrival to the answer.
    service : Distribution
        From the beginning of the call to the answer.
    wake_up : Distribution
        From the scheduled arrival to the beginning of the call, where the model was idle: what the operating system
        takes to wake the process. It is part of the response.
    missed, calls : arrays of shape (batches,)
        Calls whose response was later than the deadline, and all calls, by batch.
    surely_missed : array of shape (batches,)
        Those that would have been late without other programs as well.
    lost : float
        Share of the time in which other programs kept a call waiting for the processor.
    seconds : float
        From the start to the last answer.
    """

    response: Distribution
    service: Distribution
    wake_up: Distribution
    missed: "NDArray[np.int64]"
    calls: "NDArray[np.int64]"
    seconds: float
    surely_missed: "NDArray[np.int64]"
    lost: float = 0.0

    def misses(self) -> Estimate:
        """Share of calls that missed the deadline, with its interval."""
        return share_estimate(self.missed, self.calls)

    def least_misses(self) -> Estimate:
        """Share of calls that would have missed it on a quiet machine too."""
        return share_estimate(self.surely_missed, self.calls)


def offer(
    call: Callable[[int], object],
    arrivals: Arrivals,
    *,
    calls: int,
    n_rows: int,
    deadline_ns: float,
    clock: Clock = time.perf_counter_ns,
    sleep: Callable[[float], None] = time.sleep,
    spin_ns: int = _SPIN_NS,
    patience_s: float = math.inf,
    meter: Meter = read_waits,
) -> Load:
    """Call the model at the scheduled times, one call at a time; a call that comes while another runs waits in line.

    Parameters
    ----------
    call : callable
        `call(i)` answers row i of `n_rows`; every call gets another row.
    arrivals : iterator of int
        `calls` times in nanoseconds from the start, ascending.
    deadline_ns : float
        A response that takes longer is a miss.
    clock, sleep, spin_ns : callable, callable, int
        Nanoseconds of a clock that never goes back; how to wait a number of seconds; how much of each wait's end is spent looking at
        the clock instead of asleep.
    patience_s : float
        Stop after that many seconds: a model that cannot keep up would take ever longer. Calls that are late by then
        count with the time that they have waited so far, which is too short, but a miss.
    meter : callable
        Reads what the machine does beside the model, once for every batch.
    """
    kept = _Kept(calls, meter)
    record_response, record_service, record_wake_up = kept.batch()
    missed, counted, schedule = kept.missed, kept.counted, iter(arrivals)
    with _garbage_kept():
        start = end = clock()  # after the collection, which takes longer than many a call
        last = start + patience_s * 1e9
        for number, arrival in enumerate(schedule):
            if number and number % kept.size == 0:
                record_response, record_service, record_wake_up = kept.batch()
            due = start + arrival
            begin = clock()
            if idle := begin < due:
                if due - begin > spin_ns:
                    sleep((due - begin - spin_ns) * 1e-9)
                while (begin := clock()) < due:
                    pass
            call(number % n_rows)
            end = clock()
            record_response(end - due)
            record_service(end - begin)
            if idle:
                record_wake_up(begin - due)
            counted[-1] += 1
            missed[-1] += end - due > deadline_ns
            if end > last:
                break
    kept.count_waiting(schedule, end - start, deadline_ns, record_response)
    return kept.load((end - start) * 1e-9, deadline_ns)


class _Kept:
    """What is counted of `calls` calls, batch by batch; the lists are those that the loop counts in."""

    def __init__(self, calls: int, meter: Meter) -> None:
        self._meter, self._readings = meter, list[Reading]()
        self._response, self._service, self._wake_up = Recorder(calls), Recorder(calls), Recorder(calls)
        self.size = self._response.size
        self.missed: list[int] = []
        self.counted: list[int] = []

    def batch(self) -> tuple[Callable[[int], None], Callable[[int], None], Callable[[int], None]]:
        """Begin a batch; gives what records its responses, services and wake-ups."""
        self.missed.append(0)
        self.counted.append(0)
        self._readings.append(self._meter())
        return self._response.batch(), self._service.batch(), self._wake_up.batch()

    def count_waiting(
        self, schedule: Arrivals, now_ns: int, deadline_ns: float, record_response: Callable[[int], None]
    ) -> None:
        """Count the calls that are due by now, were never made, and are a miss already."""
        for arrival in schedule:
            if now_ns - arrival <= deadline_ns:
                return
            record_response(now_ns - arrival)
            self.counted[-1] += 1
            self.missed[-1] += 1

    def load(self, seconds: float, deadline_ns: float) -> Load:
        """Give what was counted."""
        response, woken = self._response.distribution(), self._wake_up.distribution()
        readings = [*self._readings, self._meter()]
        lost = [_waiting_ns(*pair, woken.batch(place)) for place, pair in enumerate(itertools.pairwise(readings))]
        carried = _carried(lost, [woken.batch(place).calls > 0 for place in range(len(lost))])
        surely = [response.batch(place).later_than(deadline_ns + ns) for place, ns in enumerate(carried)]
        return Load(
            response,
            self._service.distribution(),
            woken,
            np.array(self.missed),
            np.array(self.counted),
            seconds,
            np.minimum(surely, self.missed),
            sum(lost) * 1e-9 / max(seconds, 1e-9),
        )


def _waiting_ns(before: Reading, after: Reading, woken: Distribution) -> int:
    """Time that the machine kept a thread waiting which also sleeps; where the system does not say, its latest wake-up."""
    if before.waited_ns is not None and after.waited_ns is not None:
        return lost_ns(before, after)
    return round(woken.largest()) if woken.calls else 0


def _carried(lost: Sequence[int], idle: Sequence[bool]) -> list[int]:
    """Give by batch what it and those before it lost since the model was last idle: a late call delays those behind it."""
    carried: list[int] = []
    for place, own in enumerate(lost):
        before = 0 if place == 0 else lost[place - 1] if idle[place - 1] else carried[-1]
        carried.append(own + before)
    return carried


def back_to_back(
    call: Callable[[int], object],
    *,
    calls: int,
    n_rows: int,
    deadline_ns: float,
    clock: Clock = time.perf_counter_ns,
) -> Load:
    """Make the next call as soon as the last one has ended (closed loop): caches are hot, and nothing ever waits."""
    service = Recorder(calls)
    record = service.batch()
    missed, counted = [0], [0]
    with _garbage_kept():
        start = end = clock()
        for number in range(calls):
            if number and number % service.size == 0:
                record = service.batch()
                missed.append(0)
                counted.append(0)
            begin = clock()
            call(number % n_rows)
            end = clock()
            record(end - begin)
            counted[-1] += 1
            if end - begin > deadline_ns:
                missed[-1] += 1
    found = service.distribution()
    nothing = Recorder(calls).distribution()
    late = np.array(missed)
    return Load(found, found, nothing, late, np.array(counted), (end - start) * 1e-9, late)


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Keep the garbage collector from running in the middle of a call."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
