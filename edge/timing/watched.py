"""What is timed while the machine is watched? Rounds that other programs disturbed are repeated, and the rest is counted.

A round is chosen by what the machine did in it, never by the times of its calls; a repeat answers the same rows.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.timing.latency import Alternative, Clock, looked_through, timed_round, warm_up
from edge.timing.machine import Meter, Reading, disturbed_calls, lost_ns, others_ns, read

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Noise", "Watched", "least_times", "measure_watched"]

_BUSY_CORES = 0.25
_SHARED_CORE = 2.0


@dataclass(frozen=True)
class Noise:
    """What other programs took while models were timed.

    Attributes
    ----------
    lost : float
        Share of the time of the rounds that were kept which the machine took from them.
    others : float
        Cores that other programs kept busy meanwhile, on average.
    repeated : int
        Rounds that were timed once more.
    """

    lost: float = 0.0
    others: float = 0.0
    repeated: int = 0


@dataclass(frozen=True, eq=False)
class Watched:
    """Nanoseconds of shape (rounds, calls), and how many calls of each round may be disturbed, of shape (rounds,)."""

    times: "Mapping[str, NDArray[np.int64]]"
    disturbed: "Mapping[str, NDArray[np.int64]]"
    machine: Noise


@dataclass(frozen=True)
class _Round:
    taken: list[int]
    disturbed: int
    lost_ns: int
    wall_ns: int


def measure_watched(
    alternatives: Mapping[str, Alternative],
    *,
    rounds: int,
    clock: Clock = time.perf_counter_ns,
    meter: Meter = read,
) -> Watched:
    """Time as `edge.timing.latency.measure` does, then repeat disturbed rounds for at most as long again.

    Of a round and its repeat the one with fewer disturbed calls is kept.
    """
    kept: dict[tuple[str, int], _Round] = {}
    with looked_through():
        for alternative in alternatives.values():
            warm_up(alternative, clock)
        first, begun = meter(), clock()
        for turn in range(rounds):
            for name, alternative in alternatives.items():
                kept[name, turn] = _watched(alternative, turn, clock, meter)
        repeated = _repeat(kept, alternatives, 2 * clock() - begun, clock, meter)
        last = meter()
    lost, wall = (sum(getattr(each, what) for each in kept.values()) for what in ("lost_ns", "wall_ns"))
    return Watched(
        {name: np.array([kept[name, turn].taken for turn in range(rounds)]) for name in alternatives},
        {name: np.array([kept[name, turn].disturbed for turn in range(rounds)]) for name in alternatives},
        Noise(lost / max(wall, 1), others_ns(first, last) / max(last.at_ns - first.at_ns, 1), repeated),
    )


def least_times(
    times: "NDArray[np.int64]", disturbed: "NDArray[np.int64]", machine: Noise
) -> "NDArray[np.float64] | NDArray[np.int64]":
    """Give times that the calls would at least have taken alone on the machine.

    In every round as many of the longest calls as may be disturbed are set to the shortest. Where other programs used
    more than a quarter of a core, all are halved: two threads that share a core get at least half of it each.

    Parameters
    ----------
    times, disturbed : numpy.ndarray of shape (rounds, calls) and of shape (rounds,)
    """
    least = np.sort(times, axis=1)
    for calls, count in zip(least, disturbed, strict=True):
        calls[len(calls) - min(int(count), len(calls)) :] = calls[0]
    return least / _SHARED_CORE if machine.others > _BUSY_CORES else least


def _watched(alternative: Alternative, turn: int, clock: Clock, meter: Meter) -> _Round:
    before: Reading = meter()
    taken = timed_round(alternative, turn * alternative.calls, clock)
    after = meter()
    return _Round(taken, disturbed_calls(before, after), lost_ns(before, after), after.at_ns - before.at_ns)


def _repeat(
    kept: dict[tuple[str, int], _Round], alternatives: Mapping[str, Alternative], until: int, clock: Clock, meter: Meter
) -> int:
    """Repeat disturbed rounds, the most disturbed first, until none is left or the time is over; says how many."""
    repeated = 0
    while any(each.disturbed for each in kept.values()):
        by_share = sorted(kept, key=lambda place: -kept[place].lost_ns / max(kept[place].wall_ns, 1))
        for place in (place for place in by_share if kept[place].disturbed):
            if clock() >= until:
                return repeated
            again = _watched(alternatives[place[0]], place[1], clock, meter)
            repeated += 1
            if again.disturbed < kept[place].disturbed:
                kept[place] = again
    return repeated
