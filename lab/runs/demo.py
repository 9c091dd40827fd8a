"""Which labs of an interrupted demo are finished? Its runs are noted as they begin, and forgotten when the demo ends."""

import contextlib
import logging
from pathlib import Path

from lab.work.sealed import DamagedError, read_sealed, write_sealed

__all__ = ["Progress"]

_NAME, _OWNER = ".demo.json", "lab demo"

_log = logging.getLogger("lab")


class Progress:
    """The folders of the runs of a demo that has not ended; those of an interrupted one are there from the start.

    Parameters
    ----------
    out : pathlib.Path
        The folder of all runs.
    """

    def __init__(self, out: Path) -> None:
        self._path = out / _NAME
        self.folders = _read(self._path)

    def add(self, folder: Path) -> None:
        """Note a run, before its trials begin: it counts once it is finished."""
        if folder.name not in self.folders:
            self.folders.append(folder.name)
            write_sealed(self._path, self.folders, owner=_OWNER)

    def end(self) -> None:
        """Forget the runs: the next demo computes anew."""
        self._path.unlink(missing_ok=True)


def _read(path: Path) -> list[str]:
    try:
        found = read_sealed(path, owner=_OWNER)
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
    except FileNotFoundError:
        return []
    except DamagedError as error:
        _log.warning("what an interrupted demo finished is not known: %s", error)
        with contextlib.suppress(OSError):
            path.unlink()
        return []
