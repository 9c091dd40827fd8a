"""Where does a trial run? In a process of its own kind, so that a crash there takes nothing else down.

`concurrent.futures` loses its whole pool when one worker dies. Here the pool is made anew, and the trials that were
running are tried once more, each alone: the one that kills its worker again is named, the others are finished.
"""

import multiprocessing
import os
import signal
import threading
import time
import traceback
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any

from threadpoolctl import threadpool_limits

from lab import environment
from lab.protocol import Dataset, Rows, Trial
from lab.work.rows import typed
from lab.work.storage import through_storage

__all__ = ["Outcome", "Workers", "run_here"]

_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
_DIED = "its worker process died twice (killed, out of memory, or crashed)"

_dataset: Dataset | None = None  # in a worker: the table of the run, sent once


@dataclass(frozen=True)
class Outcome:
    """What came of a trial: its row, or the reason why there is none; `details` is for the log."""

    trial: Trial
    row: Any
    reason: str = ""
    details: str = ""
    seconds: float = 0.0


def run_here(trial: Trial, dataset: Dataset | None, inputs: Rows) -> Outcome:
    """Run a trial in this process; whatever it raises becomes the reason of the outcome."""
    start = time.perf_counter()
    extra: dict[str, Any] = {"inputs": dict(inputs)} if trial.needs else {}
    try:
        with warnings.catch_warnings(record=True) as caught, threadpool_limits(1):
            warnings.simplefilter("always")
            plain = through_storage(trial.function(dataset, seed=trial.seed, **trial.arguments, **extra))
            row: Any = typed(plain, trial.row_type)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - compiled libraries panic past Exception; the run reports it and goes on
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        return Outcome(trial, None, reason, traceback.format_exc(), time.perf_counter() - start)
    shown = sorted({f"{w.category.__name__}: {' '.join(str(w.message).split())[:200]}" for w in caught})
    return Outcome(trial, row, details="\n".join(shown), seconds=time.perf_counter() - start)


class Workers:
    """Processes that are started when work comes, serve one batch of trials after another, and are renewed when one dies.

    Parameters
    ----------
    dataset : Dataset or None
        The table of the run; every process gets it once.
    workers : int
        Processes at most.
    """

    def __init__(self, dataset: Dataset | None, workers: int) -> None:
        self._dataset = dataset
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def run(self, work: Sequence[tuple[Trial, Rows]], *, beside: int) -> Iterator[Outcome]:
        """Run trials (each with the rows that it needs), `beside` of them at once; yields outcomes as they end."""
        queue = deque(work)
        while queue:
            lost: list[tuple[Trial, Rows]] = []
            yield from self._until_broken(queue, min(beside, len(queue)), lost)
            for suspect in lost:
                alone = deque([suspect])
                again: list[tuple[Trial, Rows]] = []
                yield from self._until_broken(alone, 1, again)
                if again:
                    yield Outcome(suspect[0], None, _DIED)

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _until_broken(self, queue: deque, beside: int, lost: list) -> Iterator[Outcome]:
        """Work off the queue; if a process dies, put what was running into `lost` and return."""
        running: dict[Future[Outcome], tuple[Trial, Rows]] = {}
        try:
            while queue or running:
                while queue and len(running) < beside:  # never more than run at once: then all of them are suspects
                    running[self._submit(*queue[0])] = queue[0]
                    queue.popleft()  # only now: a pool that breaks while it takes the work must not lose it
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    del running[future]
                    yield outcome
        except BrokenProcessPool:
            lost.extend(running.values())
            self.close()
        except BaseException:
            for process in multiprocessing.active_children():
                process.kill()
            self.close()
            raise

    def _submit(self, trial: Trial, inputs: Rows) -> Future[Outcome]:
        if self._pool is None:
            environment.make_cache_folder()
            context = multiprocessing.get_context("spawn")
            with environment.running_under(environment.for_processes()):  # its locks start a process of their own
                self._pool = ProcessPoolExecutor(
                    self._workers, mp_context=context, initializer=_start, initargs=(self._dataset,)
                )
        # The pool starts its processes as work comes; they share the cores already.
        with environment.running_under({**environment.for_processes(), **_ONE_THREAD}):
            return self._pool.submit(_run_in_worker, trial, inputs)


def _run_in_worker(trial: Trial, inputs: Rows) -> Outcome:
    return run_here(trial, _dataset, inputs)


def _start(dataset: Dataset | None) -> None:
    global _dataset
    _dataset = dataset
    environment.leave_current_folder()  # before a trial imports libraries that read their settings from there
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Leave when the parent is gone, even if it was killed without a chance to say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
