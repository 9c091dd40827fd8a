"""What is to be run, and what does it stand for? Resolved once, before the first trial."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab import sections
from lab.data.positive import looked_for
from lab.data.sampling import sample_rows
from lab.doubts import about
from lab.errors import DataError
from lab.protocol import Dataset, Lab, Question, Trial
from lab.runs import identity
from lab.runs.inputs import Inputs

__all__ = ["Job", "describe_table", "job_of", "read_by", "sampled"]


@dataclasses.dataclass(frozen=True)
class Job:
    """A run before its trials.

    Attributes
    ----------
    whole, dataset : Dataset
        The table, and the rows of it that the settings ask for.
    context : object
        What the lab's sections share.
    kept : dict
        The settings by their names, and the seed: what a record keeps of them.
    inputs : Inputs
        The files that the run reads beside the table.
    code : dict
        See `lab.runs.identity.code_of`.
    facts : list
        All that its rows depend on: lab, table, settings, files, code and plan.
    identity : str
        The digest of these: the same facts give the same rows.
    """

    lab: Lab
    question: Question
    whole: Dataset
    dataset: Dataset
    settings: Any
    seed: int
    context: Any
    plan: list[Trial[Any]]
    kept: dict[str, Any]
    inputs: Inputs
    code: dict[str, Any]
    facts: list[Any]
    identity: str


def job_of(lab: Lab, dataset: Dataset, settings: Any, seed: int, files: Sequence[Path]) -> Job:
    """Resolve a run; `files` are what the settings were read from.

    Raises
    ------
    LabError
        If the table or the settings do not fit, or a file that the run reads cannot be read.
    """
    _require_task(lab, dataset)
    _require_weighing(lab, dataset)
    dataset = looked_for(dataset, getattr(settings, "metric", "auto"))
    question = about(lab.question(dataset.name, settings), dataset.belonging)
    whole, dataset = dataset, sampled(dataset, settings, seed)
    context = lab.context(dataset, settings, seed=seed)
    plan = sections.plan(lab, context)
    kept = dataclasses.asdict(settings) | {"seed": seed}
    inputs = Inputs([*files, *read_by(lab, settings)])
    code = identity.code_of({type(lab).__module__, *(trial.function.__module__ for trial in plan)})
    facts = [lab.name, describe_table(dataset), kept, inputs.contents(), code, identity.facts_of_plan(plan)]
    which = identity.digest_of(facts)
    return Job(lab, question, whole, dataset, settings, seed, context, plan, kept, inputs, code, facts, which)


def sampled(dataset: Dataset, settings: Any, seed: int) -> Dataset:
    """Take the rows that the settings ask for: all, where they do not say."""
    return sample_rows(dataset, getattr(settings, "max_rows", dataset.n_rows), seed)


def describe_table(dataset: Dataset) -> dict[str, Any]:
    """Give what a record keeps of a table: never a row."""
    counts = [int((dataset.target == code).sum()) for code in range(len(dataset.classes))]
    return {
        "name": dataset.name,
        "digest": dataset.digest,
        "n_rows": dataset.n_rows,
        "target": dataset.target_name,
        "classes": dict(zip(dataset.classes, counts, strict=True)),
        "columns": dict(dataset.kinds),
        "notes": list(dataset.notes),
        "belonging": {
            "by": dataset.belonging.by,
            "time": dataset.belonging.time,
            "copies": dataset.belonging.copies,
            "independent": dataset.belonging.is_independent,
            **({"weights": dataset.belonging.weighted} if dataset.belonging.weighted else {}),
        },
    }


def _require_task(lab: Lab, dataset: Dataset) -> None:
    """Raise DataError where the target is a number and the lab does not say that it can predict one."""
    if dataset.task not in getattr(lab, "tasks", ("classes",)):
        raise DataError(
            f"{dataset.name}: the target {dataset.target_name!r} is numeric (regression), and the {lab.name} lab only classifies; "
            "group its values into 2 to 20 classes, or choose another column"
        )


def _require_weighing(lab: Lab, dataset: Dataset) -> None:
    """Raise DataError where rows have weights and the lab does not say that it counts them."""
    if dataset.belonging.weighted and not getattr(lab, "weighs", False):
        raise DataError(
            f"{dataset.name}: the {lab.name} lab cannot count rows by the weights in {dataset.belonging.weighted!r}, since its "
            "models learn from all rows alike; leave out --weights and --drop the column, or use another lab"
        )


def read_by(lab: Lab, settings: Any) -> Sequence[Path]:
    """List the files beside the table that a lab and its trials read: none, where it does not say."""
    found: Sequence[Path] = lab.inputs(settings) if hasattr(lab, "inputs") else ()
    return found
