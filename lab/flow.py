"""From a table to a stored verdict: the only place where plan, trials, evidence, verdict and record meet."""

import contextlib
import dataclasses
import functools
import html
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lab import controls, record, report, sections
from lab.data import load
from lab.errors import DataError, LabError
from lab.host import machine
from lab.host.files import write_bytes
from lab.protocol import Answer, Dataset, Evidence, Lab, Row, Trial
from lab.runs import identity
from lab.runs.folders import SESSIONS, finished_folder, owner_of_sessions, run_folder
from lab.runs.inputs import Inputs
from lab.runs.log import log_file
from lab.runs.sessions import Sessions, Start
from lab.settings import EFFORTS, at_effort
from lab.version import __version__
from lab.wording import duration
from lab.work.forecast import Forecast
from lab.work.trials import Progress, Results, run_plan, run_plan_here

__all__ = ["Finished", "answer_here", "run"]

_log = logging.getLogger("lab")


@dataclasses.dataclass(frozen=True, repr=False)
class Finished:
    """A finished run: its folder, with `record.json` and `report.html` in it, its record, and the pictures that it lacks.

    A notebook shows its report.
    """

    folder: Path
    record: record.Record
    missing_pictures: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Say the verdict."""
        return f"{self.record.verdict.headline}: {self.record.verdict.sentence}"

    def _repr_html_(self) -> str:
        """Give the report in a frame of its own, which loads nothing and knows nothing of the notebook around it."""
        page = html.escape(report.html(self.record), quote=True)
        return f'<iframe sandbox="allow-scripts" srcdoc="{page}" style="width: 100%; height: 80vh; border: 0"></iframe>'


def run(
    lab: Lab,
    dataset: Dataset,
    settings: Any,
    *,
    out: Path,
    seed: int = 0,
    workers: int | None = None,
    command: str = "",
    files: Sequence[Path] = (),
    finished: Collection[str] = (),
    watch: Callable[[Progress], None] = lambda progress: None,
    notify: Callable[[str], None] = lambda sentence: None,
    opened: Callable[[Path], None] = lambda folder: None,
) -> Finished:
    """Run a lab on a table and store the record; an interrupted run of the same kind is taken up where it stopped.

    Parameters
    ----------
    settings : object
        An instance of `lab.settings_type`.
    out : pathlib.Path
        The folder of all runs; this one gets a folder of its own in it.
    seed : int
        Decides folds, searches and models.
    workers : int, optional
        Processes; default is the number of cores.
    command : str
        What the report tells a reader to repeat.
    files : sequence of pathlib.Path
        What the settings were read from, beside what the lab says it reads: another content is another run.
    finished : collection of str
        Names of folders in `out`: a finished run of the same kind in one of them is returned, and nothing is computed.
    watch, notify : callable
        Told how far the trials are, and what has to be prepared before them.
    opened : callable
        Told the folder as soon as it is chosen.

    Raises
    ------
    LabError
        If the table or the settings do not fit, a file that the run reads changes meanwhile, or too many trials failed
        to give a verdict.
    """
    start = Start()
    _require_task(lab, dataset)
    question = lab.question(dataset.name, settings)
    whole, dataset = dataset, _sampled(dataset, settings, seed)
    context = lab.context(dataset, settings, seed=seed)
    plan = sections.plan(lab, context)
    kept = dataclasses.asdict(settings) | {"seed": seed}
    inputs = Inputs([*files, *getattr(lab, "inputs", _no_inputs)(settings)])
    code = identity.code_of({type(lab).__module__, *(trial.function.__module__ for trial in plan)})
    which = _identity(lab.name, dataset, kept, plan, inputs, code)
    if (known := _finished(out, finished, which)) is not None:
        notify(f"{lab.name} on {dataset.name} was finished before the interruption: kept from {known.folder}")
        return known
    lab.prepare(notify)
    with (
        run_folder(out, lab=lab.name, data=dataset.name, identity=which, notify=notify) as folder,
        log_file(_log, folder),
    ):
        opened(folder)
        _log.info("%s on %s (SHA-256 %s), version %s", lab.name, dataset.name, dataset.digest, __version__)
        sessions = Sessions(folder / SESSIONS, owner_of_sessions(which), start)

        def see(progress: Progress, show: Callable[[Progress], None]) -> None:
            sessions.note()
            show(progress)

        results = run_plan(
            plan,
            dataset,
            folder / "trials",
            workers=workers or machine.n_cores(),
            run=which,
            watch=functools.partial(see, show=_announcing(lab, whole, settings, seed, watch, notify)),
            notify=notify,
            require=inputs.require_unchanged,
        )
        evidence = _with_failures(sections.summarise(lab, context, results.rows), results, len(plan))
        sessions.note(at_once=True)
        written = record.Record(
            lab=lab.name,
            question=question,
            data=_describe(dataset),
            settings=kept,
            evidence=evidence,
            verdict=lab.judge(evidence, settings),
            controls=controls.known_rates(lab, out, notify),
            trials={"total": len(plan), "failed": dict(results.failures)},
            environment=machine.describe() | {"imported": code["packages"], "measured": _measured(plan, results)},
            run={"command": command, "started": sessions.started, "seconds": round(sessions.seconds, 1)},
        )
        for name, content in getattr(lab, "files", _no_files)(results.rows).items():
            write_bytes(folder / name, content)
        record.write(written, folder / "record.json")  # before the report: whatever drawing does, the verdict is there
        missing = report.write(written, folder / "report.html")
    return Finished(folder, written, missing)


def answer_here(lab: Lab, dataset: Dataset, settings: Any, *, seed: int) -> Answer:
    """Run a lab in this process, storing nothing, and return its answer: what controls and tests call."""
    context = lab.context(dataset, settings, seed=seed)
    results = run_plan_here(sections.plan(lab, context), dataset)
    return lab.judge(sections.summarise(lab, context, results.rows), settings).answer


def _no_files(rows: Mapping[str, Row]) -> Mapping[str, bytes]:
    del rows
    return {}


def _require_task(lab: Lab, dataset: Dataset) -> None:
    """Raise DataError where the target is a number and the lab does not say that it can predict one."""
    if dataset.task not in getattr(lab, "tasks", ("classes",)):
        raise DataError(
            f"{dataset.name}: the target {dataset.target_name!r} is a number, and the {lab.name} lab predicts classes; "
            "group its values into 2 to 20 classes, or choose another column"
        )


def _sampled(dataset: Dataset, settings: Any, seed: int) -> Dataset:
    return load.sample_rows(dataset, getattr(settings, "max_rows", dataset.n_rows), seed)


def _announcing(
    lab: Lab,
    dataset: Dataset,
    settings: Any,
    seed: int,
    watch: Callable[[Progress], None],
    notify: Callable[[str], None],
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
        others = _other_efforts(lab, dataset, settings, seed, progress.forecast)
        notify(f"about {duration(left)} left by the pilot trials, until {end:%H:%M}{others}")

    return see


def _other_efforts(lab: Lab, dataset: Dataset, settings: Any, seed: int, forecast: Forecast) -> str:
    now = getattr(settings, "effort", None)
    if now is None:
        return ""
    rows = _sampled(dataset, settings, seed).n_rows
    said = []
    for effort in EFFORTS:
        if effort == now:
            continue
        other = at_effort(settings, effort)
        table = _sampled(dataset, other, seed)
        with contextlib.suppress(LabError):  # the table may be too small for the folds of another effort
            plan = sections.plan(lab, lab.context(table, other, seed=seed))
            seconds = forecast.seconds_for(plan) * table.n_rows / rows
            said.append(f"--effort {effort} takes about {duration(seconds)}")
    return f" ({'; '.join(said)})" if said else ""


def _with_failures(evidence: Evidence, results: Results, n_trials: int) -> Evidence:
    if not results.failures:
        return evidence
    reasons = "; ".join(f"{key}: {reason}" for key, reason in list(results.failures.items())[:3])
    caveat = f"{len(results.failures)} of {n_trials} trials failed and are missing from the evidence ({reasons})"
    return dataclasses.replace(evidence, caveats=(caveat, *evidence.caveats))


def _describe(dataset: Dataset) -> dict[str, Any]:
    counts = [int((dataset.target == code).sum()) for code in range(len(dataset.classes))]
    return {
        "name": dataset.name,
        "digest": dataset.digest,
        "n_rows": dataset.n_rows,
        "target": dataset.target_name,
        "classes": dict(zip(dataset.classes, counts, strict=True)),
        "columns": dict(dataset.kinds),
        "notes": list(dataset.notes),
    }


def _no_inputs(settings: Any) -> Sequence[Path]:
    del settings
    return ()


def _identity(
    lab: str, dataset: Dataset, settings: dict[str, Any], plan: Sequence[Trial], inputs: Inputs, code: dict[str, Any]
) -> str:
    """Tell runs apart: the same lab, code, table, settings, files and plan give the same rows."""
    facts = [lab, _describe(dataset), settings, inputs.contents(), code, identity.facts_of_plan(plan)]
    return identity.digest_of(facts)


def _finished(out: Path, names: Collection[str], which: str) -> Finished | None:
    """Read a finished run of this identity from one of these folders; None where there is none that can be read."""
    folder = finished_folder(out, names, which)
    if folder is None:
        return None
    try:
        known = record.read(folder)
    except LabError:
        return None
    return Finished(folder, known)


def _measured(plan: Sequence[Trial], results: Results) -> list[dict[str, Any]]:
    """Say how many rows were measured on which machine, and how many of them alone on it (timings)."""
    counted: list[dict[str, Any]] = []
    for trial in plan:
        if trial.key not in results.machines:
            continue
        found = next((one for one in counted if one["machine"] == results.machines[trial.key]), None)
        if found is None:
            found = {"machine": results.machines[trial.key], "trials": 0, "alone": 0}
            counted.append(found)
        found["trials"] += 1
        found["alone"] += trial.exclusive
    return counted
