"""Who else is at this run? Those that share its trials, and those that cannot, since their versions are others."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lab.runs.folders import DRIVERS, run_folder
from lab.runs.identity import digest_of
from lab.runs.plans import keep_plan, of_other_versions
from lab.work.drivers import Drivers

__all__ = ["taking_part"]


@contextlib.contextmanager
def taking_part(
    out: Path, data: str, facts: Sequence[Any], will_do: Callable[[Path], bool], notify: Callable[[str], None]
) -> Iterator[tuple[Path, Drivers]]:
    """Take part in a run: gives its folder and those that are at it, and says who they are.

    Parameters
    ----------
    out : pathlib.Path
        The folder of all runs.
    data : str
        What names a new folder.
    facts : sequence
        What the run is (see `lab.job.Job`): kept in its folder.
    will_do : callable
        Whether the folder of a finished run is given too (see `lab.runs.folders.run_folder`).
    """
    opening = run_folder(
        out, lab=facts[0], data=data, identity=digest_of(facts), will_do=will_do, notify=notify
    )  # fmt: skip
    with opening as folder:
        keep_plan(folder, facts)
        for sentence in of_other_versions(out, facts):
            notify(sentence)
        with Drivers(folder / DRIVERS) as drivers:
            if not drivers.is_first:
                notify(
                    f"another process is at this run already, in {folder}: they share the trials, and one of them ends it"
                )
            if not drivers.has_locks:
                notify(
                    f"the file system of {folder} has no locks: what a process leaves undone is taken over half a minute later"
                )
            yield folder, drivers
