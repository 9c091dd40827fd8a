"""How does a file get to disk whole or not at all, and what becomes of the halves that a killed process left?"""

import contextlib
import fcntl
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["read_bytes", "sweep_parts", "write_bytes", "write_json"]

_PART = ".part"
_TRIES = 5


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader (or a crash) never meets half of it."""
    for _ in range(_TRIES - 1):
        with contextlib.suppress(FileNotFoundError):  # a sweep came between making the file and locking it
            return _write(path, content)
    return _write(path, content)


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, atomically; raises ValueError for a number that JSON lacks (NaN, infinity)."""
    write_bytes(path, (json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode())


def read_bytes(path: Path, most: int = -1, *, start: int = 0) -> bytes:
    """Read a file that must be one: a link, a folder or a pipe in its place is an OSError, and none of them is waited for.

    `most` is how many bytes of it are read at most; all, where negative. `start` is the first one that is read.

    Raises
    ------
    OSError
        If it cannot be read, or is no plain file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path.name} is not a file")
        stream.seek(start)
        return stream.read(most)


def sweep_parts(folder: Path) -> None:
    """Remove the halves of files that dead processes left in a folder; those of living ones are locked, and stay."""
    for part in _parts(folder):
        with contextlib.suppress(OSError), part.open("r+b") as stream:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()


def _parts(folder: Path) -> Iterator[Path]:
    for path in folder.glob(f".*{_PART}"):
        if path.is_file() and not path.is_symlink():
            yield path


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{os.getpid()}-{os.urandom(6).hex()}{_PART}")
    try:
        with partial.open("xb") as stream:
            with contextlib.suppress(OSError):  # a file system without locks: then nothing is swept either
                fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            partial.replace(path)
    except BaseException:  # an interrupt, a full disk
        partial.unlink(missing_ok=True)
        raise
