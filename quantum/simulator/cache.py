"""Is a stored file ours, and only ours to change? Machine code is run only if it is.

A name can be given to another file between a look at it and its use. So every folder on the way is opened from the root,
each below the one before and none through a link, and what has been opened is looked at: it must belong to us or to root,
and nobody else may write to it. The same holds for the file, whose content is then read from what was opened.
"""

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["NotOursError", "keep", "private_folder", "read", "require"]

_LARGEST = 64 * 2**20
"""Bytes that are read of a file, at most; the simulator has some 300 kB."""
_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_STALE_S = 3600
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe in its place must not be waited for


class NotOursError(OSError):
    """Somebody else could change what lies there; the message says who or what."""


def read(folder: Path, name: str) -> bytes | None:
    """Read a file that only we can have written; None where it is not there.

    Raises
    ------
    NotOursError
        If the file, or a folder on the way to it, belongs to somebody else or can be changed by somebody else.
    OSError
        If it cannot be read.
    """
    try:
        with _opened(folder) as above:
            handle = os.open(name, _FILE, dir_fd=above)
    except FileNotFoundError:
        return None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise NotOursError(f"{folder / name} is not a plain file with one name")
        _require_ours(found, folder / name)
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(_LARGEST)
    finally:
        os.close(handle)


def keep(folder: Path, name: str, content: bytes) -> None:
    """Write a file that only we can change, beside and renamed, so that no process ever reads half of it.

    Raises
    ------
    OSError
        If it cannot be written, or (`NotOursError`) the folder is not ours alone.
    """
    partial = f".{name}.{os.getpid()}.part"
    with _opened(folder, make=True) as above:
        _sweep(above)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial, dir_fd=above)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=above)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.rename(partial, name, src_dir_fd=above, dst_dir_fd=above)
        except OSError:
            os.unlink(partial, dir_fd=above)
            raise


def require(folder: Path) -> None:
    """Make the folder, and raise OSError where that is not possible or it is not ours alone (`NotOursError`)."""
    with _opened(folder, make=True):
        pass


def private_folder(name: str) -> Path:
    """Name a folder of this user in the system's temporary folder; whether it is ours is seen when it is opened."""
    return Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}"


@contextmanager
def _opened(folder: Path, *, make: bool = False) -> Iterator[int]:
    """Open a folder, from the root downwards; gives its descriptor."""
    way = Path(os.path.realpath(folder))  # links are followed here, once, and never again
    here = Path(way.anchor)
    handle = os.open(here, _FOLDER)
    try:
        for part in way.parts[1:]:
            _require_ours(os.fstat(handle), here)
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, 0o700, dir_fd=handle)
            here /= part
            below = os.open(part, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = below
        _require_ours(os.fstat(handle), here, shared=False)
        yield handle
    finally:
        os.close(handle)


def _require_ours(found: os.stat_result, path: Path, *, shared: bool = True) -> None:
    """Raise NotOursError where others could change it; a `shared` folder such as /tmp keeps others from our entries."""
    if found.st_uid not in {0, os.getuid()}:
        raise NotOursError(f"{path} belongs to another user")
    sticky = shared and stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
    if found.st_mode & _OTHERS and not sticky:
        raise NotOursError(f"{path} can be changed by other users")


def _sweep(above: int) -> None:
    """Remove what a process that was killed has left."""
    for name in os.listdir(above):
        if name.startswith(".") and name.endswith(".part"):
            with contextlib.suppress(OSError):
                if time.time() - os.stat(name, dir_fd=above, follow_symlinks=False).st_mtime > _STALE_S:
                    os.unlink(name, dir_fd=above)
