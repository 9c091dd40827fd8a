"""From a table to a stored verdict: the only place where plan, trials, evidence, verdict and record meet."""

import contextlib
import dataclasses
import hashlib
import itertools
import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from lab import __version__, controls, machine, record, report, sections
from lab.data import load
from lab.errors import DataError, LabError
from lab.log import log_file
from lab.protocol import Answer, Dataset, Evidence, Lab, Row, Trial
from lab.settings import EFFORTS, at_effort
from lab.wording import duration
from lab.work.forecast import Forecast
from lab.work.storage import write_bytes
from lab.work.trials import Progress, Results, run_plan, run_plan_here

__all__ = ["Finished", "answer_here", "run"]

_log = logging.getLogger("lab")
_MARK = "fingerprint.txt"


@dataclasses.dataclass(frozen=True)
class Finished:
    """A finished run: its folder, with `record.json` and `report.html` in it, its record, and the pictures that it lacks."""

    folder: Path
    record: record.Record
    missing_pictures: tuple[str, ...] = ()


def run(
    lab: Lab,
    dataset: Dataset,
    settings: Any,
    *,
    out: Path,
    seed: int = 0,
    workers: int | None = None,
    command: str = "",
    watch: Callable[[Progress], None] = lambda progress: None,
    notify: Callable[[str], None] = lambda sentence: None,
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
    watch, notify : callable
        Told how far the trials are, and what has to be prepared before them.

    Raises
    ------
    LabError
        If the table or the settings do not fit, or too many trials failed to give a verdict.
    """
    start = time.perf_counter()
    _require_task(lab, dataset)
    question = lab.question(dataset.name, settings)
    whole, dataset = dataset, _sampled(dataset, settings, seed)
    context = lab.context(dataset, settings, seed=seed)
    plan = sections.plan(lab, context)
    kept = dataclasses.asdict(settings) | {"seed": seed}
    lab.prepare(notify)
    with _folder(out, lab.name, dataset, _fingerprint(lab.name, dataset, kept, plan)) as folder, log_file(_log, folder):
        _log.info("%s on %s (SHA-256 %s), version %s", lab.name, dataset.name, dataset.digest, __version__)
        watching = _announcing(lab, whole, settings, seed, watch, notify)
        results = run_plan(plan, dataset, folder / "trials", workers=workers or machine.n_cores(), watch=watching)
        evidence = _with_failures(sections.summarise(lab, context, results.rows), results, len(plan))
        written = record.Record(
            lab=lab.name,
            question=question,
            data=_describe(dataset),
            settings=kept,
            evidence=evidence,
            verdict=lab.judge(evidence, settings),
            controls=controls.known_rates(lab, out),
            trials={"total": len(plan), "failed": dict(results.failures)},
            environment=machine.describe(),
            run={
                "command": command,
                "started": datetime.now(UTC).isoformat(timespec="seconds"),
                "seconds": round(time.perf_counter() - start, 1),
            },
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


def _fingerprint(lab_name: str, dataset: Dataset, settings: dict[str, Any], plan: Sequence[Trial]) -> str:
    """Tell runs apart: the same lab, versions, table, settings and plan give the same rows."""
    versions = machine.describe()["packages"]
    facts = [lab_name, __version__, versions, _describe(dataset), settings, [trial.key for trial in plan]]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


@contextlib.contextmanager
def _folder(out: Path, lab_name: str, dataset: Dataset, fingerprint: str) -> Iterator[Path]:
    """Open an unfinished folder of the same run, or a new one; no other process can use it meanwhile."""
    out.mkdir(parents=True, exist_ok=True)
    for known in sorted(out.glob(f"*/{_MARK}")):
        is_finished = all((known.parent / name).exists() for name in ("record.json", "report.html"))
        if is_finished or known.read_text(encoding="utf-8").strip() != fingerprint:
            continue
        lock = FileLock(known.parent / ".lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:  # another process is at it
            continue
        try:
            yield known.parent
        finally:
            lock.release()
        return
    folder = _new_folder(out, lab_name, dataset.name)
    with FileLock(folder / ".lock"):
        (folder / _MARK).write_text(fingerprint + "\n", encoding="utf-8")
        yield folder


def _new_folder(out: Path, lab_name: str, data_name: str) -> Path:
    stem = re.sub(r"[^\w-]+", "-", data_name.rsplit(".", 1)[0]).strip("-") or "table"
    name = f"{datetime.now().astimezone():%Y%m%d-%H%M}-{lab_name}-{stem[:40]}"
    for number in itertools.count(1):
        folder = out / (name if number == 1 else f"{name}-{number}")
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            return folder
    raise AssertionError("unreachable")
