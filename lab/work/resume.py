"""How is a plan worked off? What is stored already is looked up, the rest runs, each row is stored as it ends."""

import contextlib
import logging
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
from lab.work.cluster.sending import Remote
from lab.work.forecast import Forecast, pilot_first
from lab.work.rows import typed
from lab.work.sealed import DamagedError
from lab.work.storage import forget_row, read_row, write_row
from lab.work.workers import Outcome, Workers, run_here

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
) -> Results:
    """Run a plan on local processes, or on a cluster, and store every row in `folder` as it ends.

    Trials that are stored there already are not run again, unless what is stored is damaged, or was measured alone on
    another machine; one that failed before is. Exclusive trials run one at a time, after all that is ready to run
    beside others. One that takes longer than its limit is ended, and has failed (see `Trial.limit_s`). No other process may
    use the folder meanwhile.

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
    """
    _check_plan(plan)
    folder.mkdir(parents=True, exist_ok=True)
    sweep_parts(folder)
    sweep()  # what killed processes left in the system's folder for temporary files
    here = fingerprint()
    slots, timed_on = (workers, here) if isinstance(workers, int) else (workers.slots(), workers.timing_machine or here)
    rows, machines = _kept(plan, folder, run, notify, timed_on)
    failures, resumed = dict[str, str](), len(rows)
    forecast = Forecast(plan, slots, stored=tuple(rows))
    watch(Progress(resumed, len(plan), 0, resumed))
    with (
        _scratch(folder / ".scratch") as scratch,
        contextlib.closing(
            _outcomes(plan, dataset, rows, failures, workers, scratch)
        ) as outcomes,  # ends the processes
    ):
        for outcome in outcomes:
            key = outcome.trial.key
            if outcome.row is None:
                failures[key] = outcome.reason
                forecast.leave_out(outcome.trial)
                _log.error("trial %s failed: %s\n%s", key, outcome.reason, outcome.details)
            else:
                require()
                rows[key], machines[key] = outcome.row, outcome.machine or here
                write_row(folder, key, outcome.row, run=run, machine=machines[key])
                forecast.add(outcome.trial, outcome.seconds)
                _log.info("trial %s: %.2f s%s", key, outcome.seconds, outcome.details and f"\n{outcome.details}")
            known = forecast if forecast.is_ready else None
            watch(Progress(len(rows) + len(failures), len(plan), len(failures), resumed, known))
    return Results({trial.key: rows[trial.key] for trial in plan if trial.key in rows}, failures, machines, forecast)


def _kept(
    plan: Sequence[Trial], folder: Path, run: str, notify: Callable[[str], None], timed_on: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Read what is stored of a plan and can be used; the rest is removed, so that no later session takes it up either.

    A row goes with the rows that it needed: it may have been made of what is gone.
    """
    rows: dict[str, Any] = {}
    machines: dict[str, dict[str, Any]] = {}
    damaged: list[str] = []
    elsewhere: list[str] = []
    for trial in plan:
        try:
            stored = read_row(folder, trial.key, run=run)
            row = None if stored is None else typed(stored.row, trial.row_type)
        except (DamagedError, ValueError) as error:
            _log.warning("trial %s is computed again: %s", trial.key, error)
            damaged.append(trial.key)
            stored = None
        if stored is not None and trial.exclusive and stored.machine != timed_on:
            _log.warning("trial %s is measured again: it was measured on %s", trial.key, stored.machine)
            elsewhere.append(trial.key)
            stored = None
        if stored is None or any(key not in rows for key in trial.needs):
            forget_row(folder, trial.key)
        else:
            rows[trial.key], machines[trial.key] = row, stored.machine
    if damaged:
        notify(f"{_counted(damaged, 'stored trial')} damaged and will be recomputed ({_listed(damaged)}); see log.txt")
    if elsewhere:
        notify(f"{_counted(elsewhere, 'timing')} from another machine and will be repeated ({_listed(elsewhere)})")
    return rows, machines


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
) -> Generator[Outcome, None, None]:
    """Work the plan off in waves: all that is ready beside one another, then the exclusive ones one by one."""
    side_by_side = sum(not trial.exclusive for trial in plan if trial.key not in rows)
    here = min(workers, side_by_side) if isinstance(workers, int) else 1
    processes = Workers(dataset, max(1, here), scratch.absolute())
    remote = None if isinstance(workers, int) else Remote(workers, dataset)
    try:
        while ready := _ready(plan, rows, failures):
            shared = [trial for trial in ready if not trial.exclusive]
            wave = pilot_first(shared) if shared else ready
            work = [(trial, {key: rows[key] for key in trial.needs}) for trial in wave]
            if remote is not None:
                yield from remote.run([each for each in work if remote.takes(each[0])], alone=not shared)
                work = [each for each in work if not remote.takes(each[0])]
            yield from processes.run(work, beside=here if shared else 1)
    finally:
        processes.close()
        if remote is not None:
            remote.close()


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
