"""Who may use a file or a folder now? A lock that the system lets go of however its holder ends, and that leaves no file."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["Timeout", "held"]


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
