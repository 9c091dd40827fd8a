"""How many rows a second, against the size of a batch?

At every size the alternatives take turns; a round is as many calls as fit into a few milliseconds, timed as one.
"""

import time
from collections.abc import Callable, Mapping, Sequence

from edge.timing.latency import Clock

__all__ = ["BATCHES", "ROUNDS", "measure_throughput"]


BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


ROUNDS = 6
"""The fewest with a distribution-free 95 % interval of the median: from the slowest to the fastest (1 - 2 / 2^6 = 96.9 %)."""


_ROUND_NS = 3_000_000


_MOST_CALLS = 1_000


def measure_throughput(
    alternatives: Mapping[str, Callable[[int, int], object]],
    *,
    batches: Sequence[int] = BATCHES,
    rounds: int = ROUNDS,
    clock: Clock = time.perf_counter_ns,
) -> dict[str, list[list[float]]]:
    """Time the alternatives at every size of a batch; `call(size, turn)` answers `size` rows, others at every turn.

    Returns
    -------
    dict of str to list
        By alternative, for every size: rows per second in each round.
    """
    found: dict[str, list[list[float]]] = {name: [] for name in alternatives}
    for size in batches:
        calls = {}
        for name, call in alternatives.items():
            call(size, 0)  # the first call of a size allocates
            fastest = min(_nanoseconds(call, size, turn, clock) for turn in range(1, 4))
            calls[name] = int(min(max(_ROUND_NS // max(fastest, 1), 1), _MOST_CALLS))
            found[name].append([])
        for turn in range(rounds):
            for name, call in alternatives.items():
                first = turn * calls[name]
                start = clock()
                for place in range(first, first + calls[name]):
                    call(size, place)
                seconds = max(clock() - start, 1) * 1e-9
                found[name][-1].append(size * calls[name] / seconds)
    return found


def _nanoseconds(call: Callable[[int, int], object], size: int, turn: int, clock: Clock) -> int:
    start = clock()
    call(size, turn)
    return clock() - start
