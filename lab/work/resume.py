"""How is a plan worked off? What is stored already is looked up, the rest runs, each row is stored as it ends."""

import contextlib
import gc
import logging
import os
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.host.files import sweep_parts
from lab.host.machine import fingerprint
from lab.host.scratch import sweep
from lab.protocol import Dataset, Rows, Trial
from lab.work.cluster.connecting import Cluster
from lab.work.drivers import Drivers
from lab.work.forecast import Forecast
from lab.work.hands import Hands
from lab.work.queue import Queue
from lab.work.rows import typed
from lab.work.sealed import DamagedError
from lab.work.sharing import Alone, Sharing
from lab.work.spared import inputs_of, is_open, is_spared, spared
from lab.work.store import Store
from lab.work.workers import Outcome, run_here

__all__ = ["Progress", "Results", "run_plan", "run_plan_here"]

_log = logging.getLogger("lab")


@dataclass(frozen=True)
class Progress:
    """How far a plan is: counts of trials, and once the pilot is over a forecast.

    `is_most` says that there may be fewer trials than `total`, since some may turn out not to be needed.
    """

    done: int
    total: int
    failed: int
    resumed: int
    forecast: Forecast | None = None
    is_most: bool = False


@dataclass(frozen=True)
class Results:
    """Rows by the key of their trial, the reasons of those that failed, the machines they were measured on, and their times.

    Of trials that were `spared`, as the question was settled without them, nothing is told.
    """

    rows: Rows
    failures: Mapping[str, str]
    machines: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    forecast: Forecast | None = None
    spared: frozenset[str] = frozenset()

    @property
    def spent(self) -> list[dict[str, Any]]:
        """Kind, trials and seconds of what ended in this session (see `lab.work.forecast.Forecast.spent`)."""
        return [] if self.forecast is None else self.forecast.spent()


def run_plan(
    plan: Sequence[Trial],
    dataset: Dataset | None,
    folder: Path,
    *,
    workers: int | Cluster,
    run: str = "",
    watch: Callable[[Progress], None] = lambda progress: None,
    notify: Callable[[str], None] = lambda sentence: None,
    require: Callable[[], None] = lambda: None,
    drivers: Drivers | None = None,
    ended: Callable[[], bool] = lambda: False,
) -> Results:
    """Run a plan on local processes, or on a cluster, and store every row in `folder` as it ends.

    Trials that are stored there already are not run again, unless what is stored is damaged, or was measured alone on another machine;
    one that failed before is. What is not needed any more (`Trial.unless`) does not run. Exclusive trials run one at a time, after all
    that is ready to run beside others. One that takes longer than its limit (`Trial.limit_s`) is ended, and has failed. No other
    process may use the folder meanwhile, but for those that share the trials as `drivers`.

    Parameters
    ----------
    workers : int or Cluster
        Processes, or a cluster: then exclusive trials run here too, unless it has a worker for timings.
    run : str
        Identity of the run: rows of another one are not taken for this one's.
    watch, notify : callable
        Told how far the trials are, and what of the stored rows cannot be used.
    require, ended : callable
        Called before a row is stored (what it raises ends the plan); tells whether the record is written.
    drivers : Drivers, optional
        Agree with other processes on who does which trial. Then all rows are there at the end and this process leads, or another
        one has written the record.
    """
    _check_plan(plan)
    _made_ready(folder)
    here = fingerprint()
    slots, timed_on = (workers, here) if isinstance(workers, int) else (workers.slots(), workers.timing_machine or here)
    with contextlib.ExitStack() as held:
        with _uncollected():
            store = held.enter_context(contextlib.closing(Store(folder, run)))
            rows, machines = _kept(plan, store, notify, timed_on, is_first=drivers is None or drivers.is_first)
        done = _Done(plan, rows, machines, Forecast(plan, slots, stored=rows), watch)
        known = (store, rows, machines, done.failures)
        told = done.by_others
        others = Sharing(plan, drivers, *known, timed_on=timed_on, ended=ended, told=told) if drivers else Alone()
        with (
            _scratch(folder / f".scratch{'' if others.is_first else f'-{os.getpid()}'}") as place,
            contextlib.closing(Hands(dataset, workers, done.n_beside, place)) as hands,  # closing ends the processes
            contextlib.closing(_outcomes(plan, rows, done, hands, others)) as outcomes,
        ):
            for outcome in outcomes:
                machine = outcome.machine or here
                if outcome.row is not None:
                    require()
                    store.write(outcome.trial.key, outcome.row, machine, is_packed=not outcome.trial.exclusive)
                done.add(outcome, machine)
                others.tell(outcome.trial.key, None if outcome.row is not None else outcome.reason)
    return done.results()


def _made_ready(folder: Path) -> None:
    """Make the folder, and sweep up what killed processes left in it and in the system's folder for temporary files."""
    folder.mkdir(parents=True, exist_ok=True)
    sweep_parts(folder)
    sweep()


class _Done:
    """What is done of a plan, and how far it is."""

    def __init__(
        self,
        plan: Sequence[Trial],
        rows: dict[str, Any],
        machines: dict[str, dict[str, Any]],
        forecast: Forecast,
        watch: Callable[[Progress], None],
    ) -> None:
        self._plan, self._rows, self._machines, self.forecast, self._watch = plan, rows, machines, forecast, watch
        self.n_beside = sum(not trial.exclusive for trial in plan if trial.key not in rows)
        self.failures: dict[str, str] = {}
        self._settling = {trial.unless for trial in plan if trial.unless}
        self._spared: frozenset[str] = frozenset()
        self._spare()
        self._resumed = self._count()
        watch(Progress(self._resumed, len(plan) - len(self._spared), 0, self._resumed, is_most=self._is_most()))

    def add(self, outcome: Outcome, machine: dict[str, Any]) -> None:
        """Take in what came of a trial here."""
        key = outcome.trial.key
        if outcome.row is None:
            self.failures[key] = outcome.reason
            self.forecast.leave_out(outcome.trial)
            _log.error("trial %s failed: %s\n%s", key, outcome.reason, outcome.details)
        else:
            self._rows[key], self._machines[key] = outcome.row, machine
            self.forecast.add(outcome.trial, outcome.seconds)
            _log.info("trial %s: %.2f s%s", key, outcome.seconds, outcome.details and f"\n{outcome.details}")
        self._ended(key)

    def by_others(self, trial: Trial) -> None:
        """Take in that another process has done a trial."""
        self.forecast.leave_out(trial)
        self._ended(trial.key)

    def results(self) -> Results:
        """Give the rows in the order of the plan, and the rest."""
        return _results(self._plan, self._rows, self.failures, self._machines, self.forecast)

    def _ended(self, key: str) -> None:
        if key in self._settling:
            self._spare()
        self._tell()

    def _spare(self) -> None:
        """Take out what is not needed any more."""
        found = spared(self._plan, self._rows)
        for trial in self._plan if found - self._spared else ():
            if trial.key in found:
                self.forecast.leave_out(trial)
        self._spared = found

    def _tell(self) -> None:
        known = self.forecast if self.forecast.is_ready else None
        total, n_failed = len(self._plan) - len(self._spared), len(self.failures)
        self._watch(Progress(self._count(), total, n_failed, self._resumed, known, self._is_most()))

    def _count(self) -> int:
        """Count the trials that have ended, without those that are not needed."""
        ended = len(self._rows) + len(self.failures)
        return ended - sum(key in self._rows or key in self.failures for key in self._spared)

    def _is_most(self) -> bool:
        """Whether some of the trials may still turn out not to be needed."""
        return any(
            key not in self._rows and key not in self.failures and key not in self._spared for key in self._settling
        )


def _results(
    plan: Sequence[Trial],
    rows: Rows,
    failures: Mapping[str, str],
    machines: Mapping[str, dict[str, Any]] | None = None,
    forecast: Forecast | None = None,
) -> Results:
    """Put together what came of a plan, without what was not needed."""
    out = spared(plan, rows)
    there = {trial.key: rows[trial.key] for trial in plan if trial.key in rows and trial.key not in out}
    failed = {key: reason for key, reason in failures.items() if key not in out}
    return Results(there, failed, machines or {}, forecast, out)


def _kept(
    plan: Sequence[Trial], store: Store, notify: Callable[[str], None], timed_on: Mapping[str, Any], *, is_first: bool
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Read what is stored of a plan and can be used; the rest is removed, so that no later session takes it up either.

    A row goes with the rows that it needed: it may have been made of what is gone. Where others are at the plan nothing is
    removed: it may be theirs; and what must run alone stays, since one of them may be measuring it. What is not needed any more
    (see `lab.work.spared`) is left as it is.
    """
    rows: dict[str, Any] = {}
    out: set[str] = set()
    machines: dict[str, dict[str, Any]] = {}
    damaged: list[str] = []
    elsewhere: list[str] = []
    unusable: list[str] = []
    for trial in plan:
        if is_spared(trial, rows, out):
            out.add(trial.key)
            continue
        try:
            stored = store.stored_at_start(trial.key)
            row = None if stored is None else typed(stored.row, trial.row_type)
        except (DamagedError, ValueError) as error:
            _log.warning("trial %s is computed again: %s", trial.key, error)
            damaged.append(trial.key)
            stored = None
        if stored is not None and trial.exclusive and stored.machine != timed_on and is_first:
            _log.warning("trial %s is measured again: it was measured on %s", trial.key, stored.machine)
            elsewhere.append(trial.key)
            stored = None
        if stored is None or any(key not in rows and key not in out for key in trial.needs):
            unusable.append(trial.key)
        else:
            rows[trial.key], machines[trial.key] = row, stored.machine
    if is_first:
        store.forget(unusable)
        store.tidy_up()
    if damaged:
        notify(f"{_counted(damaged, 'stored trial')} damaged and will be recomputed ({_listed(damaged)}); see log.txt")
    if store.damage:
        notify(
            f"{_counted(store.damage, 'pack')} of stored trials damaged; those that are lost will be recomputed; see log.txt"
        )
    if elsewhere:
        notify(f"{_counted(elsewhere, 'timing')} from another machine and will be repeated ({_listed(elsewhere)})")
    return rows, machines


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Let Python look for no circles among so many new objects, in which there are none: it took a third of the time of reading."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _counted(keys: Sequence[str], what: str) -> str:
    return f"{len(keys)} {what}{' is' if len(keys) == 1 else 's are'}"


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(keys[:3]) + (", ..." if len(keys) > 3 else "")


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Make an empty folder for temporary files, in place of what a killed session left there, and remove it at the end."""
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)
    else:
        folder.unlink(missing_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_plan_here(plan: Sequence[Trial], dataset: Dataset) -> Results:
    """Run a plan one trial after another in this process, storing nothing: the same rows as `run_plan` gives.

    Limits do not count here: what hangs cannot be ended from within.
    """
    _check_plan(plan)
    rows: dict[str, Any] = {}
    failures: dict[str, str] = {}
    while ready := _ready(plan, rows, failures):
        out = spared(plan, rows)
        for trial in ready:
            outcome = run_here(trial, dataset, inputs_of(trial, rows, out))
            if outcome.row is None:
                failures[trial.key] = outcome.reason
            else:
                rows[trial.key] = outcome.row
    return _results(plan, rows, failures)


def _outcomes(
    plan: Sequence[Trial], rows: Rows, done: _Done, hands: Hands, others: Alone
) -> Generator[Outcome, None, None]:
    """Work the plan off: all that can run beside others, as it is ready, then the exclusive ones one by one, by who leads."""
    failures = done.failures

    def queued(trials: Sequence[Trial]) -> Queue:
        return Queue(trials, rows, done.forecast, others.is_ours, failed=failures, spared=lambda: spared(plan, rows))

    while not others.is_over():
        others.catch_up()
        ready = _ready(plan, rows, failures)
        beside = any(not trial.exclusive for trial in ready)
        if not beside and others.leads():
            ready = _ready(plan, rows, failures)  # who leads takes up no timing from elsewhere
            if not ready:
                return
        elif not beside or others.is_led():
            others.wait()
            continue
        out = spared(plan, rows)
        left = [t for t in plan if not (t.exclusive or t.key in rows or t.key in failures or t.key in out)]
        has_begun = False
        for outcome in hands.run(left if beside else ready, queued, alone=not beside):
            has_begun = True
            yield outcome
        if not has_begun:
            others.wait()  # all of it is another's


def _ready(plan: Sequence[Trial], rows: Rows, failures: dict[str, str]) -> list[Trial]:
    """List the trials that are needed and whose needs are met; those whose needs failed are failures themselves."""
    ready, out = [], spared(plan, rows)
    for trial in plan:
        if trial.key in rows or trial.key in failures or trial.key in out or not is_open(trial, rows, failures):
            continue
        needed = [key for key in trial.needs if key not in out]
        lost = [key for key in needed if key in failures]
        if lost:
            failures[trial.key] = f"it needs {lost[0]}, which failed"
        elif all(key in rows for key in needed):
            ready.append(trial)
    return ready


def _check_plan(plan: Sequence[Trial]) -> None:
    seen: set[str] = set()
    for trial in plan:
        if trial.key in seen:
            raise ValueError(f"two trials have the key {trial.key!r}; keys must be unique in a plan")
        if missing := [key for key in trial.needs if key not in seen]:
            raise ValueError(f"trial {trial.key!r} needs {missing[0]!r}, which does not come before it in the plan")
        if trial.unless and trial.unless not in seen:
            raise ValueError(
                f"trial {trial.key!r} waits for {trial.unless!r}, which does not come before it in the plan"
            )
        seen.add(trial.key)
