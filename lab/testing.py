"""Does a lab keep to the protocol? `check_lab` says so, for our labs and for other people's.

Call it from a test with a small table and settings that make the lab fast:

    check_lab(MY_LAB, load("wine"), MySettings(folds=2, repeats=1), tmp_path)

Part of it is `check_spoiling`, which can be called alone: what a trial learns may not depend on its test rows.
"""

import dataclasses
import inspect
import json
import math
import pickle
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from lab import flow, record, report, sections
from lab.doubts import doubts_about, held
from lab.errors import LabError
from lab.job import job_of
from lab.protocol import Dataset, Estimate, Evidence, Lab, Row, Trial, Verdict
from lab.settings import make
from lab.spoiling import NO_MORE, check_spoiling
from lab.work.resume import run_plan_here

__all__ = ["check_controls", "check_lab", "check_spoiling"]


def check_lab(
    lab: Lab, dataset: Dataset, settings: Any, folder: Path, *, learned: Mapping[str, Collection[str]] = NO_MORE
) -> record.Record:
    """Check everything that a lab promises, by running it on a table.

    Parameters
    ----------
    lab : Lab
        The object that the entry point names.
    dataset : Dataset
        A small table.
    settings : object
        Settings of the lab under which a run takes seconds.
    folder : pathlib.Path
        An empty folder to run in.
    learned : mapping of str to collection of str
        By the name of a trial's function, further keys of its rows that are learned; see `check_spoiling`.

    Returns
    -------
    Record
        What the run recorded, for further checks.

    Raises
    ------
    AssertionError
        At the first broken promise; the message names it.
    """
    _check_settings(lab)
    lab.prepare(lambda sentence: None)
    context = lab.context(dataset, settings, seed=1)
    plan = _check_plan(lab, dataset, settings)
    rows = _check_rows(plan, dataset)
    check_spoiling(plan, dataset, rows, learned=learned)
    evidence = sections.summarise(lab, context, rows)
    _check_evidence(evidence)
    _check_judge(lab, evidence, settings)
    _check_missing_rows(lab, context, settings, rows)
    _check_controls(lab)
    _check_inputs(lab, settings)
    return _check_run(lab, dataset, settings, folder)


def check_controls(
    lab: Lab, names: Collection[str], *, seeds: Iterable[int], most_wrong: float = 0.0, least_found: float = 1.0
) -> None:
    """Ask some of a lab's controls: few may be answered wrongly, and where a side truly wins most must find it.

    The ceiling alone would be met by a lab that is always undecided.

    Parameters
    ----------
    lab : Lab
        The object that the entry point names.
    names : collection of str
        Names of controls.
    seeds : iterable of int
        What each is asked with.
    most_wrong, least_found : float
        Shares of the answers to each control, 0 to 1.

    Raises
    ------
    AssertionError
        At the first control that is answered otherwise; the message has the answers.
    """
    asked = {control.name: control for control in lab.controls()}
    drawn = tuple(seeds)
    for name in names:
        control = asked[name]
        answers = [control.function(lab, seed=seed) for seed in drawn]
        said = f"control {name!r} ({control.truth}) is answered {', '.join(answers)}"
        assert sum(answer in control.wrong for answer in answers) <= most_wrong * len(answers), said
        if control.right is not None:
            assert answers.count(control.right) >= least_found * len(answers), f"{said}, not {control.right}"


def _check_settings(lab: Lab) -> None:
    settings_type = lab.settings_type
    assert re.fullmatch(r"[a-z][a-z0-9-]*", lab.name), f"name is {lab.name!r}; it names files and a command"
    assert dataclasses.is_dataclass(settings_type), "settings_type must be a dataclass"
    assert settings_type.__dataclass_params__.frozen, "settings must be frozen"  # type: ignore[attr-defined]
    for field in dataclasses.fields(settings_type):
        assert field.metadata.get("help"), f"setting {field.name!r} has no help; make it with lab.settings.option"
    defaults = make(settings_type, {})
    assert make(settings_type, dataclasses.asdict(defaults)) == defaults, "the defaults are out of their own ranges"
    make(settings_type, lab.demo_settings)


def _check_plan(lab: Lab, dataset: Dataset, settings: Any) -> list[Trial]:
    plan = _planned(lab, dataset, settings, seed=1)
    assert plan, "the plan is empty"
    keys = [trial.key for trial in plan]
    assert len(set(keys)) == len(keys), "two trials have the same key"
    for trial in plan:
        assert re.fullmatch(r"[\w.-]+", trial.key), f"key {trial.key!r} cannot name a file"
        pickle.loads(pickle.dumps(trial))  # noqa: S301 - what a worker process does with it
        accepted = inspect.signature(trial.function).parameters
        assert "seed" in accepted, f"the function of {trial.key!r} takes no seed"
    again = [(trial.key, trial.seed) for trial in _planned(lab, dataset, settings, seed=1)]
    assert again == [(trial.key, trial.seed) for trial in plan], "plan gives other trials at the second call"
    other = [trial.seed for trial in _planned(lab, dataset, settings, seed=2)]
    assert other != [trial.seed for trial in plan], "the seed of the run does not reach the trials"
    return plan


def _planned(lab: Lab, dataset: Dataset, settings: Any, *, seed: int) -> list[Trial[Any]]:
    return sections.plan(lab, lab.context(dataset, settings, seed=seed))


def _check_rows(plan: list[Trial], dataset: Dataset) -> dict[str, Row]:
    results = run_plan_here(plan, dataset)
    assert not results.failures, f"trials failed: {dict(results.failures)}"
    sample = next(trial for trial in plan if not trial.exclusive and not trial.needs)
    again = run_plan_here([sample], dataset).rows[sample.key]
    assert _plain(again) == _plain(results.rows[sample.key]), (
        f"trial {sample.key!r} gives another row at the second run"
    )
    return dict(results.rows)


def _check_evidence(evidence: Evidence) -> None:
    assert evidence.figures, "there is no figure for the first screen"
    for name, estimate in evidence.estimates.items():
        _check_estimate(name, estimate)
    for figure in evidence.figures:
        assert figure.title, "a figure has no title"
        assert figure.caption, f"figure {figure.title!r} does not say what to see"
    for table in evidence.tables:
        widths = {len(row) for row in table.rows}
        assert widths <= {len(table.columns)}, (
            f"rows of table {table.title!r} are {widths} wide, not {len(table.columns)}"
        )


def _check_estimate(name: str, estimate: Estimate) -> None:
    numbers = (estimate.low, estimate.value, estimate.high)
    assert all(math.isfinite(number) for number in numbers), f"estimate {name!r} is not finite: {numbers}"
    assert estimate.low <= estimate.value <= estimate.high, f"estimate {name!r} lies outside its interval: {numbers}"


def _check_judge(lab: Lab, evidence: Evidence, settings: Any) -> None:
    verdict = lab.judge(evidence, settings)
    assert isinstance(verdict, Verdict), "judge must return a Verdict"
    assert verdict.answer in ("yes", "no", "undecided"), f"the answer is {verdict.answer!r}"
    assert verdict.headline, "the verdict has no headline"
    assert verdict.sentence.endswith("."), f"the verdict is not a sentence: {verdict.sentence!r}"
    assert lab.judge(evidence, settings) == verdict, "judge gives another verdict at the second call"


def _check_missing_rows(lab: Lab, context: Any, settings: Any, rows: dict[str, Any]) -> None:
    """Failed trials are missing from the rows: the lab must say what it can, or refuse in a sentence."""
    for kept in (dict(list(rows.items())[: len(rows) * 2 // 3]), {}):
        try:
            evidence = sections.summarise(lab, context, kept)
            lab.judge(evidence, settings)
        except LabError as error:
            refusal = str(error)
        else:
            continue
        assert refusal, "the refusal is empty"


def _check_controls(lab: Lab) -> None:
    controls = lab.controls()
    wrong = {answer for control in controls for answer in control.wrong}
    assert {"yes", "no"} <= wrong, "the controls need one where yes is wrong and one where no is wrong"
    for control in controls:
        pickle.loads(pickle.dumps(control.function))  # noqa: S301 - what a worker process does with it
        assert control.truth, f"control {control.name!r} does not say what is true"
        assert control.right not in control.wrong, (
            f"control {control.name!r} calls {control.right} both right and wrong"
        )
    assert any(control.right for control in controls), (
        "no control has a right answer: a lab that is never sure would pass"
    )


def _check_inputs(lab: Lab, settings: Any) -> None:
    paths = lab.inputs(settings) if hasattr(lab, "inputs") else ()
    for path in paths:
        assert Path(path).is_file(), f"inputs names {path}, which is not a file that a run could read"


def _check_run(lab: Lab, dataset: Dataset, settings: Any, folder: Path) -> record.Record:
    finished = flow.run(lab, dataset, settings, out=folder, seed=1, workers=1, command=f"lab run {lab.name}")
    stored = record.read(finished.folder)
    assert _plain(dataclasses.asdict(stored)) == _plain(dataclasses.asdict(finished.record)), (
        "the record is read back changed"
    )
    used = job_of(lab, dataset, settings, 1, []).dataset
    judged = held(lab.judge(stored.evidence, settings), doubts_about(dataset, used, seed=1), used, stored.evidence)
    assert stored.verdict == judged, "judge depends on what the record does not keep"
    assert "<svg" in report.html(stored), "the report has no picture"
    return stored


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=_of_its_own)


def _of_its_own(value: Any) -> Any:
    return (
        dataclasses.asdict(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value.tolist()
    )
