"""What of a run can be computed again, and goes? Its trials, and nothing else; never a living one's, and through no link."""

import os
import shutil
from pathlib import Path

from lab.host.locks import Timeout
from lab.runs.folders import identity_of, is_finished, using
from lab.runs.past import PastRun

__all__ = ["UNDER_WAY", "remove_trials", "size_of_trials", "why_kept"]

UNDER_WAY = "it is under way"
_TRIALS = "trials"


def size_of_trials(folder: Path) -> int:
    """Count the bytes of a run's trials; 0 where it has none. What links there point to does not count."""
    total = 0
    for place, _, names in os.walk(folder / _TRIALS):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - a run has thousands of them
            except FileNotFoundError:
                continue  # a run that has ended since
    return total


def why_kept(run: PastRun, *, with_unfinished: bool) -> str | None:
    """Say why the trials of a run stay; None where they can go.

    Parameters
    ----------
    with_unfinished : bool
        Whether those of a run may go that was not finished, and could be resumed by them.
    """
    if run.folder.is_symlink():
        return "it is a link"
    if run.state == "under way":
        return UNDER_WAY
    if identity_of(run.folder) is None:
        return "nothing there says which run it is"
    if not _is_folder(run.folder / _TRIALS):
        return "its trials is not a folder"
    if run.state != "finished" and not with_unfinished:
        return "it is unfinished, and repeating its command resumes it (--unfinished removes its trials too)"
    return None


def remove_trials(run: PastRun) -> str | None:
    """Remove the trials of a run to which nothing happened since it was looked at; says why not, where they stay.

    Raises
    ------
    OSError
        If the system does not let them be removed.
    """
    try:
        with using(run.folder):
            if is_finished(run.folder) != (run.state == "finished") or not _is_folder(run.folder / _TRIALS):
                return "it has changed meanwhile"
            shutil.rmtree(run.folder / _TRIALS)  # goes through no link, and refuses one in its own place
    except Timeout:
        return UNDER_WAY
    return None


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
