"""How is a plan worked off? What is stored already is looked up, the rest runs, each row is stored as it ends."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.protocol import Dataset, Rows, Trial
from lab.work.forecast import Forecast, pilot_first
from lab.work.rows import typed
from lab.work.storage import read_row, write_row
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
    """Rows by the key of their trial, and the reasons of those that failed."""

    rows: Rows
    failures: Mapping[str, str]


def run_plan(
    plan: Sequence[Trial],
    dataset: Dataset | None,
    folder: Path,
    *,
    workers: int,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Results:
    """Run a plan on local processes and store every row in `folder` as it ends.

    Trials that are stored there already are not run again; one that failed before is. Exclusive trials run one at a
    time, after all that is ready to run beside others.
    """
    _check_plan(plan)
    folder.mkdir(parents=True, exist_ok=True)
    stored = {trial.key: _stored(folder, trial) for trial in plan}
    rows = {key: row for key, row in stored.items() if row is not None}
    failures: dict[str, str] = {}
    resumed = len(rows)
    forecast = Forecast(plan, workers, stored=tuple(rows))
    watch(Progress(resumed, len(plan), 0, resumed))
    for outcome in _outcomes(plan, dataset, rows, failures, workers):
        key = outcome.trial.key
        if outcome.row is None:
            failures[key] = outcome.reason
            _log.error("trial %s failed: %s\n%s", key, outcome.reason, outcome.details)
        else:
            write_row(folder, key, outcome.row)
            rows[key] = outcome.row
            _log.info("trial %s: %.2f s%s", key, outcome.seconds, outcome.details and f"\n{outcome.details}")
        forecast.add(outcome.trial, outcome.seconds)
        known = forecast if forecast.is_ready else None
        watch(Progress(len(rows) + len(failures), len(plan), len(failures), resumed, known))
    return Results({trial.key: rows[trial.key] for trial in plan if trial.key in rows}, failures)


def run_plan_here(plan: Sequence[Trial], dataset: Dataset) -> Results:
    """Run a plan one trial after another in this process, storing nothing: the same rows as `run_plan` gives."""
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


def _stored(folder: Path, trial: Trial[Any]) -> Any:
    """Read the row of a trial; None where it is not there, damaged, or no longer of the trial's type: it runs again."""
    plain = read_row(folder, trial.key)
    with contextlib.suppress(ValueError):
        return None if plain is None else typed(plain, trial.row_type)
    return None


def _outcomes(
    plan: Sequence[Trial], dataset: Dataset | None, rows: Rows, failures: dict[str, str], workers: int
) -> Iterator[Outcome]:
    """Work the plan off in waves: all that is ready beside one another, then the exclusive ones one by one."""
    side_by_side = sum(not trial.exclusive for trial in plan if trial.key not in rows)
    processes = Workers(dataset, max(1, min(workers, side_by_side)))
    try:
        while ready := _ready(plan, rows, failures):
            shared = [trial for trial in ready if not trial.exclusive]
            wave, beside = (pilot_first(shared), workers) if shared else (ready, 1)
            work = [(trial, {key: rows[key] for key in trial.needs}) for trial in wave]
            yield from processes.run(work, beside=beside)
    finally:
        processes.close()


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
            raise ValueError(f"trial {trial.key!r} needs {missing[0]!r}, which does not stand before it in the plan")
        seen.add(trial.key)
