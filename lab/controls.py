"""How often is a lab wrong where the truth is known? Runs its controls over many seeds and counts."""

import dataclasses
import functools
import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.errors import SettingsError, TrialsFailedError
from lab.host.files import sweep_parts, write_json
from lab.host.locks import Timeout, held
from lab.learning.undeclared import suspicions
from lab.likeness import traits_of
from lab.protocol import Answer, Control, Dataset, Lab, Row, Trial
from lab.rates import interval, known_rates, sealed
from lab.runs import identity
from lab.runs.alike import reached
from lab.runs.judging import judging_code
from lab.version import __version__
from lab.work.cluster.scheduler import Scheduler
from lab.work.resume import Progress, run_plan

__all__ = ["known_rates", "run_controls"]


def run_controls(
    lab: Lab,
    *,
    seeds: int,
    out: Path,
    workers: int | Scheduler | None,
    watch: Callable[[Progress], None] = lambda progress: None,
    notify: Callable[[str], None] = lambda sentence: None,
) -> dict[str, Any]:
    """Ask the lab about every control under `seeds` seeds and store the counts as `controls-LAB.json` in `out`.

    An interrupted call is taken up where it stopped, with more or fewer seeds too, unless the code has changed.

    Returns
    -------
    dict
        lab, version, date, code (digest of the sources on which the verdicts depend), seeds, and `controls`: a list of
        name, truth, counts of yes, no, undecided and wrong, the rate of wrong verdicts with its exact 95 % binomial interval, and
        `table`: the plain properties of the first of its tables (see `lab.likeness`), None where no table decides; `wrong` is
        the rate over all of them.

    Raises
    ------
    SettingsError
        If another process is at the controls of this lab in this folder.
    TrialsFailedError
        If a control failed.
    """
    out.mkdir(parents=True, exist_ok=True)
    try:
        with held(out / f".controls-{lab.name}.lock"):
            return _run(lab, seeds, out, workers, watch, notify)
    except Timeout as error:
        raise SettingsError(
            f"another process is already measuring the controls of {lab.name} in {out}; wait, or choose another folder with --out"
        ) from error


def _run(
    lab: Lab,
    seeds: int,
    out: Path,
    workers: int | Scheduler | None,
    watch: Callable[[Progress], None],
    notify: Callable[[str], None],
) -> dict[str, Any]:
    asked = lab.controls()
    trials = {
        f"{control.name}-{seed}": Trial(
            f"{control.name}-{seed}",
            _ask,
            {"lab": lab, "control": control.function},
            seed=seed,
            exclusive=control.exclusive,
            kind=control.name,
        )
        for control in asked
        for seed in range(seeds)
    }
    trials |= {
        _described(control): Trial(_described(control), _describe, {"table": control.table})
        for control in asked
        if control.table is not None
    }
    which = _identity(lab, asked)
    lab.prepare(notify)
    sweep_parts(out)
    for counted_before in out.glob(f"{_done(lab)}*"):  # what a kill left of it
        shutil.rmtree(counted_before, ignore_errors=True)
    folder = out / f"controls-{lab.name}-{which[:12]}"
    plan = list(trials.values())
    with reached(workers, plan, modules=_modules(lab, asked), notify=notify) as hands:
        results = run_plan(plan, None, folder, workers=hands, run=which, watch=watch, notify=notify)
    if results.failures:
        key, reason = next(iter(results.failures.items()))
        raise TrialsFailedError(
            f"{len(results.failures)} of {len(trials)} controls failed ({key}: {reason}); repeat the command to try them again"
        )
    counted = [
        _count(control, [results.rows[f"{control.name}-{seed}"]["answer"] for seed in range(seeds)])
        | {"table": results.rows.get(_described(control))}
        for control in asked
    ]
    rates = {
        "lab": lab.name,
        "version": __version__,
        "date": datetime.now(UTC).date().isoformat(),
        "code": judging_code(lab),
        "seeds": seeds,
        "controls": counted,
        "wrong": interval(sum(row["wrong"]["events"] for row in counted), seeds * len(counted)),
    }
    write_json(out / f"controls-{lab.name}.json", sealed(rates))
    shutil.rmtree(
        folder.rename(out / f"{_done(lab)}{os.urandom(6).hex()}")
    )  # at once: half of the rows would be taken up
    return rates


def _done(lab: Lab) -> str:
    """Begin the name of a folder whose rows have been counted."""
    return f".controls-{lab.name}-done-"


def _identity(lab: Lab, asked: Sequence[Control]) -> str:
    """Tell versions of the code apart: the same code gives the same answers."""
    functions = {control.name: _whole(control.function) for control in asked}
    code = identity.code_of(_modules(lab, asked))
    named = [(control.name, functions[control.name].__qualname__, control.exclusive) for control in asked]
    return identity.digest_of([lab.name, code, named])


def _modules(lab: Lab, asked: Sequence[Control]) -> set[str]:
    """Name the modules whose code gives the answers."""
    return {type(lab).__module__, *(_whole(control.function).__module__ for control in asked)}


def _whole(function: Any) -> Any:
    """Give the function of which this is a part, where it is one: its module names the code that runs."""
    return function.func if isinstance(function, functools.partial) else function


def _described(control: Control) -> str:
    """Name the trial that describes the table of a control."""
    return f"{control.name}-table"


def _describe(dataset: Dataset | None, *, seed: int, table: Callable[..., Dataset]) -> Row:
    del dataset  # a control makes its own
    made = table(seed=seed)
    found = traits_of(made, {each.what for each in suspicions(made, seed=seed) if each.is_firm})
    return dataclasses.asdict(found) | {"dependence": list(found.dependence)}


def _ask(dataset: Dataset | None, *, seed: int, lab: Lab, control: Callable[..., Answer]) -> Row:
    del dataset  # a control makes its own
    return {"answer": control(lab, seed=seed)}


def _count(control: Control, answers: list[Answer]) -> dict[str, Any]:
    counts = {answer: answers.count(answer) for answer in ("yes", "no", "undecided")}
    wrong = sum(answer in control.wrong for answer in answers)
    return {"name": control.name, "truth": control.truth, **counts, "wrong": interval(wrong, len(answers))}
