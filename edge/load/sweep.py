"""How does the response time grow with the rate? One model called back to back, over a sweep of rates, and at the user's.

The sweep goes from a rate at which the model is nearly always idle (and its caches are cold) to 95 % of what it can do.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from edge.load import arrivals
from edge.load.open_loop import Load, back_to_back, offer
from lab.protocol import Row

__all__ = ["SHARES", "USES", "measure_load"]

USES = (0.02, 0.1, 0.3, 0.5, 0.7, 0.85, 0.95)
SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
_CURVE = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
_MS = 1e-6  # milliseconds in a nanosecond
_MOST_CALLS = 20_000
_DECIDING = 1_000  # calls: without a miss among them the interval ends at 0.4 %
_FOR_P99 = 500  # calls: a percentile with its interval needs 380 that do not wait for one another
_LONGER = 5  # times `seconds`, at most, for so many at a low rate of the sweep
_PATIENCE = 100  # times `seconds`, at most, to wait for so many


def measure_load(
    call: Callable[[int], object],
    *,
    n_rows: int,
    deadline_ms: float,
    rate: float | None,
    seconds: float,
    seed: int,
) -> Row:
    """Measure one model; `call(i)` answers row i of `n_rows`.

    Parameters
    ----------
    deadline_ms : float
        A response that takes longer than this many milliseconds from its scheduled arrival is a miss.
    rate : float, optional
        The user's calls per second.
    seconds : float
        Time for each rate of the sweep, up to 5 times as much at low rates for the calls that a p99 needs; random arrivals
        at the user's rate get up to 100 times as much, for 1,000 calls.

    Returns
    -------
    dict
        `service_ms` (median of a call back to back), and `runs`: a list of dicts with `view` (hot, sweep, rate),
        `pattern`, `rate`, `use` (rate times service), `calls`, `misses`, `p50` to `p99.9` in ms (None where the calls
        are too few for an interval), `wake_up_p50_us`, `wake_up_p99_us`, and `curve`: pairs (ms, share answered).
    """
    deadline_ns = deadline_ms * 1e6
    back_to_back(call, calls=max(n_rows // 4, 20), n_rows=n_rows, deadline_ns=deadline_ns)  # warm up
    probe = back_to_back(call, calls=50, n_rows=n_rows, deadline_ns=deadline_ns)
    calls = _calls(50 / probe.seconds, seconds)
    hot = back_to_back(call, calls=calls, n_rows=n_rows, deadline_ns=deadline_ns)
    service = hot.service.at(0.5) * 1e-9  # the median: a call that the system interrupts says nothing about the model
    runs = [_run("hot", "back to back", 1 / service, service, hot)]
    random = next(iter(arrivals.PATTERNS))
    wanted = [("sweep", random, use / service, _long_enough(use / service, seconds)) for use in USES]
    if rate is not None:
        patient = min(max(seconds, _DECIDING / rate), _PATIENCE * seconds)
        wanted.append(("rate", random, rate, patient))
        wanted += [("rate", name, rate, min(patient, 2 * seconds)) for name in arrivals.PATTERNS if name != random]
    for place, (view, name, offered, time) in enumerate(wanted):
        calls = _calls(offered, time)
        schedule = arrivals.PATTERNS[name](offered, calls=calls, seed=seed + place)
        load = offer(
            call, schedule, calls=calls, n_rows=n_rows, deadline_ns=deadline_ns, patience_s=2 * calls / offered + 0.1
        )
        runs.append(_run(view, name, offered, service, load))
    return {"service_ms": service * 1e3, "runs": runs}


def _long_enough(rate: float, seconds: float) -> float:
    return min(max(seconds, _FOR_P99 / rate), _LONGER * seconds)


def _calls(rate: float, seconds: float) -> int:
    return int(min(max(rate * seconds, 20), _MOST_CALLS))


def _run(view: str, pattern: str, rate: float, service: float, load: Load) -> dict[str, Any]:
    percentiles = {name: load.response.quantile(share, unit="ms", scale=_MS) for name, share in SHARES.items()}
    idle = load.wake_up.calls > 0
    return {
        "view": view,
        "pattern": pattern,
        "rate": rate,
        "use": rate * service,
        "calls": int(load.calls.sum()),
        "seconds": load.seconds,
        "misses": asdict(load.misses()),
        **{name: found and asdict(found) for name, found in percentiles.items()},
        "wake_up_p50_us": load.wake_up.at(0.5) / 1e3 if idle else None,
        "wake_up_p99_us": load.wake_up.at(0.99) / 1e3 if idle else None,
        "curve": [(load.response.at(share) * _MS, share) for share in _CURVE],
    }
