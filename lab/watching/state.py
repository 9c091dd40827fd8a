"""How does a watch outlive its process? One sealed file holds all that it knows and where its sources stand.

It is written whole or not at all. What happened is written into a log beside it, a line of JSON each, exactly once: the state
holds the length of the log and the lines that are still to be added, is written first, and a watch that goes on cuts the log back
to that length and adds them again.
"""

import base64
import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.errors import InputError, MachineError, SettingsError
from lab.host import locks
from lab.host.files import read_bytes, sweep_parts
from lab.host.refusals import explained
from lab.watching.plain import plain_happening
from lab.watching.protocol import Happening
from lab.work.sealed import DamagedError, read_sealed, write_sealed

__all__ = ["SCHEMA", "StateFile", "is_state", "log_of", "packed", "read_state", "unpacked"]

SCHEMA = 2
"""Of the state file: raised with every change to what it holds."""
_OWNER = "lab watch"
_BEGIN = b'{"sha256": "'


def log_of(path: Path) -> Path:
    """Name the log of happenings that lies beside a state file."""
    return path.with_name(f"{path.stem}.happenings.jsonl")


def is_state(path: Path) -> bool:
    """Whether a file looks like the state of a watch, and not like a record."""
    try:
        return read_bytes(path, most=len(_BEGIN)) == _BEGIN
    except OSError:
        return False


def read_state(path: Path) -> dict[str, Any]:
    """Read a state file.

    Raises
    ------
    FileNotFoundError
        If nothing is there.
    InputError
        If it is damaged, no state of a watch, or one of another version.
    """
    try:
        value = read_sealed(path, owner=_OWNER)
    except DamagedError as error:
        raise InputError(
            f"{path} cannot be used as the state of a watch: {error}; move it away to begin anew"
        ) from error
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise InputError(
            f"{path} was written by another version (schema {value.get('schema')}, not {SCHEMA}); go on with that version, or move "
            "it away to begin anew"
        )
    return value


class StateFile:
    """The state of one watch and its log; use `held` so that no other watch writes it.

    Parameters
    ----------
    path : Path
        Where it lies, or will.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.log = path, log_of(path)
        self._length = 0

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let no other watch use it.

        Raises
        ------
        SettingsError
            If another one does, or its folder is not there.
        """
        if not self.path.parent.is_dir():
            raise SettingsError(
                f"the folder of {self.path} does not exist; create it, or name another file with --state"
            )
        try:
            with locks.held(self.path.with_name(f".{self.path.name}.lock")):
                sweep_parts(self.path.parent)
                yield
        except locks.Timeout as error:
            raise SettingsError(f"another watch uses {self.path}; end it, or name another file with --state") from error

    def read(self, belongs_to: Mapping[str, str]) -> dict[str, Any] | None:
        """Read what is stored, and bring the log to where it says; None where nothing is stored.

        Parameters
        ----------
        belongs_to : mapping of str to str
            What the state is about (the model, a source), and which one; a state of another is refused.

        Raises
        ------
        InputError
            If it cannot be read, or belongs to something else.
        """
        try:
            value = read_state(self.path)
        except FileNotFoundError:
            self._length = self._size()
            return None
        for what, which in belongs_to.items():
            if value["belongs_to"].get(what) != which:
                raise InputError(
                    f"{self.path} belongs to a watch of another {what}; name another file with --state, or move it away to begin anew"
                )
        log = value["log"]
        self._length = log["length"]
        self._add(log["lines"])
        return value

    def write(self, value: Mapping[str, Any], happenings: Sequence[Happening], at: str) -> None:
        """Store a state, then add to the log what happened on the way to it.

        Parameters
        ----------
        at : str
            When it was noticed.

        Raises
        ------
        MachineError
            If the disk is full, or writing is not allowed.
        """
        lines = [_line(happening, at) for happening in happenings]
        log = {"length": self._length, "lines": lines}
        try:
            write_sealed(self.path, {"schema": SCHEMA, **value, "log": log}, owner=_OWNER)
        except (OSError, MemoryError) as error:
            known = explained(error, self.path)
            if known is None:
                raise
            raise known from error
        self._add(lines)

    def _add(self, lines: Sequence[str]) -> None:
        """Have the log end after these lines, which follow those of the state before; whatever follows them is of no state."""
        added = "".join(lines).encode()
        try:
            descriptor = os.open(self.log, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
            with os.fdopen(descriptor, "r+b") as stream:
                self._length = min(self._length, stream.seek(0, os.SEEK_END))  # shorter: somebody has cut it
                stream.seek(self._length)
                stream.truncate()
                stream.write(added)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise explained(error, self.log) or MachineError(
                f"cannot write {self.log}: {error.strerror or error}"
            ) from error
        self._length += len(added)

    def _size(self) -> int:
        try:
            return self.log.stat().st_size
        except FileNotFoundError:
            return 0


def _line(happening: Happening, at: str) -> str:
    return json.dumps({**plain_happening(happening), "at": at}) + "\n"


def packed(content: bytes) -> str:
    """Give bytes as a text."""
    return base64.b64encode(content).decode()


def unpacked(text: str) -> bytes:
    """Give the bytes of such a text."""
    return base64.b64decode(text)
