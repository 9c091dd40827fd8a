"""How does the response time grow with the rate? One model called back to back, over a sweep of rates, and at the user's.

The sweep goes from a rate at which the model is nearly always idle (and its caches are cold) to 95 % of what it can do.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from edge.load import arrivals
from edge.load.open_loop import Load, back_to_back, offer
from edge.load.rates import Offered, at_rate, calls_in
from lab.protocol import Estimate

__all__ = ["USES", "LoadRun", "Loaded", "View", "measure_load", "summarised"]

View = Literal["hot", "sweep", "rate"]
"""Back to back, at a rate of the sweep, or at the user's."""
USES = (0.02, 0.1, 0.3, 0.5, 0.7, 0.85, 0.95)
_CURVE = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
_MS = 1e-6  # milliseconds in a nanosecond
_FOR_P99 = 500  # calls: a percentile with its interval needs 380 that do not wait for one another
_LONGER = 5  # times `seconds`, at most, for so many at a low rate of the sweep
_DISTURBED = 0.01  # share of the time: a run at the user's rate that lost more is repeated once


@dataclass(frozen=True)
class LoadRun:
    """What came of one run of calls.

    Attributes
    ----------
    view : View
        Which run it is.
    pattern : str
        How the calls came.
    rate : float
        Calls per second offered.
    use : float
        Rate times service: the share of what the model can do.
    calls : int
        How many.
    seconds : float
        From the start to the last answer.
    misses : Estimate
        Share of calls whose response was later than the deadline.
    p50, p90, p99, p99_9 : Estimate or None
        Percentiles of the response time in milliseconds; None where the calls are too few for an interval.
    wake_up_p50_us, wake_up_p99_us : float or None
        What the operating system takes to wake the process; None where it never waited.
    curve : tuple of (float, float)
        Pairs (milliseconds, share answered by then).
    least_misses : Estimate or None
        Share that would have been late without other programs as well; None where that was not watched.
    lost : float
        Share of the time in which other programs kept the model waiting for the processor.
    instead_of : float or None
        The user's rate, where calls were offered at a higher one (see `edge.load.rates`).
    """

    view: View
    pattern: str
    rate: float
    use: float
    calls: int
    seconds: float
    misses: Estimate
    p50: Estimate | None
    p90: Estimate | None
    p99: Estimate | None
    p99_9: Estimate | None
    wake_up_p50_us: float | None
    wake_up_p99_us: float | None
    curve: tuple[tuple[float, float], ...]
    least_misses: Estimate | None = None
    lost: float = 0.0
    instead_of: float | None = None


@dataclass(frozen=True)
class Loaded:
    """A model under load: the median of a call back to back in milliseconds, and its runs, the hot one first."""

    service_ms: float
    runs: tuple[LoadRun, ...]


def measure_load(
    call: Callable[[int], object],
    *,
    n_rows: int,
    deadline_ms: float,
    rate: float | None,
    seconds: float,
    seed: int,
) -> Loaded:
    """Measure one model; `call(i)` answers row i of `n_rows`.

    Parameters
    ----------
    deadline_ms : float
        A response that takes longer than this many milliseconds from its scheduled arrival is a miss.
    rate : float, optional
        The user's calls per second.
    seconds : float
        Time for each rate of the sweep, up to 5 times as much at low rates for the calls that a p99 needs; random arrivals
        at the user's rate get up to 100 times as much, for 1,000 calls. A rate below 2 a second is offered as 2.
    """
    deadline_ns = deadline_ms * 1e6
    back_to_back(call, calls=max(n_rows // 4, 20), n_rows=n_rows, deadline_ns=deadline_ns)  # warm up
    probe = back_to_back(call, calls=50, n_rows=n_rows, deadline_ns=deadline_ns)
    calls = calls_in(50 / probe.seconds, seconds)
    hot = back_to_back(call, calls=calls, n_rows=n_rows, deadline_ns=deadline_ns)
    service = hot.service.at(0.5) * 1e-9  # the median: a call that the system interrupts says nothing about the model
    runs = [summarised("hot", "back to back", 1 / service, service, hot)]
    random = next(iter(arrivals.PATTERNS))
    slow = [(use / service, _long_enough(use / service, seconds)) for use in USES]
    wanted: list[tuple[View, Offered]] = [("sweep", Offered(random, at, calls_in(at, time))) for at, time in slow]
    if rate is not None:
        wanted += [("rate", each) for each in at_rate(rate, seconds)]
    for place, (view, offered) in enumerate(wanted):
        schedule = functools.partial(
            arrivals.PATTERNS[offered.pattern], offered.rate, calls=offered.calls, seed=seed + place
        )
        options: dict[str, Any] = {"calls": offered.calls, "n_rows": n_rows, "deadline_ns": deadline_ns}
        options["patience_s"] = 2 * offered.seconds + 0.1
        load = offer(call, schedule(), **options)
        if view == "rate" and offered.pattern == random and load.lost > _DISTURBED:
            load = min(load, offer(call, schedule(), **options), key=lambda each: each.lost)
        run = summarised(view, offered.pattern, offered.rate, service, load)
        is_faster = view == "rate" and rate is not None and offered.rate > rate
        runs.append(replace(run, instead_of=rate) if is_faster else run)
    return Loaded(service * 1e3, tuple(runs))


def _long_enough(rate: float, seconds: float) -> float:
    return min(max(seconds, _FOR_P99 / rate), _LONGER * seconds)


def summarised(view: View, pattern: str, rate: float, service: float, load: Load) -> LoadRun:
    """Keep of a run what a row holds; `service` is the median of a call back to back, in seconds."""

    def percentile(share: float) -> Estimate | None:
        return load.response.quantile(share, unit="ms", scale=_MS)

    idle = load.wake_up.calls > 0
    return LoadRun(
        view=view,
        pattern=pattern,
        rate=rate,
        use=rate * service,
        calls=int(load.calls.sum()),
        seconds=load.seconds,
        misses=load.misses(),
        p50=percentile(0.5),
        p90=percentile(0.9),
        p99=percentile(0.99),
        p99_9=percentile(0.999),
        wake_up_p50_us=load.wake_up.at(0.5) / 1e3 if idle else None,
        wake_up_p99_us=load.wake_up.at(0.99) / 1e3 if idle else None,
        least_misses=load.least_misses(),
        lost=load.lost,
        curve=tuple((load.response.at(share) * _MS, share) for share in _CURVE),
    )
