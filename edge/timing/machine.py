"""What does the machine do beside the model that is timed? Read before and after: what it took from the timed thread."""

import math
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

__all__ = ["Meter", "Reading", "disturbed_calls", "lost_ns", "others_ns", "quietest", "read", "read_waits"]

_WAITS = "/proc/thread-self/schedstat"
_WHO = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
_SLICE_NS = 1_000_000  # a hypervisor takes a core away for milliseconds
_WORTH = 0.01  # share of the time: what takes less moves no budget
_SAMPLE_S = 0.1


@dataclass(frozen=True)
class Reading:
    """Counters of the calling thread, in nanoseconds; only differences mean anything.

    Attributes
    ----------
    at_ns, own_ns : int
        The clock, and the processor time of this thread.
    waited_ns : int or None
        How long it was ready to run while its core ran something else; None where the system does not say (macOS).
    interruptions : int
        How often the system has taken its core away (involuntary context switches).
    stolen_ns : int
        What the hypervisor has taken from the core to which this thread is bound, or from all.
    busy_ns : int
        What all programs together have used, summed over the cores.
    """

    at_ns: int = 0
    own_ns: int = 0
    waited_ns: int | None = 0
    interruptions: int = 0
    stolen_ns: int = 0
    busy_ns: int = 0


Meter = Callable[[], Reading]


def read() -> Reading:
    """Read the counters of the thread that calls."""
    cores = psutil.cpu_times(percpu=True)
    bound = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    own = [cores[core] for core in bound if core < len(cores)] if len(bound) == 1 else cores
    busy = sum(each.user + each.system + getattr(each, "nice", 0.0) for each in cores)
    return Reading(
        time.perf_counter_ns(),
        time.thread_time_ns(),
        _waited_ns(),
        resource.getrusage(_WHO).ru_nivcsw,
        round(1e9 * sum(getattr(each, "steal", 0.0) for each in own)),
        round(1e9 * busy),
    )


def read_waits() -> Reading:
    """Read only for how long this thread has waited: that takes microseconds, so that the calls of a load go on."""
    return Reading(waited_ns=_waited_ns())


def lost_ns(before: Reading, after: Reading) -> int:
    """Time that the machine took from a thread that never sleeps: spent on other programs, or stolen by the hypervisor."""
    if before.waited_ns is None or after.waited_ns is None:
        waited = after.at_ns - before.at_ns - (after.own_ns - before.own_ns)
    else:
        waited = after.waited_ns - before.waited_ns
    return max(waited, 0) + after.stolen_ns - before.stolen_ns


def disturbed_calls(before: Reading, after: Reading) -> int:
    """At most so many calls, made one after another in between, took longer because of other programs.

    An interruption lengthens one call. What takes less than 1 % of the time is not counted: it moves no budget.
    """
    lost = lost_ns(before, after)
    if lost < max(_WORTH * (after.at_ns - before.at_ns), 1):
        return 0
    stolen = math.ceil((after.stolen_ns - before.stolen_ns) / _SLICE_NS)
    return max(after.interruptions - before.interruptions + stolen, 1)


def others_ns(before: Reading, after: Reading) -> int:
    """Time of cores that other programs used in between, this thread's own left out."""
    return max(after.busy_ns - before.busy_ns - (after.own_ns - before.own_ns), 0)


def quietest(cores: set[int]) -> int:
    """Name the core that other programs use least, looking for a tenth of a second; of equals the last."""
    if len(cores) == 1:
        return max(cores)
    used = psutil.cpu_percent(_SAMPLE_S, percpu=True)
    return min(cores, key=lambda core: (used[core] if core < len(used) else 0.0, -core))


def _waited_ns() -> int | None:
    try:
        file = os.open(_WAITS, os.O_RDONLY)
    except OSError:
        return None
    try:
        return int(os.read(file, 100).split()[1])
    except (OSError, ValueError, IndexError):
        return None
    finally:
        os.close(file)
