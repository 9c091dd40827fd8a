"""Who else is at this run? Those that share its trials, and those that cannot, since their versions are others."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lab.runs.folders import DRIVERS
from lab.runs.plans import keep_plan, of_other_versions
from lab.work.drivers import Drivers

__all__ = ["taking_part"]


@contextlib.contextmanager
def taking_part(folder: Path, facts: Sequence[Any], notify: Callable[[str], None]) -> Iterator[Drivers]:
    """Take part in a run, and say who else does.

    Parameters
    ----------
    folder : pathlib.Path
        Of the run; it lies in the folder of all runs.
    facts : sequence
        What the run is (see `lab.job.Job`): kept in the folder.
    """
    keep_plan(folder, facts)
    for sentence in of_other_versions(folder.parent, facts):
        notify(sentence)
    with Drivers(folder / DRIVERS) as drivers:
        if not drivers.is_first:
            notify(
                f"another process is at this run already, in {folder}: they share the trials, and one of them ends it"
            )
        if not drivers.has_locks:
            notify(
                f"the file system of {folder} has no locks: what a process leaves undone is taken over half a minute after it ended"
            )
        yield drivers
