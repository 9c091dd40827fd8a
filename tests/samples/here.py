"""A run whose trials run in the test's process, so that no other one has to load the libraries.

What workers do is tested in `tests/lab/work`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lab.protocol import Dataset
from lab.work import resume
from lab.work.workers import Outcome

__all__ = ["in_this_process"]


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
    patch.setattr(resume, "Workers", _Here)
