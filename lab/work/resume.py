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
from lab.work.forecast import Forecast, pilot_first
from lab.work.hands import Hands
from lab.work.rows import typed
from lab.work.sealed import DamagedError
from lab.work.sharing import Alone, Sharing
from lab.work.store import Store
from lab.work.workers import Outcome, run_here

__all__ = ["Progress", "Results", "run_plan", "run_plan_here"]

_log = logging.getLogger("lab")


@dataclass(frozen=True)
class Progress:
    """How far a plan is: counts of trials, and once the pilot is over a forecast."""

    done: int
    total: int
    failed: int
    resumed: int
    forecast: Forecast | None = None


@dataclass(frozen=True)
class Results:
    """Rows by the key of their trial, the reasons of those that failed, the machines they were measured on, and their times."""

    rows: Rows
    failures: Mapping[str, str]
    machines: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    forecast: Forecast | None = None


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

    Trials that are stored there already are not run again, unless what is stored is damaged, or was measured alone on
    another machine; one that failed before is. Exclusive trials run one at a time, after all that is ready to run
    beside others. One that takes longer than its limit is ended, and has failed (see `Trial.limit_s`). No other process may
    use the folder meanwhile, but for those that share the trials as `drivers`.

    Parameters
    ----------
    workers : int or Cluster
        Processes, or a cluster: then exclusive trials run here too, unless it has a worker for timings.
    run : str
        Identity of the run: rows of another one are not taken for this one's.
    watch, notify : callable
        Told how far the trials are, and what of the stored rows cannot be used.
    require : callable
        Called before a row is stored; what it raises ends the plan.
    drivers : Drivers, optional
        Agree with other processes on who does which trial. Then all rows are there at the end and this process leads, or another
        one has written the record.
    ended : callable
        Whether the record is written.
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
        scratch = _scratch(folder / f".scratch{'' if others.is_first else f'-{os.getpid()}'}")
        with (
            scratch as place,
            contextlib.closing(_outcomes(plan, dataset, rows, done.failures, workers, place, others)) as outcomes,
        ):  # closing ends the processes
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
        self._plan, self._rows, self._machines, self._forecast, self._watch = plan, rows, machines, forecast, watch
        self.failures: dict[str, str] = {}
        self._resumed = len(rows)
        watch(Progress(self._resumed, len(plan), 0, self._resumed))

    def add(self, outcome: Outcome, machine: dict[str, Any]) -> None:
        """Take in what came of a trial here."""
        key = outcome.trial.key
        if outcome.row is None:
            self.failures[key] = outcome.reason
            self._forecast.leave_out(outcome.trial)
            _log.error("trial %s failed: %s\n%s", key, outcome.reason, outcome.details)
        else:
            self._rows[key], self._machines[key] = outcome.row, machine
            self._forecast.add(outcome.trial, outcome.seconds)
            _log.info("trial %s: %.2f s%s", key, outcome.seconds, outcome.details and f"\n{outcome.details}")
        self._tell()

    def by_others(self, trial: Trial) -> None:
        """Take in that another process has done a trial."""
        self._forecast.leave_out(trial)
        self._tell()

    def results(self) -> Results:
        """Give the rows in the order of the plan, and the rest."""
        rows = {trial.key: self._rows[trial.key] for trial in self._plan if trial.key in self._rows}
        return Results(rows, self.failures, self._machines, self._forecast)

    def _tell(self) -> None:
        known = self._forecast if self._forecast.is_ready else None
        n_done, n_failed = len(self._rows) + len(self.failures), len(self.failures)
        self._watch(Progress(n_done, len(self._plan), n_failed, self._resumed, known))


def _kept(
    plan: Sequence[Trial], store: Store, notify: Callable[[str], None], timed_on: Mapping[str, Any], *, is_first: bool
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Read what is stored of a plan and can be used; the rest is removed, so that no later session takes it up either.

    A row goes with the rows that it needed: it may have been made of what is gone. Where others are at the plan nothing is
    removed: it may be theirs; and what must run alone stays, since one of them may be measuring it.
    """
    rows: dict[str, Any] = {}
    machines: dict[str, dict[str, Any]] = {}
    damaged: list[str] = []
    elsewhere: list[str] = []
    unusable: list[str] = []
    for trial in plan:
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
        if stored is None or any(key not in rows for key in trial.needs):
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
        for trial in ready:
            outcome = run_here(trial, dataset, {key: rows[key] for key in trial.needs})
            if outcome.row is None:
                failures[trial.key] = outcome.reason
            else:
                rows[trial.key] = outcome.row
    return Results({trial.key: rows[trial.key] for trial in plan if trial.key in rows}, failures)


def _outcomes(
    plan: Sequence[Trial],
    dataset: Dataset | None,
    rows: Rows,
    failures: dict[str, str],
    workers: int | Cluster,
    scratch: Path,
    others: Alone,
) -> Generator[Outcome, None, None]:
    """Work the plan off in waves: all that is ready beside one another, then the exclusive ones one by one, by who leads."""
    side_by_side = sum(not trial.exclusive for trial in plan if trial.key not in rows)
    hands = Hands(dataset, workers, side_by_side, scratch)
    try:
        while not others.is_over():
            others.catch_up()
            ready = _ready(plan, rows, failures)
            shared = [trial for trial in ready if not trial.exclusive]
            if not shared and others.leads():
                ready = _ready(plan, rows, failures)  # who leads takes up no timing from elsewhere
                if not ready:
                    return
            elif not shared or others.is_led():
                others.wait()
                continue
            wave = pilot_first(shared) if shared else ready
            work = [(trial, {key: rows[key] for key in trial.needs}) for trial in wave]
            has_begun = False
            for outcome in hands.run(work, others.claimed, alone=not shared):
                has_begun = True
                yield outcome
            if not has_begun:
                others.wait()  # all of it is another's
    finally:
        hands.close()


def _ready(plan: Sequence[Trial], rows: Rows, failures: dict[str, str]) -> list[Trial]:
    """List the trials whose needs are met; those whose needs failed are failures themselves."""
    ready = []
    for trial in plan:
        if trial.key in rows or trial.key in failures:
            continue
        lost = [key for key in trial.needs if key in failures]
        if lost:
            failures[trial.key] = f"it needs {lost[0]}, which failed"
        elif all(key in rows for key in trial.needs):
            ready.append(trial)
    return ready


def _check_plan(plan: Sequence[Trial]) -> None:
    seen: set[str] = set()
    for trial in plan:
        if trial.key in seen:
            raise ValueError(f"two trials have the key {trial.key!r}; keys must be unique in a plan")
        if missing := [key for key in trial.needs if key not in seen]:
            raise ValueError(f"trial {trial.key!r} needs {missing[0]!r}, which does not come before it in the plan")
        seen.add(trial.key)
