"""Where are the rows of a plan? Each in a file of its own at first; a thousand of them then go together into a pack.

Where more than a hundred rows come in a second, the time not counted that files of their own took, they go into a growing pack at
once: a file each would keep whoever drives the plan waiting for the disk. The folder is listed once, and packs are read once, so
that a plan of a hundred thousand trials is read in seconds. A kill at any moment leaves each row in a file of its own, in a pack, or
in both: a pack is whole before the files go. Several processes may store rows in one folder: each packs its own, and looks at what is
new in the packs where there is no file.
"""

import contextlib
import logging
import time
from collections import deque
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from lab.protocol import Row
from lab.work.packs import Entry, Journal, entries_in, entry_of, packs_in, without, write_pack
from lab.work.sealed import DamagedError
from lab.work.storage import Stored, forget_row, join, owner_of, read_row, split, write_row

__all__ = ["Store"]

_AT_ONCE, _MANY, _IN_S = 1_000, 100, 1.0

_log = logging.getLogger("lab")


class Store:
    """The stored rows of a run.

    Parameters
    ----------
    folder : pathlib.Path
    run : str
        Identity of the run: rows of another one are not given.
    at_once : int
        How many rows go into a pack.

    Attributes
    ----------
    damage : list of str
        What of the packs cannot be read, a sentence each.
    """

    def __init__(self, folder: Path, run: str = "", *, at_once: int = _AT_ONCE) -> None:
        self._folder, self._run, self._at_once = folder, run, at_once
        self.damage: list[str] = []
        self._packs: dict[Path, set[str]] = {}
        self._ends: dict[Path, int] = {}
        self._entries: dict[str, Entry] = {}
        self._fresh: dict[str, bytes] = {}
        self._journal: Journal | None = None
        self._own: set[Path] = set()
        self._times: deque[float] = deque(maxlen=_MANY)
        self._waited_s = 0.0
        self._listed = {path.name for path in folder.iterdir()}
        self._look_at_packs(self.damage)
        for sentence in self.damage:
            _log.warning("%s", sentence)

    def stored_at_start(self, key: str) -> Stored | None:
        """Give the row of a trial that was there when the folder was listed; None where none was.

        Raises
        ------
        DamagedError
            If what is there is not what was stored for this trial of this run.
        """
        if f"{key}.json" in self._listed:
            with contextlib.suppress(DamagedError):
                return read_row(self._folder, key, run=self._run)
        if key in self._entries:
            return self._packed(key)
        return read_row(self._folder, key, run=self._run) if f"{key}.json" in self._listed else None

    def read(self, key: str) -> Stored | None:
        """Give the row of a trial as it is now, whoever stored it; None where none is there.

        Raises
        ------
        DamagedError
            As for `stored_at_start`.
        """
        stored = read_row(self._folder, key, run=self._run)
        if stored is not None:
            return stored
        if key not in self._entries:
            self._look_at_packs([])  # the last row of another process may still be on its way
        return self._packed(key) if key in self._entries else None

    def write(self, key: str, row: Row, machine: dict[str, Any], *, is_packed: bool = True) -> None:
        """Store the row of a trial; with `is_packed`, it goes into a pack with others at once or later on."""
        entry = entry_of(key, owner_of(self._run, key), *split(row), machine) if is_packed else None
        begin = time.monotonic()
        self._times.append(begin - self._waited_s)  # how fast rows come, and not how fast a slow disk takes them
        if entry is not None and len(self._times) == _MANY and self._times[-1] - self._times[0] < _IN_S:
            if self._journal is None:
                self._journal = Journal(self._folder)
                self._own.add(self._journal.path)
            self._journal.add(entry)
            return
        write_row(self._folder, key, row, run=self._run, machine=machine)
        if entry is not None:
            self._fresh[key] = entry
        if len(self._fresh) >= self._at_once:
            self._pack()
        self._waited_s += time.monotonic() - begin

    def close(self) -> None:
        """Wait until all is on the disk."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def forget(self, keys: Collection[str]) -> None:
        """Remove what is stored of some trials, damaged or not: they are to run again."""
        for key in keys:
            if f"{key}.json" in self._listed or f"{key}.npz" in self._listed:
                forget_row(self._folder, key)
        for path, held in self._packs.items():
            if not held.isdisjoint(keys):
                without(path, keys)
        for key in keys:
            self._entries.pop(key, None)

    def tidy_up(self) -> None:
        """Remove the files of rows that are in a pack too, as a kill may leave them."""
        for key in self._entries:
            if f"{key}.json" in self._listed or f"{key}.npz" in self._listed:
                forget_row(self._folder, key)

    def _pack(self) -> None:
        """Put the rows of this process that have files of their own into a pack, and then remove the files."""
        self._own.add(write_pack(self._folder, self._fresh.values()))
        for key in self._fresh:
            forget_row(self._folder, key)
        self._fresh.clear()

    def _look_at_packs(self, damage: list[str]) -> None:
        """Read what is new in the packs since the last look."""
        for path in packs_in(self._folder):
            start = self._ends.get(path, 0)
            if path in self._own or _size(path) == start:
                continue
            found = {entry.key: entry for entry in self._sound(path, start, damage)}
            self._packs.setdefault(path, set()).update(found)
            self._entries |= found

    def _sound(self, path: Path, start: int, damage: list[str]) -> Iterator[Entry]:
        for entry in entries_in(path, start):
            if isinstance(entry, str):
                damage.append(entry)
                continue
            self._ends[path] = entry.end
            if entry.owner == owner_of(self._run, entry.key):
                yield entry

    def _packed(self, key: str) -> Stored:
        entry = self._entries[key]
        try:
            plain, arrays = entry.parts()
            return Stored(join(plain, arrays) if arrays else plain, entry.machine)
        except Exception as error:  # numpy names no limit to what an odd shape raises
            raise DamagedError(f"the packed row of {key} cannot be read ({' '.join(str(error).split())})") from error


def _size(path: Path) -> int:
    """Bytes of what lies there, be it a link; 0 where it has just gone."""
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0
