"""Where are the rows of a plan? Each in a file of its own at first; a thousand of them then go together into a pack.

The folder is listed once, and packs are read once, so that a plan of a hundred thousand trials is read in seconds. A kill at
any moment leaves each row in a file of its own, in a pack, or in both: a pack is whole before the files go. Several processes
may store rows in one folder: each packs its own, and looks for new packs where a file is gone.
"""

import contextlib
import logging
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from lab.protocol import Row
from lab.work.packs import Entry, entries_in, entry_of, packs_in, without, write_pack
from lab.work.sealed import DamagedError
from lab.work.storage import Stored, forget_row, join, owner_of, read_row, split, write_row

__all__ = ["Store"]

_AT_ONCE = 1_000

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
        self._entries: dict[str, Entry] = {}
        self._fresh: dict[str, bytes] = {}
        self._listed = {path.name for path in folder.iterdir()}
        self._look_for_packs()

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
            self._look_for_packs()
        return self._packed(key) if key in self._entries else None

    def write(self, key: str, row: Row, machine: dict[str, Any], *, is_packed: bool = True) -> None:
        """Store the row of a trial; with `is_packed`, it goes into a pack with others later on."""
        write_row(self._folder, key, row, run=self._run, machine=machine)
        entry = entry_of(key, owner_of(self._run, key), *split(row), machine) if is_packed else None
        if entry is not None:
            self._fresh[key] = entry
        if len(self._fresh) >= self._at_once:
            self._pack()

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
        path = write_pack(self._folder, self._fresh.values())
        self._packs[path] = set(self._fresh)
        for key in self._fresh:
            forget_row(self._folder, key)
        self._fresh.clear()

    def _look_for_packs(self) -> None:
        """Read the packs that are new since the last look."""
        for path in packs_in(self._folder):
            if path not in self._packs:
                found = {entry.key: entry for entry in self._sound(path)}
                self._packs[path] = set(found)
                self._entries |= found

    def _sound(self, path: Path) -> Iterator[Entry]:
        for entry in entries_in(path):
            if isinstance(entry, str):
                self.damage.append(entry)
                _log.warning("%s", entry)
            elif entry.owner == owner_of(self._run, entry.key):
                yield entry

    def _packed(self, key: str) -> Stored:
        entry = self._entries[key]
        try:
            plain, arrays = entry.parts()
            return Stored(join(plain, arrays) if arrays else plain, entry.machine)
        except Exception as error:  # numpy names no limit to what an odd shape raises
            raise DamagedError(f"the packed row of {key} cannot be read ({' '.join(str(error).split())})") from error
