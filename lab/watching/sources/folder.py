"""How is a folder read to which files are added? In the order of their names, each once, when nobody writes it any more."""

import dataclasses
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from lab.errors import DataError
from lab.watching.sources.growing import GrowingFile
from lab.watching.sources.parquet import ParquetFile
from lab.watching.sources.source import NOTHING, Piece, Place

__all__ = ["SETTLED_S", "Folder"]

SETTLED_S = 2.0
"""Seconds without a change after which a file is finished."""
_PAUSE_S = 0.2
_UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".lock")


class Folder:
    """A folder, with those inside it, to which files of rows are added: CSV, JSON lines, or Parquet by its ending.

    Names that begin with a point or an underscore, and those of unfinished files, are left out. Names of folders such as
    `site=north` are columns, as in a Parquet data set.

    Parameters
    ----------
    path : Path
    ends : bool
        Whether all files are there and finished.
    wanted : collection of str
        Columns that are asked for: a file that has none of them is left out. None where all are taken.
    """

    repeats = True
    promise = ""

    def __init__(self, path: Path, *, ends: bool = False, wanted: Collection[str] = ()) -> None:
        self.name = f"the folder {path.name}"
        self.identity = f"folder {path.resolve()}"
        self._path, self._ends, self._wanted = path, ends, frozenset(wanted)
        self._last = ""
        self._inner: GrowingFile | ParquetFile | None = None
        self._known = set(self._names())  # of those before `_last`: what is there now and not then has come too late
        self._looked = 0.0

    def read(self, most: int, patience_s: float) -> Piece:
        """Read at most so many rows of the file whose turn it is; waits while there is none."""
        until = time.monotonic() + patience_s
        while True:
            if self._inner is not None:
                try:
                    piece = self._inner.read(most, 0.0)
                except DataError as error:  # its first line is no header
                    self._leave()
                    return Piece(told=(f"{error}; the file is left out",))
                if self._wanted and piece.columns and self._wanted.isdisjoint(piece.columns):
                    self._leave()
                    return Piece(told=(f"{self._last} has none of the columns that are watched; the file is left out",))
                if piece.ended:
                    self._leave()
                if not (piece.ended and piece.is_empty):
                    return self._with_names(dataclasses.replace(piece, ended=False))
            found = self._next()
            if found is not None:
                if found.told:
                    return found
                continue
            left = until - time.monotonic()
            if self._ends or left <= 0:
                return Piece(ended=True) if self._ends else NOTHING
            time.sleep(min(_PAUSE_S, left))

    def place(self) -> Place:
        """Say which file was begun last, and where it stands; nothing of it where it was finished."""
        return {"last": self._last, "inner": None if self._inner is None else dict(self._inner.place())}

    def seek(self, place: Place) -> tuple[str, ...]:
        """Go on in the file that was being read."""
        self._last = place["last"]
        if place["inner"] is None:
            return ()
        try:
            self._inner = self._opened(self._last)
        except DataError:
            return (f"{self._last} is gone; its rows that were not read are lost",)
        return self._inner.seek(place["inner"])

    def kept(self) -> None:
        """Nothing has to be done: files keep their rows."""

    def close(self) -> None:
        """Close the file that is being read."""
        if self._inner is not None:
            self._inner.close()

    def _leave(self) -> None:
        self.close()
        self._inner = None

    def _next(self) -> Piece | None:
        """Open the next file; None where there is none yet, and a sentence where one cannot be read."""
        names = self._names()
        late = [name for name in names if name <= self._last and name not in self._known]
        self._known = {name for name in names if name <= self._last}
        if late:
            others = f" and {len(late) - 1} more" if len(late) > 1 else ""
            return Piece(
                told=(f"{late[0]}{others} came after {self._last} was read, whose name is behind it: left out",)
            )
        name = next((name for name in names if name > self._last), None)
        if name is None or not self._is_finished(name):
            return None
        self._last = name
        self._known.add(name)
        try:
            self._inner = self._opened(name)
        except DataError as error:
            return Piece(told=(f"{error}; the file is left out",))
        return NOTHING

    def _names(self) -> list[str]:
        found = (path for path in self._path.rglob("*") if path.is_file())
        names = (path.relative_to(self._path).as_posix() for path in found)
        return sorted(
            name
            for name in names
            if not any(part.startswith((".", "_")) for part in name.split("/")) and not name.endswith(_UNFINISHED)
        )

    def _is_finished(self, name: str) -> bool:
        try:
            changed = (self._path / name).stat().st_mtime
        except OSError:
            return False
        return self._ends or time.time() - changed >= SETTLED_S

    def _opened(self, name: str) -> GrowingFile | ParquetFile:
        path = self._path / name
        return ParquetFile(path) if name.endswith(".parquet") else GrowingFile(path, ends=True)

    def _with_names(self, piece: Piece) -> Piece:
        """Add what the names of the folders say."""
        parts: dict[str, Any] = dict(part.split("=", 1) for part in self._last.split("/")[:-1] if "=" in part)
        if not parts or not piece.columns:
            return piece
        more = {name: [value] * piece.n_rows for name, value in parts.items() if name not in piece.columns}
        return dataclasses.replace(piece, columns={**piece.columns, **more})
