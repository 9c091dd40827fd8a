"""When was a run begun, and how long did it take? All of its sessions count, those that were killed too."""

import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.work.sealed import DamagedError, read_sealed, write_sealed

__all__ = ["Sessions", "Start", "joined", "noted"]

_EVERY_S = 0.5

_UNREADABLE = (DamagedError, TypeError, KeyError, ValueError)

_log = logging.getLogger("lab")


class Start:
    """The moment at which a session began."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)
        self._counter = time.perf_counter()

    def seconds(self) -> float:
        """Seconds since then."""
        return time.perf_counter() - self._counter


class Sessions:
    """The sessions of a run, kept in a file, so that one that is killed counts as far as it was noted.

    Parameters
    ----------
    path : pathlib.Path
    owner : str
        To whom the file belongs; see `lab.work.sealed`.
    start : Start
        When this session began.
    is_noted : bool
        Whether this session goes into the file: of several at once, only the first one does.
    """

    def __init__(self, path: Path, owner: str, start: Start, *, is_noted: bool = True) -> None:
        self._path, self._owner, self._start, self._is_noted = path, owner, start, is_noted
        self._earlier = _read(path, owner)
        self._noted = -_EVERY_S
        self.note()

    @property
    def started(self) -> str:
        """When the first session began: ISO 8601, UTC."""
        first = self._earlier[0]["started"] if self._earlier else self._start.at.isoformat(timespec="seconds")
        return str(first)

    @property
    def seconds(self) -> float:
        """What all sessions took so far."""
        return sum(session["seconds"] for session in self._earlier) + self._start.seconds()

    def note(self, *, at_once: bool = False) -> None:
        """Note how far this session is, unless that was just done."""
        now = self._start.seconds()
        if self._is_noted and (at_once or now - self._noted >= _EVERY_S):
            this = {"started": self._start.at.isoformat(timespec="seconds"), "seconds": now}
            write_sealed(self._path, [*self._earlier, this], owner=self._owner)
            self._noted = now


def noted(path: Path, owner: str) -> tuple[datetime, float] | None:
    """Give when the first session began and what all took as far as they noted it (s); None where that is not known."""
    try:
        sessions = _stored(path, owner)
        return datetime.fromisoformat(sessions[0]["started"]).astimezone(), sum(one["seconds"] for one in sessions)
    except (FileNotFoundError, IndexError, *_UNREADABLE):
        return None


def joined(paths: Iterable[Path], into: Path, owner: str) -> None:
    """Put the sessions of several folders of a run into one file, each once, in the order in which they began."""
    sessions = {(one["started"], one["seconds"]): one for path in paths for one in _read(path, owner)}
    write_sealed(into, [sessions[when] for when in sorted(sessions)], owner=owner)


def _read(path: Path, owner: str) -> list[dict[str, Any]]:
    try:
        return _stored(path, owner)
    except FileNotFoundError:
        return []
    except _UNREADABLE as error:
        _log.warning("the times of earlier sessions are lost: %s", error)
        return []


def _stored(path: Path, owner: str) -> list[dict[str, Any]]:
    found = read_sealed(path, owner=owner)
    return [{"started": str(one["started"]), "seconds": float(one["seconds"])} for one in found]
