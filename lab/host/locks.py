"""Who may use a file or a folder now? A lock that the system lets go of however its holder ends, and that leaves no file."""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["Timeout", "are_known", "held", "held_with_others", "is_held"]

_LOOK_S = 0.01
_OPENED = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def held(path: Path, *, patience_s: float = 0.0) -> Iterator[None]:
    """Hold a lock under this path.

    Its file is removed at the end, while the lock is held: whoever waits for it notices that, and makes another.

    Raises
    ------
    Timeout
        If another process still holds it after `patience_s` seconds; a negative number waits without end.
    """
    with FileLock(path, timeout=patience_s):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def held_with_others(
    path: Path, *, patience_s: float = 0.0, alone: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Hold a lock under this path that others may hold in this way too, but nobody by `held`.

    The last one to let go of it removes its file.

    Parameters
    ----------
    alone : callable
        Called at the beginning where nobody else holds it, and at the end by the last one: meanwhile nobody can take it.

    Raises
    ------
    Timeout
        If a process still holds it by `held` after `patience_s` seconds.
    OSError
        If the file system has no locks, or its file cannot be made.
    """
    last = time.monotonic() + patience_s
    while (lock := _shared(path, alone)) is None:
        if time.monotonic() >= last:
            raise Timeout(str(path))
        time.sleep(_LOOK_S)
    try:
        yield
    finally:
        try:
            if _taken(lock, fcntl.LOCK_EX):
                alone()
                path.unlink(missing_ok=True)
        finally:
            os.close(lock)


def _shared(path: Path, alone: Callable[[], None]) -> int | None:
    """Open the file and take the lock with others; None where that cannot be done now."""
    lock = os.open(path, _OPENED, 0o600)
    try:
        if _taken(lock, fcntl.LOCK_EX) and _is_there(path, lock):
            alone()
        if _taken(lock, fcntl.LOCK_SH) and _is_there(path, lock):
            return lock
    except BaseException:
        os.close(lock)
        raise
    os.close(lock)
    return None


def _taken(lock: int, how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_there(path: Path, lock: int) -> bool:
    """Whether a file that was opened still lies under its path: whoever let go of it may have removed it."""
    with contextlib.suppress(OSError):
        return os.path.samestat(path.lstat(), os.fstat(lock))
    return False


def is_held(path: Path) -> bool:
    """Whether a process holds a lock under this path, alone or with others. Only looks, and makes no file."""
    with contextlib.suppress(OSError):
        lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return not _taken(lock, fcntl.LOCK_EX)
        finally:
            os.close(lock)
    return False


def are_known(folder: Path) -> bool:
    """Whether the file system of a folder has locks, as far as this machine can tell.

    A file is opened twice, and locked once: the system must refuse the second lock, as it would refuse it to another process.
    """
    probe = folder / f".probe-{os.getpid()}-{os.urandom(6).hex()}"
    one = os.open(probe, _OPENED | os.O_EXCL, 0o600)
    try:
        two = os.open(probe, os.O_RDWR | os.O_CLOEXEC)
        try:
            return _taken(one, fcntl.LOCK_EX) and not _taken(two, fcntl.LOCK_EX)
        except OSError:
            return False
        finally:
            os.close(two)
    finally:
        probe.unlink(missing_ok=True)
        os.close(one)
