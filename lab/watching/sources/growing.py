"""How is a file read that still grows? To its end and on from there; that it was cut, or changed for another, is noticed."""

import dataclasses
import hashlib
import os
import stat
import time
from pathlib import Path
from typing import Any

from lab.errors import DataError, InputError
from lab.watching.sources.lines import Lines
from lab.watching.sources.source import NOTHING, Piece, Place

__all__ = ["GrowingFile"]

_PAUSE_S = 0.1
_HEAD = 4_096


class GrowingFile:
    """A text file to which rows are added.

    Parameters
    ----------
    path : Path
    ends : bool
        Whether it is whole already: its end is the end.
    leaves_open : bool
        Whether at such an end a last line without its line end is left, for it may be half of one.

    Raises
    ------
    DataError
        If it cannot be opened.
    """

    repeats = True
    promise = ""

    def __init__(self, path: Path, *, ends: bool = False, leaves_open: bool = False) -> None:
        self.name = path.name
        self.identity = f"file {path.resolve()}"
        self._path, self._ends, self._leaves_open = path, ends, leaves_open
        self._is_gone = self._is_changed = self._is_useless = self._is_told = False
        self._open(path)
        self._lines = Lines(self.name)

    def read(self, most: int, patience_s: float) -> Piece:
        """Read at most so many rows; waits while there is none."""
        until = time.monotonic() + patience_s
        while True:
            before = self._lines.offset
            piece = self._unless_overwritten(self._read(most, final=self._ends and not self._leaves_open))
            if not piece.is_empty:
                return piece
            if self._lines.offset > before:  # lines that are no rows: there may be more behind them
                continue
            if self._ends:
                return dataclasses.replace(piece, told=self._left_open(), ended=True)
            changed = self._look(most)
            if changed is not NOTHING:
                return changed
            left = until - time.monotonic()
            if left <= 0:
                return piece
            time.sleep(min(_PAUSE_S, left))

    def place(self) -> Place:
        """Say where it stands: the file's number, its first bytes as a digest, and the lines that were used."""
        return {"file": self._number, "head": [len(self._head), _digest(self._head)], **self._lines.place()}

    def seek(self, place: Place) -> tuple[str, ...]:
        """Go on in the same file, under whatever name it lies in its folder now; else at the beginning of this one."""
        told: tuple[str, ...] = ()
        if place["file"] != self._number:
            older = self._older(place["file"])
            if older is not None:
                os.close(self._descriptor)
                self._open(older)
                told = (f"{self.name} was changed for a new file meanwhile: the rest of {older.name} is read first",)
        length, digest = place["head"]
        head = self._first_bytes(length)
        if _digest(head) == digest and os.fstat(self._descriptor).st_size >= place["offset"]:
            self._lines, self._head = Lines(self.name, place), head
            return told
        self._lines = Lines(self.name)
        return (
            f"{self.name} is another file than before, and is read from its beginning; rows between the two may be lost",
        )

    def kept(self) -> None:
        """Nothing has to be done: the file keeps its rows."""

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _open(self, path: Path) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise DataError(
                f"cannot read {path}: {error.strerror or error}; name a file of rows with --data"
            ) from error
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(self._descriptor)
            raise DataError(f"{path} is not a file; for a pipe, send it to standard input and say --data -")
        self._number = [found.st_dev, found.st_ino]
        self._at = -1
        self._head = b""

    def _more(self, n_bytes: int) -> bytes:
        if self._at < 0:
            self._at = self._lines.offset
        chunk = os.pread(self._descriptor, n_bytes, self._at)
        self._at += len(chunk)
        return chunk

    def _look(self, most: int) -> Piece:
        """Notice what became of the file while it gave nothing: it was cut, changed for another, or is gone."""
        if os.fstat(self._descriptor).st_size < self._lines.offset:
            self._begin_anew()
            return Piece(told=(f"{self.name} was cut to less than was read: it is read from its beginning again",))
        try:
            found = self._path.stat()
        except OSError:
            if self._is_gone:
                return NOTHING
            self._is_gone = True
            return Piece(told=(f"{self.name} is gone; the watch waits until there is a file of that name again",))
        self._is_gone = False
        if [found.st_dev, found.st_ino] == self._number:
            return NOTHING
        before = self._lines.offset
        last = self._read(most, final=True)  # what was written after we looked, and a line without its end
        if not last.is_empty or self._lines.offset > before:
            return last
        os.close(self._descriptor)
        self._open(self._path)
        self._begin_anew()
        return Piece(told=(f"{self.name} was changed for a new file, which is read from its beginning",))

    def _read(self, most: int, *, final: bool) -> Piece:
        """Read rows; a new file whose first line is no header is told, and left alone until there is another."""
        if self._is_useless:
            return NOTHING
        try:
            return self._lines.read(most, self._more, final=final)
        except DataError as error:
            if not self._is_changed:
                raise
            self._is_useless = True
            return Piece(told=(f"{error}; nothing of it is read until it is changed for another",))

    def _begin_anew(self) -> None:
        self._is_changed, self._is_useless = True, False
        self._at, self._head = -1, b""
        self._lines = Lines(self.name)

    def _unless_overwritten(self, piece: Piece) -> Piece:
        """Give a piece that was read, unless the file no longer begins as it did: then it belongs to neither."""
        head = self._first_bytes(min(self._lines.offset, _HEAD))
        was_cut = os.fstat(self._descriptor).st_size < self._lines.offset  # told where nothing comes any more
        if head.startswith(self._head) or was_cut:
            self._head = self._head if was_cut else head
            return piece
        self._begin_anew()
        return Piece(
            told=(f"{self.name} was written over: it is read from its beginning, and rows between the two may be lost",)
        )

    def _left_open(self) -> tuple[str, ...]:
        """Tell of a last line without its line end, which was left."""
        if not self._leaves_open or self._lines.offset >= self._at or self._is_told:
            return ()
        self._is_told = True
        return (f"the last line of {self.name} has no line end, and is left until it has one",)

    def _first_bytes(self, length: int) -> bytes:
        return os.pread(self._descriptor, length, 0)

    def _older(self, number: Any) -> Path | None:
        """Find the file of that number beside this one, where whoever changes files has put it."""
        try:
            with os.scandir(self._path.resolve().parent) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False) and [entry.stat().st_dev, entry.inode()] == number:
                        return Path(entry.path)
        except OSError as error:
            raise InputError(f"cannot list the folder of {self._path}: {error.strerror or error}") from error
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
