"""From a table to a stored verdict: the only place where plan, trials, evidence, verdict and record meet."""

import contextlib
import dataclasses
import html
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab import record, report, sections
from lab.doubts import Doubts, doubts_about, held, with_doubts
from lab.durations import announcing, with_durations
from lab.host import machine
from lab.host.files import write_bytes
from lab.job import Job, describe_table, job_of, read_by
from lab.likeness import traits_of, with_likeness
from lab.looked import kept, looked_at
from lab.protocol import Answer, Dataset, Evidence, Lab, Section
from lab.rates import known_rates, stated
from lab.runs.alike import measured, reached
from lab.runs.elapsed import Sessions, Start
from lab.runs.folders import SESSIONS, finished_folder, is_finished, owner_of_sessions
from lab.runs.log import log_file
from lab.runs.others import taking_part
from lab.version import __version__
from lab.work.cluster.connecting import Cluster
from lab.work.cluster.scheduler import Scheduler
from lab.work.drivers import Drivers
from lab.work.resume import Progress, Results, run_plan, run_plan_here

__all__ = ["Finished", "answer_here", "run"]

_log = logging.getLogger("lab")


@dataclasses.dataclass(frozen=True, repr=False)
class Finished:
    """A finished run, which a notebook shows as its report: its folder, its record, and the pictures that it lacks."""

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
    workers: int | Scheduler | None = None,
    command: str = "",
    files: Sequence[Path] = (),
    finished: Collection[str] = (),
    again: bool = True,
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
    workers : int or lab.work.cluster.scheduler.Scheduler, optional
        Processes, or a cluster; default is the number of cores.
    command : str
        What the report tells a reader to repeat.
    files : sequence of pathlib.Path
        What the settings were read from, beside what the lab says it reads: another content is another run.
    finished : collection of str
        Names of folders in `out`: a finished run of the same kind in one of them is returned, and nothing is computed.
    again : bool
        Whether all is computed even where another process has finished the same run meanwhile.
    watch, notify, opened : callable
        Told how far the trials are, what has to be prepared before them, and the folder as soon as it is chosen.

    Raises
    ------
    LabError
        If the table or the settings do not fit, a file that is read changes meanwhile, or too many trials failed.
    """
    start = Start()
    job = job_of(lab, dataset, settings, seed, files)
    if (known := _finished(out, finished, job, notify)) is not None:
        return known
    doubts = _doubts_about(job, notify)
    lab.prepare(notify)
    with _begun(job, out, workers, again, notify) as (folder, drivers, hands):
        opened(folder)
        sessions = Sessions(folder / SESSIONS, owner_of_sessions(job.identity), start, is_noted=drivers.is_first)
        results = _worked_off(job, folder, sessions, drivers, hands, watch, notify)
        if is_finished(folder):  # by another process
            return Finished(folder, record.read(folder))
        written = _record(job, doubts, results, sessions, command, known_rates(lab, out, notify))
        return Finished(folder, written, _leave(job, results, written, folder))


@contextlib.contextmanager
def _begun(
    job: Job, out: Path, workers: int | Scheduler | None, again: bool, notify: Callable[[str], None]
) -> Iterator[tuple[Path, Drivers, int | Cluster]]:
    """Give the folder of a run, with its log, those that are at it, and what works its plan off."""
    others = taking_part(out, job.dataset.name, job.facts, lambda f: not again and record.is_readable(f), notify)
    with (
        reached(workers, job.plan, files=read_by(job.lab, job.settings), notify=notify) as hands,
        others as (folder, drivers),
        log_file(_log, folder),
    ):
        yield folder, drivers, hands


def _worked_off(
    job: Job,
    folder: Path,
    sessions: Sessions,
    drivers: Drivers,
    workers: int | Cluster,
    watch: Callable[[Progress], None],
    notify: Callable[[str], None],
) -> Results:
    """Run the trials of a job that are not stored in its folder yet."""
    _log.info("%s on %s (SHA-256 %s), version %s", job.lab.name, job.dataset.name, job.dataset.digest, __version__)
    announce = announcing(job, watch, notify)

    def see(progress: Progress) -> None:
        sessions.note()
        announce(progress)

    return run_plan(
        job.plan,
        job.dataset,
        folder / "trials",
        workers=workers,
        run=job.identity,
        watch=see,
        notify=notify,
        require=job.inputs.require_unchanged,
        drivers=drivers,
        ended=lambda: is_finished(folder),
    )


def _record(
    job: Job, doubts: Doubts, results: Results, sessions: Sessions, command: str, rates: Mapping[str, Any] | None
) -> record.Record:
    """Turn rows into evidence, and evidence into a verdict; gives all that is kept of it."""
    traits = traits_of(job.dataset, {each.what for each in doubts.suspicions if each.is_firm})
    found = with_durations(sections.summarise(job.lab, job.context, results.rows), job, results.forecast)
    n_trials = len(job.plan) - len(results.spared)
    evidence = _with_failures(with_doubts(found, doubts), results, n_trials)
    sessions.note(at_once=True)
    environment = machine.describe() | {
        "imported": job.code["packages"],
        "measured": measured(job.plan, results.machines),
        "spent": results.spent,
    }
    return record.Record(
        lab=job.lab.name,
        question=job.question,
        data=describe_table(job.dataset) | _understood(job, doubts),
        settings=job.kept,
        evidence=evidence,
        verdict=held(job.lab.judge(evidence, job.settings), doubts, job.dataset, evidence),
        controls=with_likeness(stated(job.lab, rates), traits),
        trials={"total": n_trials, "failed": dict(results.failures)},
        environment=environment,
        run={"command": command, "started": sessions.started, "seconds": round(sessions.seconds, 1)},
    )


def _understood(job: Job, doubts: Doubts) -> dict[str, Any]:
    """Give what was understood of the whole table; nothing of one that was made by hand."""
    return {} if job.whole.contents is None else {"seen": kept(looked_at(job.whole, doubts))}


def _leave(job: Job, results: Results, written: record.Record, folder: Path) -> tuple[str, ...]:
    """Write the lab's own files, the record and the report; gives a sentence for each picture that is missing."""
    for name, content in sections.files(job.lab, written.evidence, results.rows).items():
        write_bytes(folder / name, content)
    record.write(written, folder / "record.json")  # before the report: whatever drawing does, the verdict is there
    return report.write(written, folder / "report.html")


def answer_here(
    lab: Lab,
    dataset: Dataset,
    settings: Any,
    *,
    seed: int,
    context: Any = None,
    parts: Sequence[Section[Any]] | None = None,
) -> Answer:
    """Run a lab in this process, storing nothing, and return its answer: what controls and tests call.

    Parameters
    ----------
    context : object, optional
        What the sections share, where it is not what the settings resolve to: fewer models, say.
    parts : sequence of Section, optional
        The sections that are asked, where the answer needs fewer than all, or one has a stand-in.
    """
    context = lab.context(dataset, settings, seed=seed) if context is None else context
    asked = lab.sections() if parts is None else parts
    results = run_plan_here([trial for part in asked for trial in part.plan(context)], dataset)
    found = sections.merged(part.evidence(context, results.rows) for part in asked)
    return held(lab.judge(found, settings), doubts_about(dataset, dataset, seed=seed), dataset, found).answer


def _with_failures(evidence: Evidence, results: Results, n_trials: int) -> Evidence:
    if not results.failures:
        return evidence
    reasons = "; ".join(f"{key}: {reason}" for key, reason in list(results.failures.items())[:3])
    caveat = f"{len(results.failures)} of {n_trials} trials failed and are missing from the evidence ({reasons})"
    return dataclasses.replace(evidence, caveats=(caveat, *evidence.caveats))


def _finished(out: Path, names: Collection[str], job: Job, notify: Callable[[str], None]) -> Finished | None:
    """Read a finished run of this identity from one of these folders; None where there is none that can be read."""
    folder = finished_folder(out, names, job.identity)
    if folder is None or not record.is_readable(folder):
        return None
    notify(f"{job.lab.name} on {job.dataset.name} had finished before the interruption; its result is in {folder}")
    return Finished(folder, record.read(folder))


def _doubts_about(job: Job, notify: Callable[[str], None]) -> Doubts:
    """Look whether rows belong together, and say what is suspected."""
    doubts = doubts_about(job.whole, job.dataset, seed=job.seed)
    for suspicion in doubts.suspicions:
        notify(f"{suspicion.sentence}; {suspicion.way_out}")
    return doubts
