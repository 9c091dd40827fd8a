"""How does the lab judge a stand-in? In the place of a candidate: whatever its trial would return, the rest is the lab's own.

A table that every model learns to the last row keeps all other budgets; what is known of the stand-in decides alone.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from edge.settings import Settings
from lab import sections
from lab.learning.families import CONSTANT
from lab.protocol import Answer, Dataset, Lab, Trial
from lab.work.resume import run_plan_here

__all__ = ["CANDIDATE", "answer_with", "made_table"]

CANDIDATE = "logistic"
"""Name of the only candidate."""
_SETTINGS = Settings(
    folds=2, repeats=1, candidates=1, rounds=20, models=(CANDIDATE,), max_drop=0.05,
    variants=False, batches=False, serving=False, load=False,
)  # fmt: skip
_ROWS, _COLUMNS, _APART = 200, 4, 8.0


def answer_with(
    lab: Lab, budgets: Mapping[str, Any], stand_ins: Mapping[str, Callable[..., Any]], *, seed: int
) -> Answer:
    """Run the lab on a made table with stand-ins in the place of some trials, and give its answer.

    Parameters
    ----------
    budgets : mapping
        Settings that say what is allowed.
    stand_ins : mapping of str to callable
        By the key of a trial: what is called in the place of its function, without arguments, and returns its row.

    Raises
    ------
    RuntimeError
        If a trial fails.
    ValueError
        If a stand-in has the key of no trial.
    """
    settings = dataclasses.replace(_SETTINGS, **budgets)
    features = np.random.default_rng(seed).normal(size=(_ROWS, _COLUMNS))
    target = np.arange(_ROWS) % 2
    dataset = made_table(features + _APART * target[:, None], target)
    context = lab.context(dataset, settings, seed=seed)
    standard = (*context.families, CONSTANT)  # other models would only take time
    alone = dataclasses.replace(context.group, families=standard, blends=())
    context = dataclasses.replace(context, group=alone)
    plan = sections.plan(lab, context)
    if unasked := stand_ins.keys() - {trial.key for trial in plan}:
        raise ValueError(f"no trial is named {min(unasked)!r}; a stand-in would stand in the place of nothing")
    planned = [_standing_in(trial, stand_ins.get(trial.key)) for trial in plan]
    results = run_plan_here(planned, dataset)
    if results.failures:
        key, reason = next(iter(results.failures.items()))
        raise RuntimeError(f"trial {key} of a control failed: {reason}")
    return lab.judge(sections.summarise(lab, context, results.rows), settings).answer


def made_table(features: np.ndarray, target: np.ndarray) -> Dataset:
    """Make a table of numbers (shape (n_rows, n_columns)) with two classes (shape (n_rows,)); columns are named by number."""
    names = [str(place) for place in range(features.shape[1])]
    return Dataset(
        name="a made table",
        features=pd.DataFrame(features, columns=names),
        target=target.astype(np.int64),
        target_name="class",
        classes=("no", "yes"),
        kinds=dict.fromkeys(names, "number"),
        digest="",
    )


def _standing_in(trial: Trial[Any], stand_in: Callable[..., Any] | None) -> Trial[Any]:
    if stand_in is None:
        return trial

    def measured(dataset: Dataset, *, seed: int, inputs: object) -> Any:
        del dataset, seed, inputs  # the stand-in knows all that it needs
        return stand_in()

    return dataclasses.replace(trial, function=measured, arguments={})
