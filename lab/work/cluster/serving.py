"""What does a Dask worker do with a trial? It runs it in a process apart, one at a time for each of its threads.

A trial that kills its process is tried once more and named, and one that takes too long is ended, by the same code as on one
machine (`lab.work.workers`): the worker itself survives both. Processes wait for further trials of the same table, and end
when none has come for a while. A trial whose driver has left is ended too.
"""

import contextlib
import functools
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from typing import Any

from lab.host.machine import fingerprint
from lab.protocol import Trial
from lab.work.cluster.apart import PACKED, Apart
from lab.work.cluster.scheduler import dask
from lab.work.workers import Outcome, Workers

__all__ = ["Order", "Reply", "digest_of", "packed", "run_trial"]

_IDLE_S = 60.0
_SWEEP_S = 5.0

Facts = Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Order:
    """What goes with a trial.

    Attributes
    ----------
    key : str
        Key of the trial.
    table : str
        Digest of the pickled table.
    limit_s : float
        Seconds after which the trial is taken to hang.
    facts : callable
        Says of a machine what rows depend on.
    expected : str
        Digest of what it says on the driver's.
    """

    key: str
    table: str
    limit_s: float
    facts: Facts
    expected: str


@dataclass(frozen=True)
class Reply:
    """The pickled outcome of a trial and the machine on which it ran; or what is unlike there, on which worker, and nothing ran."""

    outcome: bytes = b""
    machine: dict[str, Any] | None = None
    unlike: dict[str, Any] | None = None
    worker: str = ""


class _AbandonedError(Exception):
    """Nobody waits for the trial any more."""


def packed(thing: Any) -> bytes:
    """Pickle something by reference, as between local processes: what is not importable cannot be sent."""
    return bytes(ForkingPickler.dumps(thing))


def digest_of(facts: Any) -> str:
    """Digest plain facts, SHA-256."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def run_trial(trial: bytes, table: bytes, order: Order) -> Reply:
    """Run a pickled trial (with the rows that it needs) on a pickled table: the task of a Dask worker."""
    unlike = _unlike(order)
    if unlike is not None:
        return Reply(unlike=unlike, worker=str(dask().get_worker().name))
    stand_in = Trial(order.key, run_trial, {PACKED: trial}, limit_s=order.limit_s)
    with _taken(table, order.table) as workers:
        (outcome,) = workers.run([(stand_in, {})], beside=1)
    if outcome.row is None:
        plain = Outcome(Trial("", dict), None, outcome.reason, outcome.details, outcome.seconds)
        return Reply(packed(plain), _machine())
    return Reply(outcome.row, _machine())


@functools.cache
def _machine() -> dict[str, Any]:
    return fingerprint()


_known: dict[str, dict[str, Any] | None] = {}


def _unlike(order: Order) -> dict[str, Any] | None:
    """Give the facts of this machine where they are others than the driver's."""
    if order.expected not in _known:
        found = order.facts()
        _known[order.expected] = None if digest_of(found) == order.expected else found
    return _known[order.expected]


class _Idle:
    """Processes that wait for trials, by the digest of their table; safe to use from several threads.

    One thread ends those that have waited for long, not a timer for each: a thread that starts while Dask's profiler looks at
    all others can block the whole interpreter in Python 3.11 (issue 106883 of CPython, 8616 of distributed).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, Workers, float]] = []
        self._sweeper: threading.Thread | None = None

    def take(self, digest: str) -> Workers | None:
        """Give one that has the table, which is not idle any more; None where none waits."""
        with self._lock:
            for place, (table, workers, _) in enumerate(self._waiting):
                if table == digest:
                    del self._waiting[place]
                    return workers
        return None

    def put(self, digest: str, workers: Workers) -> None:
        """Have it wait for a while, then end."""
        with self._lock:
            self._waiting.append((digest, workers, time.monotonic() + _IDLE_S))
            if self._sweeper is None:
                self._sweeper = threading.Thread(target=self._sweep, daemon=True)
                self._sweeper.start()

    def count(self) -> int:
        """Count those that wait."""
        with self._lock:
            return len(self._waiting)

    def _sweep(self) -> None:
        while True:
            time.sleep(_SWEEP_S)
            now = time.monotonic()
            with self._lock:
                ended = [workers for _, workers, until in self._waiting if until <= now]
                self._waiting = [each for each in self._waiting if each[2] > now]
            for workers in ended:
                workers.close()


_idle = _Idle()


@contextlib.contextmanager
def _taken(table: bytes, digest: str) -> Iterator[Workers]:
    """Give a process that has the table, and have it wait for the next trial afterwards."""
    workers = _idle.take(digest)
    if workers is None:
        workers = Workers(None, 1, start=lambda: Apart(table), look=_require_driver)
    try:
        yield workers
    except BaseException:
        workers.close()
        raise
    _idle.put(digest, workers)


def _require_driver() -> None:
    """End the batch where the task that this thread runs was cancelled: its driver has left, or has no use for it."""
    distributed = dask()
    task = distributed.get_worker().state.tasks.get(distributed.worker.thread_state.key)
    if task is None or task.state in ("cancelled", "released", "forgotten"):
        raise _AbandonedError
