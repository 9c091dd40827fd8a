"""Which runs lie in a folder, and what became of each? For whoever looks back at them or clears up; changes nothing."""

import dataclasses
import os
import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Literal

from lab.errors import SettingsError
from lab.runs.elapsed import noted
from lab.runs.folders import (
    MARK,
    SESSIONS,
    identity_of,
    is_finished,
    is_under_way,
    only_one_looks,
    owner_of_sessions,
)

__all__ = ["PastRun", "State", "runs_in"]

State = Literal["finished", "unfinished", "under way", "damaged"]
_NAME = re.compile(r"(\d{8}-\d{4})-(.+)")


@dataclasses.dataclass(frozen=True)
class PastRun:
    """A folder that holds a run, and what can be said of it without its record.

    Attributes
    ----------
    state : {"finished", "unfinished", "under way", "damaged"}
        Under way: a process is at it now. Damaged: unfinished, and nobody knows which run it is.
    started : datetime.datetime or None
        With its time zone; None where neither the sessions nor the name of the folder tell.
    seconds : float or None
        What its sessions took so far.
    lab, data : str
        From the name of the folder, where `data` lacks its ending; empty where it has another name.
    """

    folder: Path
    state: State
    started: datetime | None
    seconds: float | None
    lab: str
    data: str


def runs_in(out: Path, labs: Collection[str]) -> list[PastRun]:
    """List the runs in a folder, by their names.

    Parameters
    ----------
    out : pathlib.Path
        The folder of all runs.
    labs : collection of str
        Labs by whose names a folder's name is understood.

    Raises
    ------
    SettingsError
        If it is no folder of runs, or cannot be read.
    """
    if os.path.lexists(out / "record.json"):
        raise SettingsError(f"{out} is the folder of one run; name the folder that holds it: {out.resolve().parent}")
    try:
        folders = sorted(path for path in out.iterdir() if _is_run(path))
    except FileNotFoundError as error:
        raise SettingsError(f"no folder {out}; name the folder of your runs (--out of lab run)") from error
    except OSError as error:
        raise SettingsError(
            f"cannot read the folder {out}: {error.strerror}; name the folder of your runs (--out of lab run)"
        ) from error
    with only_one_looks(out):
        return [_past(folder, labs) for folder in folders]


def _is_run(path: Path) -> bool:
    """Whether a folder holds what only runs have, in whatever state."""
    return path.is_dir() and any(os.path.lexists(path / name) for name in ("record.json", MARK, SESSIONS))


def _state(folder: Path) -> State:
    if is_under_way(folder):
        return "under way"
    if is_finished(folder):
        return "finished"
    return "unfinished" if identity_of(folder) or os.path.lexists(folder / "record.json") else "damaged"


def _past(folder: Path, labs: Collection[str]) -> PastRun:
    at, lab, data = _parts(folder.name, labs)
    times = noted(folder / SESSIONS, owner_of_sessions(identity_of(folder) or ""))
    started, seconds = (at, None) if times is None else times
    return PastRun(folder, _state(folder), started, seconds, lab, data)


def _parts(name: str, labs: Collection[str]) -> tuple[datetime | None, str, str]:
    """Take the name of a run's folder apart.

    >>> _parts("20260102-0304-edge-my-table-2", ["edge"])[1:], _parts("holiday", ["edge"])
    (('edge', 'my-table-2'), (None, '', ''))
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None, "", ""
    rest = found[2]
    known = max((lab for lab in labs if rest.startswith(f"{lab}-")), key=len, default=rest.partition("-")[0])
    try:
        at = datetime.strptime(found[1], "%Y%m%d-%H%M").astimezone()
    except ValueError:
        at = None
    return at, known, rest.removeprefix(known).removeprefix("-")
