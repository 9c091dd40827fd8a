"""A run whose trials run in the test's process, so that no other one has to load the libraries.

What workers do is tested in `tests/lab/work`.
"""

import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lab import testing
from lab.protocol import Dataset, Rows, Trial
from lab.work import hands, resume
from lab.work.workers import Outcome

__all__ = ["in_this_process", "with_rows_once", "with_trials_once"]


class _Here:
    """Stands for the workers of a run: trials one after the other, in this process."""

    def __init__(self, dataset: Dataset, workers: int, scratch: Path) -> None:
        del workers, scratch
        self.dataset = dataset

    def run(self, work: Sequence[tuple], *, beside: int) -> Iterator[Outcome]:
        del beside
        for trial, inputs in work:
            yield resume.run_here(trial, self.dataset, inputs)

    def close(self) -> None:
        """There is nothing to end."""


def in_this_process(patch: pytest.MonkeyPatch) -> None:
    """Start no workers."""
    patch.setattr(hands, "Workers", _Here)


def with_rows_once(patch: pytest.MonkeyPatch) -> None:
    """Start no workers, and have the run of `check_lab` take the rows that it made before, which it only stores and reports.

    What it asks of trials it asks before that run: that all end, that one gives the same row again, that none learns from its
    test rows. A trial of the run with another function, seed or argument, or on another table, is carried out.
    """
    known: dict[tuple[Any, ...], Any] = {}
    first = testing.run_plan_here

    def remembered(plan: Sequence[Trial], dataset: Dataset) -> resume.Results:
        results = first(plan, dataset)
        for trial in plan:
            if trial.key in results.rows:
                known.setdefault(_asked(trial, dataset), results.rows[trial.key])
        return results

    class Known(_Here):
        """Takes what is known, and runs the others."""

        def run(self, work: Sequence[tuple], *, beside: int) -> Iterator[Outcome]:
            for trial, inputs in work:
                row = known.get(_asked(trial, self.dataset))
                yield from super().run([(trial, inputs)], beside=beside) if row is None else [Outcome(trial, row)]

    patch.setattr(testing, "run_plan_here", remembered)
    patch.setattr(hands, "Workers", Known)


def with_trials_once(patch: pytest.MonkeyPatch, known: dict[Any, Outcome] | None = None) -> None:
    """Have a trial that is asked for again give what it gave: for tests that make different things of the same rows.

    A stand-in that is no function of a module is known by its key. `known` keeps what was given for several tests; then they must
    ask for the same trials.
    """
    outcomes: dict[Any, Outcome] = {} if known is None else known
    run = resume.run_here

    def once(trial: Trial, dataset: Dataset, inputs: Rows) -> Outcome:
        which = _asked(trial, dataset)
        if which not in outcomes:
            outcomes[which] = run(trial, dataset, inputs)
        return outcomes[which]

    patch.setattr(resume, "run_here", once)


def _asked(trial: Trial, dataset: Dataset) -> tuple[Any, ...]:
    said = dataset.belonging
    local = "<locals>" in trial.function.__qualname__
    what = trial.key if local else pickle.dumps(trial)
    return dataset.digest, dataset.n_rows, said.by, said.time, said.is_independent, what
