"""Which files does a run read beside its table, and are they still what they were when it began?"""

from collections.abc import Iterable
from pathlib import Path

from lab.errors import SettingsError
from lab.runs.identity import digests_of

__all__ = ["Inputs"]


class Inputs:
    """Files, digested once; `require_unchanged` is cheap as long as nobody writes them.

    Parameters
    ----------
    files : iterable of pathlib.Path

    Raises
    ------
    SettingsError
        If one cannot be read.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        paths = sorted({file.absolute() for file in files})
        self._states = {path: _state(path) for path in paths}
        self._digests = digests_of(paths)

    def contents(self) -> list[tuple[str, str]]:
        """Give names and SHA-256 of the files; not where they lie: a run may be taken up elsewhere."""
        return sorted((Path(path).name, digest) for path, digest in self._digests.items())

    def require_unchanged(self) -> None:
        """Raise SettingsError where a file holds something else than at the beginning."""
        for path, state in self._states.items():
            if _state(path) == state:
                continue
            found = _state(path)
            if digests_of([path]).items() - self._digests.items():
                raise SettingsError(f"{path.name} has changed since the run began; start the run again")
            self._states[path] = found


def _state(path: Path) -> tuple[int, ...]:
    """What tells a file that was written again from the one before; empty where there is none."""
    try:
        state = path.stat()
    except OSError:
        return ()
    return state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino
