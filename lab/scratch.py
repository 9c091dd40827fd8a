"""Where do files go that nobody shall find later? Into a folder that is removed even after its process was killed.

Beside each folder lies a lock that its process holds. The system lets go of it when the process ends, however it ends:
a lock that can be taken marks a folder whose owner is gone, and the next call removes both.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["scratch_folder", "sweep"]

_PREFIX, _LOCK = "future-tech-lab-", ".lock"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give an empty folder, readable by this user alone, and remove it with all that is in it.

    It lies where `tempfile` puts its files; in a trial that is inside the folder of the run. A folder that a killed
    process left there is removed first.

    Notes
    -----
    Sockets have paths of at most 107 bytes, and a run may lie deep: a program that makes one (Chromium) needs a
    `TMPDIR` of its own.
    """
    base = Path(tempfile.gettempdir())
    sweep(base)
    name = f"{_PREFIX}{os.getpid()}-{os.urandom(6).hex()}"
    with _held(base / f"{name}{_LOCK}", patience_s=10):  # a sweep may have it for a moment
        folder = base / name
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(base: Path | None = None) -> None:
    """Remove what killed processes of this user left in a folder; by default in the system's one for temporary files."""
    base = base or Path(tempfile.gettempdir())
    for lock in sorted(base.glob(f"{_PREFIX}*{_LOCK}")):
        with contextlib.suppress(OSError, Timeout):  # another's, in use, or just removed
            if _is_ours(lock):
                with _held(lock, patience_s=0):
                    folder = lock.with_name(lock.name.removesuffix(_LOCK))
                    if folder.exists() and _is_ours(folder):
                        shutil.rmtree(folder)


@contextlib.contextmanager
def _held(path: Path, *, patience_s: float) -> Iterator[None]:
    """Hold a lock, and remove its file at the end, while it is held: whoever waits for it notices and makes another."""
    with FileLock(path, timeout=patience_s):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    return not path.is_symlink() and (not hasattr(os, "getuid") or path.lstat().st_uid == os.getuid())
