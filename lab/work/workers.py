"""Where does a trial run? In a process of its own kind, so that a crash there takes nothing else down.

Each process has a pipe to us, and nothing is shared between them. (`concurrent.futures` loses its whole pool when one
process dies, and leaves named semaphores on the machine when all are killed at once.) The trial of a process that dies
is tried once more, alone, after the others: if it kills its process again it is named, and the others are finished. A
trial that takes longer than its limit is ended with its process and all that this started; it is not tried again.

Why not pebble (5.2.3 was tried)? Its `ProcessPool` names the task of a dying worker and renews the worker, and ends a task
at a timeout. But the timeout sends SIGTERM, waits 3 s and then kills the worker alone: what the worker had started lived on.
When all idle workers were killed at once, the pool broke for good. And its workers share one pipe under locks, so that the
table would go with every task. The second try of a suspect alone, and one at a time after many, would remain to be written.
"""

import contextlib
import dataclasses
import itertools
import multiprocessing
import os
import signal
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from multiprocessing import connection, resource_tracker
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, Protocol

from threadpoolctl import threadpool_limits

from lab import environment
from lab.host.children import end_with_parent
from lab.host.killing import kill_tree
from lab.privacy.cells import without_cells
from lab.protocol import Dataset, Rows, Trial
from lab.work.limits import Limits
from lab.work.rows import typed
from lab.work.storage import through_storage

__all__ = ["DIED", "ONE_THREAD", "Outcome", "Server", "Work", "Workers", "run_here", "serve"]

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
DIED = "its worker process died twice (killed, out of memory, or crashed)"
_PATIENCE_S = 10.0
_STARTS = 3
_LOOK_S = 5.0

Work = tuple[Trial, Rows]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a trial: its row, or the reason why there is none; `details` is for the log.

    `machine` is the one on which it ran (see `lab.host.machine.fingerprint`), where that is not this one.
    """

    trial: Trial
    row: Any
    reason: str = ""
    details: str = ""
    seconds: float = 0.0
    machine: dict[str, Any] | None = None


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
        return _failure(trial, error, time.perf_counter() - start, dataset)
    shown = sorted({f"{w.category.__name__}: {' '.join(str(w.message).split())[:200]}" for w in caught})
    details = _shown("\n".join(shown), dataset)
    return Outcome(trial, row, details=details, seconds=time.perf_counter() - start)


def _shown(text: str, dataset: Dataset | None) -> str:
    """Take cells of the table out of what libraries say: it goes into the log and the record."""
    return without_cells(text, dataset.whole or dataset) if text and dataset is not None else text


def _failure(trial: Trial, error: BaseException, seconds: float, dataset: Dataset | None) -> Outcome:
    reason = f"{type(error).__name__}: {' '.join(_shown(str(error), dataset).split())[:300]}"
    return Outcome(trial, None, reason, _shown("".join(traceback.format_exception(error)), dataset), seconds)


class Server(Protocol):
    """A process that runs trials, one at a time: our end of the pipe to it, and how long we have waited for what it is at."""

    connection: connection.Connection
    spent_s: float

    def send(self, work: Work) -> None:
        """Hand a trial over; raises ConnectionError where the process has died."""
        ...

    def outcome(self) -> Outcome | None:
        """Receive what came of the trial; None where the process died over it."""
        ...

    def end(self) -> None:
        """Have the process leave; by force where it does not."""
        ...

    def kill(self) -> None:
        """End the process at once, with what it started."""
        ...


class Workers:
    """Processes that are started when work comes, serve one batch of trials after another, and are renewed when one dies.

    Parameters
    ----------
    dataset : Dataset or None
        The table of the run; every process gets it once.
    workers : int
        Processes at most.
    scratch : pathlib.Path, optional
        Where trials, and all that they call, keep their temporary files.
    start : callable, optional
        Starts a process of another kind.
    look : callable, optional
        Called now and then while trials run; what it raises ends the batch.
    """

    def __init__(
        self,
        dataset: Dataset | None,
        workers: int,
        scratch: Path | None = None,
        *,
        start: Callable[[], Server] | None = None,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self._dataset = dataset
        self._workers = workers
        self._start = start or (lambda: _Worker(dataset, scratch))
        self._look = look
        self._idle: list[Server] = []
        self._busy: dict[Server, Work] = {}
        self._limits = Limits()

    def run(self, work: Iterable[Work], *, beside: int) -> Iterator[Outcome]:
        """Run trials (each with the rows that it needs), `beside` of them at once; yields outcomes as they end.

        Work is asked for as there is room for it: what gives it may find that it is done elsewhere meanwhile.
        """
        suspects: list[Work] = []
        yield from self._work_off(iter(work), min(beside, self._workers), suspects)
        for suspect in suspects:
            again: list[Work] = []
            yield from self._work_off(iter([suspect]), 1, again)
            if again:
                yield Outcome(suspect[0], None, DIED)

    def close(self) -> None:
        """End the processes: those that wait for work by themselves, those that are at work by force."""
        for worker in self._busy:
            worker.kill()
        for worker in self._idle:
            worker.end()
        self._busy.clear()
        self._idle.clear()

    def _work_off(self, queue: Iterator[Work], beside: int, lost: list[Work]) -> Iterator[Outcome]:
        """Work off the queue; what a dying process was at goes into `lost`."""
        while (begun := list(itertools.islice(queue, beside - len(self._busy)))) or self._busy:
            while len(self._idle) < len(begun):  # all are started before one is waited for
                self._idle.append(self._start())
            for work in begun:
                try:
                    self._hand_over(work)
                except Exception as error:  # noqa: BLE001 - what cannot be sent to another process is a failed trial
                    yield _failure(work[0], error, 0.0, self._dataset)
            heard = _heard_of(self._busy, self._soonest_s())
            self._look()
            for worker in heard:
                work = self._busy[worker]
                outcome = worker.outcome()
                del self._busy[worker]
                if outcome is None:
                    lost.append(work)
                    continue
                self._idle.append(worker)
                if outcome.row is not None:
                    self._limits.add(work[0], outcome.seconds)
                yield dataclasses.replace(outcome, trial=work[0])
            yield from self._end_those_that_hang()

    def _soonest_s(self) -> float:
        """Seconds until the first of the trials at work comes to its limit."""
        return min((self._limits.of(work[0]) - worker.spent_s for worker, work in self._busy.items()), default=0.0)

    def _end_those_that_hang(self) -> Iterator[Outcome]:
        for worker, (trial, _) in list(self._busy.items()):
            limit = self._limits.of(trial)
            if worker.spent_s >= limit:
                del self._busy[worker]
                worker.kill()
                yield Outcome(trial, None, f"took longer than {limit:,.10g} s and was ended", seconds=worker.spent_s)

    def _hand_over(self, work: Work) -> None:
        """Give a trial to a process that waits for one; one that has died meanwhile is passed over."""
        for _ in range(len(self._idle) + _STARTS):
            worker = self._idle.pop() if self._idle else self._start()
            try:
                worker.send(work)
            except ConnectionError:
                worker.kill()
                continue
            except BaseException:
                worker.kill()  # half a message may be in its pipe
                raise
            worker.spent_s = 0.0
            self._busy[worker] = work
            return
        raise ChildProcessError("its worker process died before the trial could be handed over")


class _Worker:
    """A child of this process (see `Server`)."""

    def __init__(self, dataset: Dataset | None, scratch: Path | None) -> None:
        self.spent_s = 0.0
        environment.make_cache_folder()
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, dataset, scratch))
        try:
            variables = {**environment.for_processes(), **ONE_THREAD}  # the processes share the cores already
            with (
                environment.running_under(variables),
                _not_interrupted(),
                contextlib.suppress(BrokenPipeError),
            ):  # killed at once: seen when it is used
                self._process.start()
        except BaseException:
            self.kill()
            raise
        finally:
            theirs.close()  # so that the death of the process is the end of the pipe

    def send(self, work: Work) -> None:
        """Hand a trial over; raises ConnectionError where the process has died."""
        self.connection.send(work)

    def outcome(self) -> Outcome | None:
        """Receive what came of the trial; None where the process died over it."""
        try:
            found: Outcome = self.connection.recv()
        except (EOFError, OSError):
            self.kill()
            return None
        return found

    def end(self) -> None:
        """Have the process leave; by force where it does not."""
        self.connection.close()
        if self._process.pid is not None:
            self._process.join(_PATIENCE_S)
        self.kill()

    def kill(self) -> None:
        """End the process at once; what it started ends with it."""
        self.connection.close()
        if self._process.pid is not None:
            if self._process.exitcode is None:
                kill_tree(self._process.pid)
            self._process.kill()
            self._process.join()


@contextlib.contextmanager
def _not_interrupted() -> Iterator[None]:
    """Hold Ctrl-C back: a process that is started meanwhile hears none until `serve` has it ignored, and prints no traceback."""
    resource_tracker.ensure_running()  # started with the first process, it would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _heard_of(busy: Mapping[Server, Work], most_s: float) -> list[Server]:
    """Wait until one of the processes has answered, or has died, for so many seconds at most; give all that have.

    The wait counts for all of them. We look up from it now and then: where it took far longer than was asked for, we were
    stopped ourselves (Ctrl-Z, a machine that slept), and that is no trial's time.
    """
    if not busy:
        return []
    asked = min(max(most_s, 0.0), _LOOK_S)
    start = time.monotonic()
    ready = connection.wait([worker.connection for worker in busy], asked)
    waited = min(time.monotonic() - start, asked + 1.0)
    for worker in busy:
        worker.spent_s += waited
    return [worker for worker in busy if worker.connection in ready]


def serve(pipe: connection.Connection, dataset: Dataset | None, scratch: Path | None) -> None:
    """Run trials as they come, until the pipe comes to its end: what a process of trials does.

    Parameters
    ----------
    pipe : multiprocessing.connection.Connection
        Brings pickles of pairs of a trial and the rows that it needs, and takes outcomes.
    dataset, scratch : Dataset, pathlib.Path
        As in `Workers`.
    """
    environment.leave_current_folder()  # before a trial imports libraries that read their settings from there
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with_parent(parent.pid, parent.sentinel)
    if scratch is not None:
        os.environ["TMPDIR"] = str(scratch)  # for the processes that a trial starts
        tempfile.tempdir = str(scratch)
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            pipe.send(_next_outcome(pipe, dataset))


def _next_outcome(pipe: connection.Connection, dataset: Dataset | None) -> Outcome:
    content = pipe.recv_bytes()
    nothing: Trial[Any] = Trial("", dict)  # the parent knows which trial it is
    try:
        trial, inputs = ForkingPickler.loads(content)
    except Exception as error:  # noqa: BLE001 - its function cannot be imported here
        return _failure(nothing, error, 0.0, dataset)
    return dataclasses.replace(run_here(trial, dataset, inputs), trial=nothing)
