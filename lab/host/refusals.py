"""What has the operating system refused, and what is the way out? A full disk is not a fault of ours.

The numbers are those of `errno`; whatever is not listed stays what it was, a fault to report.
"""

import errno
import os
from pathlib import Path

from lab.errors import MachineError

__all__ = ["explained"]

_KEPT = "finished work is kept; repeat the same command to resume"
_ELSEWHERE = "choose another folder with --out"
_WAYS_OUT = {
    errno.ENOSPC: f"free up some space there, or {_ELSEWHERE}; {_KEPT}",
    errno.EDQUOT: f"free up some of your disk quota there, or {_ELSEWHERE}; {_KEPT}",
    errno.EFBIG: f"raise the file size limit (ulimit -f); {_KEPT}",
    errno.EROFS: _ELSEWHERE,
    errno.EACCES: f"get permission to use it, or {_ELSEWHERE}",
    errno.EPERM: f"get permission to use it, or {_ELSEWHERE}",
    errno.ENOTDIR: f"move the file that is where a folder should be, or {_ELSEWHERE}",
    errno.EISDIR: f"move the folder that is where a file should be, or {_ELSEWHERE}",
    errno.ENAMETOOLONG: "choose a folder with a shorter path, with --out",
    errno.EMFILE: f"raise the limit on open files (ulimit -n), or use fewer --workers; {_KEPT}",
    errno.ENFILE: f"close other programs, or use fewer --workers; {_KEPT}",
    errno.EAGAIN: f"raise the limit on processes (ulimit -u), or use fewer --workers; {_KEPT}",
    errno.ENOMEM: f"close other programs, or use fewer --workers or rows (--max-rows); {_KEPT}",
    errno.EIO: f"check the disk, or {_ELSEWHERE}; {_KEPT}",
    errno.ESTALE: f"check the network drive, or {_ELSEWHERE}; {_KEPT}",
    errno.ELOOP: f"fix the symbolic links there, or {_ELSEWHERE}",
}


def explained(error: BaseException, place: Path | None = None) -> MachineError | None:
    """Say what the system refused as an error that a user can mend; None where it is something else.

    Parameters
    ----------
    error : BaseException
        An OSError or MemoryError; for others the answer is None.
    place : pathlib.Path, optional
        Where the command writes, for errors that do not say where they arose.
    """
    if isinstance(error, MemoryError):
        return MachineError(f"there is not enough memory; {_WAYS_OUT[errno.ENOMEM]}")
    if not isinstance(error, OSError):
        return None
    if error.errno == errno.ENOENT:
        return _gone(error, place)
    if error.errno not in _WAYS_OUT:
        return None
    where = error.filename if isinstance(error.filename, str | os.PathLike) else place
    at = f" at {where}" if where is not None else ""
    return MachineError(f"{error.strerror or os.strerror(error.errno)}{at}; {_WAYS_OUT[error.errno]}")


def _gone(error: OSError, place: Path | None) -> MachineError | None:
    """A folder was removed under us: the current one, or the one that is written to."""
    try:
        Path.cwd()
    except OSError:
        return MachineError("the current folder was removed; change to another one (cd) and repeat the command")
    names = (error.filename, place)
    where = next((Path(os.fspath(name)) for name in names if isinstance(name, str | os.PathLike)), None)
    if where is None or where.parent.is_dir():
        return None
    return MachineError(f"the folder {where.parent} was removed while in use; repeat the command, or {_ELSEWHERE}")
