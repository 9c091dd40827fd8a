"""In which folder is a run kept? The unfinished one of the same identity, or a new one; others may be at it, and share its trials.

What lies in the folder of all runs may be anything: other runs, damaged ones, other people's files. None of it stops a
run. What dead processes left there is removed by the way; what is locked is a living one's, and stays.
"""

import contextlib
import itertools
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path

from lab.host.files import read_bytes, sweep_parts, write_bytes
from lab.host.locks import Timeout, are_known, held, held_with_others, is_held
from lab.work.sealed import DamagedError, read_sealed

__all__ = [
    "DRIVERS",
    "MARK",
    "SESSIONS",
    "finished_folder",
    "identity_of",
    "is_finished",
    "is_under_way",
    "only_one_looks",
    "owner_of_sessions",
    "run_folder",
    "using",
]

SESSIONS, DRIVERS = "sessions.json", ".drivers"
MARK, _LOCK, _OPENING, _HALF = "fingerprint.txt", ".lock", ".opening", ".new-"
_FILES, _FOLDERS = ("record.json", "report.html", "log.txt"), ("trials",)
_PATIENCE_S, _A_MOMENT_S = 60.0, 1.0


@contextlib.contextmanager
def run_folder(
    out: Path,
    *,
    lab: str,
    data: str,
    identity: str,
    will_do: Callable[[Path], bool] = lambda folder: False,
    notify: Callable[[str], None] = lambda sentence: None,
) -> Iterator[Path]:
    """Open an unfinished folder of the same identity, or a new one; only the same run of other processes can use it meanwhile.

    Parameters
    ----------
    out : pathlib.Path
        The folder of all runs.
    lab, data : str
        What names a new folder.
    will_do : callable
        Whether a finished run of the same identity is given too: another process may have ended it just now.
    notify : callable
        Told of a folder that could be taken up if it were not damaged.
    """
    out.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as until_the_end:
        with _opening(out):
            folder = _take_up(out, identity, will_do, notify, until_the_end)
            if folder is None:
                folder = _new_folder(out, lab, data, identity)
                _share(folder, until_the_end)
        yield folder


def _share(folder: Path, until_the_end: contextlib.ExitStack) -> None:
    """Hold a run with the same run of other processes; what those that are gone left goes, at the beginning and at the end.

    Where the file system has no locks nobody is kept away: processes still agree on the trials (see `lab.work.drivers`).
    """
    lock = held_with_others(folder / _LOCK, patience_s=_A_MOMENT_S, alone=lambda: _clear_drivers(folder))
    try:
        until_the_end.enter_context(lock)
    except OSError as error:
        if isinstance(error, Timeout) or are_known(folder):
            raise


def _clear_drivers(folder: Path) -> None:
    """Forget who did what of the trials: nobody is at them any more."""
    place = folder / DRIVERS
    if place.is_symlink() or place.is_file():
        place.unlink()
    else:
        shutil.rmtree(place, ignore_errors=True)


def finished_folder(out: Path, names: Collection[str], identity: str) -> Path | None:
    """Find a finished run of this identity among folders of these names."""
    if names:
        with _opening(out):
            pass  # what a killed process left in a finished run goes too
    for name in names:
        folder = out / name
        if Path(name).name == name and is_finished(folder) and _is_of(folder, identity):
            return folder
    return None


def owner_of_sessions(identity: str) -> str:
    """Name to whom the times of a run's sessions belong; see `lab.work.sealed`."""
    return f"sessions of run {identity}"


def identity_of(folder: Path) -> str | None:
    """Read the mark of a run; None where it is none."""
    with contextlib.suppress(OSError, ValueError):
        mark = read_bytes(folder / MARK, most=1_000).decode("ascii").strip()
        return mark if re.fullmatch(r"[0-9a-f]{64}", mark) else None
    return None


@contextlib.contextmanager
def using(folder: Path) -> Iterator[None]:
    """Hold a run, so that no other process takes it up meanwhile.

    Raises
    ------
    Timeout
        If a process holds it already: the run is under way.
    OSError
        If nothing can be written in its folder.
    """
    with held(folder / _LOCK):
        yield


def is_under_way(folder: Path) -> bool:
    """Whether a process is at a run. Only looks, and makes no file; meanwhile the run seems in use (see `only_one_looks`)."""
    return is_held(folder / _LOCK)


@contextlib.contextmanager
def only_one_looks(out: Path) -> Iterator[None]:
    """Have runs wait with the choice of their folders, a second at most: else one that is only looked at may seem in use."""
    with contextlib.ExitStack() as looking:
        with contextlib.suppress(Timeout, OSError):  # where nothing can be written, no run can begin either
            looking.enter_context(held(out / _OPENING, patience_s=1.0))
        yield


@contextlib.contextmanager
def _opening(out: Path) -> Iterator[None]:
    """Let one process at a time look for its folder: else one that only looks may seem to use it. Tidies up first."""
    with contextlib.ExitStack() as opening:
        with contextlib.suppress(Timeout, OSError):  # a process that was stopped; a file in the lock's place
            opening.enter_context(held(out / _OPENING, patience_s=_PATIENCE_S))
            for half in out.glob(f"{_HALF}*"):  # made under this lock only, so that its maker is dead
                shutil.rmtree(half, ignore_errors=True)
        _sweep(out)
        yield


def _take_up(
    out: Path,
    identity: str,
    will_do: Callable[[Path], bool],
    notify: Callable[[str], None],
    until_the_end: contextlib.ExitStack,
) -> Path | None:
    for folder in _folders(out):
        if not _is_of(folder, identity) or (is_finished(folder) and not will_do(folder)):
            continue
        if fault := _fault(folder):
            notify(
                f"{folder} holds an unfinished run like this one, but {fault}: it is left alone, and all begins anew"
            )
            continue
        with contextlib.suppress(Timeout, OSError):  # somebody clears it up; nothing can be written there
            _share(folder, until_the_end)
            write_bytes(folder / MARK, f"{identity}\n".encode())  # it may be the damaged part
            return folder
    return None


def _folders(out: Path) -> list[Path]:
    """List what may be folders of runs: those with a mark, whatever that is, or with sessions."""
    try:
        return sorted(path for path in out.iterdir() if any(map(os.path.lexists, (path / MARK, path / SESSIONS))))
    except OSError:
        return []


def is_finished(folder: Path) -> bool:
    """Whether all is written; a run that was killed between its record and its report is taken up once more."""
    return all((folder / name).is_file() for name in ("record.json", "report.html"))


def _is_of(folder: Path, identity: str) -> bool:
    """Whether a run has this identity: by its mark, or where that is damaged by the seal of its sessions."""
    if identity_of(folder) == identity:
        return True
    with contextlib.suppress(OSError, DamagedError):
        read_sealed(folder / SESSIONS, owner=owner_of_sessions(identity))
        return True
    return False


def _fault(folder: Path) -> str:
    """Say what stands in the place of something else in a run's folder."""
    for name in _FILES:
        path = folder / name
        if os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
            return f"its {name} is not a file"
    for name in _FOLDERS:
        path = folder / name
        if os.path.lexists(path) and (path.is_symlink() or not path.is_dir()):
            return f"its {name} is not a folder"
    return f"its {MARK} is not a file" if (folder / MARK).is_dir() else ""  # what else it is gives way


def _sweep(out: Path) -> None:
    """Remove what dead processes left: halves of files, and temporary files of trials."""
    sweep_parts(out)
    for folder in _folders(out):
        if folder.is_symlink():
            continue
        with contextlib.suppress(Timeout, OSError), held(folder / _LOCK):
            for place in (folder, folder / "trials"):
                sweep_parts(place)
            _clear_drivers(folder)
            for scratch in (folder / "trials").glob(".scratch*"):
                if scratch.is_dir() and not scratch.is_symlink():
                    shutil.rmtree(scratch, ignore_errors=True)


def _new_folder(out: Path, lab: str, data: str, identity: str) -> Path:
    """Make a folder with its mark in it: it appears with both, or not at all."""
    stem = re.sub(r"[^\w-]+", "-", data.rsplit(".", 1)[0]).strip("-") or "table"
    name = f"{datetime.now().astimezone():%Y%m%d-%H%M}-{lab}-{stem[:40]}"
    half = out / f"{_HALF}{os.getpid()}-{os.urandom(6).hex()}"
    half.mkdir()
    try:
        write_bytes(half / MARK, f"{identity}\n".encode())
        for number in itertools.count(1):
            folder = out / (name if number == 1 else f"{name}-{number}")
            if not os.path.lexists(folder):
                return half.rename(folder)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    raise AssertionError("unreachable")
