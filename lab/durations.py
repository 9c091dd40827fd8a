"""How long will this run take, and how long would another one on the same table? Said from the trials that this one has measured."""

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from lab import sections
from lab.errors import LabError
from lab.job import Job, sampled
from lab.protocol import Evidence
from lab.settings import EFFORTS, at_effort
from lab.wording import duration
from lab.work.forecast import Forecast
from lab.work.resume import Progress

__all__ = ["announcing", "other_efforts", "with_durations"]


def other_efforts(job: Job, forecast: Forecast) -> str:
    """Say how long the other efforts would take; nothing of those for which the table is too small.

    Nor of those that have learning curves where this one has none: what these take, no pilot trial tells.
    """
    now = getattr(job.settings, "effort", None)
    if now is None:
        return ""
    said = []
    for effort in EFFORTS:
        seconds = None if effort == now else _seconds(job, at_effort(job.settings, effort), forecast)
        if seconds is not None:
            said.append(f"--effort {effort} takes about {duration(seconds)}")
    return f" ({'; '.join(said)})" if said else ""


def with_durations(evidence: Evidence, job: Job, forecast: Forecast | None) -> Evidence:
    """Add how long a run takes that would settle the question: by learning curves so far (by their rows), or by more of the rows.

    Nothing where no such run would, or where this session has not measured all kinds of trials since it took up another one.
    """
    wanted = evidence.facts.get("curve_settles")
    numbers = wanted.values() if isinstance(wanted, dict) else [wanted]
    found: dict[str, Any] = {}
    if forecast is None:
        return evidence
    for rows in sorted({rows for rows in numbers if rows is not None}):
        seconds = _seconds(job, dataclasses.replace(job.settings, curve_rows=rows), forecast, all_measured=True)
        if seconds is not None:
            found[str(rows)] = round(seconds, 1)
    told: dict[str, Any] = {"curve_seconds": found} if found else {}
    more = evidence.facts.get("rows_to_settle")
    if "size" not in evidence.facts and more is not None and job.dataset.n_rows < more <= job.whole.n_rows:
        seconds = _seconds(job, dataclasses.replace(job.settings, max_rows=more), forecast, all_measured=True)
        told |= {} if seconds is None else {"settle_seconds": round(seconds, 1)}
    return dataclasses.replace(evidence, facts={**evidence.facts, **told}) if told else evidence


def _seconds(job: Job, settings: Any, forecast: Forecast, *, all_measured: bool = False) -> float | None:
    """Seconds that a run with other settings would take; None where they do not fit the table, or nothing is known of them."""
    try:
        table = sampled(job.whole, settings, job.seed)
        plan = sections.plan(job.lab, job.lab.context(table, settings, seed=job.seed))
    except LabError:  # the table may be too small for the folds of another effort
        return None
    pilots = [trial for trial in plan if trial.rows_in_cost and not trial.needs]
    if not forecast.has_measured(plan if all_measured else pilots):
        return None
    times = table.n_rows / job.dataset.n_rows
    return forecast.seconds_for(
        [trial if trial.rows_in_cost else dataclasses.replace(trial, cost=trial.cost * times) for trial in plan]
    )


def announcing(
    job: Job, watch: Callable[[Progress], None], notify: Callable[[str], None]
) -> Callable[[Progress], None]:
    """Say once, as soon as the pilot is over, how long this run will take, and how long at the other efforts."""
    said = False

    def see(progress: Progress) -> None:
        nonlocal said
        watch(progress)
        if said or progress.forecast is None or progress.done == progress.total:
            return
        said = True
        left = progress.forecast.seconds_left()
        end = datetime.now().astimezone() + timedelta(seconds=left)
        others = other_efforts(job, progress.forecast)
        about = "at most" if progress.is_most else "about"
        notify(f"{about} {duration(left)} left, estimated from pilot trials; done by {end:%H:%M}{others}")

    return see
