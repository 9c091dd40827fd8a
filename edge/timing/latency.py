"""How long does one call take? Interleaved rounds of single calls on another row each, timed by a nanosecond clock.

Machines drift, so the alternatives take turns (A B C, A B C, ...), and each is compared with the others of its round.
"""

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.timing.machine import quietest

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Alternative",
    "Clock",
    "looked_through",
    "measure",
    "on_one_core",
    "spread_of_rounds",
    "timed_round",
    "warm_up",
]

Clock = Callable[[], int]

_STABLE = 0.05
_MAX_WARM_UP = 20
_LONGEST_WARM_UP = 200_000_000  # nanoseconds: what takes milliseconds a call needs no hundred of them


@dataclass(frozen=True)
class Alternative:
    """What is timed: `call(i)` answers row i of `n_rows`; `calls` of them make a round."""

    call: Callable[[int], object]
    n_rows: int
    calls: int


def measure(
    alternatives: Mapping[str, Alternative], *, rounds: int, clock: Clock = time.perf_counter_ns
) -> "dict[str, NDArray[np.int64]]":
    """Time every alternative, after it is warm, by a clock that counts nanoseconds.

    Returns
    -------
    dict of str to numpy.ndarray of shape (rounds, calls)
        Nanoseconds of every single call, the clock's own cost included.
    """
    taken: dict[str, list[list[int]]] = {name: [] for name in alternatives}
    with looked_through():
        for alternative in alternatives.values():
            warm_up(alternative, clock)
        for turn in range(rounds):
            for name, alternative in alternatives.items():
                taken[name].append(timed_round(alternative, turn * alternative.calls, clock))
    return {name: np.array(times, dtype=np.int64) for name, times in taken.items()}


def spread_of_rounds(times: "NDArray[np.int64]") -> float:
    """How much the rounds' medians differ: the distance from their 10 % to their 90 % quantile, over their median.

    `times` has the shape (rounds, calls).
    """
    medians = np.median(times, axis=1)
    low, middle, high = np.quantile(medians, [0.1, 0.5, 0.9])
    return float((high - low) / middle)


@contextmanager
def looked_through() -> Iterator[None]:
    """Collect garbage once; what is there then need not be looked through again before every round."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def on_one_core() -> Iterator[int | None]:
    """Keep this process on the quietest core that it may use; gives its number, or None where that is not possible."""
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    before = os.sched_getaffinity(0)
    core = quietest(before)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, before)


def warm_up(alternative: Alternative, clock: Clock) -> None:
    """Call until the median of a round changes by less than 5 % from the one before, or for 0.2 s."""
    end = clock() + _LONGEST_WARM_UP
    calls = max(alternative.calls // 4, 5)
    short = Alternative(alternative.call, alternative.n_rows, calls)
    before = statistics.median(timed_round(short, 0, clock))
    for turn in range(1, _MAX_WARM_UP):
        now = statistics.median(timed_round(short, turn * calls, clock))
        if abs(now - before) <= _STABLE * before or clock() > end:
            return
        before = now


def timed_round(alternative: Alternative, first: int, clock: Clock) -> list[int]:
    """Time one round with the garbage collector off; rows go round and round, so that no call repeats the last row."""
    call = alternative.call
    rows = [(first + i) % alternative.n_rows for i in range(alternative.calls)]
    taken = [0] * len(rows)
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for place, row in enumerate(rows):
            start = clock()
            call(row)
            taken[place] = clock() - start
    finally:
        if was_on:
            gc.enable()
    return taken
