"""When do calls arrive? Schedules that do not wait for answers: Poisson, periodic, and in bursts."""

import random
from collections.abc import Callable, Iterator

__all__ = ["PATTERNS", "Arrivals", "bursts", "periodic", "poisson"]

Arrivals = Iterator[int]

_SECOND = 1_000_000_000
_BURST = 10


def poisson(rate: float, *, calls: int, seed: int) -> Arrivals:
    """Give arrival times in nanoseconds from the start, with independent exponential gaps.

    Parameters
    ----------
    rate : float
        Calls per second on average, above 0.
    calls : int
        How many; they are drawn one by one, so that a long run takes no more memory than a short one.
    """
    draw = random.Random(seed)
    time = 0.0
    per_nanosecond = rate / _SECOND
    for _ in range(calls):
        time += draw.expovariate(per_nanosecond)
        yield int(time)


def periodic(rate: float, *, calls: int, seed: int = 0) -> Arrivals:
    """Give arrival times in nanoseconds from the start, all gaps alike, as a sensor calls.

    >>> list(periodic(1_000, calls=3))
    [1000000, 2000000, 3000000]
    """
    del seed  # nothing is drawn
    for number in range(1, calls + 1):
        yield int(number * _SECOND / rate)


def bursts(rate: float, *, calls: int, seed: int, size: int = _BURST) -> Arrivals:
    """Give arrival times in nanoseconds from the start: `size` calls at once, the bursts themselves at random.

    The rate counts calls, not bursts.
    """
    left = calls
    for time in poisson(rate / size, calls=-(-calls // size), seed=seed):
        for _ in range(min(size, left)):
            yield time
        left -= size


PATTERNS: dict[str, Callable[..., Arrivals]] = {
    "at random (Poisson)": poisson,
    "periodic": periodic,
    f"bursts of {_BURST}": bursts,
}
